#!/bin/bash
# A table is split by a real engine, with releases of both kinds at work: a sync across the two tables,
# a backfill into the new one, a comparison that finds and repairs what differs, and the way back.
. "$(dirname "$0")/driven.sh"
# shellcheck source=tests/lib/campaign.sh
. "$(dirname "$0")/../lib/campaign.sh"

rows=$(sample 300 5000)
seconds=$(sample 2 60)
app_pids=()

tables() {
    owner "CREATE TABLE users (id bigint PRIMARY KEY, name text, street text, city varchar(40) DEFAULT '');
        CREATE TABLE shadow (id bigint PRIMARY KEY, street text, city text);
        INSERT INTO users SELECT i - $rows / 2, 'name ' || i, CASE WHEN i % 5 > 0 THEN 'street ' || i END,
            CASE WHEN i % 5 > 0 THEN 'city ' || i ELSE '' END FROM generate_series(1, $rows) i;
        INSERT INTO shadow SELECT id, street, city FROM users;
        CREATE TABLE user_addresses (user_id bigint PRIMARY KEY, street text, city text, checked boolean);
        GRANT SELECT, INSERT, UPDATE, DELETE ON users, shadow TO shop_web;
        GRANT SELECT, INSERT, UPDATE, DELETE ON user_addresses, shadow TO shop_workers;
        ANALYZE users" >/dev/null || bail "no tables"
}

plan() { # [KEY-OF-VERIFY]
    cat <<YAML
  expand:
    - sync:
        table: users
        into: user_addresses
        key: {user_id: id}
        columns: {street: street, city: city}
  backfill:
    - backfill:
        table: users
        into: user_addresses
        columns: {user_id: id, street: street, city: city}
        batch: {start: 10, min: 10, max: 50, target: 10ms}
        rest: 0
        workers: 3
      name: copy
    - confirm: Is it filled?
      name: filled
    - verify: copy
${1:+      $1}
  contract:
    - confirm: Nobody knows the old columns.
      name: gone
    - drop_column: {table: users, column: street}
    - drop_column: {table: users, column: city}
YAML
}

# The two tables, and what the applications know that they have written.
apart() {
    sql "SELECT count(*) FROM users u
            FULL JOIN user_addresses a ON a.user_id = u.id FULL JOIN shadow s ON s.id = coalesce(u.id, a.user_id)
        WHERE (u.id IS NULL) <> (s.id IS NULL)
           OR (u.street, coalesce(u.city, '')) IS DISTINCT FROM (s.street, coalesce(s.city, ''))
           OR a.user_id IS NULL AND (u.street IS NOT NULL OR coalesce(u.city, '') <> '')
           OR a.user_id IS NOT NULL AND (a.street, coalesce(a.city, '')) IS DISTINCT FROM (u.street, coalesce(u.city, ''))"
}

