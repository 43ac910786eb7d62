#!/bin/bash
# A batch and rows that somebody else holds, changes under it, or has filled before it. Keys lie on both
# sides of zero.
. "$(dirname "$0")/driven.sh"

driven_start
engine_start

# numbers NAME [MORE-STEPS-OF-EXPAND]: 200 rows with keys from -99; one batch is 40 of them
numbers() {
    owner "CREATE TABLE $1 (id bigint PRIMARY KEY, name text NOT NULL);
        INSERT INTO $1 SELECT i - 100, 'name ' || i FROM generate_series(1, 200) i; ANALYZE $1" >/dev/null ||
        bail "no table"
    migration "$1" 'user_triggers: fire' <<YAML
  expand:
    - add_column: {table: $1, column: full_name, type: text}
${2:-}
  backfill:
    - backfill: {table: $1, set: {full_name: name}, batch: {start: 40, min: 40, max: 40, target: 1s}, rest: 0}
      name: copy
    - verify: copy
YAML
}
SYNC() { echo "    - sync: {table: $1, old: name, new: full_name}"; }
right() { # NAME: every row is filled with what is there; else those that are not
    sql "SELECT coalesce(string_agg(id || ' ' || coalesce(full_name, '-'), ', ' ORDER BY id), 'ok') FROM $1
        WHERE full_name IS DISTINCT FROM name"
}
passed() { # NAME: up to which key
    sql "SELECT coalesce(max(p.key[1]::bigint), -1000) FROM pgrollout.position p
        JOIN pgrollout.migration m ON m.id = p.migration_id AND m.name = '$1' WHERE p.step = 'copy'"
}

# --- all there is
numbers plain
drive plain '^(done|failed)'
is "$(right plain)" ok "rows on both sides of zero are filled"

# --- a row that somebody has locked is waited for, not passed by
numbers locked
drive locked 'boundary backfill'
hold_open 'SELECT FROM locked WHERE id = 5 FOR UPDATE'
operator advance locked >/dev/null
wait_until 10 eval '[ "$(passed locked)" -ge -20 ]'
wait_until 2 eval '[ "$(passed locked)" -gt -20 ]' # it must not
is "$(passed locked)" -20 "the position stays in front of a locked row"
release ROLLBACK
reaches locked '^done' "and goes on when it is free"
is "$(right locked)" ok "with that row"

# --- what an application writes while the batch is under way is not replaced by what the batch has read before
# its first row lingers until it is told to go on, for less than what ends a batch
owner "CREATE TABLE go_on (); GRANT SELECT ON go_on TO PUBLIC;
    CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS \$\$
    BEGIN
        FOR i IN 1..40 LOOP
            EXIT WHEN to_jsonb(NEW) ->> TG_ARGV[0] <> TG_ARGV[1] OR EXISTS (SELECT FROM public.go_on);
            PERFORM pg_sleep(0.1);
        END LOOP;
        RETURN NEW;
    END \$\$" >/dev/null || bail "no trigger"
go_on() { owner 'INSERT INTO go_on DEFAULT VALUES' >/dev/null; }
lingers() {
    [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'
        AND application_name LIKE 'pgrollout/%'")" = 1 ]
}
# CASE SYNC: a write to a row that the batch has seen, and not come to yet
changes() {
    numbers "$1" "$2"
    drive "$1" 'boundary backfill'
    owner "CREATE TRIGGER linger BEFORE UPDATE ON $1 FOR EACH ROW EXECUTE FUNCTION linger('id', '-99');
        TRUNCATE go_on" >/dev/null
    operator advance "$1" >/dev/null
    wait_until 10 lingers || bail "no batch lingers: $(where "$1")"
    owner "UPDATE $1 SET name = 'written meanwhile' WHERE id = -70" >/dev/null
    go_on
    drive "$1" '^(done|failed)'
    is "$(sql "SELECT name || ', ' || full_name FROM $1 WHERE id = -70")" "written meanwhile, written meanwhile" "$3"
    like "$(where "$1")" '^done' "and the comparison agrees"
}
changes alone '' "a row written under the batch keeps its value"
changes kept "$(SYNC kept)" "so does one whose columns are kept in step"

