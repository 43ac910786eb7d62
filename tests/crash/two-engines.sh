#!/bin/bash
# Never two engines that act: of two at once one is refused; one that was frozen and superseded, or cut
# off, changes nothing when it wakes up, and says so.
. "$(dirname "$0")/../lib/rollout.sh"

ROLLOUT_ROWS=20000
RATE=400/s
BATCH=20
rollout_start
rollout_table a
rollout_load

epoch() { cluster_psql a -c 'SELECT epoch FROM pgrollout.lease'; }
in_backfill() {
    rollout_person
    cluster_psql a -c "SELECT state FROM pgrollout.step WHERE name = 'copy'" | grep -qx running
}
moved_in() { # EPOCH
    [ "$(cluster_psql a -c "SELECT max(epoch) FROM pgrollout.position WHERE step = 'copy'")" = "$1" ]
}
# as if 15 seconds had passed; in the campaign they do
age_lease() {
    if [ -n "${PGROLLOUT_CAMPAIGN:-}" ]; then
        sleep 16
    else
        cluster_psql a -c "UPDATE pgrollout.lease SET renewed_at = renewed_at - interval '1 minute'"
    fi
}

# two at the same instant
rollout_engine_start
first=$ROLLOUT_ENGINE
rollout_engine_start
second=$ROLLOUT_ENGINE
one_left() { ! kill -0 "$first" 2>/dev/null || ! kill -0 "$second" 2>/dev/null; }
ok "of two at once one gives up" wait_until 20 one_left
loser=$second
if ! kill -0 "$first" 2>/dev/null; then
    loser=$first
    first=$second
fi
wait "$loser"
is $? 4 "with exit status 4"
like "$(cat "$CLUSTER_ROOT/engine.out")" 'engine already runs' "and says who runs"
ok "the other one works" wait_until 30 in_backfill
exits 4 "a third one is refused" "$PGROLLOUT" run -d "$(cluster_conninfo a lab_engine)" --exit-when-idle

# frozen and superseded
before=$(epoch)
ok "batches of epoch $before" wait_until 10 moved_in "$before"
ok "it is frozen" kill -STOP "$first"
age_lease
: >"$CLUSTER_ROOT/engine.out"
rollout_engine_start
ok "another engine takes over" wait_until 20 moved_in "$((before + 1))"
kill -CONT "$first"
ended() { ! kill -0 "$1" 2>/dev/null; }
ok "the frozen one ends when it wakes up" wait_until 20 ended "$first"
wait "$first"
is $? 4 "with exit status 4"
is "$(cluster_psql a -c "SELECT count(*) FROM pgrollout.position WHERE epoch = $before
    AND at > (SELECT min(at) FROM pgrollout.position WHERE epoch = $((before + 1)))")" 0 \
    "and has changed nothing since"

# cut off: its sessions are gone and nothing reaches the server any more
before=$(epoch)
first=$ROLLOUT_ENGINE
kill -KILL "$first"
wait "$first" 2>/dev/null
mkdir "$CLUSTER_ROOT/proxy"
"$top_builddir/cutter" "$CLUSTER_ROOT/.s.PGSQL.$(cluster_port a)" \
    "$CLUSTER_ROOT/proxy/.s.PGSQL.$(cluster_port a)" &
cutter=$!
wait_until 5 test -S "$CLUSTER_ROOT/proxy/.s.PGSQL.$(cluster_port a)"
"$PGROLLOUT" run -d "host=$CLUSTER_ROOT/proxy port=$(cluster_port a) user=lab_engine dbname=shop" \
    --advance auto </dev/null >"$CLUSTER_ROOT/cut.out" 2>&1 &
first=$!
ok "an engine behind a link works" wait_until 20 moved_in "$((before + 1))"
kill -USR1 "$cutter" # nothing passes any more, and nobody is told
age_lease
rollout_engine_start
ok "another engine takes over" wait_until 20 moved_in "$((before + 2))"
kill -USR2 "$cutter" # the link is back
ok "the one that was cut off ends" wait_until 40 ended "$first"
wait "$first"
is $? 4 "with exit status 4"
is "$(cluster_psql a -c "SELECT count(*) FROM pgrollout.position WHERE epoch = $((before + 1))
    AND at > (SELECT min(at) FROM pgrollout.position WHERE epoch = $((before + 2)))")" 0 \
    "and has changed nothing since"
kill "$cutter"

rollout set m rate=50000/s >/dev/null 2>&1
rollout_engine_stop
ok "it comes to its end" rollout_finish
is "$(cluster_psql a -c 'SELECT count(*) FROM public.users u FULL JOIN public.shadow s USING (id)
    WHERE u.full_name IS DISTINCT FROM s.name OR u.hits IS DISTINCT FROM 1')" 0 "each row changed once"
done_testing