# One old release writes users, one new one user_addresses; both the shadow in the same transaction.
# Its row is taken first, so that nothing else decides between two of the same row.
application() { # LOGIN SEED
    local login=$1 i=0 id kind level
    RANDOM=$2
    while [ ! -e "$CLUSTER_ROOT/stop" ]; do
        id=$((RANDOM % rows - rows / 2 + 1)) kind=$((RANDOM % 10)) i=$((i + 1))
        level=$([ $((RANDOM % 3)) -gt 0 ] && echo 'READ COMMITTED' || echo 'REPEATABLE READ')
        echo "BEGIN ISOLATION LEVEL $level; SELECT 1 FROM shadow WHERE id = $id FOR UPDATE;"
        if [ "$login" = shop_web ]; then
            case $kind in
                0) echo "DELETE FROM users WHERE id = $id; DELETE FROM shadow WHERE id = $id;" ;;
                1) echo "INSERT INTO users VALUES ($id, 'n', 's$i', 'c$i') ON CONFLICT DO NOTHING;
                    INSERT INTO shadow SELECT id, street, city FROM users WHERE id = $id ON CONFLICT DO NOTHING;" ;;
                2) echo "UPDATE users SET street = NULL, city = '' WHERE id = $id;
                    UPDATE shadow SET street = NULL, city = '' WHERE id = $id;" ;;
                3) echo "UPDATE users SET id = id + 100000 WHERE id = $id
                        AND NOT EXISTS (SELECT FROM users WHERE id = $id + 100000);
                    UPDATE shadow SET id = id + 100000 WHERE id = $id
                        AND NOT EXISTS (SELECT FROM shadow WHERE id = $id + 100000);" ;;
                4) echo "UPDATE users SET id = $id WHERE id = $id + 100000
                        AND NOT EXISTS (SELECT FROM users WHERE id = $id);
                    UPDATE shadow SET id = $id WHERE id = $id + 100000
                        AND NOT EXISTS (SELECT FROM shadow WHERE id = $id);" ;;
                *) echo "UPDATE users SET street = 'old $i' WHERE id = $id;
                    UPDATE shadow SET street = 'old $i' WHERE id = $id;" ;;
            esac
        else
            case $kind in
                0) echo "WITH d AS (DELETE FROM user_addresses WHERE user_id = $id RETURNING 1)
                    UPDATE shadow SET street = NULL, city = '' WHERE id = $id AND EXISTS (SELECT FROM d);" ;;
                1 | 2) echo "INSERT INTO user_addresses SELECT $id, 'new $i', 'nc$i' FROM shadow WHERE id = $id
                        ON CONFLICT (user_id) DO UPDATE SET street = EXCLUDED.street, city = EXCLUDED.city;
                    UPDATE shadow SET street = 'new $i', city = 'nc$i' WHERE id = $id;" ;;
                *) echo "WITH d AS (UPDATE user_addresses SET city = 'nc$i' WHERE user_id = $id RETURNING 1)
                    UPDATE shadow SET city = 'nc$i' WHERE id = $id AND EXISTS (SELECT FROM d);" ;;
            esac
        fi
        echo 'COMMIT;'
    done | cluster_psql_as a "$login" -v VERBOSITY=verbose >/dev/null 2>"$CLUSTER_ROOT/$login.err"
}
applications_start() {
    rm -f "$CLUSTER_ROOT/stop"
    application shop_web 11 &
    app_pids=($!)
    application shop_workers 12 &
    app_pids+=($!)
}
applications_stop() {
    touch "$CLUSTER_ROOT/stop"
    wait "${app_pids[@]}"
}
# What no application may be told; a row of both sides at once (40P01), another snapshot (40001).
complaints() {
    grep -h -E '^(ERROR|FATAL)|: ERROR' "$CLUSTER_ROOT"/shop_*.err | grep -v -E ' (40001|40P01|25P02):'
}

driven_start
sql 'GRANT shop_web, shop_workers TO shop_owner' >/dev/null 2>&1
tables
before=$(dump)
plan >"$CLUSTER_ROOT/body"
migration split <"$CLUSTER_ROOT/body"
engine_start
drive split '\[boundary backfill\]' || bail "no sync: $(where split) $(tail -3 "$engine_log")"

