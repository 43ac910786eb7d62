#!/bin/bash
# The sync trigger's table of truth, by an application without any right on what the plan made; and keys of
# every shape in a backfill.
. "$(dirname "$0")/driven.sh"

driven_start

# --- the table of truth: old is text, new is its number; up is lossy (case is lost)
owner "CREATE TABLE t (id int PRIMARY KEY, old text DEFAULT 'd', note text);
    GRANT SELECT (id, old), INSERT (id, old), UPDATE (id, old) ON t TO shop_web" >/dev/null
migration truth <<'YAML'
  expand:
    - add_column: {table: t, column: new, type: text, default: "'N'"}
    - sync: {table: t, old: old, new: new, up: upper(old), down: lower(new)}
YAML
engine_start
drive truth '^done' || bail "no trigger: $(where truth)"
owner "GRANT SELECT (new), INSERT (new), UPDATE (new) ON t TO shop_web" >/dev/null
web() { cluster_psql_as a shop_web -c "$1" 2>&1; }
conflicts() {
    sql "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM $(sql "SELECT tgname FROM pg_trigger
        WHERE tgrelid = 't'::regclass")"
}
# insert DESCRIPTION COLUMNS VALUES WANT: old, new, and by how much the conflicts grew
insert() {
    local n
    n=$(conflicts)
    is "$(web "DELETE FROM t" >/dev/null 2>&1; sql "DELETE FROM t" >/dev/null
        web "INSERT INTO t (id${2:+, $2}) VALUES (1${3:+, $3}) RETURNING concat_ws(' ', coalesce(old, '-'), coalesce(new, '-'))"
        ) +$(($(conflicts) - n))" "$4" "insert: $1"
}
#       old             new: changed is what differs from the default ('d', 'N')
insert "neither" "" "" "d N +0"
insert "old" "old" "'A'" "A A +0"
insert "new" "new" "'B'" "b B +0"
insert "both, agreeing up" "old, new" "'a', 'A'" "a A +0"
insert "both, agreeing down only" "old, new" "'x', 'X'" "x X +0"
insert "both, at odds" "old, new" "'a', 'Q'" "q Q +1"
insert "old, to NULL" "old" "NULL" "- - +0"
insert "new, to NULL" "new" "NULL" "- - +0"
insert "both, to NULL" "old, new" "NULL, NULL" "- - +0"
insert "old to NULL, new given" "old, new" "NULL, 'A'" "a A +1"
insert "old given, new to NULL" "old, new" "'a', NULL" "- - +1"

# update DESCRIPTION START SET WANT: from old, new = START
update() {
    local n
    sql "ALTER TABLE t DISABLE TRIGGER USER; DELETE FROM t; INSERT INTO t (id, old, new) VALUES (1, $2);
        ALTER TABLE t ENABLE TRIGGER USER" >/dev/null
    n=$(conflicts)
    is "$(web "UPDATE t SET $3 RETURNING concat_ws(' ', coalesce(old, '-'), coalesce(new, '-'))") +$(($(conflicts) - n))" \
        "$4" "update: $1"
}
# filled before
update "neither" "'a', 'A'" "id = 2" "a A +0"
update "old" "'a', 'A'" "old = 'b'" "b B +0"
update "new" "'a', 'A'" "new = 'B'" "b B +0"
update "both, agreeing" "'a', 'A'" "old = 'b', new = 'B'" "b B +0"
update "both, agreeing up only" "'a', 'A'" "old = 'Bb', new = 'BB'" "Bb BB +0"
update "both, at odds" "'a', 'A'" "old = 'b', new = 'C'" "c C +1"
update "old to NULL" "'a', 'A'" "old = NULL" "- - +0"
update "new to NULL" "'a', 'A'" "new = NULL" "- - +0"
update "old, whose case alone changes" "'a', 'A'" "old = 'A'" "A A +0"
update "a lossy pair is left alone" "'Aa', 'AA'" "id = 2" "Aa AA +0"
# not filled yet
update "neither: filled by the way" "'a', NULL" "id = 2" "a A +0"
update "old, unfilled" "'a', NULL" "old = 'b'" "b B +0"
update "new, unfilled" "'a', NULL" "new = 'B'" "b B +0"
update "both at odds, unfilled" "'a', NULL" "old = 'b', new = 'C'" "c C +1"
# parted by a write past the trigger: what neither statement changed stays
update "neither, parted" "'a', 'B'" "id = 2" "a B +0"
update "old, parted" "'a', 'B'" "old = 'c'" "c C +0"
update "old, NULL on both sides" "NULL, NULL" "old = 'c'" "c C +0"

