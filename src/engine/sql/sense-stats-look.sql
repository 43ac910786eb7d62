-- The statements of others that name one of the plan's tables (@pattern@): queryid, writes; the most
-- frequent first. Reads the texts: only when there are statements that were not there before.
SELECT s.queryid::text, bool_or(s.query ~* '\m(insert|update|delete|merge)\M')
  FROM @schema@.pg_stat_statements(true) s
 WHERE s.userid <> current_user::regrole::oid
   AND s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
   AND s.queryid IS NOT NULL
   AND s.query ~* @pattern@
   AND s.query ~* '^([[:space:]]|/\*([^*]|\*+[^*/])*\*+/|--[^\n]*\n)*(select|insert|update|delete|merge|with)\M'
 GROUP BY s.queryid
 ORDER BY sum(s.calls) DESC
 LIMIT 200