# --- each write of either side
as_web() { cluster_psql_as a shop_web -c "$1" 2>&1; }
as_new() { cluster_psql_as a shop_workers -c "$1" 2>&1; }
both() { sql "SELECT coalesce(u.street, '-'), coalesce(u.city, '-'), coalesce(a.street, '-'), coalesce(a.city, '-')
    FROM (VALUES ($1)) v (id) LEFT JOIN users u ON u.id = v.id LEFT JOIN user_addresses a ON a.user_id = v.id"; }
as_web "UPDATE users SET street = 'a' WHERE id = 1" >/dev/null
like "$(both 1)" "^a\|city .*\|a\|city" "an old release's UPDATE makes the new row, though it may not write there"
as_new "UPDATE user_addresses SET city = 'b', checked = true WHERE user_id = 1" >/dev/null
is "$(both 1)" "a|b|a|b" "a new release's UPDATE writes the old row"
as_web "UPDATE users SET id = 900001, city = 'c' WHERE id = 1" >/dev/null
is "$(both 900001) $(sql 'SELECT checked FROM user_addresses WHERE user_id = 900001')" "a|c|a|c t" \
    "a key that moves takes the new row along, with all it has"
as_web "UPDATE users SET id = 1 WHERE id = 900001; INSERT INTO users (id) VALUES (900002)" >/dev/null
is "$(both 900002)" "-||-|-" "an old row without values makes no new one"
as_new "INSERT INTO user_addresses VALUES (900002, 'x', 'y')" >/dev/null
is "$(both 900002)" "x|y|x|y" "a new release's INSERT writes the old row"
as_web "UPDATE users SET street = NULL, city = '' WHERE id = 900002" >/dev/null
is "$(both 900002)" "-||-|-" "an old release that empties the columns takes the new row away"
as_new "INSERT INTO user_addresses VALUES (900002, 'x', 'y'); DELETE FROM user_addresses WHERE user_id = 900002" >/dev/null
is "$(both 900002)" "-||-|-" "a new release's DELETE sets the old columns to their defaults"
like "$(as_new "INSERT INTO user_addresses VALUES (900003, 'x', 'y')")" "there is no row of" \
    "a new row without an old one is refused"
as_new "INSERT INTO user_addresses VALUES (900002, 'x', 'y')" >/dev/null
as_web "DELETE FROM users WHERE id = 900002" >/dev/null
is "$(sql 'SELECT count(*) FROM user_addresses WHERE user_id = 900002')" 0 "a DELETE takes the new row along"
like "$(as_web "DELETE FROM user_addresses")" "permission denied" "the old release still has no right on the new table"
sql "DELETE FROM shadow; INSERT INTO shadow SELECT id, street, city FROM users" >/dev/null

# --- under load, with kills
applications_start
operator advance split >/dev/null 2>&1
kills=0 until=$((SECONDS + seconds))
while [ $SECONDS -lt $until ]; do
    sleep 0.4
    engine_kill
    kills=$((kills + 1))
    engine_start
done
drive split '\[boundary contract\]|^failed' 60
applications_stop
like "$(where split)" '\[boundary contract\]' "filled and verified under load, the engine killed $kills times"
[[ $(where split) =~ failed ]] && diag "$(sql "SELECT name, error, error_detail FROM pgrollout.step WHERE state = 'failed'")"
is "$(complaints)" "" "no application was told anything but 40001 and 40P01"
is "$(apart)" 0 "both tables are what the applications have written"
like "$(step_field split copy "(SELECT count(*) FROM pgrollout.position p WHERE p.step = 'copy'
    AND p.from_key IS DISTINCT FROM (SELECT q.key FROM pgrollout.position q
        WHERE q.step = 'copy' AND q.worker = p.worker AND q.seq = p.seq - 1))")" '^[0-3]$' \
    "the positions tile the keys, but for where each worker begins"
is "$(step_field split copy "(SELECT count(DISTINCT p.worker) FROM pgrollout.position p WHERE p.step = 'copy')")" 3 "of which there are three"

# --- the way back
operator abort split --to start >/dev/null 2>&1
drives split '^aborted' "the sync is taken back, once it is said that no new release runs"
is "$(dump)" "$before" "and the schema is as it was"

# --- what nobody has told the triggers
plant() {
    cluster_psql a >/dev/null <<SQL
SET session_replication_role = replica;
UPDATE user_addresses SET street = 'planted' WHERE user_id = (SELECT min(user_id) FROM user_addresses);
DELETE FROM user_addresses WHERE user_id = (SELECT max(user_id) FROM user_addresses);
$1
SQL
}
orphan='INSERT INTO user_addresses VALUES (-900000, NULL), (900000, NULL);'
owner "TRUNCATE user_addresses" >/dev/null
plan >"$CLUSTER_ROOT/body"
migration compared <"$CLUSTER_ROOT/body"
drive compared '\[gate filled\]' || bail "not filled: $(where compared)"
plant "$orphan"
drive compared '^failed'
like "$(step_field compared verify error)" '^4 of [0-9]+ rows .* differ' "every difference is found, at both ends too"
like "$(step_field compared verify error_detail)" '-900000 .no source.*[0-9] .missing.*900000 .no source' "and named"
operator abort compared --to start >/dev/null 2>&1
drive compared '^aborted' || bail "not aborted: $(where compared)"

sql "DELETE FROM user_addresses WHERE abs(user_id) = 900000" >/dev/null
plan 'repair: true' >"$CLUSTER_ROOT/body"
migration repaired <"$CLUSTER_ROOT/body"
drive repaired '\[gate filled\]' || bail "not filled: $(where repaired)"
plant
drives repaired '\[boundary contract\]' "what differs is filled again where the plan says so"
is "$(apart)" 0 "and nothing differs any more"
like "$(events repaired)" 'verify: 2 rows differ .*fills them again' "the journal says which"
like "$(events repaired)" '0 rows differ, 2 were filled again' "and how many"
plant "$orphan"
operator abort repaired --to start >/dev/null 2>&1
drive repaired '^aborted' || bail "not aborted: $(where repaired)"

# --- to the end, with a foreign key
owner "DELETE FROM user_addresses WHERE abs(user_id) = 900000;
    TRUNCATE user_addresses;
    ALTER TABLE user_addresses ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE" >/dev/null
plan >"$CLUSTER_ROOT/body"
migration whole <"$CLUSTER_ROOT/body"
drives whole '^done' "to the end"
is "$(sql "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'zzz_pgrollout%'"),$(sql "SELECT count(*) FROM pg_proc
    WHERE proname LIKE 'zzz_pgrollout%'")" "0,0" "the triggers have gone with the first column"
engine_stop
done_testing
