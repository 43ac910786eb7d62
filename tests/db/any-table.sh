#!/bin/bash
# Any table: every kind of key that a table may have, filled while an application writes, compared with the shadow
# table that the product does not know.
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source=tests/lib/campaign.sh
. "$(dirname "$0")/../lib/campaign.sh"
. "$(dirname "$0")/driven.sh"

# name @ columns of the key and how it is one @ its names @ its values of row i @ a new value, of the random number r
# @ what is run after
# The application inserts, deletes, writes the old and the new column, and moves keys to new values.
cases() {
    cat <<'CASES'
negative@id bigint PRIMARY KEY@id@(i - 600) * 7000001::bigint@floor((r - 0.5) * 1e10)
ends@id bigint PRIMARY KEY@id@CASE i WHEN 1 THEN -9223372036854775808 WHEN 2 THEN 9223372036854775807 ELSE i END@floor(r * 9e18)
small@id smallint PRIMARY KEY@id@i - 600@floor((r - 0.5) * 60000)
identity@id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY@id@@
generated@id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED@id@i * 3@floor(r * 1e6) * 3 + 1
composite@a int, b text, PRIMARY KEY (a, b)@a, b@i % 7, 'b' || i@floor(r * 9), 'n' || r
three@a date, b uuid, c numeric, PRIMARY KEY (a, b, c)@a, b, c@date '2020-01-01' + i % 3, md5((i % 11)::text)::uuid, i / 3.0@date '2020-01-01' + floor(r * 5)::int, md5(r::text)::uuid, r
backwards@a int NOT NULL, b bigint NOT NULL@a, b@i % 5, -i@floor(r * 5), floor(r * 1e9)@CREATE UNIQUE INDEX ON %t (a DESC, b DESC)
uuid@id uuid PRIMARY KEY@id@md5(i::text)::uuid@md5(r::text)::uuid
text@id text PRIMARY KEY@id@chr(60 + i % 60) || 'ä' || i@chr(60 + floor(r * 60)::int) || r
icu@id text COLLATE "de-x-icu" PRIMARY KEY@id@chr(60 + i % 60) || 'ä' || i@chr(60 + floor(r * 60)::int) || r
folded@id text COLLATE folded PRIMARY KEY@id@chr(65 + i % 26) || i@chr(97 + floor(r * 26)::int) || r
other-order@id text COLLATE "de-x-icu" NOT NULL@id@chr(60 + i % 60) || i@chr(60 + floor(r * 60)::int) || r@CREATE UNIQUE INDEX ON %t (id COLLATE "C")
quoted@"Id, ""of"" {it}" varchar(40) PRIMARY KEY@"Id, ""of"" {it}"@'{"' || i || '",\ ''NULL'@'"' || r
date@id date PRIMARY KEY@id@CASE i WHEN 1 THEN '-infinity' WHEN 2 THEN 'infinity' WHEN 3 THEN '4000-01-01 BC' ELSE date '1999-12-31' + i END@date '0001-01-01' + floor(r * 1e6)::int
timestamp@id timestamp PRIMARY KEY@id@CASE i WHEN 1 THEN '-infinity' WHEN 2 THEN 'infinity' ELSE timestamp '2021-03-28' + i * interval '1.000001 min' END@timestamp '1900-01-01' + r * interval '200 years'
timestamptz@id timestamptz PRIMARY KEY@id@CASE i WHEN 1 THEN '-infinity' ELSE timestamptz '2021-10-31 00:00+00' + i * interval '7.000001 s' END@timestamptz '1900-01-01 00:00+00' + r * interval '200 years'
numeric@id numeric PRIMARY KEY@id@CASE i WHEN 1 THEN 'NaN' WHEN 2 THEN '-Infinity' WHEN 3 THEN 1e300 ELSE (i - 600) / 7.0 END@(r - 0.5) * 1000
unique-index@id bigint NOT NULL, maybe int, code int NOT NULL@id@i, NULL, 1@floor(r * 1e9)@CREATE UNIQUE INDEX ON %t (maybe); CREATE UNIQUE INDEX ON %t (code) WHERE code > 99; CREATE UNIQUE INDEX ON %t (id) INCLUDE (code)
gaps@id bigint PRIMARY KEY@id@i::bigint * i * 10000000@floor(r * 1e13)
triggers@id int PRIMARY KEY, changed timestamptz@id@i, now()@floor(r * 1e9)@CREATE TRIGGER changed BEFORE UPDATE ON %t FOR EACH ROW EXECUTE FUNCTION changed()
partitioned@id int, a int, PRIMARY KEY (id, a)@id, a@i, i % 4@floor(r * 1e9), floor(r * 4)@PARTITION BY LIST (a); CREATE TABLE %t_0 PARTITION OF %t FOR VALUES IN (0); CREATE TABLE %t_1 (x int, a int NOT NULL, tag bigint, name text, id int NOT NULL); ALTER TABLE %t_1 DROP x; ALTER TABLE %t ATTACH PARTITION %t_1 FOR VALUES IN (1); CREATE TABLE %t_2 PARTITION OF %t FOR VALUES IN (2) PARTITION BY HASH (id); CREATE TABLE %t_2a PARTITION OF %t_2 FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE other.%t_2b PARTITION OF %t_2 FOR VALUES WITH (MODULUS 2, REMAINDER 1); CREATE TABLE %t_d PARTITION OF %t DEFAULT
zero@id int PRIMARY KEY@id@@
one@id int PRIMARY KEY@id@i@floor(r * 1e9)
CASES
}
# in `make check` those that differ most, and two more that the seed picks
chosen() {
    if [ -n "${PGROLLOUT_CAMPAIGN:-}" ]; then
        cases
    else
        cases | grep -E '^(negative|composite|icu|other-order|numeric|partitioned|identity|zero)@'
        cases | grep -vE '^(negative|composite|icu|other-order|numeric|partitioned|identity|zero)@' | shuf -n 2 --random-source=<(yes 7)
    fi
}

