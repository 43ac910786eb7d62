-- Purpose: may an engine run on this connection? Columns: superuser, standby, backend_pid (a pooler in
-- between gives another one than libpq was told), installed, member of pgrollout_engine.
SELECT
    (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = session_user),
    pg_catalog.pg_is_in_recovery(),
    pg_catalog.pg_backend_pid(),
    -- not to_regprocedure: it fails where the schema may not be used
    EXISTS (SELECT FROM pg_catalog.pg_proc p
            JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname = 'pgrollout' AND p.proname = 'lease_claim'),
    EXISTS (SELECT FROM pg_catalog.pg_roles r
            WHERE r.rolname = 'pgrollout_engine'
              AND pg_catalog.pg_has_role(session_user, r.oid, 'USAGE'))
