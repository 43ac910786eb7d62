-- purpose: how far the primary's WAL is made, written or not yet; gives an LSN
SELECT pg_current_wal_insert_lsn()
