-- Control schema, version 12: what is kept of the samples for reports after the fact, and the report itself.

-- A number with four digits: nobody reads more of them off a chart.
CREATE FUNCTION pgrollout.brief(p_value float8) RETURNS numeric
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN p_value = 0 THEN 0
                WHEN abs(p_value) < 1e-6 OR abs(p_value) > 1e18 OR p_value = 'NaN' THEN NULL
                ELSE trim_scale(round(p_value::numeric, 3 - floor(log(abs(p_value)))::int)) END
$$;

-- What a sample says, by the name of the series. statement_ms: of the applications' statements that were worse off.
CREATE FUNCTION pgrollout.sample_series(p_sample pgrollout.sample) RETURNS TABLE (key text, value float8)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT v.key, v.value FROM (
        VALUES ('rows_per_s', p_sample.rows_per_s::float8), ('lag_s', p_sample.lag_s), ('waits', p_sample.waits),
               ('wal_bytes_per_s', p_sample.wal_bytes_per_s), ('our_wal_share', p_sample.our_wal_share)) v (key, value)
    WHERE v.value IS NOT NULL
    UNION ALL
    SELECT 'guard.' || g.name, g.value
    FROM jsonb_to_recordset(p_sample.guards) g (name text, value float8) WHERE g.value IS NOT NULL
    UNION ALL
    SELECT 'statement_ms', substring(g.detail FROM '^mean ([0-9][0-9.e+-]*) ms')::float8
    FROM jsonb_to_recordset(p_sample.guards) g (name text, detail text)
    WHERE g.name = 'query_latency' AND g.detail ~ '^mean [0-9]+([.][0-9]+)?(e[+-][0-9]+)? ms'
    UNION ALL
    SELECT 'replica.' || r.key, r.value::float8 FROM jsonb_each_text(p_sample.replicas) r
$$;

-- The guards' limits in a sample, without their readings.
CREATE FUNCTION pgrollout.sample_limits(p_guards jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', g.name, 'unit', g.unit, 'pause', g.pause, 'resume', g.resume,
        'unwatched', CASE WHEN g.state IN ('off', 'unwatched') THEN coalesce(g.detail, g.state) END)) ORDER BY g.n)
    FROM ROWS FROM (jsonb_to_recordset(p_guards) AS (name text, unit text, pause float8, resume float8, state text,
                                                     detail text)) WITH ORDINALITY g (name, unit, pause, resume, state, detail, n)
$$;

