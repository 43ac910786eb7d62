-- The WAL files that wait for the archiver, and whether its last attempt failed.
SELECT (SELECT count(*) FROM pg_catalog.pg_ls_archive_statusdir() f WHERE f.name LIKE '%.ready') AS ready,
       a.failed_count > 0 AND (a.last_archived_time IS NULL OR a.last_failed_time > a.last_archived_time)
           AS failing
  FROM pg_catalog.pg_stat_get_archiver() a
