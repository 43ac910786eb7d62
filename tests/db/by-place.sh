#!/bin/bash
# Tables without a key that could be walked along: by place, under a sync, until a pass finds nothing to change.
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source=tests/lib/campaign.sh
. "$(dirname "$0")/../lib/campaign.sh"
. "$(dirname "$0")/driven.sh"

driven_start
rows=$(sample 3000 12000)
# c is the application's own name of a row, by which the shadow table is compared; nothing says that it is one
keyless() { # TABLE ROWS
    owner "CREATE TABLE $1 (c int, name text); INSERT INTO $1 SELECT i, 'name ' || i FROM generate_series(1, $2) i;
        ANALYZE $1" >/dev/null || bail "no table"
}
plan() { # TABLE [BACKFILL-KEYS [MORE-STEPS]]
    cat <<YAML
  expand:
    - add_column: {table: $1, column: full_name, type: text}
    - sync: {table: $1, old: name, new: full_name}
  backfill:
    - backfill: {table: $1, set: {full_name: name}${2:-}}
${3:-}
    - verify: backfill
YAML
}
unfilled() { sql "SELECT count(*) FROM $1 WHERE full_name IS DISTINCT FROM name"; }
positions() { sql "SELECT count(*) FROM pgrollout.position p JOIN pgrollout.migration m ON m.id = p.migration_id
    WHERE m.name = '$1' AND p.step = 'backfill'"; }

engine_start --advance auto

# an application writes all the time; the table is rewritten; the engine is killed
keyless busy "$rows"
owner "CREATE TABLE shadow AS SELECT * FROM busy; CREATE INDEX ON shadow (c)" >/dev/null
cat >"$CLUSTER_ROOT/app.sql" <<SQL
\set c random(1, $rows)
\set d random(1, 100)
\set n random(1, 1000000000)
BEGIN;
SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'busy'::regclass AND tgname LIKE 'zzz_pgrollout%') AND :d < 30 AS new \gset
\if :new
UPDATE busy SET full_name = 'new ' || :n WHERE c = :c;
UPDATE shadow SET name = 'new ' || :n WHERE c = :c;
\elif :d < 60
UPDATE busy SET name = 'old ' || :n WHERE c = :c;
UPDATE shadow SET name = 'old ' || :n WHERE c = :c;
\elif :d < 70
DELETE FROM busy WHERE c = :c;
DELETE FROM shadow WHERE c = :c;
\else
INSERT INTO busy (c, name) VALUES (:n, 'in ' || :n);
INSERT INTO shadow (c, name) VALUES (:n, 'in ' || :n);
\endif
COMMIT;
SQL
chmod 755 "$CLUSTER_ROOT"
migration busy < <(plan busy ", batch: {start: 20, min: 10, max: 20}, $(sample 'rest: 2' 'rate: 400/s')")
like "$(cat "$CLUSTER_ROOT/load.out")" 'has no key to walk along: its rows are passed by place' "load says how it will go"
"$CLUSTER_BIN/pgbench" -n -c 2 -R 150 -T 600 -f "$CLUSTER_ROOT/app.sql" "$(cluster_conninfo a shop_owner)" \
    >"$CLUSTER_ROOT/app.out" 2>&1 &
app=$!
operator advance busy >/dev/null
comes_to busy 'backfill:running'
wait_until 10 eval '[ "$(positions busy)" -gt 10 ]'
for _ in $(seq "$(sample 1 15)"); do
    sleep 0.4
    engine_kill
    engine_start --advance auto
