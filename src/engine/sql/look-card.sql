-- The rollback card of a migration as of now, and whether the catalog still has what an abort takes away:
-- one json object. Spliced into a statement. 1 the migration's name as a literal, or NULL.
SELECT jsonb_build_object('migration', n.name,
    'checked', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'HH24:MI:SS'),
    'undo', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'target', c.target, 'n', c.n, 'action', c.action, 'locks', c.locks, 'loses', c.loses)
                 ORDER BY c.target <> 'start', c.place), '[]'::jsonb)
             FROM pgrollout.card(n.name) WITH ORDINALITY c (target, n, action, locks, loses, place)),
    'takes', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'schema', t.schema, 'relation', t.relation, 'column', t.col,
                 'there', EXISTS (
                     SELECT FROM pg_catalog.pg_class r
                     JOIN pg_catalog.pg_namespace s ON s.oid = r.relnamespace
                     WHERE s.nspname = t.schema AND r.relname = t.relation
                       AND (t.col IS NULL OR EXISTS (
                           SELECT FROM pg_catalog.pg_attribute a
                           WHERE a.attrelid = r.oid AND a.attname = t.col AND NOT a.attisdropped))))), '[]'::jsonb)
              FROM pgrollout.card_takes(n.name) t))
FROM (SELECT (%s)::text AS name) n
WHERE n.name IS NOT NULL
