#!/bin/bash
# The files that a real engine writes for other programs: metrics that say what the database says, and events of which
# none is lost and none comes twice, whoever is killed and whatever is rotated.
. "$(dirname "$0")/driven.sh"
. "$(dirname "$0")/../lib/campaign.sh"

cluster_root
driven_start
dir=$CLUSTER_ROOT/out
mkdir "$dir"
metrics=$dir/pgrollout.prom events=$dir/events.jsonl
owner 'CREATE TABLE users (id bigint PRIMARY KEY, name text, full_name text); INSERT INTO users
    SELECT i, i::text FROM generate_series(1, 300000) i; ANALYZE users' >/dev/null
migration before <<'YAML'
  expand:
    - analyze: users
YAML

# --- files that cannot be what they are to be
exits 2 "metrics into a device" "$PGROLLOUT" -U lab_engine run --metrics-file /dev/null
like "$err" '/dev/null: this is no file' "says so"
ok "the device is still one" test -c /dev/null
exits 2 "metrics into no folder" "$PGROLLOUT" -U lab_engine run --metrics-file "$dir/none/x.prom"
like "$err" 'no file can be made in its folder' "says so"
exits 2 "events behind something else" "$PGROLLOUT" -U lab_engine run --events-file "$CLUSTER_ROOT/before.yaml"
like "$err" 'this is no events file: move it away' "says so"
exits 2 "events to the output of a detached engine" "$PGROLLOUT" -U lab_engine run --detach --events-file -

# --- what is written
value() { sed -n "s/^pgrollout_$1 //p" "$metrics"; } # NAME{LABELS}, of which the braces are no regex
has_value() { [ "$(value "$1")" = "$2" ]; }
filling() { [ "$(value 'rows_done_total{database="shop",migration="m",step="fill"}')" -gt "${1:-0}" ]; }
numbers() { sed -n 's/^{"id":\([0-9]*\),.*}$/\1/p' "$events"; } # of whole lines
journal_from() { sql "SELECT id FROM pgrollout.event WHERE id >= $1 ORDER BY id"; }
complete() { [ "$(numbers | sort -n)" = "$(journal_from "$first")" ]; }
is_complete() { # DESCRIPTION
    wait_until 15 complete
    is "$(numbers | sort -n | tr '\n' ' ')" "$(journal_from "$first" | tr '\n' ' ')" "$1"
}
migration m 'guards: {query_latency: {off: nobody asks}, lock_wait: {off: nobody}}' <<'YAML'
  backfill:
    - backfill: {table: users, set: {full_name: name}, batch: {start: 100, max: 100}}
      name: fill
YAML
(cd "$dir" && exec "$PGROLLOUT" -U lab_engine run --metrics-file pgrollout.prom --events-file events.jsonl \
    >"$CLUSTER_ROOT/engine.log" 2>&1 </dev/null) &
engine_pid=$!
engine_log=$CLUSTER_ROOT/engine.log
wait_until 15 test -s "$events"
first=$(numbers | head -n 1)
is "$(sql "SELECT text LIKE 'engine started%' FROM pgrollout.event WHERE id = ${first:-0}")" t "a new file begins with the engine's start"
operator advance m >/dev/null
wait_until 15 filling
ok "metrics: batches are counted" filling
at=$(value 'rows_done_total{database="shop",migration="m",step="fill"}')
is "$(stat -c %a "$metrics")" 644 "node_exporter may read them"
is "$(value 'engine_lease_held{database="shop"}')" 1 "the lease"
is "$(value 'migration_state{database="shop",migration="m",state="active"}')" 1 "the state"
is "$(value 'migration_phase{database="shop",migration="m",phase="backfill"}')" 1 "the phase"
is "$(value 'migration_held{database="shop",migration="before"}')" 1 "what waits is held"
like "$(value 'hold_start_time_seconds{database="shop",migration="before",kind="boundary",key="expand"}')" '^[0-9]{10}' "and since when"
like "$(value 'guard_pause_threshold{database="shop",migration="m",guard="replication_lag",unit="seconds"}')" '^[0-9.]+$' "guards"
age=$(($(date +%s) - $(value 'metrics_timestamp_seconds{database="shop"}' | cut -d . -f 1)))
ok "they are fresh ($age s)" test "$age" -le 30
is "$(find "$dir" -name '*.prom.*')" "" "no temporary file lies about"
if [ -n "$(sample '' all)" ]; then
    wait_until 20 filling "$at"
    ok "and written again" filling "$at"
