#!/bin/bash
# Rows that cannot be filled: a batch is halved to the row, the row is put aside with key and cause, the rest goes on.
# shellcheck source=tests/lib/campaign.sh
. "$(dirname "$0")/../lib/campaign.sh"
. "$(dirname "$0")/driven.sh"

kills=$(sample 4 60)

driven_start

# NAME TABLE [BATCH] [MORE-OF-THE-BACKFILL]
fill() {
    migration "$1" 'user_triggers: fire' <<YAML
  backfill:
    - backfill:
        table: $2
        set: {n: name::int}
        batch: ${3:-"{start: 200, min: 10, max: 200, target: 1s}"}
        rest: 0
${4:-}
      name: copy
    - verify: copy
YAML
}
quarantine() { # NAME COLUMNS
    sql "SELECT $2 FROM pgrollout.quarantine('$1') q ORDER BY key_parts[1]::bigint"
}

numbers_table q 2000 'i IN (1, 993, 1600, 2000)'
fill rows q
engine_start
drive rows '^failed' || bail "it did not fail: $(where rows) $(tail -n 5 "$engine_log")"
is "$(step_field rows copy s.error)" "4 rows could not be filled" "with rows left the step is not done"
is "$(quarantine rows "key || ' ' || sqlstate || ' ' || state")" \
    $'-999 22P02 open\n-7 22P02 open\n600 22P02 open\n1000 22P02 open' "the rows, the first and the last of the table too"
is "$(sql "SELECT count(*) FILTER (WHERE n = name::int AND hits = 1) FROM q WHERE name NOT LIKE 'no%'")" 1996 \
    "every other row is filled, once"
is "$(sql "SELECT sum(batch_rows) FROM pgrollout.position WHERE step = 'copy'")" 2000 "every key was passed once"
ok "batches grow back to their size" eval '[ "$(sql "SELECT count(*) FROM pgrollout.position
    WHERE step = '\''copy'\'' AND batch_rows = 200")" -ge 4 ]'
like "$(step_field rows copy s.error_detail)" '-999 \(22P02: invalid input syntax.*"no 1"' "which is said where it failed"
like "$(operator status rows)" 'LEFT +4 rows not filled: -999 \(22P02' "and by status"
like "$(operator status rows --quarantine)" 'copy +600 +open +22P02 +invalid input syntax.*"no 1600"' "which lists them"
is "$(operator status rows --quarantine --json | python3 -c \
    'import json, sys; print(*[json.loads(line)["key"] for line in sys.stdin])')" "-999 -7 600 1000" "also for programs"
is "$(operator status rows --json | python3 -c \
    'import json, sys; print(json.load(sys.stdin)["migrations"][0]["progress"]["quarantined"])')" 4 "and counts them"
like "$(sql 'SELECT done FROM pgrollout.now')" '4 NOT FILLED' "as does the view now"
like "$(events rows)" 'copy: row -7 cannot be filled: 22P02' "the journal names them"

# again: nothing has been set right
like "$(operator retry rows)" 'tries 4 rows again' "retry tells what it tries"
comes_to rows '^failed'
is "$(quarantine rows attempts | sort -u)" 2 "it has tried exactly these"
read_on() { # DESCRIPTION
    local since
    since=$(sql "SELECT clock_timestamp()")
    ok "$1" wait_until 10 eval "[ \"\$(sql \"SELECT count(*) > 0 FROM pgrollout.sample
        WHERE at > timestamptz '$since' + interval '1 s'\")\" = t ]"
}
read_on "its guards are read on: what it has made is still there"
engine_kill
engine_start --advance auto
read_on "by the next engine, too"
is "$(sql "SELECT max(hits) FROM q")" 1 "and no other"

# by hand, by its cause, and gone
owner "UPDATE q SET n = 1 WHERE id = -999; UPDATE q SET name = '993' WHERE id = -7; DELETE FROM q WHERE id = 600" >/dev/null
operator retry rows >/dev/null
comes_to rows '^failed'
is "$(step_field rows copy s.error)" "1 row could not be filled" "what was set right has left"
is "$(quarantine rows "key || ' ' || state || coalesce(' ' || note, '')")" \
    $'-999 resolved nothing was left to fill\n-7 resolved filled\n600 resolved nothing was left to fill\n1000 open' \
    "and how"
is "$(sql "SELECT n FROM q WHERE id = -999")" 1 "what a person wrote stands"

