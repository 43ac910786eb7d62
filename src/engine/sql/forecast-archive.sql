-- purpose: the archiver; one row. Segments that wait are counted from the names of WAL files (timeline, then
-- number in two halves)
SELECT a.last_failed_time IS NOT NULL
           AND (a.last_archived_time IS NULL OR a.last_failed_time > a.last_archived_time) AS failing,
       extract(epoch FROM clock_timestamp() - a.last_archived_time) AS age_s,
       CASE WHEN a.archived_count > 0
           THEN a.archived_count * pg_size_bytes(current_setting('wal_segment_size'))
                / greatest(extract(epoch FROM clock_timestamp() - a.stats_reset), 1) END AS bytes_per_s,
       CASE WHEN NOT pg_is_in_recovery() AND a.last_archived_wal ~ '^[0-9A-F]{24}$'
           THEN greatest(0, w.now - w.done - 1) END AS waiting
FROM pg_stat_archiver a
CROSS JOIN LATERAL (
    SELECT ('x' || substr(f.name, 9, 8))::bit(32)::bigint * per.n + ('x' || substr(f.name, 17, 8))::bit(32)::bigint
               AS now,
           CASE WHEN a.last_archived_wal ~ '^[0-9A-F]{24}$'
               THEN ('x' || substr(a.last_archived_wal, 9, 8))::bit(32)::bigint * per.n
                    + ('x' || substr(a.last_archived_wal, 17, 8))::bit(32)::bigint END AS done
    FROM (SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END AS name) f,
         (SELECT 4294967296 / pg_size_bytes(current_setting('wal_segment_size')) AS n) per) w
