-- Purpose: every physical standby that is connected, and how many bytes it has yet to replay up to {lsn} (a literal;
-- at most 0: it is there; null: not told). One JSON array.
SELECT coalesce(json_agg(json_build_object(
           'name', coalesce(nullif(a.application_name, ''), host(a.client_addr), 'pid ' || r.pid),
           'state', r.state, 'behind', pg_wal_lsn_diff({lsn}, r.replay_lsn))), '[]')
FROM pg_stat_get_wal_senders() r
LEFT JOIN LATERAL pg_stat_get_activity(r.pid) a ON true
WHERE a.datid IS NULL AND r.state IS DISTINCT FROM 'backup'
