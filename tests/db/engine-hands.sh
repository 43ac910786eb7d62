#!/bin/bash
# What operators do to a running engine: step, tune, abort from everywhere, contract; and what the engine does
# behind locks that others hold.
. "$(dirname "$0")/driven.sh"

driven_start autovacuum_naptime=1s
engine_start
plan_of() { # TABLE [RATE [STEPS]]
    cat <<YAML
  expand:
    - add_column: {table: $1, column: full_name, type: text}
    - sync: {table: $1, old: name, new: full_name}
  backfill:
    - backfill: {table: $1, set: {full_name: name}, batch: {start: 20, min: 1, max: 20}, rest: 0${2:+, rate: $2/s}}
      name: copy
    - not_null: {table: $1, column: full_name}
${3:-}
  contract:
    - drop_column: {table: $1, column: name}
YAML
}
settled() { # NAME: no permit is left
    wait_until 10 eval "[ \"\$(sql \"SELECT count(*) FROM pgrollout.hold h JOIN pgrollout.migration m
        ON m.id = h.migration_id WHERE m.name = '$1' AND h.permit\")\" = 0 ]"
}
filled() { sql "SELECT count(*) FROM $1 WHERE full_name IS NOT NULL"; }

# --- one step at a time
users_table s2 60
plan_of s2 "" "  switch_reads:
    - confirm: All?
      name: all" | migration s2
operator pause s2 >/dev/null
operator advance s2 >/dev/null
exits 0 "step" operator step s2
reaches s2 '^active expand sync:pending \[stepping\]' "one step, then it holds again"
operator step s2 >/dev/null
reaches s2 '^active expand copy:pending \[boundary backfill\] \[stepping\]' "the last step of the phase, and its boundary"
exits 4 "a step passes no boundary" operator step s2
like "$err" 'advance' "and says what does"
operator advance s2 >/dev/null
for n in 20 40; do
    operator step s2 >/dev/null
    settled s2
    is "$(filled s2)" $n "one batch: $n rows"
done
operator step s2 >/dev/null && settled s2
operator step s2 >/dev/null && settled s2
like "$(where s2)" '^active backfill not-null:pending \[stepping\]' "the last batch, then the end of the step"
operator resume s2 >/dev/null
comes_to s2 'boundary switch_reads' && operator advance s2 >/dev/null
comes_to s2 'gate all'
exits 4 "a step passes no gate" operator step s2
like "$err" 'confirm' "and says what does"

