#!/bin/bash
# The rollback card's answers in states that are set by hand: whether the release before can run, what is counted and
# how, of a phase that has not been reached, what nothing takes back. What an abort then really does: recipes/abort.sh.
. "$(dirname "$0")/driven.sh"
driven_start

card() { as viewer card m "$@" 2>&1 | tr -s ' \n' ' '; }
step() { sql "UPDATE pgrollout.step SET state = '$2', started = now(), finished = now() ${3:-} WHERE name = '$1'" >/dev/null; }
count() { # STEP JSON [ERROR]
    sql "DELETE FROM pgrollout.loss WHERE step = '$1'; INSERT INTO pgrollout.loss (migration_id, step, found, error)
        SELECT id, '$1', nullif('$2', '')::jsonb, nullif('${3:-}', '') FROM pgrollout.migration" >/dev/null
}

owner "CREATE TABLE u (id bigint PRIMARY KEY, name text NOT NULL, city text)" >/dev/null
migration m <<'YAML'
  expand:
    - add_column: {table: u, column: full_name, type: text}
    - sync: {table: u, old: name, new: full_name}
    - drop_not_null: {table: u, column: name}
  deploy:
    - confirm: The release that can live with both columns runs everywhere.
      name: deployed
  backfill:
    - backfill: {table: u, set: {full_name: name}, where: full_name IS NULL AND name IS NOT NULL}
      name: copy
    - verify: copy
    - not_null: {table: u, column: full_name}
    - index: {table: u, columns: [full_name], name: u_full_name, unique: true}
    - sql: ALTER TABLE u ALTER COLUMN city SET STATISTICS 7
      undo: ALTER TABLE u ALTER COLUMN city SET STATISTICS -1
  stop_old_writes:
    - soak: 1h
  contract:
    - brown_out: {table: u, column: name, for: 1h}
    - drop_column: {table: u, column: name}
YAML

# --- nothing has been done, and what will be
like "$(card)" 'Can the previous release run now\? YES.*start: everything is taken back, in this order nothing to take back.*lost: nothing' \
    "nothing to take back before it is started"
like "$(card)" 'last free moment is before drop-column in contract, 11 steps and 1 gate away; gone then: drop column name of u' \
    "where the way back ends"
like "$(card --phase backfill)" '1 sql: .*SET STATISTICS -1;.*2 index: .*DROP INDEX CONCURRENTLY public.u_full_name;.*3 not-null: .*4 deployed: asks you.*5 drop-not-null: .*SET NOT NULL.*6 sync: drops.*DROP TRIGGER.*7 add-column: .*DROP COLUMN IF EXISTS "full_name";' \
    "of a phase to come: its statements, in order"
like "$(card --phase backfill)" 'an unknown number of values of u.full_name that nothing else has \(not there yet\)' "not counted, of course"
like "$(card --phase expand)" 'deploy asks you.*1 drop-not-null: .*2 sync: asks you:.*3 add-column' "where nobody confirms anything the sync asks"
like "$(card --phase contract)" 'Can we go back then\? . NO: no way back: drop column name of u will have gone.*previous release run then\? NO' "behind the end"
exits 2 "a phase that there is not" as viewer card m --phase party
like "$err" 'Phases: expand, deploy, backfill' "which there are"

# --- done, as the engine would have
owner "ALTER TABLE u ADD full_name text; ALTER TABLE u ALTER name DROP NOT NULL" >/dev/null
sql "UPDATE pgrollout.migration SET state = 'active', phase = 'expand'; UPDATE pgrollout.phase SET state = 'done' WHERE name = 'expand';
    UPDATE pgrollout.phase SET state = 'running' WHERE name = 'deploy'" >/dev/null
for s in add-column sync drop-not-null; do step "$s" done; done
like "$(card)" 'unknown number of values of u.full_name that nothing else has \(not counted: no engine runs\)' "nobody has counted: it says so"
count add-column '{"rows": 50, "filled": 40, "only_new": 2, "share": 100}'
like "$(card)" 'YES, but mind: 2 rows hold in u.full_name what the release before does not see' "the release before misses something"
like "$(card)" 'lost: 2 values of u.full_name that nothing else has \(counted [0-9]+ s ago\).* removed: 38 values' "what is lost and what can be copied again"
count add-column '{"rows": 5000, "filled": 4000, "only_new": 2, "share": 0.5}'
like "$(card)" 'lost: 400 values of u.full_name that nothing else has .from a sample of 0.50 %' "a sample is made whole, and called one"
count add-column '' 'canceling statement due to statement timeout'
like "$(card)" 'unknown number of values .* \(not counted: canceling statement' "what could not be counted is not nothing"
count add-column '{"rows": 50, "filled": 40, "only_new": 0, "share": 100}'
like "$(card)" 'YES: what it uses is there.*lost: no values of u.full_name' "nothing is lost"
count drop-not-null '{"rows": 50, "nulls": 3, "share": 100}'
like "$(card)" 'mind: it meets 3 rows of u.name that have none.*set right: 3 rows have no u.name: fill them before, or the abort stops at drop-not-null' \
    "what an abort would stop at"
is "$(sql "SELECT x ->> 'n' FROM pgrollout.card_document('m') d, jsonb_array_elements(d #> '{targets,0,data}') x WHERE x ->> 'sort' = 'repair'")" 3 \
    "the document has the figures"
count drop-not-null '{"rows": 50, "nulls": 0, "share": 100}'
hold_open 'LOCK u IN ROW EXCLUSIVE MODE'
like "$(card)" 'sync: .*now in the way: pid [0-9]+ \(holder' "who is in the way now"
release
sql "INSERT INTO pgrollout.event (kind, who, text, detail) VALUES ('step', 'engine', 'x: undone', '{\"undo\": \"sync\", \"ms\": 40}')" >/dev/null
like "$(card)" 'sync: .*time: 0.02 to 0.18 s \(the last one of its kind took 0.04 to 0.04 s\)' "how long by what it took before"

# --- the release before
owner "ALTER TABLE u ALTER full_name SET NOT NULL" >/dev/null
step not-null done
like "$(card)" 'release run now\? YES' "a trigger fills the new column for it"
step sync undone
like "$(card)" 'release run now\? NO: u.full_name is NOT NULL, has no default, and nothing fills it' "without one its inserts fail"
step sync done
step brown-out running ", detail = detail || '{\"stage\": 1}'"
like "$(card)" 'release run now\? NO: .*hides what it uses' "a brown-out is in its way"
step brown-out pending ", detail = detail - 'stage'"
step drop-column done
like "$(card)" 'Can we go back now\? . NO: no way back: step drop-column .*release run now\? NO: drop column name of u is gone' "behind the end"
done_testing