driven_start
sql "GRANT CREATE ON DATABASE $(sql 'SELECT current_database()') TO shop_owner" >/dev/null
owner "CREATE SCHEMA other; CREATE SCHEMA app;
    CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE SEQUENCE app.tags;
    CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.changed := clock_timestamp(); RETURN NEW; END';
    CREATE TABLE app.cases (n int GENERATED ALWAYS AS IDENTITY, tab text, keys text, fresh text)" >/dev/null || bail "no schema"
# One change of the application on a table: the same in the table and in its shadow, in one transaction.
owner "CREATE FUNCTION app.change(c app.cases) RETURNS void LANGUAGE plpgsql AS \$\$
DECLARE
    dice float := random();
    r float := random();
    t bigint;
    synced boolean := EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.tab::regclass AND g.tgname LIKE 'zzz_pgrollout%');
    what text := CASE WHEN synced AND dice < 0.3 THEN 'full_name' ELSE 'name' END;
    -- a NULL in the new column of a row that is not filled yet says nothing: a release writes it to the old one
    value text := CASE WHEN r < 0.1 AND what = 'name' THEN NULL ELSE what || ' ' || r END;
    fresh text;
BEGIN
    EXECUTE format('SELECT tag FROM %s OFFSET floor(random() * (SELECT count(*) FROM %1\$s)) LIMIT 1', c.tab) INTO t;
    t := coalesce(t, -1);
    fresh := regexp_replace(c.fresh, '\mr\M', r::text, 'g');
    IF dice < 0.6 THEN
        EXECUTE format('WITH u AS (UPDATE %s SET %I = %L WHERE tag = %s RETURNING tag)
            UPDATE app.%s s SET name = %3\$L FROM u WHERE s.tag = u.tag', c.tab, what, value, t, c.tab);
    ELSIF dice < 0.75 THEN
        EXECUTE format('WITH d AS (DELETE FROM %s WHERE tag = %s RETURNING tag)
            DELETE FROM app.%1\$s s USING d WHERE s.tag = d.tag', c.tab, t);
    ELSIF dice < 0.85 THEN
        EXECUTE format('WITH n AS (INSERT INTO %s (%s, name, tag) SELECT %s, %L, nextval(''app.tags'') RETURNING *)
            INSERT INTO app.%1\$s (%2\$s, name, tag) SELECT %2\$s, name, tag FROM n', c.tab, c.keys, fresh, value);
    ELSE
        EXECUTE format('WITH u AS (UPDATE %s SET (%s) = (SELECT %s) WHERE tag = %s RETURNING *)
            UPDATE app.%1\$s s SET (%2\$s) = (SELECT %2\$s FROM u) FROM u WHERE s.tag = u.tag', c.tab, c.keys, fresh, t);
    END IF;
EXCEPTION WHEN unique_violation OR check_violation THEN
    NULL;
END
\$\$" >/dev/null || bail "no application"

names=()
while IFS=@ read -r name columns keys values fresh more; do
    table=t_${name//-/_}
    names+=("$name")
    more=${more//%t/$table}
    part=
    [[ $more != PARTITION* ]] || { part=${more%%;*}; more=${more#*;}; }
    owner "CREATE TABLE $table ($columns, name text, tag bigint) $part; $more" >/dev/null || bail "no table $name"
    # without its constraints: the application compares by tag
    rows=1200
    [ "$name" != one ] || rows=1
    case $name in
        identity) owner "INSERT INTO $table (name, tag) SELECT 'name ' || i, nextval('app.tags') FROM generate_series(1, $rows) i" ;;
        zero) ;;
        unique-index) owner "INSERT INTO $table (id, maybe, code, name, tag) SELECT $values, nullif('name ' || i, 'name 20'), nextval('app.tags') FROM generate_series(1, $rows) i" ;;
        triggers) owner "INSERT INTO $table (id, changed, name, tag) SELECT $values, 'name ' || i, nextval('app.tags') FROM generate_series(1, $rows) i" ;;
        *) owner "INSERT INTO $table ($keys, name, tag) SELECT $values, nullif('name ' || i, 'name 20'), nextval('app.tags') FROM generate_series(1, $rows) i" ;;
    esac >/dev/null || bail "no rows of $name"
    owner "ANALYZE $table; CREATE TABLE app.$table AS SELECT * FROM $table; CREATE INDEX ON app.$table (tag)" >/dev/null || bail "no shadow"
    [ -z "$fresh" ] || [ "$name" = unique-index ] || owner "INSERT INTO app.cases (tab, keys, fresh)
        VALUES ('$table', \$\$$keys\$\$, \$\$$fresh\$\$)" >/dev/null
    workers=1
    [[ $name != @(composite|uuid|text|other-order|backwards|numeric|partitioned|zero|one) ]] || workers=3
    migration "$name" "$([ "$name" != triggers ] || echo 'user_triggers: fire')" <<YAML
  expand:
    - add_column: {table: $table, column: full_name, type: text}
    - sync: {table: $table, old: name, new: full_name}
  backfill:
    - backfill: {table: $table, set: {full_name: name}, batch: {start: 60, min: 10, max: 60}, rest: 0.5, workers: $workers}
    - verify: backfill
    - analyze: $table
YAML
done < <(chosen)

echo 'SELECT app.change(c) FROM app.cases c WHERE n = 1 + (random() * 1e9)::int % (SELECT count(*) FROM app.cases);' >"$CLUSTER_ROOT/app.sql"
chmod 755 "$CLUSTER_ROOT"
"$CLUSTER_BIN/pgbench" -n -c 3 -R 400 -T 600 -f "$CLUSTER_ROOT/app.sql" "$(cluster_conninfo a shop_owner)" \
    >"$CLUSTER_ROOT/app.out" 2>&1 &
app=$!
engine_start --advance auto
for name in "${names[@]}"; do
    operator advance "$name" >/dev/null || bail "$name does not begin"
done
for name in "${names[@]}"; do
    drive "$name" '^done' 60
done
sleep 0.5
kill -0 "$app" || bail "the application has ended: $(cat "$CLUSTER_ROOT/app.out")"
kill "$app" # INT is ignored in the background
wait "$app" 2>/dev/null
for name in "${names[@]}"; do
    table=t_${name//-/_}
    keys=$(cases | grep "^$name@" | cut -d@ -f3)
    like "$(where "$name")" '^done' "$name: done"
    [[ $(where "$name") == done* ]] || diag "$(sql "SELECT s.name, s.state, s.error, s.error_detail FROM pgrollout.step s
        JOIN pgrollout.migration m ON m.id = s.migration_id WHERE m.name = '$name'")"
    is "$(sql "SELECT count(*) FROM (SELECT $keys, tag, name, full_name FROM $table) t
        FULL JOIN (SELECT $keys, tag, name FROM app.$table) s USING (tag)
        WHERE (to_jsonb(t) - 'full_name') IS DISTINCT FROM to_jsonb(s) OR t.full_name IS DISTINCT FROM s.name")" 0 \
        "$name: every row as the shadow table has it, in both columns"
done
unlike "$(cat "$CLUSTER_ROOT/app.out")" 'ERROR' "the application met no error"
is "$(sql "SELECT count(*) FROM pgrollout.quarantine")" 0 "no row was left out"
ok "the application did its work" eval '[ "$(sql "SELECT last_value FROM app.tags")" -gt 1230 ]'

# rows come faster than they are filled: it ends with those that there were when it began
owner "CREATE TABLE fast (id bigint PRIMARY KEY, name text); INSERT INTO fast SELECT i, 'n' FROM generate_series(1, 1000) i; ANALYZE fast" >/dev/null
migration fast <<'YAML'
  expand:
    - add_column: {table: fast, column: full_name, type: text}
    - sync: {table: fast, old: name, new: full_name}
  backfill:
    - backfill: {table: fast, set: {full_name: name}, rate: 400/s}
    - verify: backfill
    - not_null: {table: fast, column: full_name}
YAML
echo "INSERT INTO fast SELECT (SELECT max(id) FROM fast) + i, 'n' FROM generate_series(1, 100) i" >"$CLUSTER_ROOT/fast.sql"
operator advance fast >/dev/null
comes_to fast 'backfill:running'
"$CLUSTER_BIN/pgbench" -n -c 1 -R 15 -T 60 -f "$CLUSTER_ROOT/fast.sql" "$(cluster_conninfo a shop_owner)" >/dev/null 2>&1 &
app=$!
drives fast '^done' "it ends though rows come faster than it goes"
kill "$app"
wait "$app" 2>/dev/null
ok "they did" eval '[ "$(sql "SELECT count(*) FROM fast")" -gt 2000 ]'
like "$(events fast)" 'backfill: done, 1[0-9]{3} keys' "with those of its beginning"
is "$(sql "SELECT count(*) FROM fast WHERE full_name IS DISTINCT FROM name")" 0 "the others their writers keep in step"

# rows that take long each: the time budget goes before the plan's smallest batch
owner "CREATE FUNCTION dear(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.06); RETURN \$1; END';
    CREATE TABLE dear (id int PRIMARY KEY, name text, full_name text); INSERT INTO dear SELECT i, 'n' FROM generate_series(1, 30) i; ANALYZE dear" >/dev/null
migration dear <<'YAML'
  backfill:
    - backfill: {table: dear, set: {full_name: dear(name)}, batch: {start: 20, min: 10}, rest: 0}
YAML
operator advance dear >/dev/null
drives dear '^done' "rows of 60 ms each"
is "$(sql "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY batch_rows) FROM pgrollout.position p
    JOIN pgrollout.migration m ON m.id = p.migration_id WHERE m.name = 'dear'")" 1 "one by one, under batch.min"
is "$(sql "SELECT count(*) FROM dear WHERE full_name = name")" 30 "all of them"

# a partition that is attached while it runs brings rows that nobody has filled
owner "CREATE TABLE lists (id int, a int, name text, PRIMARY KEY (id, a)) PARTITION BY LIST (a);
    CREATE TABLE lists_1 PARTITION OF lists FOR VALUES IN (1); INSERT INTO lists SELECT i, 1, 'n' FROM generate_series(1, 300) i;
    CREATE TABLE late (id int, a int NOT NULL, name text, full_name text, PRIMARY KEY (id, a)); INSERT INTO late SELECT i, 2, 'l' FROM generate_series(1, 200, 2) i" >/dev/null
migration lists <<'YAML'
  expand:
    - add_column: {table: lists, column: full_name, type: text}
    - sync: {table: lists, old: name, new: full_name}
  backfill:
    - backfill: {table: lists, set: {full_name: name}}
    - confirm: Go on?
      name: between
    - verify: backfill
    - not_null: {table: lists, column: full_name}
  contract:
    - drop_column: {table: lists, column: name}
YAML
operator advance lists >/dev/null
comes_to lists 'gate between'
owner "ALTER TABLE lists ATTACH PARTITION late FOR VALUES IN (2)" >/dev/null
operator confirm lists >/dev/null
comes_to lists '^failed'
is "$(step_field lists verify s.error)" "100 of 400 rows of public.lists differ" "verify notices an attached partition"
owner "UPDATE late SET name = 'written'" >/dev/null # fires the trigger, which came with the attachment
operator retry lists >/dev/null
comes_to lists 'boundary contract'
is "$(sql "SELECT count(*) FROM lists WHERE full_name = name")" 400 "filled and compared again"
drives lists '^done' "to the end, with every partition"
is "$(sql "SELECT count(*) FROM pg_attribute WHERE attrelid IN ('lists'::regclass, 'lists_1'::regclass, 'late'::regclass)
    AND attname = 'name'")" 0 "from which the old column is gone"

# while the batches go, behind where they are; one that is made in the meantime has nothing to be filled
owner "CREATE TABLE logs (id int PRIMARY KEY, name text) PARTITION BY RANGE (id);
    CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (1000) TO (2000); INSERT INTO logs SELECT i, 'n' FROM generate_series(1000, 1499) i;
    CREATE TABLE early (id int PRIMARY KEY, name text, full_name text); INSERT INTO early SELECT i, 'e' FROM generate_series(1, 100) i;
    ANALYZE logs" >/dev/null
migration logs <<'YAML'
  expand:
    - add_column: {table: logs, column: full_name, type: text}
    - sync: {table: logs, old: name, new: full_name}
  backfill:
    - backfill: {table: logs, set: {full_name: name}, batch: {start: 50, max: 50}, rate: 200/s}
YAML
operator advance logs >/dev/null
wait_until 15 eval '[ "$(sql "SELECT count(full_name) FROM logs")" -gt 0 ]' || bail "no batch: $(where logs)"
owner "CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM (2000) TO (3000);
    ALTER TABLE logs ATTACH PARTITION early FOR VALUES FROM (1) TO (1000)" >/dev/null
comes_to logs '^(failed|done)' 30
is "$(step_field logs backfill s.error)" "public.early was attached while it ran" "a backfill notices it, too"
operator retry logs >/dev/null
comes_to logs '^(failed|done)' 30
is "$(where logs),$(sql "SELECT count(*) FROM logs WHERE full_name = name")" "done backfill,600" "and goes over all rows again"
engine_stop
done_testing
