-- Purpose: who is connected to {database} (a literal) on this server, and what is prepared there: one
-- JSON object. Also runs on standbys. Rows that the login may not see have no backend_type.
SELECT json_build_object(
    'system', (SELECT c.system_identifier::text FROM pg_control_system() c),
    'standby', pg_is_in_recovery(),
    'sessions', (
        SELECT coalesce(json_agg(json_build_object(
                   'pid', a.pid, 'start', extract(epoch FROM a.backend_start)::text, 'name', a.application_name,
                   'user', a.usename, 'addr', host(a.client_addr), 'port', a.client_port) ORDER BY a.pid), '[]')
        FROM pg_stat_activity a
        WHERE a.datname = {database} AND a.pid <> pg_backend_pid()
          AND coalesce(a.backend_type, 'client backend') = 'client backend'
          AND coalesce(a.application_name, '') NOT LIKE 'pgrollout/%'),
    'prepared', (
        SELECT coalesce(json_agg(json_build_object('gid', p.gid, 'owner', p.owner,
                   'age_s', extract(epoch FROM clock_timestamp() - p.prepared)) ORDER BY p.prepared), '[]')
        FROM pg_prepared_xacts p WHERE p.database = {database}),
    'standbys', (
        SELECT coalesce(json_agg(DISTINCT coalesce(nullif(r.application_name, ''), host(r.client_addr),
                                                   'pid ' || r.pid)), '[]')
        FROM pg_stat_replication r JOIN pg_stat_get_activity(r.pid) a ON a.datid IS NULL
        WHERE r.state IS DISTINCT FROM 'backup'))
