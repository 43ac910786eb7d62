-- purpose: the table $1.$2 that a foreign key is to reference by the columns $3 (JSON array; NULL: its primary key), for
-- role $4; $5: its own columns (JSON array), $6: ON DELETE, or NULL. No row: there is no such table.
SELECT c.relkind, c.relpersistence,
       coalesce($3::jsonb, (SELECT jsonb_agg(a.attname::text ORDER BY k.n)
                             FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, n)
                             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                             WHERE i.indrelid = c.oid AND i.indisprimary)) AS columns,
       (SELECT string_agg(quote_ident(w.name), ', ') FROM jsonb_array_elements_text($3::jsonb) w (name)
        WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = w.name
                          AND a.attnum > 0 AND NOT a.attisdropped)) AS missing,
       $3::jsonb IS NULL OR EXISTS (
           SELECT FROM pg_index i
           WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
             AND i.indpred IS NULL AND i.indexprs IS NULL
             AND (SELECT array_agg(a.attname::text ORDER BY a.attname)
                  FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, n)
                  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum WHERE k.n <= i.indnkeyatts)
                 = (SELECT array_agg(x ORDER BY x) FROM jsonb_array_elements_text($3::jsonb) x)) AS is_unique,
       -- as pg_get_constraintdef writes it
       format('FOREIGN KEY (%s) REFERENCES %I.%I(%s)%s',
              (SELECT string_agg(quote_ident(h.name), ', ' ORDER BY h.n)
               FROM jsonb_array_elements_text($5::jsonb) WITH ORDINALITY h (name, n)), n.nspname, c.relname,
              (SELECT string_agg(quote_ident(h.name), ', ' ORDER BY h.n)
               FROM jsonb_array_elements_text(coalesce($3::jsonb, (
                   SELECT jsonb_agg(a.attname::text ORDER BY k.n)
                   FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, n)
                   JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                   WHERE i.indrelid = c.oid AND i.indisprimary))) WITH ORDINALITY h (name, n)),
              coalesce(' ON DELETE ' || nullif($6::text, 'NO ACTION'), '')) AS definition,
       has_table_privilege($4, c.oid, 'REFERENCES') AS may_reference, o.rolname AS owner
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles o ON o.oid = c.relowner
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
