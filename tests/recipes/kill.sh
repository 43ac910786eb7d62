#!/bin/bash
# Each recipe with its engine killed at many of its sends and receives: the next engine always finishes it, every
# row is what was written, and the schema is the one that was wanted. In `make check` few of them.
# shellcheck source=tests/recipes/recipe.sh
. "$(dirname "$0")/recipe.sh"

command -v strace >/dev/null || bail "no strace"
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS} # it dies under strace
driven_start
trap recipe_cleanup EXIT
engine_log=$CLUSTER_ROOT/engine.log

# What waits for a person is answered at once.
answer() {
    case $(where m) in
        done* | failed* | aborted*) return 1 ;;
        *'[boundary contract]'*) as approver contract m --confirm m ;;
        *'[boundary '*) operator advance m --reason test ;;
        *'[gate '*) confirm_all m ;;
    esac >/dev/null 2>&1
    return 0
}
answering() { while answer; do sleep 0.03; done; }

# One engine until it is killed or all is done.
engine_traced() { # CALL [STRACE-ARGS]
    local call=$1 tracer
    shift
    strace -f -q -e trace="$call" "$@" -o "$CLUSTER_ROOT/strace.out" "$PGROLLOUT" -U lab_engine run \
        </dev/null >>"$engine_log" 2>&1 &
    tracer=$!
    recipe_pids+=("$tracer")
    wait_until 60 ended "$tracer" || diag "neither done nor killed: $(where m)"
    # strace itself takes no signal
    kill $(ps -o pid= --ppid "$tracer") 2>/dev/null
    wait "$tracer" 2>/dev/null
}
ended() { ! kill -0 "$1" 2>/dev/null || [[ $(where m) =~ ^(done|failed) ]]; }

# What is wrong in the end; "ok" when nothing is.
migrate() { # CALL N
    local answers wrong='' now
    recipe_clear
    owner "$recipe_tables" >/dev/null
    recipe_load
    answering &
    answers=$!
    if [ "$2" -gt 0 ]; then
        engine_traced "$1" -e "inject=$1:signal=SIGKILL:when=$2"
        grep -m 1 -o 'killed by SIGKILL' "$CLUSTER_ROOT/strace.out" >>"$CLUSTER_ROOT/kills"
        "$PGROLLOUT" -U lab_engine run </dev/null >>"$engine_log" 2>&1 &
        recipe_pid[next]=$!
        recipe_pids+=($!)
        wait_until 40 eval '[[ $(where m) =~ ^(done|failed) ]]'
        kill "${recipe_pid[next]}" && wait "${recipe_pid[next]}" 2>/dev/null
    else
        engine_traced "$1"
    fi
    wait "$answers"
    now=$(where m)
    [[ $now =~ ^done ]] || wrong+="it is $now: $(sql "SELECT error FROM pgrollout.step WHERE state = 'failed'"); "
    now=$(sql "$recipe_wrong" 2>&1)
    [ "$now" = 0 ] || wrong+="$now rows wrong; "
    [ "$(recipe_describe)" = "$recipe_end" ] || wrong+="schema: $(diff <(echo "$recipe_end") <(recipe_describe) | tr '\n' ' '); "
    echo "${wrong:-ok}"
}

run() { # RECIPE
    local call total points i got bad killed
    RECIPE_ROWS=60 recipe_take "$1"
    for call in sendto recvfrom; do
        is "$(migrate "$call" 0)" ok "$1: not killed, it comes to its end"
        total=$(grep -c "$call(" "$CLUSTER_ROOT/strace.out")
        points=$(sample 2 8) bad=
        : >"$CLUSTER_ROOT/kills"
        for ((i = 1; i <= points; i++)); do
            got=$(migrate "$call" $((total * i / (points + 1))))
            [ "$got" = ok ] || bad+="killed at $call $((total * i / (points + 1))): $got; "
        done
        is "$bad" "" "$1: killed at $points of $total points ($call), always finished"
        killed=$(grep -c . "$CLUSTER_ROOT/kills")
        ok "$1: it was killed $killed times" test "$killed" -ge $((points / 2))
        figure "$1: $points of $total kill points at $call: $([ -z "$bad" ] && echo 0 || echo some) bad"
    done
}

if [ $# -gt 0 ]; then
    names=$*
else
    names=$(sample "$(recipe_names | sed -n 1p)" "$(recipe_names)")
fi
for name in $names; do
    run "$name"
done
done_testing
