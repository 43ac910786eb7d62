#!/bin/bash
# Where an engine refuses to run, and what it says; two of them; behind a pooler.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/sample.sh"

cluster_start a
cluster_replica b a
cluster_env a lab_engine
export XDG_STATE_HOME=$CLUSTER_ROOT/state
mkdir "$XDG_STATE_HOME"
run() { timeout 30 "$PGROLLOUT" "$@"; }
log() { cat "$XDG_STATE_HOME"/pgrollout/*.log; }

exits 4 "no control schema" run run
like "$err" 'pgrollout install' "says what to run"
ok "install" run -U postgres install --map engine=lab_engine --map operator=lab_operator \
    --map responder=lab_responder
exits 4 "a superuser" run -U postgres run
like "$err" 'must not run as a superuser' "says so"
like "$err" 'pause could not be true' "and why"
for role in shop_web lab_operator; do
    exits 4 "$role is no engine" run -U $role run
    like "$err" "GRANT pgrollout_engine TO \"$role\"" "says what to grant"
done
exits 2 "an unknown name" run run nope --exit-when-idle
like "$err" 'no migration is named "nope"' "says so"
exits 2 "an unknown mode" run run --advance never
exits 2 "an unknown phase" run run --until nowhere
exits 3 "no server" run -h "$CLUSTER_ROOT/nowhere" run
exits 3 "no server, detached" run -h "$CLUSTER_ROOT/nowhere" run --detach
exits 4 "no right, detached" run -U shop_web run --detach
like "$err" $'^pgrollout: [^\n]*\n(detail: [^\n]*\n)?hint: [^\n]*GRANT pgrollout_engine' "a line for the hint"
is "$(run -U shop_web run 2>&1)" "$err" "word for word as in the foreground"
ok "the replica catches up" cluster_catchup b a
cluster_env b lab_engine
exits 4 "a standby" run run
like "$err" 'standby' "says so"

# a pooler: commands work through it, an engine refuses
cluster_env a lab_engine
mkdir "$CLUSTER_ROOT/pool"
"$top_builddir/tests/cli/pooler" "$CLUSTER_ROOT/pool/.s.PGSQL.$PGPORT" \
    "$CLUSTER_ROOT/.s.PGSQL.$PGPORT" &
pooler=$!
wait_until 5 test -S "$CLUSTER_ROOT/pool/.s.PGSQL.$PGPORT"
exits 4 "an engine behind a pooler" run -h "$CLUSTER_ROOT/pool" run
like "$err" 'pooler' "says so"
sample_load a one
exits 0 "a pause through it" run -h "$CLUSTER_ROOT/pool" -U lab_responder pause one
exits 0 "a look through it" run -h "$CLUSTER_ROOT/pool" -U lab_operator status
kill "$pooler"

# two engines
exits 0 "an engine in the background" run run --detach
like "$out" "pid [0-9]+, epoch [0-9]+, log $XDG_STATE_HOME/" "says its pid and its log"
pid=$(sed -n 's/.*pid \([0-9]*\),.*/\1/p' <<<"$out")
exits 4 "a second one" run run
like "$err" "pid $pid on host" "says who it is"
exits 4 "a second one, detached" run run --detach
like "$err" "pid $pid on host" "says who it is"
exits 0 "status" run -U lab_operator status
like "$out" "engine: runs, pid $pid" "shows it"
exits 1 "status --check of what is paused" run -U lab_operator status --check
like "$out" "WARNING - one loaded \\(paused\\), engine alive" "says both"
exits 4 "uninstall while it runs" run -U postgres uninstall
like "$err" 'migrations still need|an engine runs' "says why"
kill "$pid"
ok "it stops when told to" wait_until 10 eval "! kill -0 $pid"
like "$(log)" 'told to stop' "and says so"
like "$(run -U lab_operator status)" 'engine: none runs' "the lease is given back"

# a login whose sessions are read-only by default
cluster_psql a -c 'ALTER ROLE lab_engine SET default_transaction_read_only = on'
exits 0 "a read-only default" run run --exit-when-idle
unlike "$out$err" 'read-only' "does not disturb it"
done_testing