# --- who writes through a view needs no right on the schema behind it, at odds neither
owner "CREATE SCHEMA hidden; GRANT USAGE ON SCHEMA hidden TO pgrollout_owner, lab_operator; CREATE TABLE hidden.h (id int PRIMARY KEY, old text, new text); INSERT INTO hidden.h VALUES (1);
    CREATE VIEW hv AS SELECT * FROM hidden.h; GRANT SELECT, INSERT, UPDATE ON hv TO shop_web" >/dev/null
migration hidden <<'YAML'
  expand:
    - sync: {table: hidden.h, old: old, new: new, up: upper(old), down: lower(new)}
YAML
drive hidden "^done" || bail "no trigger: $(step_field hidden sync s.error)"
is "$(web "UPDATE hv SET old = 'a', new = 'Q' WHERE id = 1 RETURNING old, new")" "q|Q" "at odds through a view"
is "$(sql "SELECT last_value, is_called FROM hidden.$(sql "SELECT tgname FROM pg_trigger
    WHERE tgrelid = 'hidden.h'::regclass")")" "1|t" "and counted"

# --- a default with a parenthesis is one as any other, and one that came after the load is none the trigger knows
owner "CREATE TABLE paren (id int PRIMARY KEY, name text)" >/dev/null
migration paren <<'YAML'
  expand:
    - add_column: {table: paren, column: full_name, type: text, default: "'(none)'"}
    - sync: {table: paren, old: name, new: full_name}
YAML
drive paren '^done' || bail "no trigger: $(where paren)"
owner "INSERT INTO paren (id, name) VALUES (1, 'written by release 41');
    INSERT INTO paren (id, full_name) VALUES (2, 'written by release 42'); INSERT INTO paren (id) VALUES (3)" >/dev/null
is "$(sql "SELECT string_agg(concat_ws(',', id, coalesce(name, '-'), full_name), '; ' ORDER BY id) FROM paren")" \
    "1,written by release 41,written by release 41; 2,written by release 42,written by release 42; 3,-,(none)" \
    "a default with a parenthesis is told from what was written"
owner "CREATE TABLE later (id int PRIMARY KEY, name text, full_name text)" >/dev/null
migration later <<'YAML'
  expand:
    - sync: {table: later, old: name, new: full_name}
YAML
owner "ALTER TABLE later ALTER full_name SET DEFAULT 'x'" >/dev/null
drives later '^failed expand sync:failed' "a default that came after the load stops the sync"
like "$(step_field later sync s.error)" "default of column full_name is CAST\('x'::text AS text\), .* for not there" "by name"
owner "ALTER TABLE later ALTER full_name DROP DEFAULT" >/dev/null
operator retry later >/dev/null
reaches later '^done' "taken away, it goes on"

# --- keys
key_case() { # DESCRIPTION TABLE DDL INSERT
    owner "CREATE TABLE $2 ($3, name text); INSERT INTO $2 $4; ANALYZE $2" >/dev/null
    migration "$2" <<YAML
  expand:
    - add_column: {table: $2, column: full_name, type: text}
    - sync: {table: $2, old: name, new: full_name}
  backfill:
    - backfill: {table: $2, set: {full_name: name}, batch: {start: 7, max: 7, min: 1}, rest: 0}
      name: copy
    - verify: copy
    - not_null: {table: $2, column: full_name}
YAML
    drive "$2" '^done'
    is "$(where "$2" | cut -d' ' -f1) $(sql "SELECT count(*) = count(*) FILTER (WHERE full_name = name),
        (SELECT (sum(p.batch_changed), sum(p.batch_rows)) = (c.n, c.n)
         FROM (SELECT count(*) AS n FROM $2) c, pgrollout.position p
         JOIN pgrollout.migration m ON m.id = p.migration_id AND m.name = '$2' WHERE p.step = 'copy'
         GROUP BY c.n) FROM $2")" \
        "done t|t" "$1"
}
key_case "a composite key" two "a int, b text, PRIMARY KEY (a, b)" \
    "SELECT i % 5, 'k' || i, 'n' || i FROM generate_series(1, 60) i"
