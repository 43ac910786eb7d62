-- Purpose: may an engine run on this connection? Columns: superuser, standby, backend_pid (a pooler in
-- between gives another one than libpq was told), installed, member of pgrollout_engine.
SELECT
    (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = session_user),
    pg_catalog.pg_is_in_recovery(),
    pg_catalog.pg_backend_pid(),
    pg_catalog.to_regprocedure('pgrollout.lease_claim(jsonb, interval)') IS NOT NULL,
    EXISTS (SELECT FROM pg_catalog.pg_roles r
            WHERE r.rolname = 'pgrollout_engine'
              AND pg_catalog.pg_has_role(session_user, r.oid, 'USAGE'))
