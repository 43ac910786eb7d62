-- purpose: the columns of the tables in $1 (oid[])
SELECT a.attrelid AS relid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       (SELECT format('%I.%I', n.nspname, c.collname)
        FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
        WHERE c.oid = a.attcollation) AS collation,
       a.attnotnull AS not_null,
       a.atthasdef AS has_default,
       -- a plain constant, which a trigger can compare with
       (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
        WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
          AND pg_get_expr(d.adbin, d.adrelid) !~ '[(]') AS constant_default,
       a.attgenerated <> '' AS generated,
       a.attidentity = 'a' AS identity_always,
       a.attacl IS NOT NULL AS has_grants,
       -- an index in the order of another library version may skip rows
       coalesce((SELECT c.collversion <> pg_collation_actual_version(c.oid)
                 FROM pg_collation c WHERE c.oid = a.attcollation), false) AS collation_moved
FROM pg_attribute a
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
