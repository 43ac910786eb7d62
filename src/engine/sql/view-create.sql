-- purpose: the body of a DO that makes {view} stand for {table} (both as they are written inside of a literal)
--
-- A simple view is updatable, and a column left out of an INSERT gets the table's default. From 15 on it runs with
-- the rights of whoever uses it, so that row security holds for them; earlier versions cannot.
DECLARE
    given record;
BEGIN
    EXECUTE 'CREATE VIEW {view} ' || CASE WHEN current_setting('server_version_num')::int >= 150000
        THEN 'WITH (security_invoker = true) ' ELSE '' END || 'AS SELECT * FROM {table}';
    FOR given IN
        SELECT g.privilege_type, g.is_grantable, '' AS columns, g.grantee
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) g
        WHERE c.oid = '{table}'::regclass AND g.grantee <> c.relowner
        UNION ALL
        SELECT g.privilege_type, g.is_grantable, format(' (%I)', a.attname), g.grantee
        FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) g
        WHERE a.attrelid = '{table}'::regclass AND NOT a.attisdropped
    LOOP
        IF given.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') THEN
            EXECUTE format('GRANT %s%s ON {view} TO %s%s', given.privilege_type, given.columns,
                CASE given.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(given.grantee)) END,
                CASE WHEN given.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        END IF;
    END LOOP;
END
