#!/bin/bash
# What goes wrong on the way: bad data, differences, checks, cut connections, changed ground. Each says what
# to do, and `retry` goes on from where it was.
. "$(dirname "$0")/driven.sh"

driven_start
engine_start
error() { step_field "$1" "$2" "concat_ws(' | ', s.sqlstate, s.error, s.error_detail)"; }
fill_plan() { # TABLE [STEPS]
    cat <<YAML
  expand:
    - add_column: {table: $1, column: full_name, type: text}
    - sync: {table: $1, old: name, new: full_name}
  backfill:
    - backfill: {table: $1, set: {full_name: name}, batch: {start: 20, min: 20, max: 20}, rest: 0}
      name: copy
    - verify: copy
${2:-}
  contract:
    - drop_column: {table: $1, column: name}
YAML
}

# --- a row that cannot be filled
users_table bad 200
fill_plan bad | migration bad
drive bad '^active expand .*boundary'
owner "ALTER TABLE bad ADD CONSTRAINT short CHECK (full_name <> 'name 130')" >/dev/null
drives bad '^failed backfill copy:failed' "a row that violates a constraint fails the step"
like "$(error bad copy)" '^23514 \| 1 row .*\| 30 \(23514: .*short' "with the SQLSTATE and the key"
like "$(error bad copy)" 'retry' "and what to do"
is "$(sql "SELECT count(*) FROM bad WHERE full_name IS NOT NULL")" 199 "all others are filled"
exits 4 "a failed one does not advance" operator advance bad
took="SELECT s ->> 'elapsed_s' FROM jsonb_path_query(pgrollout.state_of('bad'), '$.**.steps[*]') s WHERE s ->> 'name' = 'copy'"
before=$(sql "$took")
sleep 0.3
is "$(sql "$took")" "$before" "the time that it took stands still"
owner "ALTER TABLE bad DROP CONSTRAINT short" >/dev/null
ok "retry" operator retry bad
reaches bad 'boundary contract' "retry goes on"
is "$(sql "SELECT count(*) FILTER (WHERE full_name = name) FROM bad")" 200 "to the end"
is "$(step_field bad copy "coalesce(s.error, '-') || s.attempts")" "-2" "no error is left of it"
is "$(sql "SELECT count(*) - count(DISTINCT p.key) FROM pgrollout.position p WHERE p.step = 'copy'")" 0 \
    "no range was done twice"

# --- rows that differ
users_table differs 300
fill_plan differs | migration differs
drive differs 'boundary backfill'
operator pause differs >/dev/null
operator advance differs >/dev/null
operator step differs >/dev/null
comes_to differs '^active backfill copy:running \[stepping\]'
# behind the cursor, past the trigger
sql "ALTER TABLE differs DISABLE TRIGGER USER;
     UPDATE differs SET full_name = 'other' WHERE id BETWEEN -145 AND -131; UPDATE differs SET full_name = NULL WHERE id = -149;
     ALTER TABLE differs ENABLE TRIGGER USER" >/dev/null
operator resume differs >/dev/null
reaches differs '^failed backfill verify:failed' "verify finds rows written past the trigger"
like "$(error differs verify)" '16 of 300 rows of public.differs differ' "says how many"
like "$(error differs verify)" 'first id of them: -149, -145, -144, -143, -142, -141, -140, -139, -138, -137\.' \
    "and the first keys"
sql "UPDATE differs SET full_name = name WHERE id < -135" >/dev/null
operator retry differs >/dev/null
reaches differs '^failed backfill verify:failed' "retry compares again"
like "$(error differs verify)" '5 of 300 .*them: -135, -134, -133, -132, -131\.' "from the start"
sql "UPDATE differs SET full_name = name" >/dev/null
operator retry differs >/dev/null
reaches differs 'boundary contract' "until nothing differs"

# --- checks
users_table checked 10
migration checked <<'YAML'
  expand:
    - check: SELECT count(*) FROM checked WHERE note IS NULL
      expect: 1
      wait: 1m
      name: waits
    - check: SELECT count(*) FROM checked WHERE note IS NULL
      expect: 2
      name: asks
    - check: SELECT 'x'::text
      expect: y
      name: never
