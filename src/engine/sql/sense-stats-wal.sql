-- The WAL that our role's statements have written in this database, and all that was written: ours,
-- everybody, both in bytes since some beginning. Without the statements' texts.
SELECT coalesce(sum(s.wal_bytes), 0) AS ours,
       pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0') AS everybody
  FROM @schema@.pg_stat_statements(false) s
 WHERE s.userid = current_user::regrole::oid
   AND s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
