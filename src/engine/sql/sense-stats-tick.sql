-- What the statements @ids@ have done so far: queryid, calls, ms; one row with NULLs where there are
-- none. mark changes when statements come or go. Without texts.
WITH s AS MATERIALIZED (
    SELECT p.queryid, sum(p.calls) AS calls, sum(p.total_exec_time) AS ms
      FROM @schema@.pg_stat_statements(false) p
     WHERE p.userid <> current_user::regrole::oid
       AND p.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
       AND p.queryid IS NOT NULL
     GROUP BY p.queryid
)
SELECT s.queryid::text, s.calls, s.ms, m.mark
  FROM (SELECT count(*) || ':' || coalesce(sum(s.queryid), 0) AS mark FROM s) m
  LEFT JOIN s ON s.queryid = ANY (@ids@::bigint[])
