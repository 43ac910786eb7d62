#!/bin/bash
# A backfill with several workers: each row once, whatever is killed, paused, stepped or cannot be filled.
# shellcheck source=tests/lib/campaign.sh
. "$(dirname "$0")/../lib/campaign.sh"
. "$(dirname "$0")/driven.sh"

kills=$(sample 3 60)
pauses=$(sample 6 200)

driven_start

# NAME TABLE WORKERS [MORE-OF-THE-BACKFILL]
fill() {
    migration "$1" 'user_triggers: fire' <<YAML
  backfill:
    - backfill:
        table: $2
        set: {n: name::int}
        batch: {start: 50, min: 10, max: 50, target: 1s}
        workers: $3
${4:-        rest: 0}
      name: copy
    - verify: copy
YAML
}
wrong_rows() { sql "SELECT count(*) FROM $1 WHERE n IS DISTINCT FROM name::int OR hits <> 1"; }
filled() { sql "SELECT count(*) FROM $1 WHERE hits > 0"; }
positions() { sql "SELECT count(*) FROM pgrollout.position WHERE step = 'copy'"; }
workers_seen() {
    sql "SELECT count(DISTINCT p.worker) FROM pgrollout.position p JOIN pgrollout.migration m ON m.id = p.migration_id
        WHERE m.name = '$1' AND p.step = 'copy'"
}

rows=$(sample 12000 200000)
numbers_table t "$rows" false
fill many t 4 '        rate: 12000/s'
engine_start
drive many ' copy:running' || bail "it does not run: $(where many) $(tail -n 5 "$engine_log")"
all_at_work() { [ "$(workers_seen many)" = 4 ]; }
ok "four workers fill" wait_until 10 all_at_work
is "$(sql "SELECT string_agg(worker::text, ' ' ORDER BY worker) FROM pgrollout.fence")" "0 1 2 3 4" "each with its fence row"
is "$(sql "SELECT count(*) FROM pgrollout.session WHERE purpose = 'work'")" 4 "and a session that a pause may stop"

# pause, the engine frozen half of the times
bad=
for ((i = 1; i <= pauses; i++)); do
    before=$(positions)
    moved() { [ "$(positions)" -gt "$before" ]; }
    wait_until 10 moved || bad+=" $i: no progress;"
    [ $((i % 2)) -eq 0 ] || kill -STOP "$engine_pid"
    took=$(date +%s%N)
    [ "$(sql "SELECT ok FROM pgrollout.pause('many')")" = t ] || bad+=" $i: not proven;"
    took=$((($(date +%s%N) - took) / 1000000))
    [ "$took" -lt 1500 ] || bad+=" $i: $took ms;"
    before=$(filled t)
    kill -CONT "$engine_pid"
    sleep 0.1
    [ "$(filled t)" = "$before" ] || bad+=" $i: rows changed;"
    [ $i -eq "$pauses" ] || sql "SELECT pgrollout.resume('many')" >/dev/null
done
is "$bad" "" "$pauses pauses are true"

# one permit, one batch of one of them
bad=
for ((i = 1; i <= 3; i++)); do
    before=$(positions)
    operator step many >/dev/null 2>&1
    wait_until 5 moved || bad+=" $i: none;"
    sleep 0.15
    [ "$(positions)" = $((before + 1)) ] || bad+=" $i: $(($(positions) - before)) batches;"
done
is "$bad" "" "step lets one batch of one worker through"
sql "SELECT pgrollout.resume('many')" >/dev/null

for ((i = 1; i <= kills; i++)); do
    before=$(positions)
    wait_until 10 moved || bad+=" $i: no progress;"
    engine_kill
    engine_start
done
is "$bad" "" "$kills engines were killed"
operator set many rate=1000000 >/dev/null
reaches many '^done' "the last one comes to the end" 30
is "$(wrong_rows t)" 0 "each row was filled once"
like "$(events many)" "copy: done, $rows keys in [0-9]+ batches, $rows rows changed" "and the end tells the sum"
is "$(sql "SELECT count(*) FROM pgrollout.fence WHERE worker > 0")" 0 "the fence rows have left"
is "$(operator status many --json | python3 -c \
    'import json, sys; print(json.load(sys.stdin)["migrations"][0]["progress"]["rows_done"])')" "$rows" "status adds them up"

