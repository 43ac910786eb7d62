-- Purpose: what a standby must have replayed before it is read, and which system it must belong to.
SELECT pg_catalog.pg_current_wal_insert_lsn(),
       (SELECT c.system_identifier::text FROM pg_catalog.pg_control_system() c)