YAML
operator advance checked >/dev/null
waits_for() { as viewer status "$1" --json | tr -d '\n' | grep -o '"waits_for" *: *"[^"]*"'; }
wait_until 10 eval '[ -n "$(waits_for checked)" ]'
like "$(waits_for checked)" 'check to find 1, it found 0' "a check that waits says what for"
like "$(as viewer status checked)" 'waits for the check to find 1' "status for people, too"
owner "UPDATE checked SET note = NULL WHERE id = 1" >/dev/null
reaches checked '^failed expand asks:failed' "it goes on when it is right; one that only asks fails"
like "$(error checked asks)" 'found 1, expected 2' "and says what it found"
owner "UPDATE checked SET note = NULL WHERE id = 2" >/dev/null
operator retry checked >/dev/null
reaches checked '^failed expand never:failed' "retry asks again"
exits 2 "skip wants a reason" operator skip checked never
ok "a check is skipped" operator skip checked never --reason 'known'
reaches checked '^done' "and it goes on"
like "$(events checked)" 'skip never: known' "the journal keeps why"

# one that must stay right: what comes and goes begins the time anew
users_table quiet 10
migration quiet <<'YAML'
  expand:
    - check: SELECT count(*) FROM quiet WHERE note IS NULL
      expect: 0
      for: 6s
      wait: 1m
      name: stays
YAML
waits_like() { [[ $(waits_for "$1") =~ $2 ]]; }
operator advance quiet >/dev/null
ok "right at once is not enough" wait_until 10 waits_like quiet 'the check: 0 for 6s on end'
owner "UPDATE quiet SET note = NULL WHERE id = 1" >/dev/null
ok "a wrong answer is seen" wait_until 10 waits_like quiet 'check to find 0, it found 1'
owner "UPDATE quiet SET note = 'n'" >/dev/null
back=$(date +%s%3N)
ok "and remembered" wait_until 10 waits_like quiet 'the check: 0 for 6s, it was 1'
reaches quiet '^done' "it goes on when it has stayed right"
ok "for so long since" [ $(($(date +%s%3N) - back)) -ge 6000 ]

# --- a statement outside a transaction is cut
users_table cut 10
migration cut <<'YAML'
  expand:
    - sql: CREATE INDEX CONCURRENTLY cut_note ON cut (note)
      undo: DROP INDEX CONCURRENTLY IF EXISTS cut_note
      transaction: none
      name: build
YAML
hold_open 'UPDATE cut SET note = note WHERE id = 1'
operator advance cut >/dev/null
wait_until 10 eval '[ "$(sql "SELECT count(*) FROM pgrollout.intent")" = 1 ]'
sleep 0.2
like "$(as viewer status cut)" 'statement.* for [0-9]+ s' "status says what runs, and for how long"
exits 0 "pause during it" operator pause cut
like "$out" 'ended pid [0-9]+ \(statement\)' "ends it"
reaches cut '^failed expand build:failed \[operator\]' "it is not known what it left"
like "$(error cut build)" 'not known.*invalid index' "and a person is asked to look"
release
is "$(sql "SELECT indisvalid FROM pg_index WHERE indexrelid = 'cut_note'::regclass")" f "it did leave something"
owner 'DROP INDEX cut_note' >/dev/null
operator resume cut >/dev/null
operator retry cut >/dev/null
reaches cut '^done' "retry runs it again"
is "$(sql "SELECT indisvalid FROM pg_index WHERE indexrelid = 'cut_note'::regclass")" t "to its end"

migration killed <<'YAML'
  expand:
    - sql: CREATE INDEX CONCURRENTLY cut_name ON cut (name)
      undo: DROP INDEX CONCURRENTLY cut_name
      transaction: none
      name: build
  deploy:
    - confirm: Go on?
      name: go
