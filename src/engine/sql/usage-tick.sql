-- What usage-statements.sql says, without the texts: the calls of the statements ids.
WITH s AS MATERIALIZED (
    SELECT p.queryid::text || ':' || p.userid || ':' || p.toplevel::int AS id, p.calls, p.queryid,
           p.queryid IS NULL AS hidden
      FROM @schema@.pg_stat_statements(false) p
     WHERE p.dbid = (SELECT d.oid FROM pg_catalog.pg_database d
                      WHERE d.datname = pg_catalog.current_database())
)
SELECT pg_catalog.jsonb_build_object(
    'reset', (SELECT pg_catalog.to_char(i.stats_reset AT TIME ZONE 'UTC',
                                        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM @schema@.pg_stat_statements_info i),
    'dealloc', (SELECT i.dealloc FROM @schema@.pg_stat_statements_info i),
    'mark', (SELECT pg_catalog.count(*) || ':' || coalesce(pg_catalog.sum(s.queryid), 0) FROM s),
    'calls', (SELECT pg_catalog.jsonb_object_agg(s.id, s.calls) FROM s
               WHERE s.id = ANY (@ids@::text[])))
