-- purpose: the foreign keys of the copy
-- columns: name, child, parent, parent_columns (all of it), ours and theirs (the columns, as they stand in SQL,
--  with the prefixes c and p), bare (theirs without), given (ours IS NOT NULL …), match (c.… = p.… AND …)
SELECT k.conname AS name, pg_catalog.format('%I.%I', cn.nspname, cc.relname) AS child,
       pg_catalog.format('%I.%I', pn.nspname, pc.relname) AS parent,
       (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = pc.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS parent_columns,
       m.ours, m.bare, m.given, m.match
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class cc ON cc.oid = k.conrelid
JOIN pg_catalog.pg_namespace cn ON cn.oid = cc.relnamespace
JOIN pg_catalog.pg_class pc ON pc.oid = k.confrelid
JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace
CROSS JOIN LATERAL (
    SELECT pg_catalog.string_agg(pg_catalog.format('c.%I', a.attname), ', ' ORDER BY u.n) AS ours,
           pg_catalog.string_agg(pg_catalog.quote_ident(b.attname), ', ' ORDER BY u.n) AS bare,
           pg_catalog.string_agg(pg_catalog.format('c.%I IS NOT NULL', a.attname), ' AND ') AS given,
           pg_catalog.string_agg(pg_catalog.format('c.%I = p.%I', a.attname, b.attname), ' AND ') AS match
    FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) WITH ORDINALITY u (con, conf, n),
         pg_catalog.pg_attribute a, pg_catalog.pg_attribute b
    WHERE a.attrelid = k.conrelid AND a.attnum = u.con AND b.attrelid = k.confrelid AND b.attnum = u.conf) m
WHERE k.contype = 'f' AND k.conparentid = 0 AND cn.nspname <> 'pgrollout'
ORDER BY k.oid