YAML
hold_open 'UPDATE cut SET note = note WHERE id = 1'
operator advance killed >/dev/null
wait_until 10 eval '[ "$(sql "SELECT count(*) FROM pgrollout.intent i WHERE i.step = '\''build'\''")" = 1 ]'
sleep 0.2
engine_kill
release
engine_start
reaches killed '^failed expand build:failed' "an engine killed during it: the next one does not guess"
sql 'DROP INDEX IF EXISTS cut_name; CREATE INDEX cut_name ON cut (name)' >/dev/null
ok "skip takes it as done" operator skip killed build --reason 'built by hand'
reaches killed 'boundary deploy' "and goes on"
ok "abort" operator abort killed --to start
reaches killed '^aborted' "which is taken back like the others"
is "$(sql "SELECT to_regclass('cut_name')")" "" "with its index"

# --- one that would stop the application while it waits for its lock waits no longer than other DDL
migration full <<'YAML'
  contract:
    - sql: VACUUM FULL cut
      irreversible: true
      transaction: none
      name: rewrite
YAML
hold_open 'SELECT count(*) FROM cut'
drive full 'rewrite:running'
worst=0
for _ in {1..400}; do
    began=$EPOCHREALTIME
    sql "SELECT count(*) FROM cut" >/dev/null
    ms=$(((${EPOCHREALTIME/[^0-9]/} - ${began/[^0-9]/}) / 1000))
    [ "$ms" -le "$worst" ] || worst=$ms
    [ "$(grep -c 'step rewrite, try' "$engine_log")" -lt 3 ] || break
done
ok "it is tried more than once" test "$(grep -c 'step rewrite, try' "$engine_log")" -ge 2
ok "and nobody waits behind it for long: $worst ms" test "$worst" -lt 1000
is "$(where full)" "active contract rewrite:running" "it has not failed"
release
reaches full '^done' "and gets its lock in the end"

# --- an undo that fails
migration undo <<'YAML'
  expand:
    - sql: CREATE INDEX undo_note ON cut (note)
      undo: DROP INDEX undo_note
      name: build
  deploy:
    - confirm: Go on?
      name: go
YAML
drive undo 'gate go'
owner 'DROP INDEX undo_note' >/dev/null
operator abort undo --to start >/dev/null
reaches undo '^failed expand build:failed' "an undo that fails"
owner 'CREATE INDEX undo_note ON cut (note)' >/dev/null
operator retry undo >/dev/null
reaches undo '^aborted' "is retried as an undo"

owner 'CREATE INDEX undo_name ON cut (name)' >/dev/null
migration undone <<'YAML'
  expand:
    - sql: CREATE INDEX undone_note ON cut (note)
      undo: DROP INDEX CONCURRENTLY undone_note
      transaction: none
      name: build
  deploy:
    - confirm: Go on?
      name: go
YAML
drive undone 'gate go'
owner 'DROP INDEX undone_note' >/dev/null
operator abort undone --to start >/dev/null
reaches undone '^failed expand build:failed' "outside a transaction"
ok "it may be skipped" operator skip undone build --reason 'it is gone'
reaches undone '^aborted' "and the abort goes on"

# --- a plan that this version cannot read
migration future <<'YAML'
  expand:
    - add_column: {table: cut, column: future, type: text}
YAML
engine_stop
sql "UPDATE pgrollout.migration SET plan_text = 'pgrollout: 9' || plan_text WHERE name = 'future'" >/dev/null
engine_start
operator advance future >/dev/null
reaches future '\[guard plan\]' "a plan of another version holds"
like "$(as viewer status future)" 'cannot read this plan' "and says so"
sql "UPDATE pgrollout.migration SET plan_text = substr(plan_text, 13) WHERE name = 'future'" >/dev/null
reaches future '^done' "until it can be read"

# --- changed ground
users_table drift 50
drift_case() { # DESCRIPTION CHANGE BACK REGEX
    sql "$2" >/dev/null
    operator retry drift >/dev/null 2>&1
    reaches drift '^failed backfill not-null:failed' "$1 stops it"
    like "$(error drift not-null)" "$4" "and it says what"
    sql "$3" >/dev/null
}
fill_plan drift "    - confirm: Look
      name: look
    - not_null: {table: drift, column: full_name}" | migration drift
