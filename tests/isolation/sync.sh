#!/bin/bash
# Schedules of the backfill's change and the applications' writes, with the trigger that the engine makes.
. "$(dirname "$0")/../lib/rollout.sh"

here=$top_srcdir/tests/isolation
tester=${PG_PGXSDIR:-$(dirname "$(pg_config --pgxs)")}/../test/isolation/isolationtester
[ -x "$tester" ] || bail "no isolationtester at $tester"
rollout_start
rollout_table a
rollout_load
rollout_person
rollout_engine
is "$(cluster_psql a -c "SELECT state FROM pgrollout.step WHERE name = 'sync'")" done "the engine has made the trigger"
"$tester" "$(cluster_conninfo a shop_owner)" <"$here/sync-races.spec" >"$CLUSTER_ROOT/sync-races.out" 2>&1
[ -z "${ISOLATION_UPDATE:-}" ] || cp "$CLUSTER_ROOT/sync-races.out" "$here/expected/sync-races.out"
ok sync-races diff -u "$here/expected/sync-races.out" "$CLUSTER_ROOT/sync-races.out"
done_testing