# rows that cannot be filled, in several ranges; the limit is the step's
numbers_table q 2000 'i IN (1, 993, 1600, 2000)'
fill odd q 4
drive odd '^failed'
is "$(step_field odd copy s.error)" "4 rows could not be filled" "rows that cannot be filled are left out"
is "$(sql "SELECT count(*) FILTER (WHERE n = name::int AND hits = 1) FROM q WHERE name NOT LIKE 'no%'")" 1996 \
    "every other row is filled, once"
owner "UPDATE q SET name = '7' WHERE name LIKE 'no%'" >/dev/null
operator retry odd >/dev/null
reaches odd '^done' "set right and tried again: done"
is "$(wrong_rows q)" 0 "each once"
numbers_table l 2000 'i % 100 = 7'
fill limit l 4 '        quarantine: 3'
drive limit '^failed'
is "$(step_field limit copy s.error)" "more than 3 rows cannot be filled" "too many of them fail the step"
is "$(sql "SELECT count(*) FROM pgrollout.quarantine('limit')")" 3 "with as many as may be"
operator abort limit --to start >/dev/null
drive limit '^aborted'
like "$(where limit)" '^aborted' "abort is open"

# an application that writes all the while, with its truth in a table that the product does not know
owner "CREATE TABLE enough (i int); CREATE TABLE live (id bigint PRIMARY KEY, name text NOT NULL);
    INSERT INTO live SELECT 3 * i, 'name ' || i FROM generate_series(1, 6000) i;
    CREATE TABLE truth AS SELECT * FROM live; ALTER TABLE truth ADD PRIMARY KEY (id); ANALYZE live" >/dev/null
migration live <<'YAML'
  expand:
    - add_column: {table: live, column: full_name, type: text}
    - sync: {table: live, old: name, new: full_name}
  backfill:
    - backfill:
        table: live
        set: {full_name: name}
        batch: {start: 40, min: 10, max: 40, target: 1s}
        rate: 3000/s
        workers: 4
      name: copy
    - verify: copy
YAML
owner "DO \$\$
DECLARE
    v_id bigint;
BEGIN
    FOR i IN 1..1000000 LOOP
        v_id := (random() * 18000)::bigint;
        UPDATE live SET name = 'written ' || i WHERE id = v_id;
        UPDATE truth SET name = 'written ' || i WHERE id = v_id;
        IF i % 3 = 0 THEN
            INSERT INTO live (id, name) VALUES (v_id, 'new ' || i) ON CONFLICT DO NOTHING;
            INSERT INTO truth (id, name) VALUES (v_id, 'new ' || i) ON CONFLICT DO NOTHING;
        ELSIF i % 7 = 0 THEN
            DELETE FROM live WHERE id = v_id;
            DELETE FROM truth WHERE id = v_id;
        END IF;
        COMMIT;
        PERFORM pg_sleep(0.001);
        EXIT WHEN EXISTS (SELECT FROM enough);
    END LOOP;
END \$\$" >"$CLUSTER_ROOT/writer.out" 2>&1 &
writer=$!
drive live '^done' || diag "$(where live)"
owner "INSERT INTO enough VALUES (1)" >/dev/null
wait "$writer"
is $? 0 "an application writes meanwhile"
is "$(workers_seen live)" 4 "while four workers fill"
is "$(sql "SELECT count(*) FROM live l FULL JOIN truth t USING (id)
    WHERE l.name IS DISTINCT FROM t.name OR l.full_name IS DISTINCT FROM t.name")" 0 "no write of it is lost"

# more workers than keys, and none
numbers_table tiny 3 false
fill three tiny 16
drive three '^done'
is "$(wrong_rows tiny)" 0 "a tiny table"
numbers_table empty 0 false
fill none empty 4
drive none '^done'
like "$(where none)" '^done' "an empty one"

# abort in the middle
numbers_table half 20000 false
fill back half 4 '        rate: 4000/s'
drive back ' copy:running'
at_work() { [ "$(workers_seen back)" = 4 ]; }
wait_until 10 at_work
operator abort back --to start >/dev/null
drive back '^aborted'
like "$(where back)" '^aborted' "abort while they run"
kill -0 "$engine_pid" 2>/dev/null
is $? 0 "the engine has never lost itself"
done_testing
