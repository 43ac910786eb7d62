#!/bin/bash
# A table that is copied as a whole, so that either may be written alone; keys of several columns and of
# text; a backfill by a statement of the plan's own; drop_sync and its undo; what the preflight refuses.
. "$(dirname "$0")/driven.sh"

driven_start
owner "CREATE TABLE orders (shop text, no int, total numeric(10,2), PRIMARY KEY (shop, no));
    INSERT INTO orders SELECT 'shop ' || i % 3, i, i FROM generate_series(1, 500) i;
    CREATE TABLE sales (market text, number int, amount numeric(10,2), PRIMARY KEY (number, market));
    CREATE TABLE sums (shop text PRIMARY KEY, n int NOT NULL);
    INSERT INTO sums SELECT 'shop ' || i, 0 FROM generate_series(0, 2) i;
    GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO shop_web;
    GRANT SELECT, INSERT, UPDATE, DELETE ON sales TO shop_workers" >/dev/null || bail "no tables"
apart() {
    sql "SELECT count(*) FROM orders o FULL JOIN sales s ON (s.market, s.number) = (o.shop, o.no)
        WHERE o.total IS DISTINCT FROM s.amount OR o.shop IS NULL OR s.market IS NULL"
}
old() { cluster_psql_as a shop_web -c "$1" 2>&1; }
new() { cluster_psql_as a shop_workers -c "$1" 2>&1; }

migration copied <<'YAML'
  expand:
    - sync:
        table: orders
        into: sales
        key: {market: shop, number: no}
        columns: {amount: total}
        rows: both
  backfill:
    - backfill: {table: orders, into: sales, columns: {market: shop, number: no, amount: total}, batch: {start: 20, max: 50}, rest: 0, workers: 3}
      name: copy
    - verify: copy
      repair: true
    - backfill:
        table: orders
        statement: |
          UPDATE sums SET n = sums.n + d.n
          FROM (SELECT o.shop, count(*) AS n FROM orders o WHERE {batch o} GROUP BY 1) d WHERE d.shop = sums.shop -- once
        rest: 0
        workers: 3
        batch: {start: 20, max: 50}
      name: counted
YAML
like "$(cat "$CLUSTER_ROOT/load.out")" 'B22' "lint says that the statement reads what it does not lock"
engine_start
drive copied '\[boundary backfill\]' || bail "no sync: $(where copied) $(tail -n 3 "$engine_log")"
new "INSERT INTO sales VALUES ('shop 9', 1, 9.50)" >/dev/null
is "$(sql "SELECT total FROM orders WHERE shop = 'shop 9'")" 9.50 "a new row makes an old one"
old "INSERT INTO orders VALUES ('shop 9', 2, NULL)" >/dev/null
is "$(sql "SELECT count(*) FROM sales WHERE market = 'shop 9'")" 2 "an old row makes a new one, without values too"
new "UPDATE sales SET number = 7, amount = 7 WHERE number = 2 AND market = 'shop 9'" >/dev/null
is "$(sql "SELECT no, total FROM orders WHERE shop = 'shop 9' AND no > 1")" "7|7.00" "a new key moves the old one"
new "DELETE FROM sales WHERE number = 7 AND market = 'shop 9'" >/dev/null
is "$(sql "SELECT count(*) FROM orders WHERE shop = 'shop 9'")" 1 "deleting a new row deletes the old one"
new "UPDATE sales SET amount = -1 WHERE number = 1; INSERT INTO sales VALUES ('shop 1', 1, -2)
    ON CONFLICT (number, market) DO UPDATE SET amount = -2" >/dev/null
is "$(sql "SELECT total FROM orders WHERE shop = 'shop 1' AND no = 1")" -2.00 "before the backfill a new row writes the old"
drives copied '^done' "filled, compared and counted to the end"
is "$(apart)" 0 "the copy is the same"
is "$(sql "SELECT string_agg(n::text, ',' ORDER BY shop) FROM sums")" 166,167,167 "each row was in one batch of the statement"
is "$(sql "SELECT string_agg(step || ' ' || n, ', ' ORDER BY step) FROM (SELECT step, count(DISTINCT worker) AS n
    FROM pgrollout.position WHERE step IN ('copy', 'counted') GROUP BY 1) p")" 'copy 3, counted 3' "by three workers each"

