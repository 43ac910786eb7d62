-- The rollback card of a migration as of now, with its lines: one json object. Spliced into a statement. 1 the
-- migration's name as a literal, or NULL.
SELECT c.document || jsonb_build_object('lines', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('kind', l.kind, 'text', l.line) ORDER BY l.place), '[]'::jsonb)
    FROM pgrollout.card_lines(c.document) WITH ORDINALITY l (kind, line, hang, place)))
FROM (SELECT (%s)::text AS name) n
CROSS JOIN LATERAL pgrollout.card_document(n.name) c (document)
WHERE n.name IS NOT NULL
