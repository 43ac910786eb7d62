-- purpose: may the table $2 be made in schema $1? $3: the plan's role or NULL; $4, $5: the table whose privileges and
-- owner it gets, or NULL. One row.
SELECT n.oid IS NOT NULL AS schema_exists, r.rolname AS ddl_role, coalesce(r.rolsuper, false) AS role_super,
       $4::text IS NULL OR g.oid IS NOT NULL AS grants_exists,
       coalesce(has_schema_privilege(r.oid, n.oid, 'CREATE'), false) AS may_create,
       EXISTS (SELECT FROM pg_roles e
               WHERE NOT e.rolsuper
                 AND pg_has_role(e.oid, (SELECT x.oid FROM pg_roles x WHERE x.rolname = 'pgrollout_engine'), 'MEMBER')
                 AND pg_has_role(e.oid, r.oid, 'USAGE')) AS engine_member
FROM (SELECT 1) one
LEFT JOIN pg_namespace n ON n.nspname = $1 AND $2::text IS NOT NULL
LEFT JOIN (pg_class g JOIN pg_namespace gn ON gn.oid = g.relnamespace)
    ON gn.nspname = $4 AND g.relname = $5 AND g.relkind IN ('r', 'p')
LEFT JOIN pg_roles r ON r.rolname = coalesce($3::text, (SELECT o.rolname FROM pg_roles o WHERE o.oid = g.relowner))