# --- drop_sync and back
owner "CREATE TABLE names (id int PRIMARY KEY, name text);
    CREATE TABLE people (id int PRIMARY KEY, name text);
    INSERT INTO people SELECT i, 'p' || i FROM generate_series(1, 50) i" >/dev/null
migration parted <<'YAML'
  expand:
    - sync: {table: people, into: names, key: {id: id}, columns: {name: name}}
  backfill:
    - backfill: {table: people, into: names, columns: {id: id, name: name}}
      name: copy
    - verify: copy
  switch_reads:
    - drop_sync: {table: people, into: names}
    - confirm: Parted?
      name: parted
YAML
drive parted '\[gate parted\]' || bail "not parted: $(where parted)"
is "$(sql "SELECT count(*) FROM pg_trigger WHERE tgrelid IN ('people'::regclass, 'names'::regclass) AND NOT tgisinternal")" 0 \
    "drop_sync takes the triggers of both tables"
owner "UPDATE names SET name = 'since' WHERE id < 6; DELETE FROM names WHERE id = 50" >/dev/null
like "$(operator abort parted | tr -s ' \n' ' ')" 'rows deleted from names since stay in people as they were' "the card says what does not come back"
operator abort parted --to backfill >/dev/null 2>&1
comes_to parted '\[boundary switch_reads\]' 30
is "$(sql "SELECT name FROM people WHERE id = 50")" p50 "and it is so"
is "$(sql "SELECT count(*) FROM people WHERE name = 'since'")" 5 "its undo fills the old columns from the new table"
owner "UPDATE names SET name = 'again' WHERE id = 9" >/dev/null
is "$(sql "SELECT name FROM people WHERE id = 9")" again "and keeps them in step again"
operator abort parted --to start >/dev/null 2>&1
drive parted '^aborted' || bail "not aborted: $(where parted)"

# --- what is refused
refuses() { # NAME REGEX DESCRIPTION <PHASES
    { printf 'pgrollout: 1\nmigration: %s\nphases:\n' "$1"; cat; } >"$CLUSTER_ROOT/$1.yaml"
    like "$(operator load "$CLUSTER_ROOT/$1.yaml" 2>&1)" "$2" "$3"
}
owner "CREATE TABLE bad (id int, name varchar(3) NOT NULL, extra int NOT NULL, j int);
    CREATE TABLE bad_fk (id int PRIMARY KEY REFERENCES people, name text)" >/dev/null
said=$(refuses bad . x <<'YAML'
  expand:
    - sync: {table: people, into: bad, key: {id: id}, columns: {name: name}}
YAML
operator load "$CLUSTER_ROOT/bad.yaml" 2>&1)
like "$said" 'table "bad" has no unique index over exactly \(id\)' "a table whose rows could not be told apart"
like "$said" 'column "extra" of "bad" is NOT NULL without a default' "columns that nothing fills"
like "$said" '"name" of "bad" is NOT NULL, and "name" of "people" is not' "what an old release writes would be refused"
refuses fk 'foreign key .* would refuse a DELETE from "people"' "a foreign key that would break old releases" <<'YAML'
  expand:
    - sync: {table: people, into: bad_fk, key: {id: id}, columns: {name: name}}
YAML
owner "ALTER TABLE people ADD age int" >/dev/null
refuses type '"age" of "people" is integer and "name" of "names" is text' "types that do not come back the same" <<'YAML'
  expand:
    - sync: {table: people, into: names, key: {id: id}, columns: {name: age}}
YAML
refuses none 'table "public.nobody" does not exist' "a table that nothing makes" <<'YAML'
  expand:
    - sync: {table: people, into: nobody, key: {id: id}, columns: {name: name}}
YAML
refuses statement 'error: the statement: column "nam" of relation "people" does not exist' "a statement that would not run" <<'YAML'
  backfill:
    - backfill: {table: people, statement: "UPDATE people SET nam = 'x' WHERE {batch}"}
YAML
engine_stop
done_testing
