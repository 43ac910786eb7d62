-- Sessions of this database that are at work, or in a transaction, and have to do with the tables oids or
-- with one of words, or may have, as one value of JSON.
SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
           'pid', a.pid, 'role', a.usename, 'application', a.application_name, 'state', a.state,
           'age_s', pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.xact_start)::bigint,
           'text', a.query,
           'cut', pg_catalog.octet_length(a.query) >=
                  pg_catalog.pg_size_bytes(pg_catalog.current_setting('track_activity_query_size')) - 1,
           'locks', l.pid IS NOT NULL) ORDER BY a.xact_start), '[]')
  FROM pg_catalog.pg_stat_activity a
  LEFT JOIN (SELECT DISTINCT k.pid FROM pg_catalog.pg_locks k
              WHERE k.locktype = 'relation' AND k.relation = ANY (@oids@::oid[])
                AND k.database = (SELECT d.oid FROM pg_catalog.pg_database d
                                   WHERE d.datname = pg_catalog.current_database())) l ON l.pid = a.pid
 WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
   AND a.backend_type IN ('client backend', 'background worker')
   AND a.state IS DISTINCT FROM 'idle' AND a.application_name !~ '^pgrollout(/|$)'
   AND (l.pid IS NOT NULL
        OR EXISTS (SELECT FROM pg_catalog.unnest(@words@::text[]) w
                    WHERE pg_catalog.strpos(pg_catalog.lower(a.query), w) > 0))
