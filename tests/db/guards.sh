#!/bin/bash
# Guards hold a running migration for what really happens on its servers, and let go by themselves;
# under a hold no row changes. With PGROLLOUT_CAMPAIGN also those that take their time.
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start a wal_keep_size=512MB # the replica is down over a restart
cluster_replica b a
cluster_env a postgres
"$PGROLLOUT" install >/dev/null || bail "no control schema"
cluster_psql a -c 'GRANT shop_owner, pgrollout_engine TO lab_engine' \
    -c 'GRANT pgrollout_operator TO lab_operator'
cluster_psql_as a shop_owner >/dev/null <<SQL || bail "no tables"
CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO users SELECT i, 'name ' || i FROM generate_series(1, 100000) i;
CREATE TABLE errors (n int);
INSERT INTO errors VALUES (0);
GRANT SELECT ON errors TO lab_engine;
GRANT ALL ON users, errors TO shop_web;
CREATE FUNCTION nap() RETURNS boolean LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(${PGROLLOUT_CAMPAIGN:+4}+0); RETURN true; END';
CREATE FUNCTION slow() RETURNS boolean LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep((SELECT n FROM errors) / 100.0); RETURN true; END';
SQL
cat >"$CLUSTER_ROOT/plan.yaml" <<'YAML'
pgrollout: 1
migration: m
phases:
  expand:
    - add_column: {table: users, column: full_name, type: text}
    - sync: {table: users, old: name, new: full_name}
    - sql: WITH mine AS (UPDATE users SET name = name WHERE id = 1 RETURNING id) SELECT nap() FROM mine
      undo: SELECT 1
  backfill:
    - backfill: {table: users, set: {full_name: name}, rate: 300/s}
guards:
  errors: {sql: SELECT n FROM errors, pause: 5, resume: 1}
YAML

op() { (cluster_env a lab_operator && "$PGROLLOUT" "$@"); }
op load "$CLUSTER_ROOT/plan.yaml" >"$CLUSTER_ROOT/load.log" 2>&1 ||
    bail "not loaded: $(cat "$CLUSTER_ROOT/load.log")"
engine_start() {
    (cluster_env a lab_engine && exec "$PGROLLOUT" run --advance auto) >>"$CLUSTER_ROOT/run.log" 2>&1 &
    engine=$!
}
engine_runs() { grep -q "epoch $1" "$CLUSTER_ROOT/run.log"; }
# an engine that is left would outlive the servers
trap 'kill -KILL $engine 2>/dev/null; cluster_cleanup' EXIT
finish() {
    kill -TERM "$engine"
    wait "$engine" 2>/dev/null
    done_testing
}
web() { PGAPPNAME=web cluster_psql_as a shop_web -c "$1" >/dev/null 2>&1 & }

holds() {
    cluster_psql a -c "SELECT string_agg(key, ' ' ORDER BY key) FROM pgrollout.hold WHERE kind = 'guard'"
}
holds_match() { [[ $(holds) =~ $1 ]]; }
holds_none() { [ -z "$(holds)" ]; }
hold_value() { cluster_psql a -c "SELECT $2 FROM pgrollout.hold WHERE key = '$1'"; }
# the last rows are the application's: its writes fill them through the sync trigger
filled() { cluster_psql a -c 'SELECT count(full_name) FROM users WHERE id < 99000'; }
moves() { [ "$(filled)" -gt "$1" ]; }
journal_has() {
    [ "$(cluster_psql a -c "SELECT count(*) FROM pgrollout.event WHERE text ~ '$1'")" -gt 0 ]
}
# comes DESCRIPTION SECONDS COMMAND…
comes() {
    local what=$1 seconds=$2 status=0
    shift 2
    wait_until "$seconds" "$@" || status=1
    tap_result "$status" "$what"
    [ "$status" = 0 ] || diag "holds: $(holds)" "$(tail -n 3 "$CLUSTER_ROOT/run.log")"
}

# --- sessions that wait for a lock of ours: a statement of expand holds a row for four seconds
engine_start
wait_until 10 engine_runs 1 || bail "no engine: $(cat "$CLUSTER_ROOT/run.log")"
op advance m >/dev/null
if [ -n "${PGROLLOUT_CAMPAIGN:-}" ]; then
    naps() { [ "$(cluster_psql a -c "SELECT state FROM pgrollout.step WHERE kind = 'sql'")" = running ]; }
    wait_until 15 naps || bail "the statement does not run"
    sleep 0.3
    for _ in 1 2 3 4; do web 'UPDATE users SET name = name WHERE id = 1'; done
    comes "lock_waiters holds" 15 journal_has 'held by guard lock_waiters: .*4'
    comes "and lets go" 20 holds_none
fi
comes "the backfill begins" 15 moves 300

# --- a replica that does not replay, a wait on the table, the plan's own number, all at once
op set m guard.replication_lag.pause=2 >/dev/null
op set m guard.replication_lag.resume=1 >/dev/null
cluster_psql b -c 'SELECT pg_wal_replay_pause()' >/dev/null
cluster_psql a -c 'UPDATE errors SET n = 9'
web 'BEGIN; UPDATE users SET name = name WHERE id = 99999; SELECT pg_sleep(5); COMMIT'
sleep 0.2
web 'UPDATE users SET name = name WHERE id = 99999'
comes "each guard has a hold of its own" 15 holds_match '^errors lock_wait replication_lag$'
like "$(op status m)" 'guard replication_lag' "status names them"
is "$(hold_value errors "detail -> 'samples' -> -1 ->> 'text'")" "errors 9 > 5 (2 of 2)" \
    "with its evidence"
