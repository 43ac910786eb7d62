-- purpose: the enabled triggers of people on the tables in $1 (oid[]) and on their partitions
WITH RECURSIVE tables AS (
    SELECT o.oid AS root, o.oid AS relid FROM unnest($1::oid[]) o (oid)
    UNION ALL
    SELECT t.root, h.inhrelid FROM tables t JOIN pg_inherits h ON h.inhparent = t.relid
)
SELECT r.root AS relid, t.tgname AS name, format('%I.%I', n.nspname, p.proname) AS function,
       t.tgtype & 1 <> 0 AS is_row, t.tgtype & 2 <> 0 AS is_before, t.tgtype & 4 <> 0 AS on_insert,
       t.tgtype & 16 <> 0 AS on_update,
       -- UPDATE OF: a JSON list; NULL: any column
       (SELECT jsonb_agg(a.attname) FROM pg_attribute a
        WHERE a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr::int2[])) AS columns
FROM tables r
JOIN pg_trigger t ON t.tgrelid = r.relid AND t.tgparentid = 0
JOIN pg_proc p ON p.oid = t.tgfoid
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
  AND (r.relid = r.root OR t.tgtype & 1 <> 0) -- one for each statement fires on the table that is named
ORDER BY r.root, t.tgname
