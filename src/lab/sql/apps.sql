-- purpose: what each application shall be, and how it says it fares; gives app and a JSON object
SELECT d.app, json_build_object('app', d.app, 'release', d.release, 'running_release', s.release,
    'rate', d.rate, 'paused', d.paused,
    'age_s', round(extract(epoch FROM clock_timestamp() - s.updated_at), 1),
    'operations', coalesce(s.operations, 0), 'errors', coalesce(s.errors, 0),
    'mismatches', coalesce(s.mismatches, 0), 'blank_reads', coalesce(s.blank_reads, 0),
    'reconnects', coalesce(s.reconnects, 0), 'max_ms', coalesce(s.max_ms, 0),
    'p99_ms', coalesce(s.p99_ms, 0), 'sqlstates', coalesce(s.sqlstates, '{}'),
    'last_error', s.last_error)
FROM lab.deployment AS d LEFT JOIN lab.app_status AS s ON s.app = d.app
ORDER BY array_position('{web,workers,cron}', d.app)