-- Rows of the history become fewer: those of p_span seconds that are older than p_age, in steps of p_into. What
-- was about two minutes from a guard's hold stays as it is, as far as p_spared of them go.
CREATE FUNCTION pgrollout.history_widen(p_span int, p_into int, p_age interval, p_spared int) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    WITH spared AS MATERIALIZED (
        SELECT x.migration_id, x.at FROM (
            SELECT e.migration_id, e.at, row_number() OVER (PARTITION BY e.migration_id ORDER BY e.id DESC) AS n
            FROM pgrollout.event e WHERE e.kind = 'hold' AND e.who = 'guard') x
        WHERE x.n <= p_spared
    ), old AS (
        DELETE FROM pgrollout.history h
        WHERE h.span_s = p_span AND h.at < date_bin(make_interval(secs => p_into), clock_timestamp() - p_age, 'epoch')
          AND NOT EXISTS (SELECT FROM spared s WHERE s.migration_id = h.migration_id
                          AND s.at BETWEEN h.at - interval '2 minutes' AND h.at + interval '2 minutes')
        RETURNING h.*
    ), part AS (
        SELECT o.migration_id, date_bin(make_interval(secs => p_into), o.at, 'epoch') AS bin, o.samples, s.key,
               CASE jsonb_typeof(s.value) WHEN 'array' THEN (s.value ->> 0)::float8 ELSE (s.value #>> '{}')::float8 END AS low,
               CASE jsonb_typeof(s.value) WHEN 'array' THEN (s.value ->> 1)::float8 ELSE (s.value #>> '{}')::float8 END AS mean,
               CASE jsonb_typeof(s.value) WHEN 'array' THEN (s.value ->> 2)::float8 ELSE (s.value #>> '{}')::float8 END AS high
        FROM old o CROSS JOIN LATERAL jsonb_each(o.series) s
    ), whole AS (
        SELECT p.migration_id, p.bin, jsonb_object_agg(p.key, p.value) AS series
        FROM (SELECT x.migration_id, x.bin, x.key,
                     CASE WHEN min(x.low) = max(x.high) THEN to_jsonb(pgrollout.brief(max(x.high)))
                          ELSE jsonb_build_array(pgrollout.brief(min(x.low)),
                               pgrollout.brief(sum(x.mean * x.samples) / sum(x.samples)), pgrollout.brief(max(x.high))) END AS value
              FROM part x GROUP BY x.migration_id, x.bin, x.key) p
        GROUP BY p.migration_id, p.bin
    )
    INSERT INTO pgrollout.history (migration_id, at, span_s, samples, series, limits)
    SELECT o.migration_id, min(o.at), p_into, sum(o.samples), coalesce(w.series, '{}'),
           (array_agg(o.limits ORDER BY o.at DESC) FILTER (WHERE o.limits IS NOT NULL))[1]
    FROM old o LEFT JOIN whole w ON w.migration_id = o.migration_id
         AND w.bin = date_bin(make_interval(secs => p_into), o.at, 'epoch')
    GROUP BY o.migration_id, date_bin(make_interval(secs => p_into), o.at, 'epoch'), w.series
    ON CONFLICT DO NOTHING
$$;

-- Folds what samples have come since the last time into steps of ten seconds, and those into wider ones, so that a
-- run takes up about 2 MB. Of one that lasts for ever the last 180 days are kept.
CREATE FUNCTION pgrollout.history_fold() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
BEGIN
    INSERT INTO pgrollout.history AS h (migration_id, at, span_s, samples, series, limits)
    WITH fresh AS MATERIALIZED (
        SELECT x AS sample, x.migration_id, x.at, x.guards, date_bin('10 seconds', x.at, 'epoch') AS bin
        FROM pgrollout.migration m
        CROSS JOIN LATERAL (SELECT max(o.at + make_interval(secs => o.span_s)) AS until FROM pgrollout.history o
                            WHERE o.migration_id = m.id) l
        JOIN pgrollout.sample x ON x.migration_id = m.id AND x.at >= coalesce(l.until, '-infinity')
             AND x.at < date_bin('10 seconds', clock_timestamp(), 'epoch')
    ), series AS (
        SELECT p.migration_id, p.bin, jsonb_object_agg(p.key, p.value) AS series
        FROM (SELECT f.migration_id, f.bin, s.key,
                     CASE WHEN min(s.value) = max(s.value) THEN to_jsonb(pgrollout.brief(max(s.value)))
                          ELSE jsonb_build_array(pgrollout.brief(min(s.value)), pgrollout.brief(avg(s.value)),
                                                 pgrollout.brief(max(s.value))) END AS value
              FROM fresh f CROSS JOIN LATERAL pgrollout.sample_series(f.sample) s
              GROUP BY f.migration_id, f.bin, s.key) p
        GROUP BY p.migration_id, p.bin
    ), limits AS (
        SELECT f.migration_id, f.bin, count(*) AS samples,
               pgrollout.sample_limits((array_agg(f.guards ORDER BY f.at DESC))[1]) AS limits
        FROM fresh f GROUP BY f.migration_id, f.bin
    )
    SELECT l.migration_id, l.bin, 10, l.samples, coalesce(s.series, '{}'),
           CASE WHEN l.limits IS DISTINCT FROM coalesce(
               lag(l.limits) OVER (PARTITION BY l.migration_id ORDER BY l.bin),
               (SELECT o.limits FROM pgrollout.history o WHERE o.migration_id = l.migration_id AND o.limits IS NOT NULL
                ORDER BY o.at DESC LIMIT 1)) THEN l.limits END
    FROM limits l LEFT JOIN series s ON s.migration_id = l.migration_id AND s.bin = l.bin
    ON CONFLICT DO NOTHING;
    PERFORM pgrollout.history_widen(10, 60, '1 hour', 15);
    PERFORM pgrollout.history_widen(60, 600, '6 hours', 0);
    PERFORM pgrollout.history_widen(600, 3600, '1 day', 0);
    PERFORM pgrollout.history_widen(3600, 21600, '14 days', 0);
    DELETE FROM pgrollout.history h
    WHERE h.at < clock_timestamp() - interval '180 days'
      AND h.at < (SELECT max(o.at) - interval '180 days' FROM pgrollout.history o WHERE o.migration_id = h.migration_id);
END
$$;

-- The readings of a run, oldest first, as [seconds since 1970, how many seconds it stands for, series]: each
-- second where it is still there, else the history.
CREATE FUNCTION pgrollout.readings(p_migration bigint) RETURNS TABLE (at timestamptz, span_s int, series jsonb, limits jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    WITH edge AS MATERIALIZED (
        -- samples of before that have been thinned
        SELECT greatest(clock_timestamp() - interval '10 minutes', min(x.at)) AS at
        FROM pgrollout.sample x WHERE x.migration_id = p_migration AND x.at > clock_timestamp() - interval '10 minutes'
    ), told AS (
        SELECT x.at, 1 AS span_s,
               (SELECT jsonb_object_agg(s.key, pgrollout.brief(s.value)) FROM pgrollout.sample_series(x) s) AS series,
               pgrollout.sample_limits(x.guards) AS limits
        FROM pgrollout.sample x, edge e WHERE x.migration_id = p_migration AND x.at >= e.at
    ), late AS ( -- not folded yet
        SELECT x.at, 60 AS span_s,
               (SELECT jsonb_object_agg(s.key, pgrollout.brief(s.value)) FROM pgrollout.sample_series(x) s) AS series,
               pgrollout.sample_limits(x.guards) AS limits
        FROM pgrollout.sample x LEFT JOIN edge e ON true
        WHERE x.migration_id = p_migration AND (e.at IS NULL OR x.at < e.at)
          AND x.at > coalesce((SELECT max(h.at + make_interval(secs => h.span_s)) FROM pgrollout.history h
                               WHERE h.migration_id = p_migration), '-infinity')
    ), every AS (
        SELECT t.at, t.span_s, t.series, CASE WHEN t.limits IS DISTINCT FROM lag(t.limits) OVER (ORDER BY t.at) THEN t.limits END
            AS limits FROM told t
        UNION ALL SELECT l.at, l.span_s, l.series, l.limits FROM late l
        UNION ALL
        SELECT h.at, h.span_s, h.series, h.limits FROM pgrollout.history h LEFT JOIN edge e ON true
        WHERE h.migration_id = p_migration AND (e.at IS NULL OR h.at + make_interval(secs => h.span_s) <= e.at)
    )
    SELECT v.at, v.span_s, coalesce(v.series, '{}'), v.limits FROM every v ORDER BY v.at
$$;

-- The mean of a number, or of [least, mean, most].
CREATE FUNCTION pgrollout.series_mean(p_value jsonb) RETURNS float8
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE jsonb_typeof(p_value) WHEN 'array' THEN (p_value ->> 1)::float8 WHEN 'number' THEN (p_value #>> '{}')::float8 END
$$;

-- What a backfill has taken against what was forecast when it was loaded; NULL where nothing was. The WAL is
-- ours where the readings know our share of it, else everybody's, and there must be some of them; rows come from
-- each worker's last position, and of a walk by place from the passes before.
CREATE FUNCTION pgrollout.forecast_told(p_migration bigint, p_step text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT format('forecast: rows %s (was %s), took %s (was %s)%s, WAL %s (was %s)',
        pgrollout.amount_text(w.changed + coalesce((s.detail ->> 'changed_before')::bigint, 0), ''),
        pgrollout.range_text(f.told -> 'rows_touched', ''),
        pgrollout.amount_text(greatest(0, t.took - t.held), 's'), pgrollout.range_text(f.told -> 'seconds', 's'),
        CASE WHEN t.held >= 1 THEN ' and was held for ' || pgrollout.amount_text(t.held, 's') ELSE '' END,
        coalesce(CASE WHEN l.shared THEN 'about ' ELSE 'with that of others ' END
                 || pgrollout.amount_text(l.wal, 'B'), 'not known'),
        pgrollout.range_text(f.told -> 'wal_bytes', 'B'))
    FROM pgrollout.step s
    CROSS JOIN LATERAL (SELECT s.detail -> 'forecast' AS told) f
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(p.rows_changed), 0) AS changed
        FROM (SELECT DISTINCT ON (x.worker) x.rows_changed FROM pgrollout.position x
              WHERE x.migration_id = p_migration AND x.step = p_step ORDER BY x.worker, x.seq DESC) p) w
    CROSS JOIN LATERAL (
        SELECT extract(epoch FROM s.finished - s.started)::float8 AS took,
               pgrollout.held_s(p_migration, s.started, s.finished) AS held) t
    CROSS JOIN LATERAL (
        SELECT CASE WHEN count(*) >= 10
                   THEN sum(x.wal * coalesce(x.share, 1) * least(x.age, greatest(90, x.span_s))) END AS wal,
               bool_and(x.share IS NOT NULL) AS shared
        FROM (SELECT a.span_s, pgrollout.series_mean(a.series -> 'wal_bytes_per_s') AS wal,
                     pgrollout.series_mean(a.series -> 'our_wal_share') AS share,
                     extract(epoch FROM a.at - lag(a.at, 1, s.started) OVER (ORDER BY a.at)) AS age
              FROM pgrollout.readings(p_migration) a WHERE a.at BETWEEN s.started AND s.finished) x
        WHERE x.wal IS NOT NULL) l
    WHERE s.migration_id = p_migration AND s.name = p_step AND s.kind = 'backfill' AND f.told IS NOT NULL
$$;

-- What a report names of its events: all that people did and that held it, and of the rest the newest.
CREATE FUNCTION pgrollout.report_events(p_migration bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    WITH own AS MATERIALIZED (
        SELECT e.* FROM pgrollout.event e WHERE e.migration_id = p_migration
    ), period AS (
        SELECT min(o.at) AS since, max(o.at) AS until FROM own o
    ), chosen AS (
        (SELECT o.* FROM own o WHERE o.kind IN ('command', 'phase', 'hold', 'note') ORDER BY o.id DESC LIMIT 4000)
        UNION ALL
        (SELECT o.* FROM own o WHERE o.kind NOT IN ('command', 'phase', 'hold', 'note') ORDER BY o.id DESC LIMIT 1000)
        UNION ALL
        (SELECT e.* FROM pgrollout.event e, period p
         WHERE e.migration_id IS NULL AND e.kind = 'engine' AND e.at BETWEEN p.since - interval '1 day' AND clock_timestamp()
         ORDER BY e.id DESC LIMIT 200)
    )
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'at', extract(epoch FROM c.at), 'kind', c.kind, 'who', c.who,
        'os_user', c.os_user, 'client', host(c.client_addr), 'text', c.text) ORDER BY c.id), '[]')
    FROM chosen c
$$;

-- All that a report of a run tells, with times in seconds since 1970.
CREATE FUNCTION pgrollout.report(name text) RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    SELECT jsonb_build_object(
        'pgrollout_report', 1,
        'at', extract(epoch FROM clock_timestamp()),
        'database', current_database(),
        'server_version', current_setting('server_version'),
        'schema_version', (SELECT max(v.version) FROM pgrollout.schema_version v),
        'engine_alive', pgrollout.engine_alive(),
        'name', m.name, 'title', m.title, 'owner', m.owner, 'contact', m.contact, 'ticket', m.ticket,
        'state', m.state, 'phase', m.phase, 'step', (pgrollout.current_step(m.id)).name, 'abort_to', m.abort_to,
        'schema', m.schema_name, 'two_person', m.two_person,
        'tables', (SELECT coalesce(jsonb_agg(t::text ORDER BY t::text), '[]') FROM unnest(m.tables) t),
        'loaded_by', m.loaded_by, 'loaded_at', extract(epoch FROM m.loaded_at), 'started_by', m.started_by,
        'finished_at', extract(epoch FROM m.finished_at),
        'plan_text', m.plan_text, 'plan_sha256', m.plan_sha256,
        'phases', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('name', p.name, 'state', p.state, 'passed_by', p.passed_by,
                'started', extract(epoch FROM p.started), 'finished', extract(epoch FROM p.finished), 'steps', (
                    SELECT coalesce(jsonb_agg(jsonb_build_object('name', s.name, 'kind', s.kind, 'title', s.title,
                        'state', s.state, 'locks', s.locks, 'undo', s.undo, 'loses', s.loses, 'irreversible', s.irreversible,
                        'attempts', s.attempts, 'error', s.error, 'sqlstate', s.sqlstate, 'error_detail', s.error_detail,
                        'evidence', pgrollout.evidence_text(s), 'gate', s.gate_text,
                        'started', extract(epoch FROM s.started), 'finished', extract(epoch FROM s.finished),
                        'rows_total', (s.detail ->> 'rows_total')::numeric, 'rows_done', w.done, 'rows_changed', w.changed)
                        ORDER BY s.ord), '[]')
                    FROM pgrollout.step s
                    LEFT JOIN LATERAL (
                        SELECT sum(l.rows_done) AS done, sum(l.rows_changed) AS changed
                        FROM generate_series(1, 16) g (worker) CROSS JOIN LATERAL (
                            SELECT * FROM pgrollout.position p WHERE p.migration_id = m.id AND p.step = s.name
                              AND p.worker = g.worker ORDER BY p.seq DESC LIMIT 1) l) w ON s.kind IN ('backfill', 'verify')
                    WHERE s.migration_id = m.id AND s.phase = p.name)) ORDER BY p.ord), '[]')
            FROM pgrollout.phase p WHERE p.migration_id = m.id),
        'answers', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('step', a.step, 'application', nullif(a.application, ''),
                'reverse', a.reverse, 'by', a.answered_by, 'at', extract(epoch FROM a.answered_at), 'note', a.note)
                ORDER BY a.answered_at), '[]')
            FROM pgrollout.answer a WHERE a.migration_id = m.id),
        'holds', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('kind', h.kind, 'key', nullif(h.key, ''), 'reason', h.reason,
                'by', h.placed_by, 'since', extract(epoch FROM h.since)) ORDER BY h.since), '[]')
            FROM pgrollout.hold h WHERE h.migration_id = m.id),
        'checklist', (SELECT jsonb_agg(to_jsonb(c)) FROM pgrollout.checklist(m.name) c),
        'unfilled', pgrollout.unfilled_text(m.id, NULL, 20),
        'quarantine', (
            SELECT coalesce(jsonb_object_agg(q.state, q.n), '{}')
            FROM (SELECT x.state, count(*) AS n FROM pgrollout.quarantine x WHERE x.migration_id = m.id GROUP BY x.state) q),
        'events_total', (SELECT count(*) FROM pgrollout.event e WHERE e.migration_id = m.id),
        'events', pgrollout.report_events(m.id),
        'readings', (
            SELECT coalesce(jsonb_agg(jsonb_build_array(round(extract(epoch FROM r.at), 3), r.span_s, r.series, r.limits)
                                      ORDER BY r.at), '[]')
            FROM pgrollout.readings(m.id) r))
    FROM pgrollout.migration_find(report.name) m
