#!/bin/bash
# pgrollout uses: who is named, what is not, and that what could not be seen is never "nothing".
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start a pg_stat_statements.max=100 wal_level=logical
cluster_replica b a
cluster_env a lab_viewer
conf=$CLUSTER_ROOT/pgrollout.conf
printf '[replica b]\nconninfo=%s\n' "$(cluster_conninfo b lab_viewer)" >"$conf"
export PGROLLOUT_CONF=$conf
sql() { cluster_psql a -c "$1"; }
web() { cluster_psql_as "${2:-a}" shop_web -c "$1" >/dev/null; }
uses() { "$PGROLLOUT" uses "$@"; }
# What a member of the JSON, picked by jsonb, says.
says() { # EXPRESSION COLUMN [ARGS]
    local want=$1
    shift
    uses --json "$@" >"$CLUSTER_ROOT/json" 2>"$CLUSTER_ROOT/err"
    cluster_psql a -v doc="$(cat "$CLUSTER_ROOT/json")" <<<"SELECT $want FROM (SELECT :'doc'::jsonb AS j) x"
}
anew() { sql 'SELECT pg_stat_statements_reset()' >/dev/null; cluster_psql b -c 'SELECT pg_stat_statements_reset()' >/dev/null; }
caught_up() {
    local at
    at=$(sql 'SELECT pg_current_wal_lsn()')
    wait_until 20 eval "[ \"\$(cluster_psql b -c \"SELECT pg_last_wal_replay_lsn() >= '$at'\")\" = t ]"
}

cluster_psql_as a shop_owner -c "
    CREATE TABLE users (id bigint PRIMARY KEY, name text, email text, quiet text);
    CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, label text);
    CREATE TABLE \"Odd \"\"one\" (id bigint PRIMARY KEY, \"a.b\" text);
    INSERT INTO users (id, name) SELECT i, 'n' || i FROM generate_series(1, 9) i;
    CREATE INDEX users_lower ON users (lower(name)) WHERE name IS NOT NULL;
    ALTER TABLE users ADD CONSTRAINT users_named CHECK (name <> '');
    CREATE VIEW people AS SELECT id, name FROM users;
    CREATE VIEW crowd AS SELECT count(*) FROM people WHERE name LIKE 'n%';
    CREATE FUNCTION greet(i bigint) RETURNS text LANGUAGE plpgsql AS
        'DECLARE x text; BEGIN SELECT u.name INTO x FROM users u WHERE u.id = i; RETURN x; END';
    CREATE FUNCTION dynamic() RETURNS void LANGUAGE plpgsql AS
        'BEGIN EXECUTE ''UPDATE users SET name = 1 WHERE false''; END';
    CREATE FUNCTION other() RETURNS bigint LANGUAGE plpgsql AS
        'BEGIN PERFORM 1 FROM users WHERE email = ''name''; RETURN 1; END';
    CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN NEW.name := btrim(NEW.name); RETURN NEW; END';
    CREATE TRIGGER stamp BEFORE UPDATE OF name ON users FOR EACH ROW EXECUTE FUNCTION stamp();
    CREATE POLICY mine ON users USING (name = current_user);
    CREATE STATISTICS pair ON name, email FROM users;
    GRANT SELECT, UPDATE, INSERT ON users, orders TO shop_web;
    GRANT SELECT ON people TO shop_cron" || bail "no tables"
sql 'GRANT pg_read_all_stats TO lab_viewer' >/dev/null
caught_up || bail "the standby does not follow"

anew
exits 0 "nothing uses what nobody named" uses users.quiet
like "$out" 'public\.users\.quiet: nothing uses it' "says so"
like "$out" 'coverage: 100\.0 %' "and has seen all"

web "SELECT id FROM users WHERE email = 'x'; SELECT count(*) FROM users; UPDATE users SET email = 'y' WHERE id = 1"
web "SELECT 'users.quiet'; SELECT label AS quiet FROM orders"
exits 0 "statements on its neighbours are none" uses users.quiet
web "SELECT u.quiet FROM users u JOIN orders o ON o.user_id = u.id"
web "SELECT u.quiet FROM users u JOIN orders o ON o.user_id = u.id"
exits 1 "one that names it is one" uses users.quiet
like "$out" '2 calls, .* shop_web on primary: reads' "with calls and role"
exits 0 "but for roles left out" uses users.quiet --except 'shop_*'
like "$out" '\(excepted\)' "which are shown still"

web "SELECT max(quiet) FROM users" b
is "$(says "jsonb_path_query_array(j, '\$.statements[*].server')" users.quiet)" '["primary", "b"]' \
    "the standby's readers are found"
