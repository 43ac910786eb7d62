-- purpose: whose a table is, and whether the login may do everything
-- $1: schema, $2: table; columns: owner, super; no row where there is no such table
SELECT r.rolname AS owner, r.rolsuper AS super
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
WHERE n.nspname = $1 AND c.relname = $2