$$;

-- A run as lines of JSON, to be looked at elsewhere: what a report tells, then each event and each reading by
-- time, then how many there were. pgrollout(1), RECORDINGS, documents them.
CREATE FUNCTION pgrollout.recording(name text) RETURNS TABLE (line text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    WITH m AS MATERIALIZED (
        SELECT f.id, pgrollout.report(f.name) - '{events,readings,checklist,events_total}'::text[] AS report
        FROM pgrollout.migration_find(recording.name) f
    ), part AS MATERIALIZED (
        SELECT e.at, 0 AS kind, e.id, jsonb_build_object('event', jsonb_build_object('id', e.id,
            'at', round(extract(epoch FROM e.at), 3), 'kind', e.kind, 'who', e.who, 'os_user', e.os_user,
            'client', host(e.client_addr), 'text', e.text)) AS line
        FROM m JOIN pgrollout.event e ON e.migration_id = m.id
        UNION ALL
        SELECT e.at, 0, e.id, jsonb_build_object('event', jsonb_build_object('id', e.id,
            'at', round(extract(epoch FROM e.at), 3), 'kind', e.kind, 'who', e.who, 'text', e.text))
        FROM m JOIN pgrollout.event e ON e.migration_id IS NULL AND e.kind = 'engine'
        WHERE e.at >= to_timestamp((m.report ->> 'loaded_at')::float8 - 86400)
          AND e.at <= to_timestamp(coalesce(m.report ->> 'finished_at', m.report ->> 'at')::float8)
        UNION ALL
        SELECT r.at, 1, 0, jsonb_build_object('reading', jsonb_build_array(round(extract(epoch FROM r.at), 3), r.span_s,
                                                                           r.series, r.limits))
        FROM m CROSS JOIN LATERAL pgrollout.readings(m.id) r
    )
    (SELECT ('{"pgrollout_recording": 1}'::jsonb || (m.report - 'pgrollout_report'))::text FROM m)
    UNION ALL
    (SELECT p.line::text FROM part p ORDER BY p.at, p.kind, p.id)
    UNION ALL
    (SELECT jsonb_build_object('end', jsonb_build_object('events', count(*) FILTER (WHERE p.kind = 0),
                                                         'readings', count(*) FILTER (WHERE p.kind = 1)))::text FROM part p)
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pgrollout FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgrollout.history_fold() TO pgrollout_engine;
GRANT EXECUTE ON FUNCTION pgrollout.report(text), pgrollout.recording(text) TO pgrollout_viewer;
