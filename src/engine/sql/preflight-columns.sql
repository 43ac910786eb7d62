-- purpose: the columns of the tables in $1 (oid[])
SELECT a.attrelid AS relid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       (SELECT format('%I.%I', n.nspname, c.collname)
        FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
        WHERE c.oid = a.attcollation) AS collation,
       a.attnotnull AS not_null,
       d.tree IS NOT NULL OR a.attidentity <> '' OR t.typdefault IS NOT NULL AS has_default,
       -- with its type, since the casts that PostgreSQL adds to a default are not written
       CASE WHEN d.tree IS NOT NULL
           THEN format('CAST(%s AS %s)', pg_get_expr(d.tree, a.attrelid), format_type(a.atttypid, a.atttypmod))
           END AS default_sql,
       -- the same for everybody at any time: constants, and what PostgreSQL's own immutable functions make of
       -- them. A kind of node that is not known here makes it none
       d.tree IS NOT NULL
       AND NOT EXISTS (
           SELECT FROM regexp_matches(d.tree::text, '[{]([A-Z]+)', 'g') n (words)
           WHERE words[1] <> ALL ('{CONST,FUNCEXPR,OPEXPR,RELABELTYPE,COERCETODOMAIN,ARRAY,ARRAYEXPR,COLLATE,
                                    COLLATEEXPR}'))
       AND NOT EXISTS (
           SELECT FROM regexp_matches(d.tree::text, ':(op)?funcid ([0-9]+)', 'g') f (words)
           LEFT JOIN pg_proc p ON p.oid = words[2]::oid AND p.pronamespace = 'pg_catalog'::regnamespace
           WHERE p.provolatile IS DISTINCT FROM 'i') AS default_constant,
       a.attgenerated <> '' AS generated,
       a.attidentity = 'a' AS identity_always,
       a.attacl IS NOT NULL AS has_grants,
       -- an index in the order of another library version may skip rows
       coalesce((SELECT c.collversion <> pg_collation_actual_version(c.oid)
                 FROM pg_collation c WHERE c.oid = a.attcollation), false) AS collation_moved
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
-- a column without a default of its own has that of its domain
CROSS JOIN LATERAL (
    SELECT CASE WHEN a.attgenerated = '' AND a.attidentity = ''
        THEN coalesce((SELECT f.adbin FROM pg_attrdef f
                       WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum), t.typdefaultbin) END AS tree) d
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
