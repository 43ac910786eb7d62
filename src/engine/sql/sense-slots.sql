-- The replication slots, every five seconds: name, active, retained (bytes of WAL), keep (bytes that
-- max_slot_wal_keep_size grants; -1: no limit). One row with NULLs where there is none; a slot that is
-- lost retains nothing any more.
SELECT s.slot_name AS name, s.active, k.lsn - pg_catalog.pg_wal_lsn_diff(s.restart_lsn, '0/0') AS retained,
       k.keep
  FROM (SELECT pg_catalog.pg_size_bytes(current_setting('max_slot_wal_keep_size')) AS keep,
               pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0') AS lsn) k
  LEFT JOIN pg_catalog.pg_get_replication_slots() s ON s.restart_lsn IS NOT NULL
