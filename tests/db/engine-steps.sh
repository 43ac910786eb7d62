#!/bin/bash
# Every kind of step, done to the end and taken back, by a real engine on a real server.
. "$(dirname "$0")/driven.sh"

driven_start
users_table u 400
cp_plan() { # TABLE
    cat <<YAML
  expand:
    - add_column: {table: $1, column: full_name, type: text}
    - sync: {table: $1, old: name, new: full_name}
    - sql: CREATE INDEX ${1}_note ON $1 (note) -- a comment at the end
      undo: DROP INDEX ${1}_note -- another
      name: index-in
    - sql: CREATE INDEX CONCURRENTLY ${1}_name ON $1 (note, id)
      undo: DROP INDEX CONCURRENTLY ${1}_name
      transaction: none
      name: index-out
  deploy:
    - confirm: Are they out?
      each: [web, cron]
      by: approver
      name: deployed
  backfill:
    - backfill:
        table: $1
        set: {full_name: name}
        batch: {start: 50, min: 50, max: 50}
      name: copy
    - verify: copy
    - not_null: {table: $1, column: full_name}
    - analyze: $1
  switch_reads:
    - check: SELECT count(*) FROM $1 WHERE full_name IS DISTINCT FROM name -- none
      expect: 0
      name: same
    - drop_sync: {table: $1, old: name, new: full_name}
  contract:
    - drop_column: {table: $1, column: name}
YAML
}
apps='applications:
  web: {sessions: "web*"}
  cron: {sessions: cron}'

before=$(dump)
cp_plan u | migration all "$apps"
engine_start
drive all '\[gate deployed\]' || bail "no gate: $(where all)"
exits 4 "a gate for approvers is not for operators" operator confirm all --for web
exits 2 "nor is one answer enough for two applications" as approver confirm all
like "$err" 'Open: web, cron' "which are named"
exits 2 "an application that is not asked" as approver confirm all --for nobody
exits 0 "one answers" as approver confirm all --for web
like "$out" 'open: cron' "one is left"
like "$(where all)" '\[gate deployed\]' "and waited for"
exits 2 "twice is once" as approver confirm all --for web
drives all '^active switch_reads .*boundary contract' "every kind is done up to contract"
is "$(sql "SELECT count(*) || ' ' || count(*) FILTER (WHERE full_name = name) FROM u")" "400 400" \
    "every row is filled, also those with negative keys"
is "$(step_field all copy "s.detail ->> 'retries'")" 0 "no batch was tried twice"
ok "the batches kept to batch.max" eval '[ "$(sql "SELECT max(batch_rows) FROM pgrollout.position")" = 50 ]'
is "$(sql "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'u'::regclass AND attname = 'full_name'")" t \
    "the new column is NOT NULL"
is "$(sql "SELECT count(*) FROM pg_constraint WHERE conrelid = 'u'::regclass AND contype = 'c'")" 0 \
    "the check that helped is gone"
is "$(sql "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'u'::regclass")" 0 "drop_sync has dropped the trigger"
is "$(sql "SELECT count(*) FROM pg_class WHERE relname LIKE 'zzz_pgrollout%'")" 0 "and its sequence"

# back through everything: the two parted after drop_sync
owner "UPDATE u SET full_name = 'later ' || id WHERE id % 7 = 0" >/dev/null
ok "abort to the start" operator abort all --to start
reaches all '\[gate deployed\]' "what was confirmed is asked back first"
is "$(sql "SELECT count(*) FROM u WHERE name IS DISTINCT FROM full_name")" 0 \
    "the undo of drop_sync fills the old column from the new"
is "$(sql "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'u'::regclass")" 1 "and the trigger is back"
ok "the opposite is confirmed" as approver confirm all --reason test
reaches all '^aborted' "every kind is taken back"
is "$(dump)" "$before" "the schema is what it was"
is "$(sql "SELECT count(*) FROM u WHERE name LIKE 'later%'")" 57 "what was written to the new column stays in the old"
is "$(sql 'SELECT count(*) FROM pgrollout.hold')" 0 "no hold is left"

# the name again, and to the end
cp_plan u | migration all "$apps"
drives all '^done' "the same name goes to the end"
is "$(sql "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = 'u'::regclass AND attnum > 0 AND NOT attisdropped")" "id note full_name" "the old column is gone"
cp_plan u >/dev/null
ok "a plan that is done is forgotten" operator forget all

# the sync leaves with the old column
users_table v 20
migration with-column <<'YAML'
  expand:
    - add_column: {table: v, column: full_name, type: text}
    - sync: {table: v, old: name, new: full_name}
  backfill:
    - backfill: {table: v, set: {full_name: name}}
  contract:
    - drop_column: {table: v, column: name}
YAML
drives with-column '^done' "drop_column takes the sync along"
is "$(sql "SELECT count(*) FROM pg_proc WHERE proname LIKE 'zzz_pgrollout%'")" 0 "with its function"

# a lossy mapping: what the application wrote stays as it is, in both columns
owner "CREATE TABLE lossy (id int PRIMARY KEY, name text);
    INSERT INTO lossy VALUES (1, 'Ann'), (2, 'Bob'), (3, NULL)" >/dev/null
migration lossy <<'YAML'
  expand:
    - add_column: {table: lossy, column: lname, type: text}
    - sync: {table: lossy, old: name, new: lname, up: lower(name), down: lname}
  backfill:
    - backfill: {table: lossy, set: {lname: lower(name)}}
  switch_reads:
    - drop_sync: {table: lossy, old: name, new: lname}
  contract:
    - drop_column: {table: lossy, column: name}
YAML
drives lossy 'boundary contract' "a lossy mapping up to contract"
owner "UPDATE lossy SET lname = 'Later' WHERE id = 2; UPDATE lossy SET lname = 'New' WHERE id = 3" >/dev/null
ok "back before drop_sync" operator abort lossy --to backfill
reaches lossy 'boundary switch_reads' "drop_sync is taken back"
is "$(sql "SELECT string_agg(concat_ws(',', id, name, lname), ' ' ORDER BY id) FROM lossy")" \
    "1,Ann,ann 2,Later,Later 3,New,New" "rows that agree are left alone, and nothing written to the new column is changed"

# no rows, nothing to fill
owner "CREATE TABLE none (id int PRIMARY KEY, name text)" >/dev/null
migration empty <<'YAML'
  expand:
    - add_column: {table: none, column: full_name, type: text, default: "'-'"}
  backfill:
    - backfill: {table: none, set: {full_name: name}}
    - verify: backfill
    - not_null: {table: none, column: full_name}
YAML
drives empty '^done' "an empty table"

# one engine for all that; it ends when it is told to
engine_stop
is $? 0 "the engine ends with 0 when it is told to"
unlike "$(cat "$engine_log")" 'FAILED|failed' "and had nothing to complain about"
is "$(sql "SELECT count(*) FROM pgrollout.event WHERE text LIKE '%FAILED%'")" 0 "no step has failed on the way"
done_testing
