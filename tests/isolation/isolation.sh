#!/bin/bash
# The schedules of lease, fence, enter, pause, load and abort, each session in its place, on the control
# schema alone: what every specification prints is compared with what is expected, to the letter.
# ISOLATION_UPDATE=1 writes the expected files anew; then read them.
. "$(dirname "$0")/../db/control.sh"

here=$top_srcdir/tests/isolation
tester=${PG_PGXSDIR:-$(dirname "$(pg_config --pgxs)")}/../test/isolation/isolationtester
[ -x "$tester" ] || bail "no isolationtester at $tester"

cluster_start a
control_install a
control_table a 30
cluster_psql a -v plan="$(control_plan m)" -f "$here/support.sql" >/dev/null || bail "no support"

for spec in "$here"/specs/*.spec; do
    name=$(basename "$spec" .spec)
    # when an ended session hears of it is not part of the schedule
    "$tester" "$(cluster_conninfo a iso)" <"$spec" 2>&1 | grep -v "^[a-z]: FATAL" \
        >"$CLUSTER_ROOT/$name.out"
    [ -z "${ISOLATION_UPDATE:-}" ] || cp "$CLUSTER_ROOT/$name.out" "$here/expected/$name.out"
    ok "$name" diff -u "$here/expected/$name.out" "$CLUSTER_ROOT/$name.out"
done
done_testing