sleep 0.5
before=$(filled)
sleep 1
is "$(filled)" "$before" "no row changes under a hold"
cluster_psql b -c 'SELECT pg_wal_replay_resume()' >/dev/null 2>&1
comes "the lag and the wait let go" 25 holds_match '^errors$'
is "$(filled)" "$before" "one hold is enough"
cluster_psql a -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'pgrollout/engine/sensor'" >/dev/null
sleep 3
is "$(cluster_psql a -c "SELECT count(*) FROM pgrollout.event WHERE text ~ 'guard errors cleared'")" 0 \
    "the hold outlives the sensor connection"

# --- the engine dies under a guard's hold: the next one keeps it
kill -KILL "$engine"
wait "$engine" 2>/dev/null
engine_start
wait_until 30 engine_runs 2 || bail "no second engine"
sleep 2
is "$(holds)" errors "the hold outlives the engine"
is "$(filled)" "$before" "and no row changes under it"
cluster_psql a -c 'UPDATE errors SET n = 0'
comes "it lets go by itself" 15 holds_none
comes "and the backfill goes on" 10 moves "$before"

# --- a guard that cannot be read holds
cluster_psql a -c 'ALTER TABLE errors RENAME TO hidden'
comes "an error blinds, and holds" 10 holds_match '^errors$'
like "$(hold_value errors reason)" 'blind: relation "errors" does not exist' "and says why"
cluster_psql a -c 'ALTER TABLE hidden RENAME TO errors'
comes "until it reads again" 15 holds_none

# --- a replica that is gone is waited for, whatever else comes and goes meanwhile
stays_held() { # DESCRIPTION: for longer than five readings take
    sleep 8
    is "$(holds)" replication_lag "$1"
    is "$(filled)" "$before" "and no row changes"
}
cluster_stop b
comes "a replica that is gone holds" 15 holds_match '^replication_lag$'
sleep 0.5
before=$(filled)
cluster_psql a -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'pgrollout/engine/sensor'" >/dev/null
stays_held "over another sensor connection"
cluster_immediate_stop a
cluster_launch a
wait_until 30 engine_runs 3 || bail "no third epoch"
stays_held "over a restart of the server"
kill -TERM "$engine"
wait "$engine" 2>/dev/null
engine_start
wait_until 30 engine_runs 4 || bail "no fourth epoch"
stays_held "over another engine"
like "$(hold_value replication_lag reason)" 'b is gone' "which says who is missed"
cluster_launch b
comes "until it is back" 30 holds_none
comes "and the backfill goes on" 10 moves "$before"

# --- or until a person says that it is gone for good, as the hold tells
cluster_stop b
comes "it is gone again" 15 holds_match '^replication_lag$'
for_good() { hold_value replication_lag "substring(reason FROM 'gone for good: pgrollout (.*)')"; }
comes "the hold says what to do if that is for good" 10 eval '[ -n "$(for_good)" ]'
before=$(filled)
read -ra words <<<"$(for_good | sed 's/--for .*/--for 10s/')"
op "${words[@]}" >/dev/null
comes "done, it lets go" 15 holds_none
comes "and the backfill goes on" 10 moves "$before"
limit_is() { op set m | grep -q "guard.replication_lag.pause *$1 "; }
comes "the limits come back by themselves" 15 limit_is 2s
sleep 5
is "$(holds)" "" "and it is not waited for any more"
cluster_launch b
wait_until 30 cluster_streams b a || bail "the replica does not stream"
[ -n "${PGROLLOUT_CAMPAIGN:-}" ] || finish

# --- no progress
op set m guard.stall.pause=2 >/dev/null
web 'BEGIN; UPDATE users SET name = name WHERE full_name IS NULL; SELECT pg_sleep(6); ROLLBACK'
locker=$!
comes "a backfill that is stuck stalls" 20 holds_match stall
wait "$locker"
comes "the other guards let go" 20 holds_match '^stall$'
before=$(filled)
sleep 2
is "$(filled)" "$before" "it stays held, though the way is free"
kill -KILL "$engine"
wait "$engine" 2>/dev/null
engine_start
wait_until 30 engine_runs 5 || bail "no fifth epoch"
sleep 3
is "$(holds)" stall "also under the next engine"
op resume m >/dev/null
comes "until a person resumes" 10 moves "$before"

# --- statements of the applications, against their baseline; new ones are looked for once a minute
for i in $(seq 300); do
    echo "SELECT name FROM users WHERE id = $i AND slow();"
done >"$CLUSTER_ROOT/web.sql"
while [ -e "$CLUSTER_ROOT/web.sql" ]; do
    PGAPPNAME=web cluster_psql_as a shop_web -f "$CLUSTER_ROOT/web.sql" >/dev/null 2>&1
    sleep 0.1
done &
sleep 75
cluster_psql a -c 'UPDATE errors SET n = 1'
comes "slow statements hold" 40 holds_match query_latency
cluster_psql a -c 'UPDATE errors SET n = 0'
comes "and let go" 80 holds_none
rm "$CLUSTER_ROOT/web.sql"
finish