# --- tuning
users_table tune 5000
plan_of tune 200 | migration tune
drive tune 'boundary backfill' || bail "$(where tune)"
operator advance tune >/dev/null
wait_until 10 eval '[ "$(filled tune)" -gt 100 ]'
sleep 2
rate=$(sql "SELECT round(sum(p.batch_rows) / extract(epoch FROM max(p.at) - min(p.at))) FROM pgrollout.position p
    JOIN pgrollout.migration m ON m.id = p.migration_id AND m.name = 'tune'")
ok "the cap holds: $rate rows/s" test "$rate" -le 240
ok "and is used" test "$rate" -ge 100
last_rows() { sql "SELECT p.batch_rows FROM pgrollout.position p JOIN pgrollout.migration m
    ON m.id = p.migration_id AND m.name = 'tune' WHERE p.step = 'copy' ORDER BY p.seq DESC LIMIT 1"; }
exits 0 "a responder makes it slower" as responder set tune batch.max=3 --for 2s
wait_until 3 eval '[ "$(last_rows)" -le 3 ]'
ok "from the next batch on" test "$(last_rows)" -le 3
exits 4 "but not faster" as responder set tune batch.max=10
exits 4 "nor without a cap" as responder set tune rate=0
exits 2 "an unknown key" operator set tune batch.size=3
exits 2 "a wrong value" operator set tune rest=often
wait_until 20 eval '[ "$(last_rows)" -gt 3 ]'
ok "--for ends by itself" test "$(last_rows)" -gt 3
exits 0 "throttle" as responder throttle tune
like "$out" 'slower: at most [0-9]+ rows a batch, rest 1' "says what it does"
exits 0 "all values" operator set tune
like "$out" 'rate' "with their names"
operator set tune batch.max=default >/dev/null
operator set tune rest=0 >/dev/null
operator set tune rate=100000/s >/dev/null
reaches tune 'boundary contract' "an operator makes it faster"

# --- contract
exits 4 "contract is for approvers" operator contract tune --confirm tune
exits 4 "and not by advance" operator advance tune
like "$err" 'contract tune --confirm tune' "which says how"
exits 2 "contract wants the name" as approver contract tune
exits 4 "the right one" as approver contract tune --confirm tuna
like "$(events tune)" 'the name typed to confirm' "a wrong one is in the journal"
# confirmed, paused at once, and an hour goes by
operator pause tune >/dev/null
as approver contract tune --confirm tune >/dev/null
sql "UPDATE pgrollout.phase SET passed_at = clock_timestamp() - interval '61 minutes' WHERE name = 'contract'
    AND passed_at IS NOT NULL" >/dev/null
operator resume tune >/dev/null
reaches tune '\[boundary contract\]' "a confirmation older than an hour is void"
is "$(sql "SELECT count(*) FROM pg_attribute WHERE attrelid = 'tune'::regclass AND attname = 'name'")" 1 "and nothing is dropped"
as approver contract tune --confirm tune >/dev/null
reaches tune '^done' "a fresh one is good"
exits 4 "no way back" operator abort tune --to start

users_table pair 10
plan_of pair | migration pair 'two_person: true'
sql 'GRANT pgrollout_approver TO lab_operator' >/dev/null
drive pair 'boundary contract'
sql "UPDATE pgrollout.migration SET started_by = 'lab_approver' WHERE name = 'pair'" >/dev/null
exits 4 "two persons" as approver contract pair --confirm pair
like "$err" 'two persons: "lab_approver" has started it' "are wanted"
exits 0 "the second one may" operator contract pair --confirm pair
sql 'REVOKE pgrollout_approver FROM lab_operator' >/dev/null
reaches pair '^done' "and it ends"

# --- VALIDATE that lasts: an event trigger makes it
sql "CREATE TABLE slow (seconds real); INSERT INTO slow VALUES (0); GRANT SELECT ON slow TO PUBLIC;
    CREATE FUNCTION slow_validate() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS
    \$\$BEGIN IF current_query() ~ 'VALIDATE' THEN PERFORM pg_sleep((SELECT seconds FROM slow)); END IF; END\$\$;
    CREATE EVENT TRIGGER slow_validate ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION slow_validate()" >/dev/null
validates() { [ "$(sql "SELECT count(*) FROM pgrollout.intent WHERE what = 'validate'")" = 1 ] && sleep 0.3; }
users_table v 50
before=$(dump)
plan_of v | migration v
drive v 'boundary backfill'
sql 'UPDATE slow SET seconds = 20' >/dev/null
operator advance v >/dev/null
wait_until 10 validates
like "$(as viewer status v)" 'the validate, which has run for [0-9]+ s' "status shows how long it validates"
exits 0 "pause" operator pause v
like "$out" 'ended pid [0-9]+ \(validate\)' "ends a running validation"
is "$(sql "SELECT count(*) FROM pg_stat_activity WHERE query ~ 'VALIDATE' AND pid <> pg_backend_pid()")" 0 "at once"
operator resume v >/dev/null
wait_until 10 validates
sql "INSERT INTO pgrollout.sample (migration_id, at)
    SELECT m.id, date_trunc('hour', clock_timestamp()) - interval '3 hours' + i * interval '1 second'
    FROM pgrollout.migration m, generate_series(0, 119) i WHERE m.name = 'v'
    UNION ALL SELECT m.id, clock_timestamp() - interval '8 days' FROM pgrollout.migration m WHERE m.name = 'v'" >/dev/null
engine_kill
sql 'UPDATE slow SET seconds = 0' >/dev/null
engine_start
reaches v 'boundary contract' "killed while it validates, the next one goes on" 20
old_samples() { sql "SELECT count(*) FROM pgrollout.sample WHERE at < clock_timestamp() - interval '1 hour'"; }
wait_until 5 eval '[ "$(old_samples)" = 0 ]'
is "$(old_samples)" 0 "old samples go when the history has them, and none is older than a week"
is "$(sql "SELECT string_agg(attname, ' ') FROM pg_attribute WHERE attrelid = 'v'::regclass AND attnotnull AND attnum > 0")" \
    "id full_name" "and ends"
is "$(sql "SELECT count(*) FROM pg_constraint WHERE conrelid = 'v'::regclass AND contype = 'c'")" 0 "without the check"
operator abort v --to expand >/dev/null
reaches v '^active expand copy:pending \[boundary backfill\]' "abort to a phase keeps what that phase made"
sql 'UPDATE slow SET seconds = 20' >/dev/null
operator advance v >/dev/null
wait_until 10 validates
exits 0 "abort while it validates" operator abort v --to start
sql 'UPDATE slow SET seconds = 0' >/dev/null
reaches v 'gate sync' "takes back up to the reverse gate"
operator confirm v --reason test >/dev/null
reaches v '^aborted' "and all"
is "$(dump | grep -v slow)" "$(grep -v slow <<<"$before")" "the schema is what it was"
plan_of v | migration v
drives v 'boundary contract' "the name again"
operator abort v --to expand >/dev/null
comes_to v 'boundary backfill'
drives v '^done' "back to expand, and then to the end"
sql 'DROP EVENT TRIGGER slow_validate' >/dev/null

# --- locks of others
users_table l 50
plan_of l | migration l
hold_open 'SELECT count(*) FROM l'
sleep 0.6
operator advance l >/dev/null
reaches l '\[lock\]' "an old transaction on the table: a hold says so"
like "$(as viewer status l)" 'holder' "with who"
is "$(sql "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'l'::regclass")" 0 "and nobody queues for it"
exits 0 "abort while it waits" operator abort l --to start
reaches l '^aborted' "has nothing to take back"
release
plan_of l | migration l
# a holder that is young each time: it queues, but not for long
(
    for _ in 1 2 3 4 5 6; do
        PGAPPNAME=young cluster_psql_as a shop_owner -c "BEGIN; SELECT count(*) FROM l; SELECT pg_sleep(0.4); COMMIT"
    done >/dev/null 2>&1
) &
young=$!
operator advance l >/dev/null
worst=0
while kill -0 $young 2>/dev/null; do
    t=$(date +%s%3N)
    sql "SELECT count(*) FROM l" >/dev/null
    t=$(($(date +%s%3N) - t))
    [ $t -le $worst ] || worst=$t
done
wait $young
ok "reads wait no longer than a try: $worst ms" test $worst -le $((150 + 100 * ${PGROLLOUT_BOUND_FACTOR:-5}))
reaches l 'boundary backfill' "and the lock is had"

# --- autovacuum gives way
owner "CREATE TABLE av (id int PRIMARY KEY, name text) WITH (autovacuum_vacuum_threshold = 1,
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
    INSERT INTO av SELECT i, repeat('x', 200) FROM generate_series(1, 5000) i; DELETE FROM av WHERE id % 2 = 0" >/dev/null
plan_of av | migration av
vacuums() { [ "$(sql "SELECT count(*) FROM pg_stat_progress_vacuum v JOIN pg_stat_activity a USING (pid)
    WHERE v.relid = 'av'::regclass AND a.backend_type = 'autovacuum worker'")" = 1 ]; }
ok "autovacuum runs" wait_until 20 vacuums
operator advance av >/dev/null
reaches av '(sync:|copy:|boundary backfill)' "it is displaced by the two-stage lock" 10

# --- a statement that keeps others out for too long
migration long <<'YAML'
  expand:
    - sql: ALTER TABLE l ADD COLUMN slow int, ADD CONSTRAINT dawdles CHECK (dawdle(id))
      undo: ALTER TABLE l DROP COLUMN slow, DROP CONSTRAINT dawdles
      name: slow
      statement_timeout: 500ms
YAML
owner "CREATE FUNCTION dawdle(bigint) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.1); RETURN true; END'" >/dev/null
operator advance long >/dev/null
reaches long '^failed expand slow:failed' "fails"
like "$(step_field long slow "s.error || ' ' || s.error_detail")" 'longer than 500 ms while it kept others out.*rolled back' \
    "instead of doing so again and again"
is "$(grep -c 'long: step slow, try' "$engine_log")" 0 "after one try"

exits 0 "abort of a failed one" operator abort long --to start
reaches long '^aborted' "has nothing to take back"
users_table later 10
plan_of later | migration later
exits 0 "abort of one that has not begun" operator abort later --to start
reaches later '^aborted' "neither"

# --- a guard near its limit
users_table near 6000
sql "CREATE TABLE knob (value int); INSERT INTO knob VALUES (0); GRANT SELECT ON knob TO lab_engine" >/dev/null
plan_of near 400 | migration near 'guards:
  knob: {sql: SELECT value FROM knob, slow: 2, pause: 10, resume: 1}'
drive near 'boundary backfill'
operator advance near >/dev/null
# milliseconds of rest before each of the last batches
rests() { sql "SELECT round(avg(x.ms)) FROM (SELECT 1000 * extract(epoch FROM p.at - lag(p.at) OVER (ORDER BY p.seq))
        - p.batch_ms AS ms FROM pgrollout.position p JOIN pgrollout.migration m ON m.id = p.migration_id
        WHERE m.name = 'near' AND p.step = 'copy' ORDER BY p.seq DESC LIMIT 10) x"; }
operator set near rate=0 >/dev/null
operator set near rest=20 >/dev/null
wait_until 5 eval '[ "$(filled near)" -gt 300 ]'
before=$(rests)
sql 'UPDATE knob SET value = 5' >/dev/null
slow() { [ "$(sql "SELECT g ->> 'state' FROM pgrollout.sample x, jsonb_array_elements(x.guards) g
    WHERE g ->> 'name' = 'knob' ORDER BY x.at DESC LIMIT 1")" = slow ]; }
wait_until 10 slow
wait_until 5 eval '[ "$(rests)" -gt $((before * 3 / 2)) ]'
ok "at its slow level the rests grow: $before to $(rests) ms" test "$(rests)" -gt $((before * 3 / 2))
operator set near rest=0 >/dev/null
exits 0 "pause after the step" operator pause near --after-step
like "$out" 'will hold after step copy' "says when"
reaches near '^active backfill not-null:pending \[operator\]' "lets the step end, and holds then"
is "$(filled near)" 6000 "which it did"
operator abort near --to start >/dev/null

# --- what consoles read every second costs little: compiled, it took ten times as long
is "$(sql "SELECT string_agg(DISTINCT p.proname, ' ') FROM pg_proc p WHERE p.pronamespace = 'pgrollout'::regnamespace
    AND p.proname IN ('state', 'state_of', 'now_rows', 'health_row', 'engine_state') AND NOT 'jit=off' = ANY (p.proconfig)")" \
    "" "no JIT for looks"

# --- irreversible
migration gone <<'YAML'
  contract:
    - sql: DROP TABLE s2
      irreversible: true
      name: drop
    - check: SELECT 1
      expect: 2
      name: no
YAML
operator abort s2 --to start >/dev/null && drive s2 '^aborted'
drive gone '^failed'
exits 4 "behind an irreversible step no abort" operator abort gone --to start
like "$err" 'step drop .* cannot be taken back' "says which"
like "$(as viewer card gone)" 'no way back' "the card, too"
engine_stop
done_testing
