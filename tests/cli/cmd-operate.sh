#!/bin/bash
# The operator's verbs on a migration without an engine: receipts, exit codes, rights, wrong order.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/sample.sh"

as() { # ROLE VERB…
    local role=$1
    shift
    "$PGROLLOUT" -U "lab_$role" "$@"
}

cluster_start a
cluster_replica b a
cluster_env a
exits 4 "no control schema" "$PGROLLOUT" pause x
like "$err" 'pgrollout install' "says what to run"
exits 4 "status without it" "$PGROLLOUT" status
exits 3 "status --check without it" "$PGROLLOUT" status --check
ok "install" "$PGROLLOUT" install --map operator=lab_operator --map approver=lab_approver \
    --map responder=lab_responder --map viewer=lab_viewer --map engine=lab_engine
exits 0 "status of nothing" as viewer status
like "$out" 'no migration is loaded' "says so"
sample_load a one

# unknown names
for call in 'advance' 'step' 'pause' 'resume' 'throttle' 'confirm' 'retry' 'card' 'journal' 'abort' \
    'set' 'forget' 'status'; do
    exits 2 "$call of an unknown migration" as operator "$call" nope
    like "$err" 'no migration is named "nope"' "$call: says so"
    like "$err" 'Known: one' "$call: and what is known"
done
exits 2 "skip of an unknown migration" as operator skip nope x --reason y
exits 2 "note on an unknown migration" as operator note nope x
exits 2 "wait for an unknown migration" as operator wait nope --for done
exits 2 "contract of an unknown migration" as approver contract nope --confirm nope

# rights
for call in 'pause one' 'throttle one' 'note one x' 'set one rest=5'; do
    # shellcheck disable=SC2086
    exits 4 "a viewer may not: $call" as viewer $call
    like "$err" 'needs the role pgrollout_responder' "the role is named"
done
for call in 'resume one' 'advance one' 'step one' 'confirm one' 'retry one' 'abort one --to start' \
    'skip one deployed --reason x' 'forget one' 'resume --all'; do
    # shellcheck disable=SC2086
    exits 4 "a responder may not: $call" as responder $call
    like "$err" 'needs the role pgrollout_operator' "the role is named"
done
exits 4 "an operator may not contract" as operator contract one --confirm one
like "$err" 'needs the role pgrollout_approver' "the role is named"
exits 4 "who has no role sees nothing" "$PGROLLOUT" -U shop_web status
like "$err" 'GRANT pgrollout_viewer TO "shop_web"' "with what to grant"

# wrong order
exits 4 "step before it is started" as operator step one
exits 4 "confirm before a gate waits" as operator confirm one
exits 4 "retry without a failure" as operator retry one
exits 4 "contract before its time" as approver contract one --confirm one
exits 4 "skip before its turn" as operator skip one deployed --reason x
exits 4 "skip of what cannot be skipped" as operator skip one add --reason x
exits 4 "skip before it is started" as operator skip one nope --reason x
exits 4 "forget while it is loaded" as operator forget one

# the boundary
exits 0 "advance" as operator advance one --reason CHG-1
like "$out" '^one: phase expand begins' "a receipt of one line"
like "$out" "undo: SELECT \* FROM pgrollout.pause\('one'\)" "and how to undo it"
exits 4 "advance again" as operator advance one
exits 2 "status --check without an engine" as viewer status --check
like "$out" '^PGROLLOUT CRITICAL - one active .*no engine runs' "is critical"

exits 2 "skip of an unknown step" as operator skip one nope --reason x
like "$err" "Steps: add, deployed, drop" "names the steps"

# pause and resume
exits 0 "pause" as responder pause one --reason 'INC-42 übel'
like "$out" 'held: nothing more commits' "receipt"
unlike "$out" 'inside a transaction block' "not taken for a transaction block"
exits 0 "pause again, as JSON" as responder pause one --json
like "$out" '"ok":true' "ok"
like "$out" '"since":"[0-9-]+T[0-9:.]+Z"' "since"
exits 0 "pause in another locale" env LC_ALL=C "$PGROLLOUT" -U lab_responder pause one --reason 'übel'
is "$(cluster_psql a -c "SELECT reason || ' by ' || placed_by FROM pgrollout.hold WHERE kind = 'operator'")" \
    'INC-42 übel by lab_responder' "the hold says why and who"
exits 0 "pause --all" as responder pause --all --json
like "$out" '^\[\{' "an array"
exits 0 "wait for a hold" as viewer wait one --for held --timeout 5
exits 0 "resume --all" as operator resume --all
exits 0 "resume again" as operator resume one
like "$out" 'no hold of an operator stood' "says that nothing stood"
exits 0 "step" as operator step one
like "$out" 'one step or batch goes' "receipt"
exits 0 "resume ends stepping" as operator resume one

# tuning
exits 0 "throttle" as responder throttle one --for 10m
like "$out" 'at most 25000 rows a batch, rest 2 for 00:10:00' "receipt"
exits 0 "set alone" as responder set one
like "$out" 'rest +2 +set by lab_responder until' "prints values and who set them"
exits 4 "a responder may not make it faster" as responder set one rest=1
exits 0 "an operator may" as operator set one rest=1 batch.max=900
is "$(cluster_psql a -c "SELECT string_agg(key || '=' || value, ' ' ORDER BY key) FROM pgrollout.setting")" \
    "batch.max=900 rest=1" "both are set"
exits 2 "an unknown setting" as operator set one rest=3 speed=3
like "$err" 'batch.target' "names what there is"
is "$(cluster_psql a -c "SELECT value FROM pgrollout.setting WHERE key = 'rest'")" 1 "all or none"
exits 2 "a value that is none" as operator set one rest=fast
exits 2 "an unknown guard" as operator set one guard.gravity.pause=3

