-- How far the archiver is behind, every ten seconds: archives; listable, whether the list of what waits may
-- be read; behind, segments that were finished after the last one that was archived (NULL: none was
-- since the statistics began); failing, whether the last attempt failed.
-- The segment's number is in the last 16 digits of its name, 2^32 bytes for each of the upper 8.
SELECT current_setting('archive_mode') <> 'off' AS archives,
       pg_catalog.has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'EXECUTE') AS listable,
       CASE WHEN a.last_archived_wal ~ '^[0-9A-F]{24}' THEN
           greatest(0, (trunc(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0') / w.size) - 1
               - ((('x' || substr(a.last_archived_wal, 9, 8))::bit(32)::bigint * 4294967296) / w.size
                   + ('x' || substr(a.last_archived_wal, 17, 8))::bit(32)::bigint))::bigint) END AS behind,
       a.failed_count > 0 AND (a.last_archived_time IS NULL OR a.last_failed_time > a.last_archived_time)
           AS failing
  FROM pg_catalog.pg_stat_get_archiver() a,
       (SELECT pg_catalog.pg_size_bytes(current_setting('wal_segment_size'))::numeric AS size) w
