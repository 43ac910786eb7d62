#!/bin/bash
# What people say at the wrong moment, or with rows made by hand: abort against contract, a second abort, a
# confirmation of yesterday, a pause under which the state must not move.
. "$(dirname "$0")/driven.sh"

driven_start
id_of() { sql "SELECT m.id FROM pgrollout.migration m WHERE m.name = '$1' ORDER BY m.id DESC LIMIT 1"; }
full_plan() { # TABLE
    cat <<YAML
  expand:
    - add_column: {table: $1, column: full_name, type: text}
    - sync: {table: $1, old: name, new: full_name}
  deploy:
    - confirm: Is the new release everywhere?
      by: approver
      name: deployed
  backfill:
    - backfill: {table: $1, set: {full_name: name}, rest: 0}
      name: copy
    - verify: copy
  contract:
    - drop_column: {table: $1, column: name}
YAML
}
columns() { sql "SELECT string_agg(a.attname, ' ' ORDER BY a.attnum) FROM pg_attribute a
    WHERE a.attrelid = '$1'::regclass AND a.attnum > 0 AND NOT a.attisdropped"; }
# --- contract while an abort is being committed
users_table race 30
full_plan race | migration race
engine_start
drive race 'boundary contract'
engine_stop
hold_open "SELECT pgrollout.abort('race', 'start')" lab_operator
(as approver contract race --confirm race >"$CLUSTER_ROOT/contract.out" 2>&1; echo $? >"$CLUSTER_ROOT/contract.rc") &
sleep 0.5
is "$(cat "$CLUSTER_ROOT/contract.rc" 2>/dev/null)" "" "contract waits for an abort in an open transaction"
release
wait $!
is "$(cat "$CLUSTER_ROOT/contract.rc")" 4 "and is refused when it is committed"
engine_start
drives race '^aborted' "the abort goes on"
is "$(columns race)" "id name note" "and nothing has been dropped"

# --- changing one's mind at the opposite gate
users_table mind 30
full_plan mind | migration mind
drive mind 'boundary backfill'
operator abort mind --to start >/dev/null
reaches mind '^aborting deploy deployed:undoing \[gate deployed\]' "an abort asks first"
exits 0 "going back only to the end of a phase of which nothing is undone" operator abort mind --to deploy
reaches mind '^active deploy copy:pending \[boundary backfill\]' "is possible: what was only asked about stands"
exits 4 "an operator may not skip what an approver answers" operator skip mind deployed --reason x
operator abort mind --to start >/dev/null
reaches mind 'deployed:undoing \[gate deployed\]' "it asks again"
as approver confirm mind --reason test >/dev/null
drives mind '^aborted' "answered, it is undone"

users_table half 30
full_plan half | migration half
drive half 'boundary deploy'
operator abort half --to start >/dev/null
reaches half '^aborting expand sync:undoing \[gate sync\]' "where nobody confirmed anything the sync step asks"
hold_open 'LOCK half IN ROW EXCLUSIVE MODE'
operator confirm half --reason test >/dev/null
sleep 0.3
exits 2 "a phase that is being taken back is no target" operator abort half --to expand
like "$err" 'Targets: start$' "says which there are"
release
drives half '^aborted' "it goes on"

# --- an undo that fails
users_table undo 30
full_plan undo | migration undo
drive undo 'boundary deploy'
operator abort undo --to start >/dev/null
reaches undo '\[gate sync\]' "the gate of the undo"
sql 'ALTER TABLE undo OWNER TO shop_web' >/dev/null
operator confirm undo --reason test >/dev/null
reaches undo '^failed expand sync:failed' "an undo that may not be done fails"
sql 'ALTER TABLE undo OWNER TO shop_owner' >/dev/null
operator abort undo --to start >/dev/null
reaches undo '\[gate sync\]' "a second abort asks again"
operator confirm undo --reason test >/dev/null
drives undo '^aborted' "and takes back what still stands"
is "$(sql "SELECT count(*) FROM pg_trigger t WHERE t.tgrelid = 'undo'::regclass")" 0 "the trigger is gone"

# --- a confirmation of contract is for an hour, also when its first step has only been started
users_table stale 30
full_plan stale | migration stale
drive stale 'boundary contract'
hold_open 'LOCK stale IN ACCESS SHARE MODE'
as approver contract stale --confirm stale >/dev/null
comes_to stale '^active contract drop-column:running'
operator pause stale >/dev/null
sql "UPDATE pgrollout.phase SET passed_at = passed_at - interval '20 hours' WHERE name = 'contract'" >/dev/null
operator resume stale >/dev/null
reaches stale '^active backfill drop-column:pending \[boundary contract\]' "it asks anew"
release
sleep 0.5
is "$(columns stale)" "id name note full_name" "and has dropped nothing"
drives stale '^done' "asked anew, it goes on"

# --- what is compared by people is compared as the engine has written it
users_table zone 5
migration zone <<'YAML'
  expand:
    - add_column: {table: zone, column: since, type: timestamptz, default: "'2020-01-01 00:00+00'"}
  contract:
    - drop_column: {table: zone, column: note}
YAML
drive zone 'boundary contract'
exits 0 "contract from a session in another time zone" env PGTZ=America/New_York PGDATESTYLE=German \
    "$PGROLLOUT" -U lab_approver contract zone --confirm zone
reaches zone '^done' "sees no drift"

# --- a schema that PUBLIC may not use
sql 'CREATE SCHEMA app AUTHORIZATION shop_owner; REVOKE ALL ON SCHEMA app FROM PUBLIC' >/dev/null
owner "CREATE TABLE app.t (id int PRIMARY KEY, name text); INSERT INTO app.t VALUES (1, 'n')" >/dev/null
migration private 'schema: app' <<'YAML'
  expand:
    - add_column: {table: t, column: full_name, type: text}
  backfill:
    - backfill: {table: t, set: {full_name: name}}
      name: copy
YAML
drives private '^done' "a schema without rights for the control schema's owner"

# --- nothing moves after a pause
users_table calm 10
full_plan calm | migration calm
operator pause calm >/dev/null
for function in boundary_pass phase_finish; do
    like "$(cluster_psql a -c "SELECT pgrollout.$function($(id_of calm)$([ $function = phase_finish ] && echo ', true'))" 2>&1)" \
        'held: ' "$function under a hold"
done
is "$(where calm)" 'loaded add-column:pending [boundary expand] [operator]' "has moved nothing"

# --- pause --all beside an open transaction
users_table other 10
full_plan other | migration other
operator resume calm >/dev/null
hold_open "SELECT pgrollout.pause('calm')" lab_operator
exits 1 "pause --all where one hold is being placed by an open transaction" operator pause --all
like "$out" 'calm: NOT held: .*open transaction of pid' "names it"
like "$(where other)" '\[operator\]' "and holds the others"
release ROLLBACK
operator resume --all >/dev/null

# --- a failover over a pause that was to bind after a step
sql "INSERT INTO pgrollout.hold (migration_id, kind, reason, after_step) VALUES ($(id_of other), 'operator', 'soon', 'add-column')
    ON CONFLICT (migration_id, kind, key) DO UPDATE SET after_step = 'add-column'" >/dev/null
engine_stop
sql 'UPDATE pgrollout.lease SET timeline = 77' >/dev/null
engine_start
is "$(sql "SELECT coalesce(h.after_step, '-') || ' ' || h.reason FROM pgrollout.hold h
    WHERE h.migration_id = $(id_of other) AND h.kind = 'operator'")" "- failover to timeline 1; before: soon" \
    "binds at once"

# --- rows made by hand
owner 'CREATE TABLE victim (id int)' >/dev/null
forged() { # NAME TEXT PHASE KIND MORE
    operator_sql "SELECT (pgrollout.load(jsonb_build_object('name', '$1', 'title', 't', 'schema', 'public',
        'plan_text', '$2', 'plan_sha256', md5('$2'), 'tables', '[]'::jsonb, 'phases', '[\"$3\"]'::jsonb,
        'steps', '[{\"phase\": \"$3\", \"name\": \"$4\", \"kind\": \"$4\", \"title\": \"t\", \"does\": \"d\",
                    \"locks\": \"none\"$5}]'::jsonb))).ok" >/dev/null
    operator resume "$1" >/dev/null
    operator advance "$1" >/dev/null
}
operator_sql() { cluster_psql_as a lab_operator -c "$1"; }
forged drop-it 'pgrollout: 1
migration: drop-it
phases:
  expand:
    - sql: DROP TABLE victim
      irreversible: true
' expand sql ', "irreversible": true'
reaches drop-it '\[guard plan\]' "a statement that lint refuses is held, whoever loaded it"
like "$(as viewer status drop-it)" 'not loaded by pgrollout load.*belongs to contract' "and says why"
forged phase-it 'pgrollout: 1
migration: phase-it
phases:
  contract:
    - sql: DROP TABLE victim
      irreversible: true
' expand sql ', "irreversible": true'
reaches phase-it '\[guard plan\]' "a step of contract that was loaded into expand"
sleep 0.5
is "$(sql "SELECT to_regclass('victim')")" victim "nothing was dropped"
engine_stop
done_testing
