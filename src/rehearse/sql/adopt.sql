-- purpose: what a schema file has made as the superuser becomes the property of an ordinary role (as superuser)
DO $adopt$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT n.nspname FROM pg_catalog.pg_namespace n
             WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
               AND (n.nspowner = CAST(CURRENT_USER AS regrole) OR n.nspname = 'public') LOOP
        EXECUTE format('ALTER SCHEMA %I OWNER TO %I', r.nspname, {literal});
    END LOOP;
    FOR r IN SELECT c.oid, c.relkind, CAST(c.oid AS regclass) AS name FROM pg_catalog.pg_class c
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relowner = CAST(CURRENT_USER AS regrole) AND n.nspname !~ '^pg_'
               AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('e', 'i', 'a')
                               AND d.classid = CAST('pg_class' AS regclass)) LOOP
        EXECUTE format('ALTER %s %s OWNER TO %I', CASE r.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
            WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, r.name, {literal});
    END LOOP;
    FOR r IN SELECT CAST(t.oid AS regtype) AS name FROM pg_catalog.pg_type t
             JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
             WHERE t.typowner = CAST(CURRENT_USER AS regrole) AND n.nspname !~ '^pg_'
               AND n.nspname <> 'information_schema' AND t.typtype IN ('e', 'd')
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e') LOOP
        EXECUTE format('ALTER TYPE %s OWNER TO %I', r.name, {literal});
    END LOOP;
    FOR r IN SELECT CAST(p.oid AS regprocedure) AS name FROM pg_catalog.pg_proc p
             JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
             WHERE p.proowner = CAST(CURRENT_USER AS regrole) AND n.nspname !~ '^pg_'
               AND n.nspname <> 'information_schema'
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
        EXECUTE format('ALTER ROUTINE %s OWNER TO %I', r.name, {literal});
    END LOOP;
    -- whether those that own a table may create beside it is not in every such file
    FOR r IN SELECT DISTINCT n.nspname, o.rolname FROM pg_catalog.pg_class c
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
             WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' LOOP
        EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO %I', r.nspname, r.rolname);
    END LOOP;
END
$adopt$
