-- The statements of this database whose text may name one of words, and how much of all that was called
-- nobody can see, as one value of JSON. schema is that of pg_stat_statements. Ours are those
-- of roles to which pgrollout_engine was granted.
WITH s AS MATERIALIZED (
    SELECT p.queryid::text || ':' || p.userid || ':' || p.toplevel::int AS id, p.userid, p.calls,
           p.total_exec_time AS ms, p.query, p.queryid,
           p.query IS NULL OR p.queryid IS NULL AS hidden,
           p.userid IN (SELECT m.member FROM pg_catalog.pg_auth_members m
                          JOIN pg_catalog.pg_roles r ON r.oid = m.roleid
                         WHERE r.rolname = 'pgrollout_engine') AS ours
      FROM @schema@.pg_stat_statements(true) p
     WHERE p.dbid = (SELECT d.oid FROM pg_catalog.pg_database d
                      WHERE d.datname = pg_catalog.current_database())
), near AS (
    SELECT s.*, pg_catalog.row_number() OVER (ORDER BY s.calls DESC) AS n
      FROM s
     WHERE NOT s.hidden AND NOT s.ours
       AND (pg_catalog.strpos(pg_catalog.lower(s.query), 'u&"') > 0
            OR EXISTS (SELECT FROM pg_catalog.unnest(@words@::text[]) w
                        WHERE pg_catalog.strpos(pg_catalog.lower(s.query), w) > 0))
)
SELECT pg_catalog.jsonb_build_object(
    'reset', (SELECT pg_catalog.to_char(i.stats_reset AT TIME ZONE 'UTC',
                                        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM @schema@.pg_stat_statements_info i),
    'dealloc', (SELECT i.dealloc FROM @schema@.pg_stat_statements_info i),
    'max', pg_catalog.current_setting('pg_stat_statements.max')::bigint,
    'track', pg_catalog.current_setting('pg_stat_statements.track'),
    'utility', pg_catalog.current_setting('pg_stat_statements.track_utility')::bool,
    'entries', (SELECT pg_catalog.count(*) FROM s),
    'mark', (SELECT pg_catalog.count(*) || ':' || coalesce(pg_catalog.sum(s.queryid), 0) FROM s),
    'hidden', (SELECT coalesce(pg_catalog.sum(s.calls), 0) FROM s WHERE s.hidden AND NOT s.ours),
    'rest', (SELECT coalesce(pg_catalog.sum(x.calls), 0) FROM near x WHERE x.n > 10000),
    'statements', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                       'id', x.id, 'role', coalesce(r.rolname, x.userid::text), 'calls', x.calls,
                       'ms', x.ms, 'text', pg_catalog.left(x.query, 66000)) ORDER BY x.calls DESC)
                     FROM near x LEFT JOIN pg_catalog.pg_roles r ON r.oid = x.userid
                    WHERE x.n <= 10000))
