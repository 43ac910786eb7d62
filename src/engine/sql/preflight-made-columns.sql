-- purpose: the columns of one's own temporary table $1 (oid), for preflight_added_table
SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
       a.atthasdef OR a.attidentity <> '' AS has_default, a.attgenerated <> '' AS generated,
       a.attidentity = 'a' AS identity_always,
       (SELECT format('%I.%I', n.nspname, c.collname) FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
        WHERE c.oid = a.attcollation) AS collation
FROM pg_attribute a WHERE a.attrelid = $1::oid AND a.attnum > 0 ORDER BY a.attnum
