#!/bin/bash
# What is tuned while it runs: what is in force, what ends by itself, who may, and the way back.
. "$(dirname "$0")/driven.sh"

driven_start
users_table users 10
migration tuned <<'YAML'
  expand:
    - add_column: {table: users, column: full_name, type: text}
  backfill:
    - backfill: {table: users, set: {full_name: name}, rest: 0.5, rate: 500/s}
      name: copy
YAML

value() { # KEY [COLUMN]: as `set` alone prints it
    operator set tuned | awk -v key="$1" -v column="${2:-2}" '$1 == key {print $column}'
}
in_force() { # KEY: what the engine is told
    sql "SELECT m -> 'settings' ->> '$1' FROM jsonb_array_elements(pgrollout.engine_state()) m"
}
undo_of() { # the statements that the last receipt names, run as an operator
    cluster_psql_as a lab_operator -c "$(sed -n 's/.*undo: //p' <<<"$1")" >/dev/null
}

for pair in batch.target=10ms batch.min=10 batch.max=50000 rest=0.5 rate=500/s guard.lock_wait.pause=0.5s \
    guard.lock_waiters.pause=3 guard.query_latency.pause=2x guard.replication_lag.pause=5s \
    guard.replication_lag.resume=2s guard.stall.pause=300s; do
    is "$(value "${pair%=*}")" "${pair#*=}" "set alone prints ${pair%=*}"
done
is "$(value guard.stall.resume)" "" "and nothing that cannot be set"

# what ends by itself leaves what was set to stay
operator set tuned batch.max=100 rest=8 >/dev/null
slower=$(as responder throttle tuned --for 2s)
is "$(value batch.max) $(value rest) $(in_force batch.max) $(in_force rest)" "50 16 50 16" "throttle for a time"
like "$(operator set tuned)" 'batch\.max +50 +set by lab_responder until' "says until when"
is "$(operator set tuned | grep -c '^batch.max')" 1 "on one line"
wait_until 10 eval '[ "$(in_force rest)" = 8 ]'
is "$(value batch.max) $(value rest) $(in_force batch.max) $(in_force rest)" "100 8 100 8" \
    "when it has ended, what was set before is in force again"
unlike "$(operator set tuned)" 'until' "and nothing is told of what has ended"

slower=$(as responder throttle tuned)
is "$(value batch.max) $(value rest)" "50 16" "throttle without a time"
undo_of "$slower"
is "$(value batch.max) $(value rest)" "100 8" "its undo brings back both, as they were"
operator set tuned rest=default batch.max=default >/dev/null
is "$(value batch.max) $(value rest)" "50000 0.5" "default: the plan again"
as responder throttle tuned --for 1h >/dev/null
operator set tuned rest=3 >/dev/null
is "$(value rest) $(value batch.max)" "3 25000" "what is set to stay ends what would have ended by itself"
slower=$(operator set tuned batch.max=900)
undo_of "$slower"
like "$(operator set tuned)" 'batch\.max +25000 +set by lab_operator until' "an undo of it lets it end all the same"

# guards
exits 0 "a responder may lower a guard's limit" as responder set tuned guard.replication_lag.pause=3s
exits 4 "and not raise it" as responder set tuned guard.replication_lag.pause=30s
like "$err" 'is 3s now' "says what it is"
exits 2 "a resume above the pause" operator set tuned guard.replication_lag.resume=4s
like "$err" 'guard.replication_lag.pause is 3s now' "says why"
exits 0 "a resume below it" operator set tuned guard.replication_lag.resume=1s
exits 2 "a pause below that resume" operator set tuned guard.replication_lag.pause=1s
exits 0 "the plan's own resume follows a lower pause" operator set tuned \
    guard.replication_lag.resume=default guard.replication_lag.pause=1s
is "$(value guard.replication_lag.resume) $(value guard.replication_lag.resume 3)" "0.4s follows" "and the list shows it"
exits 2 "a stall has no resume" operator set tuned guard.stall.resume=3
exits 0 "a size" operator set tuned guard.slot_wal.pause=1.5TB guard.replication_bytes.resume=100kB
is "$(value guard.slot_wal.pause) $(value guard.replication_bytes.resume)" "1536GB 100kB" "is shown as one"
exits 0 "a percentage" as responder set tuned guard.connections.pause=80.5%
is "$(value guard.connections.pause) $(value guard.long_transaction.pause)" "80.5% 1800s" "and so are others"
exits 4 "a responder may not raise a size" as responder set tuned guard.slot_wal.pause=2TB
exits 2 "a limit of nothing" operator set tuned guard.lock_wait.pause=0
done_testing
