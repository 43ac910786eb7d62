#!/bin/bash
# An upgrade of the control schema: only what is newer runs, in one transaction, and data stays.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../cli/sample.sh"

upgrade() { "$top_builddir/tests/db/install_upgrade" "$(cluster_conninfo a)" "$@"; }
versions() { cluster_psql a -c 'SELECT max(version), count(*) FROM pgrollout.schema_version'; }

cluster_start a
cluster_env a
ok "install" "$PGROLLOUT" install
before=$(versions)
now=${before%%|*}
is "$before" "$now|$now" "every script is written down"
sample_load a one

exits 1 "a script that fails" upgrade $((now + 1)) 'CREATE TABLE pgrollout.extra (id int PRIMARY KEY)' \
    $((now + 2)) 'SELECT 1 / 0'
like "$err" 'division by zero' "says why"
is "$(versions)" "$before" "leaves the version"
is "$(cluster_psql a -c "SELECT to_regclass('pgrollout.extra') IS NULL")" t "and nothing of the one before"

exits 0 "an upgrade" upgrade $((now + 1)) 'CREATE TABLE pgrollout.extra (id int PRIMARY KEY);
    INSERT INTO pgrollout.extra VALUES (1);
    CREATE FUNCTION pgrollout.extra() RETURNS int LANGUAGE sql SECURITY DEFINER AS $$SELECT 1$$'
is "$out" "$now $((now + 1))" "from one version to the next"
is "$(cluster_psql a -c "SELECT tableowner FROM pg_tables WHERE tablename = 'extra'")" pgrollout_owner \
    "run as the owner"
is "$(cluster_psql a -c "SELECT count(*) FROM pg_proc p WHERE p.pronamespace = 'pgrollout'::regnamespace
    AND has_function_privilege('public', p.oid, 'EXECUTE')")" 0 "PUBLIC may not call what has come"
is "$(cluster_psql a -c 'SELECT name FROM pgrollout.migration')" one "what was loaded is still there"
exits 0 "again" upgrade $((now + 1)) 'INSERT INTO pgrollout.extra VALUES (2)'
is "$out" "$((now + 1)) $((now + 1))" "does nothing"
is "$(cluster_psql a -c 'SELECT count(*) FROM pgrollout.extra')" 1 "really nothing"
exits 4 "the older program" "$PGROLLOUT" install
like "$err" 'newer pgrollout' "refuses"

# two at once: one after the other, both well
(upgrade $((now + 1)) '' $((now + 2)) 'SELECT pg_sleep(1); CREATE TABLE pgrollout.later (id int PRIMARY KEY)' \
    >"$CLUSTER_ROOT/first") &
sleep 0.3
exits 0 "two upgrades at once" upgrade $((now + 1)) '' $((now + 2)) 'CREATE TABLE pgrollout.later (id int PRIMARY KEY)'
wait
is "$out $(cat "$CLUSTER_ROOT/first")" "$((now + 2)) $((now + 2)) $((now + 1)) $((now + 2))" \
    "the second waits and finds nothing to do"
done_testing