drive drift 'gate look' || bail "$(where drift)"
trigger=$(sql "SELECT tgname FROM pg_trigger WHERE tgrelid = 'drift'::regclass")
sql "ALTER TABLE drift DISABLE TRIGGER $trigger" >/dev/null
operator confirm drift >/dev/null
drift_case "a disabled sync trigger" "SELECT 1" "ALTER TABLE drift ENABLE TRIGGER $trigger" \
    'switch of the sync trigger \(step sync\) is disabled, it was on'
drift_case "a changed column" "ALTER TABLE drift ALTER full_name SET DEFAULT 'x'" \
    "ALTER TABLE drift ALTER full_name DROP DEFAULT" "default of column full_name .* is 'x'::text, it was not there"
source=$(sql "SELECT pg_get_functiondef(tgfoid) FROM pg_trigger WHERE tgname = '$trigger'")
drift_case "a changed function" "CREATE OR REPLACE FUNCTION $trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'" \
    "$source" 'body of the sync trigger.s function'
drift_case "a table in its place" "ALTER TABLE drift RENAME TO drift_old; CREATE TABLE drift (LIKE drift_old); ALTER TABLE drift OWNER TO shop_owner" \
    "DROP TABLE drift; ALTER TABLE drift_old RENAME TO drift" 'not the one that was loaded'
drift_case "an owner that we are no member of" "REVOKE shop_owner FROM lab_engine" "GRANT shop_owner TO lab_engine" \
    'no longer a member of the owner'
operator retry drift >/dev/null
reaches drift 'boundary contract' "put back, it goes on"
sql "ALTER TABLE drift DISABLE TRIGGER $trigger" >/dev/null
exits 4 "contract reads its evidence afresh" as approver contract drift --confirm drift
like "$err" 'sync trigger .* is disabled' "and says what is wrong"
sql "DROP TRIGGER $trigger ON drift" >/dev/null
exits 4 "gone is refused as well" as approver contract drift --confirm drift
like "$err" 'sync trigger .* is gone' "by name"
operator abort drift --to start >/dev/null
drive drift '^aborted'
reaches drift '^aborted' "what is gone already does not stop an abort"

users_table keyless 60
fill_plan keyless | migration keyless
drive keyless 'boundary backfill'
owner 'ALTER TABLE keyless DROP CONSTRAINT keyless_pkey' >/dev/null
drives keyless '^failed backfill copy:failed' "a backfill whose key is gone does not start"
like "$(error keyless copy)" 'the key of "public"."keyless" \(id\) is gone' "and says so"
owner 'ALTER TABLE keyless ADD PRIMARY KEY (id); ALTER TABLE keyless FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY' >/dev/null
operator retry keyless >/dev/null
reaches keyless '^failed backfill copy:failed' "nor one under row security that hides rows"
owner 'ALTER TABLE keyless NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY' >/dev/null
operator retry keyless >/dev/null
reaches keyless 'boundary contract' "put back, it goes on"

# --- company that came after the load
users_table company 60
fill_plan company "    - not_null: {table: company, column: full_name}" | migration company
owner "CREATE FUNCTION oops() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.full_name := ''oops''; RETURN NEW; END'" >/dev/null
company_case() { # STEP DESCRIPTION CHANGE BACK REGEX
    owner "$3" >/dev/null
    operator retry company >/dev/null 2>&1
    drives company "^failed .*$1:failed" "$2 stops it"
    like "$(error company "$1")" "$5" "by name"
    owner "$4" >/dev/null
}
company_case sync "a trigger that would fire behind the sync trigger" \
    "CREATE TRIGGER zzzz BEFORE INSERT ON company FOR EACH ROW EXECUTE FUNCTION oops()" "DROP TRIGGER zzzz ON company" \
    'trigger zzzz would fire after the sync trigger'
operator retry company >/dev/null
reaches company 'boundary backfill' "without it, it goes on"
company_case copy "a trigger on the rows that are filled" \
    "CREATE TRIGGER zzzz BEFORE UPDATE ON company FOR EACH ROW EXECUTE FUNCTION oops()" "DROP TRIGGER zzzz ON company" \
    'trigger zzzz would fire after the sync trigger .*; trigger zzzz would fire for each row'
