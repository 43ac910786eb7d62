-- Where pg_stat_statements is, and whether it may be read. One row: schema (NULL: not installed here),
-- readable, preloaded.
SELECT (SELECT n.nspname FROM pg_catalog.pg_extension e
          JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
         WHERE e.extname = 'pg_stat_statements') AS schema,
       pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS readable,
       EXISTS (SELECT FROM pg_catalog.pg_settings s WHERE s.name = 'pg_stat_statements.max') AS preloaded
