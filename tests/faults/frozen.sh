#!/bin/bash
# The engine stopped by SIGSTOP at its sends, one after the other, in a whole migration: no read or write
# of the application waits for long, also with a `sql` step and a trigger body over 20 kB, and with the
# connection cut in the middle of a message.
. "$(dirname "$0")/../lib/rollout.sh"
. "$(dirname "$0")/../lib/load.sh"

command -v strace >/dev/null || bail "no strace"
LIMIT=600 # ms
# longer than what is allowed, so that a lock that stood all the while would show
FREEZE=$(awk -v l=$LIMIT -v f="$PGROLLOUT_BOUND_FACTOR" 'BEGIN { print l * f / 1000 + 0.7 }')
ROLLOUT_ROWS=400
BATCH=100
rollout_start

big=$(head -c 21000 /dev/zero | tr '\0' 'x')
big_plan() {
    EXPAND="    - sql: COMMENT ON COLUMN public.users.full_name IS '$big'
      undo: COMMENT ON COLUMN public.users.full_name IS NULL
      name: long-comment" rollout_plan |
        sed "s/- sync: .*/- sync: {table: users, old: name, new: full_name, up: \"CASE WHEN name = '$big' THEN '' ELSE name END\", down: \"full_name\"}/"
}

prepare() { # PLAN-FUNCTION
    rollout_table a
    "$1" >"$CLUSTER_ROOT/plan.yaml"
    rollout load "$CLUSTER_ROOT/plan.yaml" >"$CLUSTER_ROOT/load.out" 2>&1 ||
        bail "load: $(cat "$CLUSTER_ROOT/load.out")"
    load_forget
}

answering() {
    while sleep 0.05; do
        rollout_person 'boundary contract'
    done
}

stops() { cat "$CLUSTER_ROOT/strace.out" 2>/dev/null | grep -c "stopped by SIGSTOP"; }
waits_for_contract() { [ "$(rollout_state)" = 'boundary contract' ]; }

# One migration up to contract, the engine stopped at send FIRST and every STEP-th after it; each time it
# is woken after $FREEZE seconds. The number of stops is in $seen.
freeze() { # PLAN-FUNCTION FIRST STEP
    local tracer answers engine deadline=$((SECONDS + 400))
    seen=0
    prepare "$1"
    answering &
    answers=$!
    rm -f "$CLUSTER_ROOT/strace.out"
    load_run a shop_web 200 read@3 41@1
    strace -f -e trace=sendto -e inject=sendto:signal=SIGSTOP:when="$2+$3" \
        -o "$CLUSTER_ROOT/strace.out" "$PGROLLOUT" run -d "$(cluster_conninfo a lab_engine)" \
        --advance auto </dev/null >>"$CLUSTER_ROOT/engine.out" 2>&1 &
    tracer=$!
    while ! waits_for_contract && [ "$SECONDS" -lt "$deadline" ] && kill -0 "$tracer" 2>/dev/null; do
        if [ "$(stops)" -gt "$seen" ]; then
            seen=$((seen + 1))
            sleep "$FREEZE"
            engine=$(awk 'NR == 1 { print $1 }' "$CLUSTER_ROOT/strace.out")
            kill -CONT "$engine"
        fi
        sleep 0.02
    done
    load_stop
    kill "$answers" 2>/dev/null
    engine=$(awk "NR == 1 { print \$1 }" "$CLUSTER_ROOT/strace.out")
    kill -CONT "$engine" 2>/dev/null
    kill -KILL "$engine" 2>/dev/null # strace ends with it
    wait "$answers" "$tracer" 2>/dev/null
}

# A whole migration without a stop, to know how many sends it has.
freeze rollout_plan 60000 1
total=$(grep -c 'sendto(' "$CLUSTER_ROOT/strace.out")
[ "$total" -gt 20 ] || bail "only $total sends: $(tail -n 5 "$CLUSTER_ROOT/engine.out")"
read -r worst p99 count < <(load_latency)
diag "$total sends; without a stop: worst $worst ms, p99 $p99 ms of $count"

for which in rollout_plan big_plan; do
    step=$(sample $((total / 3 - 1)) 12)
    worst_of_all=0
    stopped=0
    for ((first = 3; first < 3 + $(sample 1 "$step"); first++)); do
        freeze "$which" "$first" "$step"
        stopped=$((stopped + seen))
        read -r worst p99 count < <(load_latency)
        worst_of_all=$(awk -v a="$worst" -v b="$worst_of_all" 'BEGIN { print (a + 0 > b + 0) ? a : b }')
        [ -z "$(load_errors)" ] || diag "$(load_errors | head -n 5)"
    done
    ok "it was stopped ($stopped times)" test "$stopped" -ge 3
    within "$worst_of_all" "$LIMIT" "longest wait of the application, ms ($which)"
    figure "$which: frozen $stopped times in migrations of $total sends, longest wait of a read or write $worst_of_all ms"
    ok "the migration ends right" rollout_finish
    is "$(load_verify a full_name)" ok "every row agrees with the truth"
done

# The link falls silent in the middle of a message: the long ones are in expand.
for ((i = 0; i < $(sample 2 12); i++)); do
    prepare big_plan
    rollout advance m >/dev/null
    bytes=$((3000 + i * $(sample 26000 4300)))
    rm -rf "$CLUSTER_ROOT/proxy"
    mkdir "$CLUSTER_ROOT/proxy"
    "$top_builddir/cutter" "$CLUSTER_ROOT/.s.PGSQL.$(cluster_port a)" \
        "$CLUSTER_ROOT/proxy/.s.PGSQL.$(cluster_port a)" "$bytes" >"$CLUSTER_ROOT/cutter.out" &
    cutter=$!
    wait_until 5 test -S "$CLUSTER_ROOT/proxy/.s.PGSQL.$(cluster_port a)"
    load_run a shop_web 200 read@3 41@1
    "$PGROLLOUT" run -d "host=$CLUSTER_ROOT/proxy port=$(cluster_port a) user=lab_engine dbname=shop" \
        --advance auto </dev/null >>"$CLUSTER_ROOT/engine.out" 2>&1 &
    engine=$!
    ok "the link was cut after $bytes bytes" wait_until 15 grep -q cut "$CLUSTER_ROOT/cutter.out"
    sleep "$FREEZE"
    load_stop
    kill "$cutter"
    kill -KILL "$engine"
    wait "$cutter" "$engine" 2>/dev/null
    read -r worst p99 count < <(load_latency)
    within "$worst" "$LIMIT" "longest wait of the application, ms (cut after $bytes bytes)"
    ok "the next engine finishes it" rollout_finish
    is "$(load_verify a full_name)" ok "every row agrees with the truth"
done
done_testing