# gates
sample_open_gate a one
exits 0 "wait for the gate's phase" as viewer wait one --for phase:deploy --timeout 5
exits 2 "confirm without saying for whom" as operator confirm one
like "$err" 'web, cron' "names who is open"
exits 2 "confirm for nobody" as operator confirm one --for nobody
exits 0 "confirm" as operator confirm one deployed --for web --note seen
like "$out" 'open: cron' "says what is still open"
exits 0 "status shows the gate" as viewer status one
like "$out" 'web: confirmed by lab_operator' "with its answers"
like "$out" 'pgrollout confirm one deployed --for cron' "and what to type"
for line in PHASE DONE HARM PAUSE ABORT PEOPLE LAST; do
    like "$out" "  $line +[^ ]" "status: $line"
done
exits 4 "advance at a gate" as operator advance one
exits 0 "skip the gate" as operator skip one deployed --reason 'cron is gone'

# looking
exits 0 "card" as viewer card one
like "$out" 'add: drop column b.*lost: +an unknown number of' "what is undone and lost"
exits 0 "card as JSON" as viewer card one --json
exits 0 "abort alone" as operator abort one
like "$out" 'nothing was changed' "changes nothing"
is "$(cluster_psql a -c 'SELECT state FROM pgrollout.migration')" active "so"
exits 2 "abort to nowhere" as operator abort one --to moon
exits 0 "journal" as viewer journal one
like "$out" 'lab_responder \([^)]+\)  pause: INC-42' "who and why"
exits 0 "journal as JSON" as viewer journal one --lines 2 --json
like "$out" '"event":"skip deployed: cron is gone"' "the newest"
exits 0 "note" as responder note one looked at it
exits 0 "status as JSON" as viewer status --json
for key in at database server engine migrations replicas lock_waits heartbeat_age_s phases steps holds \
    progress guards; do
    like "$out" "\"$key\":" "status --json: $key"
done
(sleep 1; as responder note one 'seen live' >/dev/null) &
out=$(timeout 4 "$PGROLLOUT" -U lab_viewer journal one --follow --lines 1)
like "$out" 'looked at it.*seen live' "journal --follow goes on"

# waiting
exits 1 "a wait that times out" as viewer wait one --for done --timeout 0.2
like "$err" 'not within the time given' "says so"
exits 1 "a phase that it does not have" as viewer wait one --for phase:backfill

# the last boundary
sample_before_contract a one
exits 4 "advance into contract" as operator advance one
like "$err" 'point of no return' "says why not"
exits 4 "contract with another name" as approver contract one --confirm two
exits 0 "contract" as approver contract one --confirm one
cluster_psql a -c "UPDATE pgrollout.migration SET state = 'done', finished_at = now() - interval '2 days'"
exits 4 "pause of what is done" as responder pause one
exits 0 "wait for done" as viewer wait one --for done
exits 1 "wait for what will not be" as viewer wait one --for aborted
like "$err" 'it is done' "says why at once"
exits 0 "status by name, long after its end" as viewer status one
exits 0 "forget" as operator forget one

# where it cannot work
sample_load a two
PGOPTIONS='-c default_transaction_read_only=on' exits 4 "a read-only session" as responder pause two
like "$err" 'default_transaction_read_only' "with what to type"
ok "the replica catches up" cluster_catchup b a
cluster_env b
exits 4 "a standby" as responder pause two
like "$err" 'standby' "says so"
exits 0 "status on it" as viewer status
like "$out" 'standby' "says where it is"
exits 4 "install on it" "$PGROLLOUT" install

# what a monitoring system hears
hold() { cluster_psql a -c "DELETE FROM pgrollout.hold WHERE kind <> 'boundary'" -c "INSERT INTO
    pgrollout.hold (migration_id, kind, reason) SELECT id, '$1', 'x' FROM pgrollout.migration"; }
cluster_env a
exits 0 "status --check of what waits for people" as viewer status --check
for kind in guard lock operator; do
    hold $kind
    exits 1 "status --check: held by $kind" as viewer status --check
    like "$out" '^PGROLLOUT WARNING - two loaded \(' "one line"
done
hold ambiguous
exits 2 "status --check: ambiguous" as viewer status --check
hold guard
cluster_psql a -c "UPDATE pgrollout.migration SET state = 'failed'"
exits 2 "status --check: failed" as viewer status --check
like "$out" '^PGROLLOUT CRITICAL - two failed \(failed\)' "one line"
exits 1 "wait for done of what has failed" as viewer wait two --for done
# no engine: what a person has stopped, or is waited for with, wakes nobody; a guard's hold never clears
cluster_psql a -c "UPDATE pgrollout.migration SET state = 'active'" \
    -c "DELETE FROM pgrollout.hold"
exits 2 "status --check: nothing holds it, and no engine runs" as viewer status --check
for kind in operator stepping gate boundary; do
    hold $kind
    exits 1 "status --check: $kind, and no engine runs" as viewer status --check
    like "$out" '^PGROLLOUT WARNING - two active .*, and no engine runs\)' "says both"
    cluster_psql a -c "DELETE FROM pgrollout.hold"
done
for kind in guard lock ambiguous; do
    hold $kind
    exits 2 "status --check: $kind, and no engine runs" as viewer status --check
done
cluster_psql a -c "UPDATE pgrollout.migration SET state = 'loaded'"

# old programs: a newer control schema
cluster_env a
cluster_psql a -c 'DROP FUNCTION pgrollout.throttle(text, interval, text, bigint)'
exits 4 "a function that is not there" as responder throttle two
like "$err" 'another version' "means another version"
done_testing
