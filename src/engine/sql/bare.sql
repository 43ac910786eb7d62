-- What can be said of a database without the control schema: one jsonb object.
SELECT jsonb_build_object(
           'at', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'database', current_database(),
           'installed', pg_catalog.to_regnamespace('pgrollout') IS NOT NULL
               AND pg_catalog.has_schema_privilege(
                       pg_catalog.to_regnamespace('pgrollout')::oid, 'USAGE'),
           'server', jsonb_build_object(
               'version', current_setting('server_version_num')::int,
               'role', CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'standby' ELSE 'primary' END),
           'caller', jsonb_build_object('login', session_user, 'role', 'none'),
           'migrations', '[]'::jsonb)
