-- purpose: what of the server and of the caller decides about any plan. $1: the plan's role, or NULL
SELECT pg_is_in_recovery() AS in_recovery,
       l.oid IS NOT NULL AS installed,
       l.oid IS NOT NULL AND has_schema_privilege(l.pronamespace, 'USAGE')
           AND has_function_privilege(l.oid, 'EXECUTE') AS may_load,
       r.oid IS NOT NULL AS role_exists,
       coalesce(r.rolsuper, false) AS role_super,
       (SELECT string_agg(quote_ident(s.slot_name), ', ' ORDER BY s.slot_name)
        FROM pg_replication_slots s
        WHERE s.slot_type = 'logical' AND s.database = current_database()) AS logical_slots,
       (SELECT string_agg(DISTINCT quote_ident(p.pubname), ', ') FROM pg_publication_tables p
        WHERE p.schemaname = 'pgrollout') AS control_publications
FROM (SELECT $1::text AS role) w
LEFT JOIN pg_roles r ON r.rolname = w.role
LEFT JOIN pg_proc l ON l.proname = 'load'
    AND l.pronamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'pgrollout')
