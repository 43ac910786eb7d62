-- What was meant by first.second.third (the last may be NULL, or the last two): schema, table,
-- column (NULL: the table), and whether the column is there; no row: nothing of that name. A table of
-- the search_path goes before a schema.
WITH word AS (SELECT @first@::text AS a, @second@::text AS b, @third@::text AS c),
meaning AS (
    SELECT 1 AS rank, pg_catalog.to_regclass(pg_catalog.quote_ident(a))::oid AS relation, b AS col
      FROM word WHERE c IS NULL
    UNION ALL
    SELECT 2, pg_catalog.to_regclass(pg_catalog.format('%I.%I', a, b))::oid, c
      FROM word WHERE b IS NOT NULL
)
SELECT n.nspname, c.relname, m.col, a.attnum IS NOT NULL AS found
  FROM meaning m
  JOIN pg_catalog.pg_class c ON c.oid = m.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attribute a
    ON a.attrelid = c.oid AND a.attname = m.col AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY m.col IS NOT NULL AND a.attnum IS NULL, m.rank
 LIMIT 1
