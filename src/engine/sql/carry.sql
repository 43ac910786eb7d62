-- purpose: what hangs on column {old} (a literal) of table {table} (a regclass literal), written as steps for column
-- {new} (a literal). {copy} is a table of the same shape whose column has the new name: its texts are those of
-- the new column; {same} (true, false): the new column has the old one's type, so that expressions fit.
-- One row a line of the plan: place ('expand', 'backfill', 'contract', 'note', 'type', 'not_null'), text.
WITH col AS (
    SELECT a.*, c.relname, c.relnamespace::regnamespace::text AS schema_name, c.oid AS relid,
           quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS qualified
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attrelid = {table}::regclass AND a.attname = {old} AND NOT a.attisdropped
), quoted AS (
    SELECT col.*, quote_ident({new}) AS new_sql, quote_ident({old}) AS old_sql, quote_literal(relname) AS table_yaml
    FROM col
), pairs AS (
    -- LIKE makes the copies in the order of the originals
    SELECT o.*, k.indexrelid AS copy_id
    FROM (SELECT i.*, row_number() OVER (ORDER BY i.indexrelid) AS nr
          FROM pg_index i JOIN col ON i.indrelid = col.relid WHERE i.indislive) o
    JOIN (SELECT i.indexrelid, row_number() OVER (ORDER BY i.indexrelid) AS nr
          FROM pg_index i WHERE i.indrelid = {copy}::regclass) k USING (nr)
), touching AS (
    SELECT p.*, c.relname AS name, am.amname AS method, q.new_sql, q.old_sql, q.relname AS table_name,
           q.attnum, q.qualified,
           EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = p.indexrelid
                   AND d.refclassid = 'pg_class'::regclass AND d.refobjid = q.relid AND d.refobjsubid = q.attnum)
           AS depends,
           -- in an expression or the condition
           (SELECT count(*) FROM unnest(p.indkey::int2[]) k WHERE k = q.attnum) = 0
           OR p.indpred IS NOT NULL OR p.indexprs IS NOT NULL AS special,
           con.contype, con.conname
    FROM pairs p
    JOIN pg_class c ON c.oid = p.indexrelid
    JOIN pg_am am ON am.oid = c.relam
    LEFT JOIN pg_constraint con ON con.conindid = p.indexrelid AND con.contype IN ('p', 'u', 'x')
    CROSS JOIN quoted q
), elements AS (
    SELECT t.indexrelid,
           string_agg(quote_literal(pg_get_indexdef(t.copy_id, k.nr::int, false)
               || CASE WHEN t.indcollation[k.nr - 1] <> 0 AND t.indcollation[k.nr - 1] IS DISTINCT FROM a.attcollation
                            AND a.attnum IS NOT NULL
                       THEN ' COLLATE ' || t.indcollation[k.nr - 1]::regcollation ELSE '' END
               || CASE WHEN oc.opcdefault THEN '' ELSE ' ' || quote_ident(oc.opcname) END
               || CASE WHEN t.indoption[k.nr - 1] & 1 = 1 THEN ' DESC' ELSE '' END
               || CASE t.indoption[k.nr - 1] & 3 WHEN 2 THEN ' NULLS FIRST' WHEN 1 THEN ' NULLS LAST' ELSE '' END),
               ', ' ORDER BY k.nr) FILTER (WHERE k.nr <= t.indnkeyatts) AS key,
           string_agg(quote_literal(pg_get_indexdef(t.copy_id, k.nr::int, false)), ', ' ORDER BY k.nr)
               FILTER (WHERE k.nr > t.indnkeyatts) AS include
    FROM touching t
    CROSS JOIN LATERAL unnest(t.indkey::int2[]) WITH ORDINALITY AS k(attnum, nr)
    LEFT JOIN pg_attribute a ON a.attrelid = t.indrelid AND a.attnum = k.attnum AND k.attnum <> 0
    LEFT JOIN pg_opclass oc ON oc.oid = t.indclass[CASE WHEN k.nr <= t.indnkeyatts THEN k.nr - 1 ELSE 0 END]
    WHERE t.depends
    GROUP BY t.indexrelid
), lines AS (
    SELECT 'type' AS place, format_type(q.atttypid, q.atttypmod) AS text, 0 AS ord FROM quoted q
    UNION ALL SELECT 'not_null', CASE WHEN q.attnotnull THEN 'yes' ELSE 'no' END, 0 FROM quoted q
    UNION ALL
    SELECT CASE WHEN t.contype = 'p' OR t.contype = 'x' OR NOT t.indisvalid OR (t.special AND NOT {same})
                THEN 'note' ELSE 'backfill' END,
           CASE WHEN t.contype = 'p' THEN format('# %s is the primary key: nothing carries it over.', quote_ident(t.name))
                WHEN t.contype = 'x' THEN format('# %s is an exclusion constraint: make its like by hand.', quote_ident(t.name))
                WHEN NOT t.indisvalid THEN format('# %s is not valid, and not carried over.', quote_ident(t.name))
                WHEN t.special AND NOT {same}
                THEN format('# %s speaks of %s in an expression or a condition: write it for %s by hand.',
                            quote_ident(t.name), t.old_sql, t.new_sql)
                WHEN t.contype = 'u' AND NOT t.special
                THEN format('- constraint: {table: %s, name: %s, unique: [%s]}', quote_literal(t.table_name),
                            quote_literal(n.name), e.key)
                ELSE format('- index: {table: %s, name: %s, columns: [%s]%s%s%s%s}', quote_literal(t.table_name),
                            quote_literal(n.name), e.key,
                            CASE WHEN t.indisunique THEN ', unique: true' ELSE '' END,
                            CASE WHEN t.method <> 'btree' THEN ', method: ' || t.method ELSE '' END,
                            ', include: [' || e.include || ']',
                            ', where: ' || quote_literal(pg_get_expr(k.indpred, k.indrelid))) END, 1
    FROM touching t
    JOIN elements e USING (indexrelid)
    LEFT JOIN pg_index k ON k.indexrelid = t.copy_id
    CROSS JOIN LATERAL (SELECT left(CASE WHEN position({old} IN t.name) > 0 THEN replace(t.name, {old}, {new})
                                    ELSE t.name || '_' || {new} END, 63) AS name) n
    WHERE t.depends
    UNION ALL
    SELECT CASE WHEN {same} THEN 'backfill' ELSE 'note' END,
           CASE WHEN {same} THEN format('- constraint: {table: %s, name: %s, check: %s}', quote_literal(q.relname),
                    quote_literal(left(CASE WHEN position({old} IN o.conname) > 0 THEN replace(o.conname, {old}, {new})
                                       ELSE o.conname || '_' || {new} END, 63)),
                    quote_literal(pg_get_expr(k.conbin, k.conrelid)))
           ELSE format('# check %s speaks of %s: write it for %s by hand.', quote_ident(o.conname), q.old_sql, q.new_sql)
           END, 2
    FROM quoted q
    JOIN pg_constraint o ON o.conrelid = q.relid AND o.contype = 'c' AND q.attnum = ANY (o.conkey)
    -- checks keep their names in the copy
    JOIN pg_constraint k ON k.conrelid = {copy}::regclass AND k.contype = 'c' AND k.conname = o.conname
    UNION ALL
    SELECT CASE WHEN {same} THEN 'backfill' ELSE 'note' END,
           CASE WHEN {same} THEN format('- constraint: {table: %s, name: %s, foreign_key: [%s], references: %s, columns: [%s]%s}',
                    quote_literal(q.relname),
                    quote_literal(left(CASE WHEN position({old} IN o.conname) > 0 THEN replace(o.conname, {old}, {new})
                                       ELSE o.conname || '_' || {new} END, 63)),
                    (SELECT string_agg(quote_literal(CASE WHEN a.attname = {old} THEN {new} ELSE a.attname END), ', ' ORDER BY x.nr)
                     FROM unnest(o.conkey) WITH ORDINALITY x(attnum, nr)
                     JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = x.attnum),
                    quote_literal(f.relnamespace::regnamespace::text || '.' || quote_ident(f.relname)),
                    (SELECT string_agg(quote_literal(a.attname), ', ' ORDER BY x.nr)
                     FROM unnest(o.confkey) WITH ORDINALITY x(attnum, nr)
                     JOIN pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = x.attnum),
                    CASE o.confdeltype WHEN 'c' THEN ', on_delete: cascade' WHEN 'r' THEN ', on_delete: restrict'
                                       WHEN 'n' THEN ', on_delete: set null' WHEN 'd' THEN ', on_delete: set default'
                                       ELSE '' END)
           ELSE format('# foreign key %s has %s: make one for %s by hand.', quote_ident(o.conname), q.old_sql, q.new_sql)
           END, 3
    FROM quoted q
    JOIN pg_constraint o ON o.conrelid = q.relid AND o.contype = 'f' AND q.attnum = ANY (o.conkey)
    JOIN pg_class f ON f.oid = o.confrelid
    UNION ALL
    SELECT 'note', format('# foreign key %s of %s references %s: it must reference %s first.', quote_ident(o.conname),
                          o.conrelid::regclass, q.old_sql, q.new_sql), 4
    FROM quoted q
    JOIN pg_constraint o ON o.confrelid = q.relid AND o.contype = 'f' AND q.attnum = ANY (o.confkey)
    UNION ALL
    SELECT 'expand', format('- sql: %s', quote_literal(format('GRANT %s (%s) ON %s TO %s', g.privilege_type, q.new_sql,
                         q.qualified, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(g.grantee::regrole::text) END)))
           || E'\n' || format('  undo: %s', quote_literal(format('REVOKE %s (%s) ON %s FROM %s', g.privilege_type, q.new_sql,
                         q.qualified, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(g.grantee::regrole::text) END))), 5
    FROM quoted q CROSS JOIN LATERAL aclexplode(q.attacl) g
    UNION ALL
    SELECT 'backfill', format('- sql: %s', quote_literal(format('ALTER TABLE %s ALTER COLUMN %s SET STATISTICS %s', q.qualified,
                                                                q.new_sql, q.attstattarget)))
           || E'\n' || format('  undo: %s', quote_literal(format('ALTER TABLE %s ALTER COLUMN %s SET STATISTICS -1',
                                                                 q.qualified, q.new_sql))), 6
    FROM quoted q WHERE q.attstattarget > -1
    UNION ALL
    SELECT CASE WHEN {same} THEN 'contract' ELSE 'note' END,
           CASE WHEN {same} THEN format('- sql: %s', quote_literal(format('ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s',
                    q.qualified, q.new_sql, pg_get_expr(d.adbin, d.adrelid))))
               || E'\n' || format('  undo: %s', quote_literal(format('ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT',
                                                                     q.qualified, q.new_sql)))
           ELSE format('# %s has the default %s: give %s its own by hand.', q.old_sql,
                       pg_get_expr(d.adbin, d.adrelid), q.new_sql) END, 7
    FROM quoted q JOIN pg_attrdef d ON d.adrelid = q.relid AND d.adnum = q.attnum
    WHERE q.attgenerated = '' AND q.attidentity = ''
    UNION ALL
    SELECT 'note', format('# %s names %s by list: add %s to it.', pg_describe_object('pg_statistic_ext'::regclass, s.oid, 0),
                          q.old_sql, q.new_sql), 8
    FROM quoted q JOIN pg_statistic_ext s ON s.stxrelid = q.relid AND q.attnum = ANY (s.stxkeys)
    UNION ALL
    SELECT 'note', format('# publication %s sends the columns of %s by list: add %s to it.', quote_ident(p.pubname),
                          quote_ident(q.relname), q.new_sql), 8
    FROM quoted q
    JOIN pg_publication_rel r ON r.prrelid = q.relid
    JOIN pg_publication p ON p.oid = r.prpubid
    WHERE to_jsonb(r) ->> 'prattrs' IS NOT NULL
    UNION ALL
    SELECT DISTINCT 'note', format('# %s uses %s: make it anew with %s.',
                          CASE WHEN v.relkind = 'm' THEN 'materialized view ' ELSE 'view ' END || v.oid::regclass,
                          q.old_sql, q.new_sql), 9
    FROM quoted q
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = q.relid AND d.refobjsubid = q.attnum
         AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite w ON w.oid = d.objid
    JOIN pg_class v ON v.oid = w.ev_class AND v.oid <> q.relid
    UNION ALL
    SELECT DISTINCT 'note', format('# %s uses %s: make it anew with %s.', pg_describe_object(d.classid, d.objid, d.objsubid),
                          q.old_sql, q.new_sql), 9
    FROM quoted q
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = q.relid AND d.refobjsubid = q.attnum
    WHERE d.classid IN ('pg_policy'::regclass, 'pg_trigger'::regclass, 'pg_proc'::regclass)
)
SELECT place, text FROM lines WHERE text IS NOT NULL ORDER BY ord, text
