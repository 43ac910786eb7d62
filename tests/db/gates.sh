#!/bin/bash
# Steps that wait for evidence, with a real engine and a standby: soak, replicas_caught_up, no_sessions.
. "$(dirname "$0")/driven.sh"

driven_start
cluster_replica b a
export PGROLLOUT_CONF=$CLUSTER_ROOT/pgrollout.conf
printf '[replica b]\nconninfo=host=%s port=%s user=lab_engine\n' "$CLUSTER_ROOT" "$(cluster_port b)" >"$PGROLLOUT_CONF"
waits_for() { step_field "$1" "$2" "detail ->> 'waits_for'"; }
says() { [[ $(waits_for "$1" "$2") =~ $3 ]]; }
# tells NAME STEP REGEX DESCRIPTION
tells() {
    wait_until 20 says "$1" "$2" "$3"
    like "$(waits_for "$1" "$2")" "$3" "$4"
}

# --- soak
owner "CREATE TABLE errors (n int); INSERT INTO errors VALUES (0)" >/dev/null
users_table calm 10
migration calm 'guards:
  errors: {sql: SELECT n FROM errors, pause: 5, resume: 1, samples: 1}' <<'YAML'
  stop_old_writes:
    - soak: {for: 3s}
  contract:
    - drop_column: {table: calm, column: note}
YAML
engine_start
operator advance calm >/dev/null
tells calm soak 'no guard tripped for [12]s of 3s' "soak says how far it is"
like "$(operator status calm --json)" '"fraction" ?: ?0\.[3-9]' "a number, too"
owner 'UPDATE errors SET n = 9' >/dev/null
reaches calm '\[guard errors\]' "a guard trips"
tells calm soak 'guard errors holds' "and soak says so under the hold"
owner 'UPDATE errors SET n = 0' >/dev/null
reaches calm '\[boundary contract\]' "it begins anew when the guard has cleared, and ends" 30
like "$(events calm)" 'soak: done, no guard tripped for 3s; guards watched: .*errors' \
    "the journal has the evidence and where was looked"
as approver contract calm --confirm calm >/dev/null
reaches calm '^done' "contract begins when it has been read afresh"
like "$(events calm)" 'soak: still true before contract, no guard tripped' "which the journal says"

# --- no_sessions, where people read the standby
reads() { [ "$(cluster_psql "$1" -c "SELECT count(*) FROM pg_stat_activity WHERE application_name = '$2'")" = 1 ]; }
reader() { # CLUSTER NAME
    PGAPPNAME=$2 cluster_psql_as "$1" shop_web -c "SELECT pg_sleep(60)" >/dev/null 2>&1 &
    reader_pid=$!
    wait_until 10 reads "$1" "$2" || bail "no reader"
}
reader_ends() { # CLUSTER NAME
    kill "$reader_pid"
    cluster_psql "$1" -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '$2'" >/dev/null
}
gates_plan() {
    cat <<YAML
  stop_old_writes:
    - no_sessions: {sessions: "report*", for: 2s}
      name: gone
    - replicas_caught_up: all
      name: replayed
  contract:
    - drop_column: {table: $1, column: note}
YAML
}
users_table far 10
gates_plan far | migration far 'guards: {replication_lag: {off: "it is stopped here on purpose"}}'
reader b report-1
operator advance far >/dev/null
tells far gone '1 session of report\*: pid [0-9]+ on b' "a session on a standby is seen"
operator pause far --reason looking >/dev/null
reader_ends b report-1
tells far gone 'no session of report\* for 2s of 2s' "looking goes on under a hold, the time counts"
is_where far 'gone:running \[operator\]' && passed=1 || passed=0
is "$passed" 1 "but nothing is recorded as done"
owner "BEGIN; INSERT INTO far VALUES (100); PREPARE TRANSACTION 'left'" >/dev/null
tells far gone 'blind: prepared transaction "left" of shop_owner' "a prepared transaction may be anybody's: blind"
sql "ROLLBACK PREPARED 'left'" >/dev/null
tells far gone 'no session of' "until it is gone"

