-- purpose: what keeps WAL, and how much; one row for each slot
SELECT s.slot_name AS name, s.slot_type AS type, s.active, s.wal_status,
       s.restart_lsn - '0/0'::pg_lsn AS position,
       CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() - s.restart_lsn END AS retained,
       s.safe_wal_size AS room
FROM pg_replication_slots s
ORDER BY s.slot_name