fi
before=$(date +%s%N)
operator pause m >/dev/null
within $((($(date +%s%N) - before) / 1000000)) 400 "a pause takes no longer beside them (ms)"
is_complete "events: each once"
line=$(grep '"event":"[^"]*pause' "$events" | head -n 1)
like "$line" '"migration":"m","kind":"command","who":"lab_operator"' "what, who and whose"
is "$(cluster_psql a -v j="$line" <<<"SELECT (:'j'::jsonb ->> 'at')::timestamptz = at FROM pgrollout.event
    WHERE id = (:'j'::jsonb ->> 'id')::bigint")" t "a line is JSON, and the journal's time to the microsecond"

# numbers that become visible late
hold_open "SELECT pgrollout.note('m', 'late')" lab_operator
operator note before "in between" >/dev/null
wait_until 10 grep -q 'in between' "$events"
release
is_complete "one of a transaction that took its time is not lost"
ok "although its number is lower" test "$(numbers | tail -n 1)" -lt "$(numbers | sort -n | tail -n 1)"

# logrotate
mv "$events" "$events.1"
operator note m "after the rotation" >/dev/null
wait_until 10 test -s "$events"
is "$(grep -c . "$events")" 1 "a renamed file is made anew"
cat "$events" >>"$events.1" && mv "$events.1" "$events"

# --- engines that die, a crash within a line, and time without an engine
engine_kill
stamp=$(value 'metrics_timestamp_seconds{database="shop"}')
is "$(value 'engine_up{database="shop"}')" 1 "killed: the metrics stay as they are"
operator note m "nobody drives" >/dev/null
printf '{"id":4711,"at' >>"$events"
engine_start --metrics-file "$metrics" --events-file "$events"
is_complete "the next engine goes on behind it, also behind half a line"
is "$(grep -c '^{"id":4711,"at$' "$events")" 1 "which has its end now"
young() { [ "$(value 'metrics_timestamp_seconds{database="shop"}')" != "$stamp" ]; }
wait_until 10 young
ok "the metrics are young again" test "$(value 'metrics_timestamp_seconds{database="shop"}')" != "$stamp"
for ((i = 0; i < $(sample 1 10); i++)); do
    operator resume m >/dev/null
    sleep "0.$((RANDOM % 5))"
    engine_kill
    operator pause m >/dev/null
    engine_start --events-file "$events"
done
is_complete "killed while it writes: still each once"
kill -HUP "$engine_pid"
operator note m "after SIGHUP" >/dev/null
wait_until 10 grep -q 'after SIGHUP' "$events"
ok "SIGHUP does not end an engine without a terminal" kill -0 "$engine_pid"
engine_stop
is_complete "the end is in it"
like "$(tail -n 1 "$events")" '"event":"engine stopped"' "as the last line"
engine_start --metrics-file "$metrics"
wait_until 10 has_value 'engine_lease_held{database="shop"}' 1
engine_stop
is "$(value 'engine_up{database="shop"}')" 0 "ended by itself: the metrics say so"
is "$(grep -c migration= "$metrics")" 0 "and nothing more of migrations"

# --- standard output
operator advance before >/dev/null
"$PGROLLOUT" -U lab_engine run before --exit-when-idle --events-file - >"$dir/stdout" 2>"$dir/stderr" </dev/null
like "$(head -n 1 "$dir/stdout")" '"event":"engine started' "- begins with the start"
like "$(tail -n 1 "$dir/stdout")" '"event":"engine stopped' "and ends with the end"
is "$(grep -vc '^{.*}$' "$dir/stdout")" 0 "nothing else is on it"
like "$(cat "$dir/stderr")" 'epoch' "lines for people are beside it"

# --- a server that is gone
if [ -n "$(sample '' all)" ]; then
    engine_start --metrics-file "$metrics"
    wait_until 10 has_value 'engine_lease_held{database="shop"}' 1
    cluster_immediate_stop a
    wait_until 30 has_value 'engine_lease_held{database="shop"}' 0
    is "$(value 'engine_lease_held{database="shop"}')" 0 "without its server the engine says that it has no lease"
    is "$(grep -c migration= "$metrics")" 0 "and nothing of migrations"
fi
done_testing
