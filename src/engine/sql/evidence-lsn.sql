-- Purpose: the point up to which everything is written now, as JSON text.
SELECT to_json(pg_current_wal_lsn()::text)
