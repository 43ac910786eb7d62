#!/bin/bash
# The checklists of a migration: what evidence shows, what people say, and what is never ticked.
. "$(dirname "$0")/driven.sh"
driven_start

state() { # NAME ITEM
    sql "SELECT c.state FROM pgrollout.checklist('$1') c WHERE c.item = '$2'"
}
evidence() { sql "SELECT c.evidence FROM pgrollout.checklist('$1') c WHERE c.item = '$2'"; }
states() { sql "SELECT string_agg(c.item || ' ' || c.state, ', ' ORDER BY c.list, c.n) FROM pgrollout.checklist('$1') c"; }

plan() { # TABLE
    cat <<YAML
  expand:
    - add_column: {table: $1, column: full_name, type: text}
    - sync: {table: $1, old: name, new: full_name}
  deploy:
    - confirm: The release that can live with both columns runs everywhere.
      name: deployed
      each: [web]
  backfill:
    - backfill: {table: $1, set: {full_name: name}, where: full_name IS NULL AND name IS NOT NULL}
      name: copy
    - verify: copy
    - analyze: $1
  switch_reads:
    - confirm: The release that reads full_name is everywhere.
      name: readers
      each: [web]
  stop_old_writes:
    - soak: 1s
  contract:
    - drop_column: {table: $1, column: name}
YAML
}
settings='applications:
  web: {sessions: "shop-web*"}
guards:
  query_latency: {off: "a test"}'

users_table u 40
plan u | migration list "$settings"
is "$(states list)" "compatible met, users open, phases met, pause met, mixed-state open, expand open, deploy open, backfill open, switch-reads open, stop-old-writes open, contract open" \
    "before the start, evidence or nobody"
like "$(evidence list pause)" 'replication_lag at 5s.*off: query_latency \(a test\)' "the guards' limits, and what is off and why"
like "$(evidence list compatible)" 'lint found nothing when lab_operator loaded it; every step before contract can be taken back' \
    "lint, and the way back"
like "$(evidence list users)" 'the plan names web \(shop-web\*\)' "the applications of the plan"

# --- people
exits 2 "no answer without a note" operator checklist list --confirm mixed-state
exits 2 "no answer to nothing" operator checklist list --confirm weather --note x
like "$err" 'Items: compatible, users, phases' "which there are"
exits 4 "a responder may not" as responder checklist list --confirm users --note x
like "$err" 'needs the role pgrollout_operator' "says so"
exits 4 "nothing that has not come yet" operator checklist list --confirm deploy --note x
like "$err" 'cannot be confirmed yet: not reached yet' "says so"
exits 0 "an operator may" operator checklist list --confirm mixed-state --note "rehearsed on staging"
is "$(state list mixed-state)" confirmed "it is confirmed"
like "$(sql "SELECT answered_by || ': ' || note FROM pgrollout.checklist('list') WHERE item = 'mixed-state'")" \
    '^lab_operator: rehearsed on staging$' "by whom, and how they know"
exits 4 "not twice" operator checklist list --confirm mixed-state --note again
like "$err" 'was confirmed by lab_operator at .*--withdraw mixed-state' "what to do instead"
exits 0 "taken back" as approver checklist list --withdraw mixed-state --note "the wrong staging"
is "$(state list mixed-state)" open "it is open again"
like "$(events list)" 'checklist: confirms mixed-state: rehearsed on staging
.*withdraws what lab_operator confirmed of mixed-state: the wrong staging' "the journal has both"
exits 4 "nothing to take back" operator checklist list --withdraw mixed-state --note x
exits 0 "all readers are known" operator checklist list --confirm users --note "asked all teams"

# --- a rehearsal
sha=$(sql "SELECT plan_sha256 FROM pgrollout.migration")
rehearsal() { # SHA PASSED [FAILURES]
    printf '{"migration": "list", "plan_sha256": "%s", "passed": %s, "stopped": null, "trials": 30, "states": [{}, {}, {}], "failures": [%s]}' \
        "$1" "$2" "${3:-}" >"$CLUSTER_ROOT/rehearsal.json"
}
rehearsal "$sha" false '{"application": "web", "release": "old", "state": "filled", "reason": "column is gone"}, {}'
exits 0 "one that did not pass" operator checklist list --rehearsal "$CLUSTER_ROOT/rehearsal.json"
is "$(state list mixed-state)" contradicted "speaks against it"
like "$(evidence list mixed-state)" 'in 3 states with 30 trials: web \(old\) in filled: column is gone; and 1 more' "with the first failure"
rehearsal "$sha" true
exits 0 "one that passed" operator checklist list --rehearsal "$CLUSTER_ROOT/rehearsal.json"
is "$(state list mixed-state)" met "shows it"
rehearsal 0123456789 true
exits 4 "one of another plan" operator checklist list --rehearsal "$CLUSTER_ROOT/rehearsal.json"
like "$err" 'the rehearsal of another plan \(0123456\)' "shows nothing"
echo '{"passed": 1}' >"$CLUSTER_ROOT/rehearsal.json"
exits 2 "a file that is none" operator checklist list --rehearsal "$CLUSTER_ROOT/rehearsal.json"

