#!/bin/bash
# Pause is true by key as well: a console on a pty, a running backfill, the engine frozen every other time.
. "$(dirname "$0")/../lib/rollout.sh"

trials=$(sample 4 60)
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

# what the driver runs between two keys; each ends with 1 where the promise is broken
cat >"$CLUSTER_ROOT/still" <<SH
before=\$($CLUSTER_BIN/psql -XAtq -d "$(cluster_conninfo a)" -c "$fingerprint")
kill -CONT $ROLLOUT_ENGINE
sleep 0.15
[ "\$($CLUSTER_BIN/psql -XAtq -d "$(cluster_conninfo a)" -c "$fingerprint")" = "\$before" ]
SH
cat >"$CLUSTER_ROOT/moves" <<SH
for i in \$(seq 100); do
    now=\$($CLUSTER_BIN/psql -XAtq -d "$(cluster_conninfo a)" -c "$fingerprint")
    [ "\$now" = "\${before:-\$now}" ] || exit 0
    before=\$now
    sleep 0.1
done
exit 1
SH
export LC_ALL=C.UTF-8 TERM=xterm-256color HOME=$CLUSTER_ROOT XDG_STATE_HOME=$CLUSTER_ROOT
{
    echo "start 80x24 -- $PGROLLOUT console -d '$(cluster_conninfo a lab_operator)' --refresh 1"
    echo "wait 10 LIVE"
    for ((i = 1; i <= trials; i++)); do
        echo "sh sh $CLUSTER_ROOT/moves"
        [ $((i % 2)) -eq 0 ] || echo "sh kill -STOP $ROLLOUT_ENGINE"
        echo "type p"
        echo "wait 5 pause: held"
        echo "sh sh $CLUSTER_ROOT/still"
        echo "type a"
        echo "gone 5 pause: held"
        echo "wait 5 HELD by"
        echo "type r"
        echo "wait 3 y resume"
        echo "sleep 0.3"
        echo "type y"
        echo "wait 5 resume: resumed"
    done
    echo "type q"
    echo "end 0 5"
} >"$CLUSTER_ROOT/keys"
status=0
"$top_builddir/tests/console/pty/drive" <"$CLUSTER_ROOT/keys" >"$CLUSTER_ROOT/drive.out" 2>&1 || status=$?
[ "$status" -eq 0 ] || diag "$(cat "$CLUSTER_ROOT/drive.out")"
is "$status" 0 "$trials pauses by key: after the receipt not one row changed"
kill -CONT "$ROLLOUT_ENGINE"
rollout set m rate=100000/s >/dev/null 2>&1
rollout_engine_stop
ok "it comes to its end" rollout_finish
is "$(cluster_psql a -c 'SELECT count(*) FROM public.users u FULL JOIN public.shadow s USING (id)
    WHERE u.full_name IS DISTINCT FROM s.name OR u.hits IS DISTINCT FROM 1')" 0 "each row changed once"
done_testing
