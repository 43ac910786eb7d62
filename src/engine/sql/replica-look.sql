-- Purpose: may this server be read for a verify? {target}: WAL position, {system}: the primary's identifier.
-- Columns: it is a standby, of that system, it has replayed the target, bytes that are missing.
SELECT pg_catalog.pg_is_in_recovery(),
       (SELECT c.system_identifier::text FROM pg_catalog.pg_control_system() c) = {system},
       coalesce(pg_catalog.pg_last_wal_replay_lsn() >= {target}::pg_catalog.pg_lsn, false),
       pg_catalog.pg_wal_lsn_diff({target}::pg_catalog.pg_lsn, pg_catalog.pg_last_wal_replay_lsn())::bigint
