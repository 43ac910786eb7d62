#!/bin/bash
# Pause is true with the real engine: by plain psql's function under all kinds of callers and by command,
# half of the times with the engine frozen.
. "$(dirname "$0")/../lib/rollout.sh"

trials=$(sample 14 200)
by_command=$(sample 4 40)
ROLLOUT_ROWS=$(sample 20000 200000)
BATCH=20
RATE=3000/s
rollout_start
rollout_table a
rollout_load
in_backfill() {
    rollout_person
    cluster_psql a -c "SELECT state FROM pgrollout.step WHERE name = 'copy'" | grep -qx running
}
fingerprint="SELECT count(*) || ' ' || (SELECT max(seq) FROM pgrollout.position) FROM public.users WHERE hits > 0"

rollout_engine_start
ok "the backfill runs" wait_until 30 in_backfill
status=0
"$top_builddir/pauser" "$(cluster_conninfo a lab_operator)" "$(cluster_conninfo a)" m "$trials" 7 \
    plain,timeout,async,repeatable-read,no-signal,block,all "$fingerprint" >"$CLUSTER_ROOT/pauser.out" ||
    status=$?
diag "$(cat "$CLUSTER_ROOT/pauser.out")"
is "$status" 0 "$trials pauses by function are true"
within "$(figure_of 'p99 \([0-9.]*\)' "$CLUSTER_ROOT/pauser.out")" 300 "p99 of the pauses, ms"

moved() { [ "$(cluster_psql a -c "$fingerprint")" != "$1" ]; }
bad=
for ((i = 1; i <= by_command; i++)); do
    wait_until 20 moved "$(cluster_psql a -c "$fingerprint")" || bad+=" $i: no progress;"
    [ $((i % 2)) -eq 0 ] || kill -STOP "$ROLLOUT_ENGINE"
    rollout pause m --reason "trial $i" >"$CLUSTER_ROOT/pause.out" 2>&1 || bad+=" $i: exit status $?;"
    before=$(cluster_psql a -c "$fingerprint")
    kill -CONT "$ROLLOUT_ENGINE"
    sleep 0.15
    [ "$(cluster_psql a -c "$fingerprint")" = "$before" ] || bad+=" $i: rows changed;"
    rollout resume m >/dev/null || bad+=" $i: resume;"
done
is "$bad" "" "$by_command pauses by command are true"
kill -0 "$ROLLOUT_ENGINE" 2>/dev/null
is $? 0 "the same engine runs on"
rollout set m rate=100000/s >/dev/null 2>&1
rollout_engine_stop
ok "it comes to its end" rollout_finish
is "$(cluster_psql a -c 'SELECT count(*) FROM public.users u FULL JOIN public.shadow s USING (id)
    WHERE u.full_name IS DISTINCT FROM s.name OR u.hits IS DISTINCT FROM 1')" 0 "each row changed once"
done_testing
