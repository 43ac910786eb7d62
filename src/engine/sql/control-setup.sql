-- The session of the console's commanding connection. Every command is a transaction of its own.
SET default_transaction_isolation = 'read committed';
SET default_transaction_read_only = off;
SET statement_timeout = '15s';
SET lock_timeout = '5s';
SET idle_in_transaction_session_timeout = '10s';
SET search_path = pg_catalog, pg_temp;
LISTEN pgrollout
