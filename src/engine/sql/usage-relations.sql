-- Which relations of the names names have a column column: [schema, name, has] each, as one value of
-- JSON.
SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(n.nspname, c.relname,
           EXISTS (SELECT FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attname = @column@ AND NOT a.attisdropped))), '[]')
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relname = ANY (@names@::text[]) AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
   AND n.nspname NOT LIKE 'pg\_temp\_%'
