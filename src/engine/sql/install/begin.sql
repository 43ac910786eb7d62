-- purpose: begins install and uninstall: one at a time, and never for long in anybody's way
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = '10s';
SET LOCAL statement_timeout = '60s';
SET LOCAL client_min_messages = error;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL check_function_bodies = on;
SELECT pg_catalog.pg_advisory_xact_lock(x'70677230'::int, x'6c6c0001'::int)
