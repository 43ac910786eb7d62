-- Purpose: create what is missing of the roles, run by `install` as a superuser (or a role that may
-- create roles). Roles belong to the whole cluster: idempotent.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['owner', 'viewer', 'responder', 'operator', 'approver', 'engine'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'pgrollout_' || wanted) THEN
            EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', 'pgrollout_' || wanted);
        END IF;
    END LOOP;
END
$$;
GRANT pgrollout_viewer TO pgrollout_responder;
GRANT pgrollout_responder TO pgrollout_operator;
GRANT pgrollout_operator TO pgrollout_approver;
GRANT pgrollout_viewer TO pgrollout_engine;
-- pause stops the engine's sessions and finds them in pg_stat_activity; who may not grant this is told
-- by `install` what an administrator must run
DO $$
BEGIN
    GRANT pg_signal_backend, pg_read_all_stats TO pgrollout_owner;
    GRANT pg_monitor TO pgrollout_engine;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING '%', SQLERRM;
END
$$;
