#!/bin/bash
# install and uninstall: idempotent, in one transaction, refused where they must be, nothing left.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/sample.sh"

cluster_start a wal_level=logical
cluster_env a

dump() { "$CLUSTER_BIN/pg_dumpall" -s -d "$(cluster_conninfo a)" | grep -v '^--' | grep -v 'restrict'; }
dump >"$CLUSTER_ROOT/before.sql"

exits 0 "a dry run" "$PGROLLOUT" install --dry-run
like "$out" 'would: created schema pgrollout' "says what it would do"
is "$(dump | diff "$CLUSTER_ROOT/before.sql" -)" "" "and changes nothing"

cluster_psql a -c 'CREATE PUBLICATION everything FOR ALL TABLES'
exits 4 "refused under a FOR ALL TABLES publication" "$PGROLLOUT" install
like "$err" 'everything' "which is named"
exits 0 "unless told otherwise" "$PGROLLOUT" install --dry-run --publication-ok
cluster_psql a -c 'DROP PUBLICATION everything'

exits 4 "refused without the roles" "$PGROLLOUT" install --no-roles
like "$err" 'CREATE ROLE' "with what an administrator must run"
exits 4 "refused to a login without rights" "$PGROLLOUT" -U lab_operator install
like "$err" 'hint: an administrator must run' "with what an administrator must run"
exits 2 "a map to an unknown role" "$PGROLLOUT" install --map operator=nobody
exits 2 "a map of an unknown role" "$PGROLLOUT" install --map chief=lab_operator
is "$(dump | diff "$CLUSTER_ROOT/before.sql" -)" "" "all that has changed nothing"

PGOPTIONS='-c default_transaction_read_only=on' exits 4 "refused in a read-only session" \
    "$PGROLLOUT" install
exits 0 "install" "$PGROLLOUT" install --map operator=lab_operator --map viewer=lab_viewer --json
like "$out" '"version_before" : 0' "from nothing"
is "$(cluster_psql a -c "SELECT pg_has_role('lab_operator', 'pgrollout_responder', 'MEMBER')")" t "mapped"
is "$(cluster_psql a -c "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'pgrollout_owner'")" f \
    "nobody logs in as the owner"
is "$(cluster_psql a -c "SELECT count(*) FROM pg_proc p WHERE pronamespace = 'pgrollout'::regnamespace
    AND (pg_get_userbyid(proowner) <> 'pgrollout_owner'
         OR prosecdef AND NOT coalesce(array_to_string(proconfig, ','), '') LIKE '%search_path=pg_catalog, pgrollout, pg_temp%'
         OR has_function_privilege('public', oid, 'EXECUTE'))")" 0 \
    "functions: the owner's, pinned search_path, nothing for PUBLIC"
is "$(cluster_psql a -c "SELECT string_agg(relname, ',') FROM pg_class c
    WHERE relnamespace = 'pgrollout'::regnamespace AND relkind = 'r'
      AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)")" "" \
    "every table has a primary key"
is "$(cluster_psql a -c "SELECT string_agg(relname, ',') FROM pg_class c, (VALUES ('pgrollout_viewer'),
        ('pgrollout_approver'), ('pgrollout_engine')) r (role)
    WHERE relnamespace = 'pgrollout'::regnamespace AND relkind = 'r'
      AND (has_table_privilege(role, c.oid, 'SELECT, INSERT, UPDATE, DELETE'))")" "" \
    "tables are the owner's alone"
dump >"$CLUSTER_ROOT/installed.sql"
exits 0 "install again" "$PGROLLOUT" install
like "$out" 'up to date' "finds nothing to do"
is "$(dump | diff "$CLUSTER_ROOT/installed.sql" -)" "" "and changes nothing"
exits 0 "also without the roles" "$PGROLLOUT" install --no-roles

cluster_psql a -c "SET ROLE pgrollout_owner" -c "INSERT INTO pgrollout.schema_version (version) VALUES (999)"
exits 4 "refused on a newer schema" "$PGROLLOUT" install
like "$err" 'newer pgrollout' "says why"
cluster_psql a -c "DELETE FROM pgrollout.schema_version WHERE version = 999"

cluster_psql a -c 'REVOKE pg_signal_backend FROM pgrollout_owner' -c 'CREATE ROLE clerk LOGIN' \
    -c 'GRANT pgrollout_owner TO clerk'
exits 1 "what only an administrator may grant" "$PGROLLOUT" -U clerk install
like "$err" 'GRANT pg_signal_backend TO pgrollout_owner' "is said"
exits 0 "and granted where the login may" "$PGROLLOUT" install
is "$(cluster_psql a -c "SELECT pg_has_role('pgrollout_owner', 'pg_signal_backend', 'MEMBER')")" t "so"

# taking it away
sample_load a one
exits 4 "uninstall is refused while a migration is loaded" "$PGROLLOUT" uninstall
like "$err" 'one is loaded' "which is named"
cluster_psql a -c "UPDATE pgrollout.migration SET state = 'aborted'" \
    -c 'CREATE VIEW public.mine AS SELECT * FROM pgrollout.now'
exits 4 "and while a view uses it" "$PGROLLOUT" uninstall
like "$err" 'public\.mine' "which is named"
cluster_psql a -c 'DROP VIEW public.mine'
exits 4 "refused to a login without rights" "$PGROLLOUT" -U lab_operator uninstall
like "$err" 'hint: an administrator must run: GRANT pgrollout_owner TO "lab_operator"; then: pgrollout uninstall$' \
    "with what an administrator must run, and what comes then"
exits 0 "a dry run" "$PGROLLOUT" uninstall --dry-run
is "$(cluster_psql a -c "SELECT to_regnamespace('pgrollout') IS NOT NULL")" t "takes nothing"

cluster_psql a -c 'CREATE DATABASE second'
exits 0 "install in a second database" "$PGROLLOUT" install -d second
exits 0 "uninstall from the first" "$PGROLLOUT" uninstall
like "$out" 'kept role pgrollout_owner' "keeps the roles that the second uses"
exits 0 "uninstall from the second" "$PGROLLOUT" uninstall -d second
like "$out" 'dropped role pgrollout_owner' "drops them"
cluster_psql a -c 'DROP DATABASE second' -c 'DROP ROLE clerk'
is "$(dump | diff "$CLUSTER_ROOT/before.sql" -)" "" "nothing is left"
exits 0 "uninstall again" "$PGROLLOUT" uninstall
done_testing
