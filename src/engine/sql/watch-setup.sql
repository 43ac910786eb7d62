-- The session of the console's reading connection: it cannot write, and it never waits long.
SET default_transaction_read_only = on;
SET statement_timeout = '5s';
SET lock_timeout = '100ms';
SET jit = off; -- it would take longer than the reading
SET idle_in_transaction_session_timeout = '5s';
SET search_path = pg_catalog, pg_temp