# --- batches with nothing to do are not the end
numbers filled "$(SYNC filled)"
drive filled 'boundary backfill'
owner "UPDATE filled SET full_name = name WHERE id <= 30" >/dev/null
operator advance filled >/dev/null
drive filled '^(done|failed)'
is "$(right filled)" ok "rows behind those that were filled before are filled"
is "$(sql "SELECT sum(p.batch_rows) || ' keys, ' || sum(p.batch_changed) || ' changed' FROM pgrollout.position p
    JOIN pgrollout.migration m ON m.id = p.migration_id AND m.name = 'filled' WHERE p.step = 'copy'")" \
    "200 keys, 70 changed" "and every key was passed"

# --- a row that goes while a batch fills another table from it leaves nothing there
owner "CREATE TABLE people (id bigint PRIMARY KEY, street text);
    CREATE TABLE addresses (person bigint PRIMARY KEY, street text);
    INSERT INTO people SELECT i - 100, 'street ' || i FROM generate_series(1, 200) i; ANALYZE people;
    TRUNCATE go_on" >/dev/null || bail "no tables"
migration across 'user_triggers: fire' <<'YAML'
  expand:
    - sync: {table: people, into: addresses, key: {person: id}, columns: {street: street}}
  backfill:
    - backfill:
        table: people
        into: addresses
        columns: {person: id, street: street}
        batch: {start: 40, min: 40, max: 40, target: 1s}
        rest: 0
      name: copy
    - verify: copy
YAML
drive across 'boundary backfill'
owner "CREATE TRIGGER linger BEFORE INSERT ON addresses FOR EACH ROW EXECUTE FUNCTION linger('person', '-80')" >/dev/null
operator advance across >/dev/null
wait_until 10 lingers || bail "no batch lingers: $(where across)"
# in front of where the batch is, and behind it; who must wait for the batch does
pids=()
for id in -70 -90; do
    owner "DELETE FROM people WHERE id = $id" >/dev/null &
    pids+=($!)
    owner "UPDATE people SET id = 1000 - id WHERE id = $id - 5" >/dev/null &
    pids+=($!)
done
sleep 0.7
go_on
wait "${pids[@]}"
drive across '^(done|failed)'
is "$(sql "SELECT coalesce(string_agg(concat_ws(' ', coalesce(id, person), CASE WHEN id IS NULL THEN 'ghost' END), ', '
        ORDER BY id, person), 'ok')
    FROM people p FULL JOIN addresses a ON a.person = p.id WHERE a.street IS DISTINCT FROM p.street")" ok \
    "a row that goes or moves under the batch leaves no ghost"
like "$(where across)" '^done' "and the comparison agrees"

# --- a repair writes no row that the backfill was told to leave alone
owner "CREATE TABLE parts (id int PRIMARY KEY, kind text, name text, short text);
    INSERT INTO parts SELECT i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END, 'n' || i FROM generate_series(1, 20) i;
    UPDATE parts SET short = 'own' WHERE id < 4; ANALYZE parts" >/dev/null
migration parts <<'YAML'
  backfill:
    - backfill: {table: parts, set: {short: name}, where: kind = 'a' AND short IS NULL}
      name: copy
    - confirm: Is it filled?
      name: filled
    - verify: copy
      repair: true
YAML
drive parts 'gate filled' || bail "no gate: $(where parts)"
owner "UPDATE parts SET short = NULL WHERE id = 10" >/dev/null
drives parts '^failed' "what it must not fill again still differs"
is "$(sql "SELECT count(*) FILTER (WHERE kind = 'a' AND short = name), count(*) FILTER (WHERE short IS NULL),
        count(*) FILTER (WHERE short = 'own') FROM parts")" '9|8|3' \
    "it fills what was lost, and neither rows of another kind nor over what the application wrote"
# on a synced column it is stale values, written while the trigger did not fire, that are filled again
owner "CREATE TABLE stale (id int PRIMARY KEY, name text);
    INSERT INTO stale SELECT i, 'n' || i FROM generate_series(1, 20) i; ANALYZE stale" >/dev/null
migration stale <<'YAML'
  expand:
    - add_column: {table: stale, column: short, type: text}
    - sync: {table: stale, old: name, new: short}
  backfill:
    - backfill: {table: stale, set: {short: name}}
      name: copy
    - confirm: Is it filled?
      name: filled
    - verify: copy
      repair: true
YAML
drive stale 'gate filled' || bail "no gate: $(where stale)"
sql "SET session_replication_role = replica; UPDATE stale SET name = 'newer' WHERE id = 7" >/dev/null
drives stale '^done' "a stale value on a synced column is repaired"
is "$(sql "SELECT short FROM stale WHERE id = 7")" newer "from the old column"
engine_stop
done_testing