anew
web "SELECT quiet FROM users" b
exits 1 "a reader of the standby alone is one" uses users.quiet
like "$out" 'shop_web on b: reads' "and named so"
printf '[replica b]\nconninfo=host=%s port=1\n' "$CLUSTER_ROOT" >"$conf"
exits 1 "a standby that does not answer" uses users.quiet
like "$out" 'cannot be told' "is no proof"
like "$out" 'b: blind' "and said to be blind"
: >"$conf"
exits 1 "a standby that nobody configured" uses users.quiet
like "$out" 'b: blind: a standby that pgrollout.conf' "is no proof"
exits 0 "but for one that is left out" uses users.quiet --except b
printf '[replica b]\nconninfo=%s\n' "$(cluster_conninfo b lab_viewer)" >"$conf"

# what stands on it
anew
cluster_psql_as a shop_cron -c 'SELECT name FROM people; SELECT * FROM people' >/dev/null
cluster_psql_as a shop_owner -c 'SELECT greet(1)' >/dev/null
exits 1 "with views, functions and more on it" uses users.name
for thing in 'view public\.people' 'view public\.crowd' 'function public\.greet reads it' \
    'function public\.dynamic may use it' 'trigger stamp on table users' 'policy mine on table users' \
    'function public\.stamp (reads and )?writes it' 'index users_lower' 'constraint users_named' 'statistics object pair' \
    'shop_cron on primary: reads, by view people' 'shop_owner on primary: reads, by function greet'; do
    like "$out" "$thing" "names: $thing"
done
unlike "$out" 'public\.other' "a function over another column is none"
is "$(says "jsonb_path_query_array(j, '\$.dependents[*] ? (@.standing == \"goes\").kind')" users.name)" \
    '["constraint", "index", "statistics"]' "what leaves with the column is told apart"
test_width() { ! uses users.name | grep -E '.{81}'; }
ok "80 columns are enough" test_width

# whole rows, sessions, tables
anew
web "SELECT * FROM users WHERE id = 1"
exits 1 "SELECT * is a reader of every column" uses users.quiet
like "$out" 'RECONNECT' "and what to do about prepared ones is said"
anew
coproc HOLDER { cluster_psql_as a shop_web; }
exec {to}>&"${HOLDER[1]}"
holder=$HOLDER_PID
echo "BEGIN; UPDATE users SET quiet = 'q' WHERE id = 1;" >&"$to"
wait_until 15 eval "[ \"\$(says \"j #>> '{sessions,0,use}'\" users.quiet)\" = writes ]"
is "$(says "j #>> '{sessions,0,use}'" users.quiet)" writes "an open transaction that writes it"
is "$(says "j #>> '{sessions,0,role}'" users.quiet)" shop_web "by whom"
echo "ROLLBACK;" >&"$to"
exec {to}>&-
eval "exec ${HOLDER[1]}>&-" 2>/dev/null
wait "$holder" 2>/dev/null
anew
exits 0 "a table that nobody touched" uses orders
web "SELECT 1 FROM orders"
exits 1 "a table that somebody did" uses public.orders
exits 0 "odd names" uses '"Odd ""one"."a.b"'

# what cannot be seen
anew
web "SELECT 1 FROM orders"
sql 'REVOKE pg_read_all_stats FROM lab_viewer' >/dev/null
exits 1 "hidden texts" uses users.quiet
like "$out" 'cannot be told' "are no proof"
like "$out" 'GRANT pg_read_all_stats' "and what helps is said"
exits 0 "unless little is asked for" uses users.quiet --coverage 0%
sql 'GRANT pg_read_all_stats TO lab_viewer' >/dev/null
anew
web "SELECT id FROM users WHERE email = 'x'"
cluster_psql a -f - <<<"$(for i in $(seq 150); do echo "SELECT $(printf '1,%.0s' $(seq "$i"))1;"; done)" >/dev/null
exits 1 "statements that were forgotten for want of room" uses users.quiet
like "$out" '[0-9]+ or[[:space:]]+more forgotten' "are no proof"
anew
sql "SET pg_stat_statements.track = none; ALTER DATABASE shop SET pg_stat_statements.track = none" >/dev/null
exits 1 "counting switched off" uses users.quiet
like "$out" 'primary: blind: pg_stat_statements\.track is none' "is blind"
sql "ALTER DATABASE shop RESET pg_stat_statements.track; DROP EXTENSION pg_stat_statements" >/dev/null
exits 1 "no pg_stat_statements" uses users.quiet
like "$out" 'not installed' "is blind too"

exits 2 "no such column" uses users.nosuch
like "$err" 'table "public.users" has no column "nosuch"' "is named"
exits 2 "no such table" uses nosuch.name
exits 2 "no name" uses 'a..b'
exits 2 "no share" uses users.name --coverage 150%
done_testing
