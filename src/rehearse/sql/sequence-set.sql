-- purpose: sets one of the copy so far
-- $1: its name, $2: the value
SELECT pg_catalog.setval(pg_catalog.to_regclass($1), CAST($2 AS bigint)) WHERE pg_catalog.to_regclass($1) IS NOT NULL
