-- What stands behind the guards of a migration: one json object. Spliced into a statement.
-- 1 the migration's name as a literal, or NULL.
SELECT pgrollout.guards_look((%s)::text)
