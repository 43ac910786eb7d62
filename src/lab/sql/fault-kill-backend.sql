-- purpose: ends the sessions of the engine; gives how many
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE usename = 'lab_engine' AND backend_type = 'client backend'