done
wait_until 10 eval '[ "$(positions busy)" -gt 25 ]'
owner "VACUUM FULL busy" >/dev/null
drive busy '^done' 240
kill -0 "$app" || bail "the application has ended: $(cat "$CLUSTER_ROOT/app.out")"
kill "$app"
wait "$app" 2>/dev/null
like "$(where busy)" '^done' "filled while written, killed and rewritten"
like "$(events busy)" 'backfill: the table was rewritten meanwhile' "a rewrite begins it anew"
like "$(events busy)" 'verify: done, [0-9]+ keys in [0-9]+ batches, 0 rows differ' "compared"
unlike "$(cat "$CLUSTER_ROOT/app.out")" 'ERROR' "the application met no error"
is "$(sql "SELECT count(*) FROM (SELECT c, name, full_name, count(*) FROM busy GROUP BY 1, 2, 3) t
    FULL JOIN (SELECT c, name, count(*) FROM shadow GROUP BY 1, 2) s USING (c, name, count)
    WHERE s.c IS NULL OR t.c IS NULL OR t.full_name IS DISTINCT FROM name")" 0 "every row as the shadow table has it, in both columns"

# what was written past the trigger, behind where the walk is
keyless past 2000
migration past < <(plan past ', batch: {start: 20, min: 10, max: 20}, rest: 1')
operator advance past >/dev/null
wait_until 15 eval '[ "$(positions past)" -gt 10 ]'
cluster_psql a -c "SET session_replication_role = replica; UPDATE past SET full_name = NULL WHERE ctid < '(2,0)';
    INSERT INTO past SELECT -i, 'past' FROM generate_series(1, 200) i" >/dev/null
drives past '^done' "rows written past the trigger" 90
is "$(unfilled past)" 0 "are found by another pass"
like "$(events past)" 'backfill: went over all rows by place, changed [0-9]+; goes over them until' "which says why"
like "$(events past)" 'backfill: done, 2200 keys in [0-9]+ batches, 2[0-9]{3} rows changed' "its changes are those of all passes"

# many of its blocks hold nothing
keyless holes 40000
owner "DELETE FROM holes WHERE c % 8000 <> 0" >/dev/null
owner "VACUUM (ANALYZE, TRUNCATE false) holes" >/dev/null
migration holes < <(plan holes ', rest: 0')
operator advance holes >/dev/null
drives holes '^done' "blocks without rows"
is "$(unfilled holes) $(sql 'SELECT count(*) FROM holes WHERE full_name IS NOT NULL')" "0 5" "are passed"
ok "many at once" eval '[ "$(positions holes)" -lt 20 ]'

# none at all
owner "CREATE TABLE none (c int, name text)" >/dev/null
migration none < <(plan none)
operator advance none >/dev/null
drives none '^done' "no row"

# a row that cannot be filled
owner "CREATE TABLE odd (c float8 PRIMARY KEY, name text); INSERT INTO odd SELECT i, i::text FROM generate_series(1, 500) i;
    UPDATE odd SET name = 'no number' WHERE c = 300; ANALYZE odd" >/dev/null
migration odd <<'YAML'
  expand:
    - add_column: {table: odd, column: n, type: int}
    - sync: {table: odd, old: name, new: n, up: "CASE WHEN name ~ '^[0-9]+$' THEN name::int END", down: "n::text"}
  backfill:
    - backfill: {table: odd, set: {n: "name::int"}, batch: {start: 200, min: 10}}
YAML
operator advance odd >/dev/null
comes_to odd '^failed'
like "$(step_field odd backfill "s.error || s.error_detail")" 'invalid input syntax.*row "\([0-9]+,[0-9]+\)"' "named by its place"
is "$(sql 'SELECT count(*) FROM pgrollout.quarantine')" 0 "which is no name to set it aside by"
owner "UPDATE odd SET name = '300' WHERE c = 300" >/dev/null
operator retry odd >/dev/null
drives odd '^done' "set right, it goes on"
is "$(sql 'SELECT count(*) FROM odd WHERE n IS DISTINCT FROM name::int')" 0 "all of them"

# the undo of drop_sync fills the old column again
keyless back 3000
migration back < <(plan back
    printf '  stop_old_writes:\n    - drop_sync: {table: back, old: name, new: full_name}\n    - confirm: Go on?\n      name: more\n')
