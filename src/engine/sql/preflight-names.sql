-- purpose: the tables of schema $1, for "did you mean"; without that schema: the schemas
SELECT c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
SELECT n.nspname FROM pg_namespace n
WHERE NOT EXISTS (SELECT FROM pg_namespace s WHERE s.nspname = $1)
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pgrollout')
ORDER BY 1