# --- a session that nobody has named
hold_open 'LOCK u IN ACCESS SHARE MODE'
is "$(state list users)" contradicted "a stranger on the table, whatever was confirmed"
like "$(evidence list users)" 'holder.* works on .*u now and is none of them' "who it is"
exits 0 "viewers see it" as viewer checklist list
like "$out" '\[!\] users: .* \(contradicted\)' "and no tick"
like "$out" 'lab_operator at 20.*Z: asked all teams' "beside what was said"
release
is "$(state list users)" confirmed "it is gone"

# --- the rollout
engine_start
drive list 'boundary backfill'
is "$(state list expand) $(state list deploy) $(state list backfill)" "met met open" "done phases by their evidence"
like "$(evidence list deploy)" 'deployed for web: lab_(operator|approver) at 20' "who has answered the gate"
drive list 'boundary stop_old_writes'
like "$(evidence list backfill)" 'copy: 40 rows changed; every row compared' "what was filled, and that it was compared"
is "$(state list backfill)" met "it is met"
# a row that somebody has left unfilled speaks against it
sql "INSERT INTO pgrollout.quarantine (migration_id, step, key, state, sqlstate, message)
    SELECT m.id, 'copy', '{7}', 'left', '22P02', 'test' FROM pgrollout.migration m" >/dev/null
is "$(state list backfill)" contradicted "a row left unfilled speaks against it"
exits 0 "a confirmation is kept" operator checklist list --confirm backfill --note "one row, known"
like "$out" 'stays contradicted: 1 row is not filled' "but does not tick it"
is "$(state list backfill)" contradicted "it stays so"
sql "DELETE FROM pgrollout.quarantine" >/dev/null
is "$(state list backfill)" met "until it is set right"
sql "ALTER TABLE u ADD COLUMN stray int; ALTER TABLE u DROP COLUMN full_name CASCADE" >/dev/null
is "$(state list expand)" contradicted "what was expanded and is gone speaks against expand"
like "$(evidence list expand)" 'gone' "says so"
sql "DELETE FROM pgrollout.migration" >/dev/null

users_table s 20
plan s | migration skip "$settings"
drive skip 'boundary stop_old_writes'
operator advance skip >/dev/null
wait_until 5 is_where skip soak
operator skip skip soak --reason "in a hurry" >/dev/null
reaches skip 'boundary contract' "a soak that is skipped"
is "$(state skip stop-old-writes) $(state skip contract)" "contradicted contradicted" "is no proof of stability"
like "$(evidence skip contract)" 'soak was skipped by lab_operator: in a hurry' "who has skipped it and why"
exits 0 "before it has begun nobody can say so" operator checklist skip --json
like "$out" '"item": ?"contract".*"state": ?"contradicted"' "in JSON, too"
as approver contract skip --confirm skip >/dev/null
drives skip '^done' "it ends"
is "$(state skip contract)" contradicted "and stays so"
exits 0 "said when it is over" operator checklist skip --confirm mixed-state --note "it went well"
like "$(evidence skip mixed-state)" 'no rehearsal of this plan has been handed in; confirmed only when it had been started' "is told apart"

# --- what lint warned of, and a plan with nothing to drop
users_table f 20
migration free <<'YAML'
  expand:
    - add_column: {table: f, column: extra, type: text}
YAML
is "$(state free contract) $(state free deploy)" "not needed not needed" "what the plan does not have is not needed"
exits 4 "and cannot be confirmed" operator checklist free --confirm contract --note x
sql "UPDATE pgrollout.migration SET facts = jsonb_set(facts, '{lint}', '[\"line 3: a warning [X01]\"]')" >/dev/null
is "$(state free compatible)" open "a warning of lint wants a person"
like "$(evidence free compatible)" '1 warning: line 3: a warning \[X01\]' "who sees which"
sql "UPDATE pgrollout.migration SET facts = NULL" >/dev/null
is "$(state free compatible)" open "so does a plan that was put in by hand"
engine_stop
done_testing
