-- The engine's sample of every second, prepared on the sensor connection. One row: lsn, bytes flushed
-- since 0/0; replicas and waits, json arrays.
--
-- pg_locks and the statistics functions are read once each and without their views' joins, so that it
-- stays below a millisecond with 500 sessions. pg_blocking_pids holds up the lock manager: only the 20
-- longest waiters of this database are asked. Never pg_relation_size: it waits behind locks.
-- A session is ours when it logged in as we did and says so in its application_name.
WITH me AS MATERIALIZED (
    SELECT current_user::regrole::oid AS role,
           (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database()) AS db
), locks AS MATERIALIZED (
    SELECT l.pid, l.granted, l.locktype, l.relation, l.waitstart
      FROM pg_catalog.pg_lock_status() l, me
     WHERE (NOT l.granted OR l.locktype = 'tuple') AND l.pid IS NOT NULL
       AND (l.database IS NULL OR l.database IN (0, me.db))
), waiting AS MATERIALIZED (
    SELECT w.pid, w.locktype, w.relation, a.application_name, w.waitstart
      FROM (SELECT * FROM locks l WHERE NOT l.granted ORDER BY l.waitstart NULLS LAST LIMIT 200) w
      CROSS JOIN me
      CROSS JOIN LATERAL pg_catalog.pg_stat_get_activity(w.pid) a
     WHERE a.datid = me.db AND a.backend_type IS DISTINCT FROM 'autovacuum worker'
     ORDER BY w.waitstart NULLS LAST
     LIMIT 20
), blocked AS MATERIALIZED (
    SELECT w.*, pg_catalog.pg_blocking_pids(w.pid) AS blockers FROM waiting w
), ours AS MATERIALIZED (
    SELECT a.pid
      FROM (SELECT DISTINCT unnest(b.blockers) AS pid FROM blocked b) x
      CROSS JOIN me
      CROSS JOIN LATERAL pg_catalog.pg_stat_get_activity(x.pid) a
     WHERE a.usesysid = me.role AND a.application_name LIKE 'pgrollout/%'
)
SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_flush_lsn(), '0/0') AS lsn,
       (SELECT coalesce(json_agg(json_build_object(
                   'name', coalesce(nullif(a.application_name, ''), host(a.client_addr),
                                    'pid ' || r.pid),
                   'state', r.state,
                   'replayed', pg_catalog.pg_wal_lsn_diff(r.replay_lsn, '0/0'),
                   'replay_lag_s', extract(epoch FROM r.replay_lag))), '[]')
          FROM pg_catalog.pg_stat_get_wal_senders() r
          LEFT JOIN LATERAL pg_catalog.pg_stat_get_activity(r.pid) a ON true
         WHERE a.datid IS NULL AND r.state IS DISTINCT FROM 'backup') AS replicas,
       (SELECT coalesce(json_agg(json_build_object(
                   'pid', b.pid,
                   'waited_s', extract(epoch FROM clock_timestamp() - b.waitstart),
                   'lock', b.locktype,
                   'relation', b.relation::text,
                   'rows_of', ARRAY(SELECT l.relation::text FROM locks l
                                     WHERE l.pid = b.pid AND l.granted),
                   'application', b.application_name,
                   'blockers', b.blockers,
                   'our_blockers', ARRAY(SELECT o.pid FROM ours o WHERE o.pid = ANY (b.blockers)))), '[]')
          FROM blocked b) AS waits