# left as it is
exits 2 "skip wants a reason" operator skip rows copy
owner "UPDATE q SET name = '1' WHERE id = -999" >/dev/null
like "$(operator skip rows copy --reason 'order 1000 is a test')" 'left unfilled: 1 row' "skip leaves it"
reaches rows '^done' "the comparison does not stumble over it"
like "$(events rows)" 'verify: done, 1999 keys.* 0 rows differ; left unfilled by a person, and not compared: 1000' \
    "and names it"
like "$(events rows)" 'skip copy: order 1000 is a test; left unfilled: 1 row' "the journal keeps why"
like "$(quarantine rows note | tail -n 1)" 'left unfilled by lab_operator: order 1000 is a test' "so does the list"

# too many of them: it is no matter of rows
numbers_table many 500 'i % 50 = 7'
fill many many '' '        quarantine: 3'
drive many '^failed'
is "$(step_field many copy "s.error || ' ' || s.sqlstate")" "more than 3 rows cannot be filled 22P02" "the limit fails the step at once"
is "$(quarantine many key | wc -l)" 3 "with so many in quarantine"
ok "and the rest undone" eval '[ "$(sql "SELECT count(*) FROM many WHERE n IS NULL")" -gt 300 ]'
exits 4 "which cannot be skipped" operator skip many copy --reason enough
like "$err" 'only gates and checks.*backfill that is done but for rows' "and why"
operator set many quarantine=20 >/dev/null
operator retry many >/dev/null
comes_to many '^failed'
is "$(step_field many copy s.error)" "10 rows could not be filled" "with a wider one it goes on"
is "$(sql "SELECT count(*) FROM many WHERE n IS NULL")" 10 "to the end"
owner "UPDATE many SET name = '7' WHERE name LIKE 'no%'" >/dev/null
operator retry many >/dev/null
reaches many '^done' "all set right: done"
is "$(sql "SELECT count(*) FILTER (WHERE n = name::int), max(hits) FROM many" | tr '|' ' ')" "500 1" "every row, once"

# none at all
numbers_table nothing 50 'i = 20'
fill nothing nothing '' '        quarantine: 0'
drive nothing '^failed'
is "$(step_field nothing copy s.error)" "more than 0 rows cannot be filled" "quarantine: 0"
is "$(quarantine nothing key)" "" "leaves none out"
operator abort nothing --to start >/dev/null
drives nothing '^aborted' "abort is open"

