#!/bin/bash
# The engine is killed with SIGKILL at its N-th send, and at its N-th receive, for every N of a whole
# small migration. The next engine always finishes it without a person's repair: no batch is lost,
# doubled or skipped, and nothing is left behind.
. "$(dirname "$0")/../lib/rollout.sh"

command -v strace >/dev/null || bail "no strace"
rollout_start

# What waits for a person is answered at once, so that one engine goes from load to done.
answering() {
    while sleep 0.03; do
        rollout_person
    done
}

# From the start to the end under strace; prints what the oracle says. The engine is killed at the N-th
# call of SYSCALL: 0 for not at all.
migrate() { # SYSCALL N
    local answers inject=()
    [ "$2" -eq 0 ] || inject=(-e "inject=$1:signal=SIGKILL:when=$2")
    rollout_table a
    rollout_load
    answering &
    answers=$!
    rollout_engine_traced "$1" "${inject[@]}"
    kill "$answers"
    wait "$answers" 2>/dev/null
    [ "$2" -eq 0 ] || grep -m 1 'killed by SIGKILL' "$CLUSTER_ROOT/strace.out" >>"$CLUSTER_ROOT/kills"
    rollout_finish >&2
    rollout_oracle
}

# Stays until the migration is done or it is killed.
rollout_engine_traced() { # SYSCALL [STRACE-ARGS]
    local call=$1 engine
    shift
    strace -f -q -e trace="$call" "$@" -o "$CLUSTER_ROOT/strace.out" \
        "$PGROLLOUT" run -d "$(cluster_conninfo a lab_engine)" --advance auto \
        </dev/null >>"$CLUSTER_ROOT/engine.out" 2>&1 &
    engine=$!
    wait_until 60 ended_or_done "$engine" || diag "neither done nor killed"
    # strace itself takes no signal
    kill $(ps -o pid= --ppid "$engine") 2>/dev/null
    wait "$engine" 2>/dev/null
}

ended_or_done() { ! kill -0 "$1" 2>/dev/null || [ "$(rollout_state)" = done ]; }

for call in sendto recvfrom; do
    is "$(migrate "$call" 0)" ok "not killed, it comes to its end"
    total=$(grep -c "$call(" "$CLUSTER_ROOT/strace.out")
    points=$(sample 6 "$total")
    bad=
    : >"$CLUSTER_ROOT/kills"
    for ((i = 1; i <= points; i++)); do
        n=$((total * i / points))
        got=$(migrate "$call" "$n")
        [ "$got" = ok ] || bad+="killed at $call $n: $got; "
    done
    is "$bad" "" "killed at $points of $total points ($call), always finished"
    killed=$(wc -l <"$CLUSTER_ROOT/kills")
    # the last ones may come to lie behind the end
    ok "it was killed $killed times" test "$killed" -ge $((points * 8 / 10))
    figure "$points of $total kill points at $call: $([ -z "$bad" ] && echo 0 || echo some) bad"
done
done_testing
