-- purpose: an index, constraint or column by its name $3 on table $1 (oid) in schema $2. One row.
SELECT
    (SELECT c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $2 AND c.relname = $3) AS taken_kind,
    i.indexrelid IS NOT NULL AS is_index,
    coalesce(i.indisvalid AND i.indisready AND i.indislive, false) AS index_valid,
    coalesce(i.indisunique, false) AS index_unique,
    coalesce(i.indisreplident, false) AS index_identity,
    coalesce(i.indisclustered, false) AS index_clustered,
    EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) AS index_is_part,
    pgrollout.index_text(i.indexrelid) AS index_text,
    (SELECT quote_ident(c.conname) FROM pg_constraint c
     WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x') AND c.conrelid = i.indrelid) AS index_constraint,
    (SELECT string_agg(DISTINCT format('%I on %s', c.conname, c.conrelid::regclass), ', ') FROM pg_constraint c
     WHERE c.contype = 'f' AND c.conparentid = 0 AND c.conindid IN (i.indexrelid, k.conindid)
       AND c.oid IS DISTINCT FROM k.oid) AS foreign_keys,
    k.contype AS constraint_type,
    pgrollout.constraint_text(k.oid) AS constraint_text,
    coalesce(k.coninhcount > 0, false) AS constraint_inherited,
    coalesce((SELECT x.indisreplident OR x.indisprimary AND t.relreplident = 'd'
              AND EXISTS (SELECT FROM pg_publication_tables p JOIN pg_namespace s ON s.nspname = p.schemaname
                          WHERE s.oid = t.relnamespace AND p.tablename = t.relname)
              FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid WHERE x.indexrelid = k.conindid
                AND k.contype IN ('p', 'u')), false) AS constraint_identity,
    (SELECT string_agg(quote_ident(c.conname), ', ') FROM pg_constraint c
     JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
     WHERE c.conrelid = $1::oid AND c.contype = 'p' AND a.attname = $3) AS primary_key,
    EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = $1::oid AND a.attname = $3 AND a.attidentity <> '') AS identity
FROM (SELECT 1) one
LEFT JOIN (pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid) ON i.indrelid = $1::oid AND ic.relname = $3
LEFT JOIN pg_constraint k ON k.conrelid = $1::oid AND k.conname = $3
