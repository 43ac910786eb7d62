#!/bin/bash
# Schedules of a backfill into another table and of both releases' writes, with the triggers that the
# engine makes. The two broken batches show what these schedules would tell of a wrong one.
. "$(dirname "$0")/../db/driven.sh"

here=$top_srcdir/tests/isolation
tester=${PG_PGXSDIR:-$(dirname "$(pg_config --pgxs)")}/../test/isolation/isolationtester
[ -x "$tester" ] || bail "no isolationtester at $tester"
driven_start deadlock_timeout=100ms
owner "CREATE TABLE users (id bigint PRIMARY KEY, name text, street text);
    CREATE TABLE user_addresses (user_id bigint PRIMARY KEY, street text)" >/dev/null
migration m <<'YAML'
  expand:
    - sync: {table: users, into: user_addresses, key: {user_id: id}, columns: {street: street}}
  backfill:
    - backfill: {table: users, into: user_addresses, columns: {user_id: id, street: street}}
      name: copy
    - verify: copy
YAML
engine_start
drive m '\[boundary backfill\]' || bail "the engine has not made the triggers: $(where m)"
engine_stop
for spec in split-batch split-sides broken-split; do
    "$tester" "$(cluster_conninfo a shop_owner)" <"$here/$spec.spec" 2>&1 | sed 's/process [0-9]*/process N/' \
        >"$CLUSTER_ROOT/$spec.out"
    [ -z "${ISOLATION_UPDATE:-}" ] || cp "$CLUSTER_ROOT/$spec.out" "$here/expected/$spec.out"
    ok "$spec" diff -u "$here/expected/$spec.out" "$CLUSTER_ROOT/$spec.out"
done
done_testing
