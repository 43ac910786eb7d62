-- The checklists of a migration: one json object. Spliced into a statement. 1 the migration's name as a literal, or
-- NULL.
SELECT jsonb_build_object('migration', n.name,
    'items', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                  'list', c.list, 'item', c.item, 'words', c.words, 'state', c.state, 'evidence', c.evidence,
                  'by', c.answered_by, 'note', c.note,
                  'at', to_char(c.answered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')) ORDER BY c.place), '[]'::jsonb)
              FROM pgrollout.checklist(n.name) WITH ORDINALITY
                   c (list, n, item, words, state, evidence, answered_by, answered_at, note, place)))
FROM (SELECT (%s)::text AS name) n
WHERE n.name IS NOT NULL