key_case "uuids" uuids "id uuid PRIMARY KEY" "SELECT gen_random_uuid(), 'n' || i FROM generate_series(1, 60) i"
key_case "texts, with quotes and braces" texts 'id text COLLATE "C" PRIMARY KEY' \
    "SELECT E'\\'\"{,}\\\\ ' || i, 'n' || i FROM generate_series(1, 60) i"
key_case "negative numbers" minus "id bigint PRIMARY KEY" "SELECT -9223372036854775808 + i * i, 'n' || i FROM generate_series(0, 60) i"
key_case "numerics and dates" many "a numeric, b date, c timestamptz, PRIMARY KEY (a, b, c)" \
    "SELECT i % 3 - 1.5, date '2020-01-01' + i % 4, timestamptz '2020-01-01' + i * interval '1 us', 'n' || i FROM generate_series(1, 60) i"
key_case "a unique key that is not the primary" uniq "id int NOT NULL UNIQUE" "SELECT i, 'n' || i FROM generate_series(1, 30) i"
key_case "whole batches to the end" whole "id int PRIMARY KEY" "SELECT i, 'n' || i FROM generate_series(1, 63) i"
key_case "columns with names that the batches' SQL uses" named \
    "k2 int, full_size int, batch_rows int, key int, PRIMARY KEY (k2, full_size, batch_rows, key)" \
    "SELECT i % 2, i % 3, i % 5, i, 'n' || i FROM generate_series(1, 30) i"
key_case "a descending key" down "a int NOT NULL" "SELECT i, 'n' || i FROM generate_series(1, 60) i; CREATE UNIQUE INDEX ON down (a DESC)"
key_case "a descending key of two columns" downs "a int NOT NULL, b text NOT NULL" \
    "SELECT i % 5, 'k' || i, 'n' || i FROM generate_series(1, 60) i; CREATE UNIQUE INDEX ON downs (a DESC, b DESC)"
key_case "one row" single "id int PRIMARY KEY" "SELECT 1, 'n'"

# --- rows behind the cursor
users_table moving 100
migration moving <<'YAML'
  expand:
    - add_column: {table: moving, column: full_name, type: text}
    - sync: {table: moving, old: name, new: full_name}
  backfill:
    - backfill: {table: moving, set: {full_name: name}, batch: {start: 20, min: 20, max: 20}, rest: 0}
      name: copy
    - verify: copy
  contract:
    - drop_column: {table: moving, column: name}
YAML
drive moving 'boundary backfill'
operator pause moving >/dev/null
operator advance moving >/dev/null
for _ in 1 2 3; do
    operator step moving >/dev/null
    comes_to moving '^active backfill copy:running \[stepping\]'
    wait_until 5 eval '[ "$(sql "SELECT count(*) FROM pgrollout.hold h WHERE h.permit")" = 0 ]'
done
is "$(sql "SELECT count(*) FROM moving WHERE full_name IS NOT NULL")" 60 "step does one batch"
owner "INSERT INTO moving (id, name) VALUES (-1000, 'behind'); UPDATE moving SET id = -2000 WHERE id = 50;
    INSERT INTO moving (id, name) VALUES (1000, 'in front'); DELETE FROM moving WHERE id = 10" >/dev/null
is "$(sql "SELECT string_agg(id || ' ' || coalesce(full_name, '-'), ', ' ORDER BY id) FROM moving WHERE id IN (-1000, -2000, 1000)")" \
    "-2000 name 100, -1000 behind, 1000 in front" "rows that come or move behind the cursor are filled by the trigger"
operator resume moving >/dev/null
reaches moving 'boundary contract' "and the comparison finds nothing"
is "$(sql "SELECT count(*) || ' ' || count(*) FILTER (WHERE full_name = name) FROM moving")" "101 101" "every row is right"
engine_stop
done_testing
