-- What the guards on sessions look at, every five seconds; prepared, because to plan it costs more than to
-- run it. One row: usable, connections that are there for
-- everybody; taken; hidden, sessions whose kind we may not see; active, at work on the whole server
-- without ours; old, transactions of this database without ours that are older than a second, oldest
-- first, a json array.
-- pg_stat_get_activity is read once and without its view's joins. A session is ours when it logged in as
-- we did and says so in its application_name.
PREPARE pgrollout_sessions AS
WITH me AS MATERIALIZED (
    SELECT current_user::regrole::oid AS role,
           (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database()) AS db
), sessions AS MATERIALIZED (
    SELECT a.pid, a.datid, a.application_name, a.state, a.xact_start, a.backend_type,
           a.usesysid = me.role AND a.application_name LIKE 'pgrollout/%' AS ours
      FROM me, pg_catalog.pg_stat_get_activity(NULL) a
), old AS (
    SELECT s.pid, s.application_name AS application, s.state, s.xact_start AS began
      FROM sessions s, me
     WHERE s.datid = me.db AND s.xact_start < clock_timestamp() - interval '1 second' AND s.ours IS NOT TRUE
       AND s.backend_type IN ('client backend', 'walsender')
    UNION ALL
    SELECT NULL, p.gid, 'prepared', p.prepared
      FROM pg_catalog.pg_prepared_xact() p, me
     WHERE p.dbid = me.db
    ORDER BY 4
    LIMIT 200
)
SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true)::int, 0) AS usable,
       count(*) FILTER (WHERE s.backend_type = 'client backend') AS taken,
       count(*) FILTER (WHERE s.backend_type IS NULL) AS hidden,
       count(*) FILTER (WHERE s.backend_type = 'client backend' AND s.ours IS NOT TRUE
                          AND s.state IN ('active', 'fastpath function call')) AS active,
       (SELECT coalesce(json_agg(json_build_object('pid', o.pid, 'application', o.application,
                   'state', o.state, 'age_s', extract(epoch FROM clock_timestamp() - o.began))
                   ORDER BY o.began), '[]')
          FROM old o) AS old
  FROM sessions s