operator advance back >/dev/null
drive back '[[]gate'
owner "UPDATE back SET full_name = 'written' WHERE c % 3 = 0" >/dev/null
operator abort back --to backfill >/dev/null
wait_until 30 eval '[[ $(events back) == *"drop-sync: undone"* ]]'
is "$(unfilled back) $(sql "SELECT count(*) FROM back WHERE name = 'written'")" "0 1000" "abort fills the old column by place"

# killed at each of its sends, between two passes, and between the last one and the end
sweep() { # N (0: not at all): "ok", or what is wrong
    local name=sweep-$1 table=sweep_$1 inject=()
    keyless "$table" 400
    migration "$name" < <(plan "$table" ', rest: 0, batch: {start: 100, min: 50, max: 100}')
    operator advance "$name" >/dev/null
    [ "$1" = 0 ] || inject=(-e "inject=sendto:signal=SIGKILL:when=$1")
    strace -f -q -e trace=sendto "${inject[@]}" -o "$CLUSTER_ROOT/strace.out" \
        "$PGROLLOUT" -U lab_engine run --advance auto --exit-when-idle >/dev/null 2>&1 </dev/null
    "$PGROLLOUT" -U lab_engine run --advance auto --exit-when-idle >/dev/null 2>&1 </dev/null
    [ "$(where "$name")" = 'done backfill' ] || echo "at $1: $(where "$name")"
    [ "$(unfilled "$table")" = 0 ] || echo "at $1: $(unfilled "$table") rows unfilled"
    [[ $(events "$name") == *"backfill: done, 400 keys in "*" batches, 400 rows changed"* ]] ||
        echo "at $1: $(events "$name" | grep 'backfill: done')"
}
# and exactly there: the last pass is over, its end is not recorded yet
keyless cut 400
migration cut < <(plan cut)
cluster_psql a >/dev/null <<'SQL'
CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(4); RETURN NEW; END';
CREATE TRIGGER slow BEFORE UPDATE ON pgrollout.step FOR EACH ROW
    WHEN (NEW.name = 'backfill' AND NEW.state = 'done' AND OLD.state = 'running') EXECUTE FUNCTION public.slow();
SQL
operator advance cut >/dev/null
wait_until 20 eval '[ -n "$(sql "SELECT 1 FROM pg_stat_activity WHERE wait_event = '"'PgSleep'"' AND query ~ '"'step_done'"'")" ]'
engine_kill
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'" >/dev/null
cluster_psql a -c 'DROP TRIGGER slow ON pgrollout.step' >/dev/null
is "$(step_field cut backfill s.state)" running "killed between the last pass and its end"
engine_start --advance auto
drives cut '^done' "the next engine ends it"
like "$(events cut)" 'backfill: done, 400 keys in [0-9]+ batches, 400 rows changed' "and counts what all passes changed"

command -v strace >/dev/null || bail "no strace"
engine_stop
is "$(sweep 0)" "" "not killed, it comes to its end"
total=$(grep -c 'sendto(' "$CLUSTER_ROOT/strace.out")
points=$(sample 5 "$total")
is "$(for ((i = 1; i <= points; i++)); do sweep $((total * i / points)); done)" "" \
    "killed at $points of $total points, it ends, with every row and every change counted"
figure "by place: $points of $total kill points at sendto"
engine_start --advance auto

# what nothing keeps filled
refuses() { # DESCRIPTION REGEX <PHASES
    { printf 'pgrollout: 1\nmigration: refused\nphases:\n'; cat; } >"$CLUSTER_ROOT/refused.yaml"
    operator load "$CLUSTER_ROOT/refused.yaml" >"$CLUSTER_ROOT/load.out" 2>&1
    is "$?" 4 "$1: refused"
    like "$(cat "$CLUSTER_ROOT/load.out")" "$2" "it says why"
}
keyless bare 10
refuses "no sync" 'has no key to walk along: .*or, for "set" with one worker on a plain table, a sync of the columns' <<'YAML'
  expand:
    - add_column: {table: bare, column: full_name, type: text}
  backfill:
    - backfill: {table: bare, set: {full_name: name}}
YAML
refuses "several workers" 'has no key to walk along' < <(plan bare ', workers: 2')

engine_stop
done_testing
