-- purpose: the enabled triggers of people on the tables in $1 (oid[])
SELECT t.tgrelid AS relid, t.tgname AS name, format('%I.%I', n.nspname, p.proname) AS function,
       t.tgtype & 1 <> 0 AS is_row, t.tgtype & 2 <> 0 AS is_before, t.tgtype & 4 <> 0 AS on_insert,
       t.tgtype & 16 <> 0 AS on_update,
       -- UPDATE OF: a JSON list; NULL: any column
       (SELECT jsonb_agg(a.attname) FROM pg_attribute a
        WHERE a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr::int2[])) AS columns
FROM pg_trigger t
JOIN pg_proc p ON p.oid = t.tgfoid
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE t.tgrelid = ANY ($1::oid[]) AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
ORDER BY t.tgrelid, t.tgname
