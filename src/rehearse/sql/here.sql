-- purpose: which database this is, whatever the way to it
-- columns: system, oid, name, version (a number), release
SELECT s.system_identifier AS system, d.oid, d.datname AS name,
       pg_catalog.current_setting('server_version_num') AS version,
       pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1) AS release
FROM pg_catalog.pg_control_system() s, pg_catalog.pg_database d
WHERE d.datname = pg_catalog.current_database()
