#!/bin/bash
# The server stops at once and comes back, again and again; the replica does; then the replica is
# promoted in the middle of the backfill with WAL lost. The rollout is held then, goes on when a person
# says so, and ends right on the server that survived.
. "$(dirname "$0")/../lib/rollout.sh"
. "$(dirname "$0")/../lib/load.sh"

RANDOM=815
stops=$(sample 2 12)
ROLLOUT_ROWS=20000
RATE=300/s
BATCH=40
rollout_start wal_keep_size=512MB
cluster_replica b a
rollout_table a
sed 's/replication_lag: .*/replication_lag: {pause: 3s, resume: 1s}/' < <(rollout_plan) >"$CLUSTER_ROOT/plan.yaml"
ok "load" rollout load "$CLUSTER_ROOT/plan.yaml"

step_state() { cluster_psql "${2:-a}" -c "SELECT state FROM pgrollout.step WHERE name = '$1'"; }
in_backfill() { rollout_person; [ "$(step_state copy)" = running ]; }
engine_up() { kill -0 "$ROLLOUT_ENGINE" 2>/dev/null || rollout_engine_start; }
rows() { cluster_psql "${1:-a}" -c "SELECT coalesce(max(rows_done), 0) FROM pgrollout.position WHERE step = 'copy'"; }
moved() { engine_up; [ "$(rows)" -gt "$1" ]; }
held_by() { cluster_psql "${2:-a}" -c "SELECT count(*) FROM pgrollout.hold WHERE kind = '$1'" | grep -qx 1; }
no_guard() { [ "$(cluster_psql a -c "SELECT count(*) FROM pgrollout.hold WHERE kind = 'guard'")" = 0 ]; }

rollout_engine_start
ok "the backfill runs" wait_until 30 in_backfill
load_run a shop_web 100 read@1 41@3 keys@1
for ((i = 1; i <= stops; i++)); do
    before=$(rows)
    sleep "0.$((RANDOM % 900 + 100))"
    cluster_immediate_stop a
    cluster_launch a
    ok "stop $i of the server: it goes on" wait_until 60 moved "$before"
    load_stop
    load_run a shop_web 100 read@1 41@3 keys@1
done

ok "the replica streams again" wait_until 30 cluster_streams b a
# it was gone with the primary: the hold for that must not be taken for the next one
ok "the engine has seen it" wait_until 30 no_guard
sleep 1
cluster_immediate_stop b
ok "a replica that is gone holds it" wait_until 30 held_by guard
before=$(rows)
sleep 1
is "$(rows)" "$before" "nothing moves without the replica"
cluster_launch b
ok "it goes on by itself when the replica is back" wait_until 60 moved "$before"

# from now on the replica gets nothing
ok "the replica is level" cluster_catchup b a
cluster_psql b -c "ALTER SYSTEM SET primary_conninfo = ''" -c 'SELECT pg_reload_conf()' >/dev/null
before=$(rows b)
ok "WAL goes on that the replica does not get" wait_until 30 moved "$((before + 40))"
lost=$(rows)
kill -STOP "$ROLLOUT_ENGINE"
load_stop
cluster_immediate_stop a
cluster_promote b
rollout_engine_stop KILL
isnt "$(rows b)" "$lost" "batches were lost with the WAL"
ROLLOUT_ON=b
exits 0 "an engine on the survivor" rollout_engine
like "$(cluster_psql b -c "SELECT reason FROM pgrollout.hold WHERE kind = 'operator'")" \
    'failover to timeline 2' "holds it: failover to timeline 2"
before=$(rows b)
rollout_engine
is "$(rows b)" "$before" "and changes nothing"
is "$(rollout_state)" active "it is not done"
ok "a person resumes" rollout resume m
rollout set m rate=50000/s >/dev/null 2>&1
ok "it comes to its last boundary" rollout_finish 'boundary contract'
is "$(load_verify b name full_name)" ok "every row agrees with the truth"
ok "contract" rollout_finish
is "$(load_verify b full_name)" ok "and so it is after contract"
figure "$stops immediate stops, one promotion with $((lost - before)) rows' batches lost: 0 rows wrong"
done_testing