# --- replicas_caught_up
cluster_psql b -c 'SELECT pg_wal_replay_pause()' >/dev/null
operator resume far >/dev/null
reaches far 'replayed:running' "the time is over"
tells far replayed '1 of 1 standbys to replay [0-9A-F/]+: b \(.* behind\)' "a standby that does not replay is waited for"
engine_kill
engine_start
cluster_stop b
tells far replayed 'blind: standby b does not answer' "one that is down cannot be seen"
: >"$PGROLLOUT_CONF"
engine_stop
engine_start
tells far replayed 'b \(gone\)' "and is waited for by name when nobody has named it in the settings file"
cluster_launch b
reaches far '\[boundary contract\]' "it comes back and has replayed"
like "$(operator status far)" 'SEEN +replayed: 1 standby has replayed' "status shows the evidence"
like "$(events far)" 'replayed: done, 1 standby has replayed .*; standbys of this server' "which the journal says"
cluster_stop b
as approver contract far --confirm far >/dev/null
like_hold() { [[ $(sql "SELECT reason FROM pgrollout.hold WHERE kind = 'boundary'") =~ $1 ]]; }
wait_until 15 like_hold 'no longer true'
like "$(sql "SELECT reason FROM pgrollout.hold WHERE kind = 'boundary'")" \
    'replayed is no longer true: .*b \(gone\)' "contract is taken back when one is gone again"
cluster_launch b
wait_until 20 cluster_streams b a
as approver contract far --confirm far >/dev/null
reaches far '^done' "and begins when all is true again"

# --- true once, and rightly no longer
users_table once 10
gates_plan once | migration once 'guards: {replication_lag: {off: "it is stopped here on purpose"}}'
operator advance once >/dev/null
exits 4 "not skipped before it is its turn" operator skip once replayed --reason x
reaches once '\[boundary contract\]' "evidence is there"
reader a report-2
as approver contract once --confirm once >/dev/null
once_says() { [[ $(sql "SELECT reason FROM pgrollout.hold WHERE kind = 'boundary'") =~ $1 ]]; }
ok "a reader is back: contract waits again" wait_until 15 once_says 'gone is no longer true.*skip once gone'
operator skip once gone --reason 'reports read the new column' >/dev/null
as approver contract once --confirm once >/dev/null
reaches once '^done' "with evidence skipped for a reason it goes on"
reader_ends a report-2

# --- taken back
users_table back 10
gates_plan back | migration back 'guards: {replication_lag: {off: "it is stopped here on purpose"}}'
operator advance back >/dev/null
reaches back '\[boundary contract\]' "evidence is there"
operator abort back --to start >/dev/null
reaches back '^aborted' "an abort has nothing to take back of it"
is "$(step_field back gone "detail ? 'evidence'")" f "and what was found is forgotten"

# --- except, and a gap in looking
migration gap 'guards: {replication_lag: {off: "it is stopped here on purpose"}}' <<'YAML'
  expand:
    - replicas_caught_up: {except: ["b*"]}
      name: replayed
    - no_sessions: {sessions: "nobody", for: 40s}
      name: gone
YAML
cluster_stop b
operator advance gap >/dev/null
tells gap gone 'no session of nobody for [0-9]+s of 40s' "an excepted standby is not waited for"
since() { step_field gap gone "detail #>> '{evidence,since_us}'"; }
looked() { [ "$(step_field gap gone "detail #>> '{evidence,seen_us}'")" != "$1" ]; }
since=$(since) seen=$(step_field gap gone "detail #>> '{evidence,seen_us}'")
engine_kill
engine_start
wait_until 15 looked "$seen"
is "$(since)" "$since" "another engine goes on from where the one before was"
engine_kill
sql "UPDATE pgrollout.step SET detail = jsonb_set(jsonb_set(detail, '{evidence,since_us}',
        to_jsonb($since - 65000000)), '{evidence,seen_us}', to_jsonb($since - 35000000))
    WHERE name = 'gone' AND state = 'running'" >/dev/null
engine_start
later() { [ "$(since)" -gt "$since" ]; }
ok "who was not looked for half a minute is looked for anew" wait_until 15 later
operator skip gap gone --reason 'nobody uses it' >/dev/null
reaches gap '^done' "a gate can be skipped with a reason"
engine_stop
done_testing
