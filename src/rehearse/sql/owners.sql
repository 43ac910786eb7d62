-- purpose: lets the engine act for the owners of the tables (as superuser), as in production
DO $grant$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT DISTINCT o.rolname
             FROM pg_catalog.pg_class c
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
             WHERE NOT o.rolsuper AND c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_'
               AND n.nspname NOT IN ('information_schema', 'pgrollout') AND o.rolname !~ '^pgrollout_' LOOP
        EXECUTE format('GRANT %I TO pgrollout_engine', r.rolname);
    END LOOP;
END
$grant$
