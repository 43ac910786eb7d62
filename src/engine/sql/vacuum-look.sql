-- Purpose: whether a VACUUM is worth it now. {rows}: rows changed since the last one. Column: worth it:
-- their dead pointers fit one pass over the indexes (6 bytes each), and no snapshot is so old that it
-- would keep them.
SELECT {rows} * 6 < pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem'))
   AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_stat_activity a
       WHERE a.backend_xmin IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
         AND a.xact_start < pg_catalog.clock_timestamp() - interval '5 seconds')
