-- On a standby's connection, before its heartbeat is read: nothing may hang there.
SET statement_timeout = '800ms';
SET lock_timeout = '100ms';
SET default_transaction_read_only = on;
SET search_path = pg_catalog, pg_temp