# what only COMMIT finds, and what a trigger raises
owner "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent SELECT generate_series(1, 400);
    CREATE TABLE late (id int PRIMARY KEY, name text, n int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
    CREATE FUNCTION no_sevens() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN IF NEW.n = 77 THEN RAISE ''no sevens'' USING ERRCODE = ''SH077''; END IF; RETURN NEW; END';
    CREATE TRIGGER no_sevens BEFORE UPDATE ON late FOR EACH ROW EXECUTE FUNCTION no_sevens();
    INSERT INTO late SELECT i, CASE i WHEN 300 THEN '900' ELSE i::text END FROM generate_series(1, 400) i; ANALYZE late" >/dev/null
fill late late
drive late '^failed'
is "$(quarantine late "key || ' ' || sqlstate")" $'77 SH077\n300 23503' "a deferred constraint, and an error of the application's own"
operator abort late --to start >/dev/null
drives late '^aborted' "abort"
is "$(sql 'SELECT count(*) FROM pgrollout.quarantine q JOIN pgrollout.migration m ON m.id = q.migration_id
    WHERE m.name = '"'late'")" 0 "which empties it"

# an error of the plan is none of a row
numbers_table plan 300 false
owner "CREATE FUNCTION to_number_of(text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT \$1::int'" >/dev/null
migration plan 'user_triggers: fire' <<'YAML'
  backfill:
    - backfill: {table: plan, set: {n: to_number_of(name)}}
YAML
owner "DROP FUNCTION to_number_of(text)" >/dev/null
drive plan '^failed'
is "$(step_field plan backfill s.sqlstate) $(quarantine plan key)" "42883 " "an error of the plan fails the step, and no row is blamed"
operator abort plan --to start >/dev/null

# a comparison that cannot compute a row
numbers_table compared 300 false
migration compared 'user_triggers: fire' <<'YAML'
  backfill:
    - backfill: {table: compared, set: {n: name::int}, batch: {start: 50, min: 50, max: 50}}
      name: copy
    - confirm: Go on?
      name: between
    - verify: copy
YAML
drive compared 'gate between' || bail "no gate: $(where compared)"
owner "UPDATE compared SET name = 'none' WHERE id = 17; UPDATE compared SET n = 0 WHERE id = 18" >/dev/null
operator confirm compared >/dev/null
comes_to compared '^failed'
is "$(step_field compared verify s.error)" '2 of 300 rows of public.compared differ' "verify: a row that cannot be computed differs"
like "$(step_field compared verify s.error_detail)" '17 \(invalid input syntax.*18' "and is named"
operator abort compared --to start >/dev/null
comes_to compared 'gate between'
operator confirm compared >/dev/null
comes_to compared '^aborted'

# into another table, and by a statement of the plan's own
owner "CREATE TABLE people (id int PRIMARY KEY, city text); CREATE TABLE homes (id int PRIMARY KEY, city text CHECK (city <> 'nowhere'));
    CREATE TABLE counts (id int PRIMARY KEY, n int);
    INSERT INTO people SELECT i, CASE WHEN i IN (5, 250) THEN 'nowhere' ELSE 'city' END FROM generate_series(1, 300) i; ANALYZE people" >/dev/null
migration across <<'YAML'
  backfill:
    - backfill: {table: people, into: homes, columns: {id: id, city: city}}
      name: copy
    - verify: copy
      repair: true
    - backfill:
        table: people
        statement: INSERT INTO counts SELECT id, 100 / (id - 77) FROM people p WHERE {batch p}
      name: count
YAML
drive across '^failed'
is "$(quarantine across "key || ' ' || sqlstate")" $'5 23514\n250 23514' "rows that the other table does not take"
is "$(sql "SELECT count(*) FROM homes")" 298 "it has all others"
unlike "$(cluster_psql_as a lab_viewer -c "SELECT q FROM pgrollout.quarantine('across') q")" 'nowhere' \
    "who may only look is not shown the row"
owner "UPDATE people SET city = 'city' WHERE id = 5" >/dev/null
operator retry across >/dev/null
comes_to across '^failed'
is "$(quarantine across "key || ' ' || state")" $'5 resolved\n250 open' "set right, it is copied"
operator skip across copy --reason 'nowhere is no home' >/dev/null
comes_to across '^failed'
like "$(events across)" 'verify: done, .*not compared: 250' "the comparison of the two, and its repair, leave the row alone"
is "$(step_field across count "s.error || ' ' || s.sqlstate") $(sql "SELECT key FROM pgrollout.quarantine('across') WHERE step = 'count'")" "1 row could not be filled 22012 77" \
    "a statement's row"
is "$(sql "SELECT count(*) FROM counts")" 299 "is left out alone"
operator skip across count --reason 'no 77' >/dev/null
comes_to across '^done'

# killed at any moment
rows=$(sample 3000 60000)
numbers_table killed "$rows" "i % ($rows / 50) < 2"
fill killed killed '{start: 40, min: 10, max: 40}' '        quarantine: 500
        rate: 4000/s'
operator advance killed >/dev/null
for ((i = 0; i < kills; i++)); do
    sleep "0.$((RANDOM % 25 + 10))"
    engine_kill
    [[ $(where killed) != failed* ]] || break
    engine_start
done
[ -n "$engine_pid" ] || engine_start
comes_to killed '^failed' 120
is "$(step_field killed copy s.error)" "100 rows could not be filled" "killed $i times: every row that cannot be filled is in quarantine"
is "$(sql "SELECT count(*) FROM pgrollout.quarantine('killed') q JOIN killed t ON t.id::text = q.key AND t.name LIKE 'no%'")" 100 \
    "and no other"
is "$(sql "SELECT count(*) FILTER (WHERE n = name::int AND hits = 1), max(hits) FROM killed WHERE name NOT LIKE 'no%'" | tr '|' ' ')" \
    "$((rows - 100)) 1" "all others are filled, once"
is "$(sql "SELECT max(rows_done) FROM pgrollout.position p JOIN pgrollout.migration m ON m.id = p.migration_id
    WHERE m.name = 'killed' AND p.step = 'copy'")" "$rows" "and counted once"
is "$(events killed | grep -c 'cannot be filled: ')" 20 "the journal names the first 20"
like "$(events killed)" '21 rows cannot be filled; from here on they are only counted' "and counts the others"
engine_stop
done_testing