company_case copy "an AFTER trigger on the column" \
    "CREATE TRIGGER a AFTER UPDATE OF note, full_name ON company FOR EACH ROW EXECUTE FUNCTION oops()" \
    "DROP TRIGGER a ON company" 'trigger a would fire for each row'
is "$(sql "SELECT count(*) FROM company WHERE full_name IS NOT NULL")" 0 "and no row has been written"
owner "CREATE TRIGGER harmless BEFORE UPDATE OF note ON company FOR EACH ROW EXECUTE FUNCTION oops();
    CREATE TRIGGER off BEFORE UPDATE ON company FOR EACH ROW EXECUTE FUNCTION oops(); ALTER TABLE company DISABLE TRIGGER off;
    ALTER TABLE company ADD CHECK (full_name <> 'never')" >/dev/null
hold_open "LOCK TABLE company IN SHARE UPDATE EXCLUSIVE MODE"
operator retry company >/dev/null
reaches company 'not-null:running' "what does not fire stops nothing"
release
drives company 'boundary contract' "to the end"
is "$(sql "SELECT count(*) FROM company WHERE full_name IS DISTINCT FROM name")" 0 "every row is right"

# NOT NULL set by somebody else, before the step or while it validates, is not taken back
users_table theirs 20
migration theirs <<'YAML'
  expand:
    - not_null: {table: theirs, column: name}
YAML
owner "ALTER TABLE theirs ALTER name SET NOT NULL" >/dev/null
drives theirs '^failed expand not-null:failed' "NOT NULL that is there already stops the step"
like "$(error theirs not-null)" 'column name is NOT NULL already' "by name"
operator abort theirs --to start >/dev/null
reaches theirs '^aborted' "aborted"
not_null() { sql "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'theirs'::regclass AND attname = 'name'"; }
is "$(not_null)" t "it stands"
owner "ALTER TABLE theirs ALTER name DROP NOT NULL" >/dev/null
migration theirs <<'YAML'
  expand:
    - not_null: {table: theirs, column: name}
YAML
owner "ALTER TABLE theirs ALTER name SET NOT NULL" >/dev/null
drive theirs '^failed expand not-null:failed'
# as if it had come while the check was being validated
sql "ALTER TABLE theirs ADD CONSTRAINT pgrollout_not_null_$(printf not-null | sha256sum | cut -c 1-12) CHECK (name IS NOT NULL);
    UPDATE pgrollout.step s SET detail = s.detail || '{\"stage\": 2}' FROM pgrollout.migration m
    WHERE m.id = s.migration_id AND m.name = 'theirs' AND m.state = 'failed'" >/dev/null
operator abort theirs --to start >/dev/null
reaches theirs '^aborted' "aborted again"
is "$(not_null)" t "it stands, too"
is "$(sql "SELECT count(*) FROM pg_constraint WHERE conrelid = 'theirs'::regclass AND contype = 'c'")" 0 "and the check is gone"

# --- two backfills
users_table one 200
users_table two 200
for t in one two; do
    sed 's/rest: 0/rest: 0, rate: 60\/s/' <<<"$(fill_plan $t)" | migration $t
    drive $t 'boundary backfill'
done
operator advance one >/dev/null
comes_to one 'copy:running'
operator advance two >/dev/null
wait_until 10 eval '[ -n "$(waits_for two)" ]'
like "$(waits_for two)" 'the batches of one: one backfill at a time' "the second backfill says what it waits for"
is "$(sql "SELECT count(*) FROM two WHERE full_name IS NOT NULL")" 0 "and waits"
operator pause one >/dev/null
wait_until 10 eval '[ "$(sql "SELECT count(*) FROM two WHERE full_name IS NOT NULL")" -gt 0 ]'
ok "a held one lets the other go" eval '[ "$(sql "SELECT count(*) FROM two WHERE full_name IS NOT NULL")" -gt 0 ]'
is "$(waits_for two)" "" "which waits no more"
operator resume one >/dev/null
for t in one two; do operator set $t rate=100000/s >/dev/null; done
reaches two 'boundary contract' "both end"
reaches one 'boundary contract' "the first, too"
engine_stop
done_testing
