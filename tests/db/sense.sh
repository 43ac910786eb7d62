#!/bin/bash
# Every guard trips on a real server for what it watches, and clears again.
. "$(dirname "$0")/../lib/cluster.sh"

PROBE=$top_builddir/tests/db/sense-probe

cluster_start a
cluster_replica b a
cluster_psql a >/dev/null <<'SQL' || bail "no tables"
GRANT pg_monitor TO lab_engine;
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, full_name text);
INSERT INTO users (id, name) SELECT i, 'name ' || i FROM generate_series(1, 1000) i;
CREATE TABLE number (value numeric);
INSERT INTO number VALUES (0);
GRANT SELECT, UPDATE ON users TO lab_engine, shop_web;
GRANT SELECT ON number TO lab_engine, shop_web;
CREATE FUNCTION slow() RETURNS boolean LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(greatest(0, (SELECT value FROM number))); RETURN true; END';
SQL

# starts the probe on a plan with these guards; its lines go to $log
log=$CLUSTER_ROOT/probe.log
probe() { # GUARDS-YAML [HASTE]: seconds of the guards pass so many times faster
    {
        printf 'pgrollout: 1\nmigration: m\nphases:\n  expand:\n'
        printf '    - add_column: {table: users, column: full_name, type: text}\n'
        printf 'guards:\n%s\n' "$1"
    } >"$CLUSTER_ROOT/plan.yaml"
    exec {probe_in}> >(exec "$PROBE" "$(cluster_conninfo a lab_engine)" "$CLUSTER_ROOT/plan.yaml" 100 "${2:-4}" \
        >"$log" 2>&1)
    probe_pid=$!
    mark=0
    wait_until 5 seen '^sample' || bail "no sample: $(cat "$log")"
}
tell() { echo "$1" >&"$probe_in"; }
probe_end() {
    tell quit
    exec {probe_in}>&-
    wait "$probe_pid"
}
mark=0
seen() { tail -n +$((mark + 1)) "$log" | grep -qE -- "$1"; }
from_here() { mark=$(wc -l <"$log"); }
# sees DESCRIPTION REGEX [SECONDS]: a line after the last from_here
sees() {
    wait_until "${3:-15}" seen "$2"
    tap_result $? "$1"
    seen "$2" || diag "no $2 in:" "$(tail -n +$((mark + 1)) "$log" | tail -n 15)"
}
number() { cluster_psql a -c "UPDATE number SET value = $1"; }

ours() { # SECONDS SQL: a transaction of the engine's
    PGAPPNAME=pgrollout/m/work cluster_psql_as a lab_engine -c "BEGIN; $2; SELECT pg_sleep($1); COMMIT" \
        >/dev/null 2>&1 &
    sleep 0.3
}
web() { PGAPPNAME=web cluster_psql_as a shop_web -c "$1" >/dev/null 2>&1 & }

# --- calm
probe "  errors: {sql: 'SELECT value FROM number -- ; \"', pause: 5, resume: 1}
  lock_wait: {pause: 600ms, resume: 100ms}"
sees "lag is calm" '^replication_lag ok 0.[0-9]* b$'
sees "nobody waits on us" '^lock_waiters ok 0.00 $'
sees "a query of the plan's own is read" '^errors ok 0.00 '
sees "latency has a value before there is a baseline" '^query_latency ok 1.00 too few'
sees "no stall" '^stall ok 0.00 '

# --- replication lag: replay stands still, though all has been received
from_here
cluster_psql b -c 'SELECT pg_wal_replay_pause()' >/dev/null
tell 'set guard.replication_lag.pause=2'
tell 'set guard.replication_lag.resume=1'
cluster_psql a -c "UPDATE users SET name = name || 'x' WHERE id < 50"
sees "lag trips while replay stands still" '^replication_lag tripped [0-9.]* b$'
sees "its evidence says the limit" '^evidence lag [0-9.]*s > 2s \(2 of 2\)'
from_here
cluster_psql b -c 'SELECT pg_wal_replay_resume()' >/dev/null
sees "and clears" '^replication_lag ok 0.[0-9]* b$'
from_here
sleep 1
ok "an idle primary does not lag" eval "! seen '^replication_lag (tripped|ok [1-9])'"
from_here
cluster_stop b
sees "a replica that is gone lags" '^replication_lag tripped [0-9.]* b is gone'
from_here
cluster_launch b
sees "until it is back" '^replication_lag ok 0.[0-9]* b$' 30

# --- sessions that wait on us
from_here
ours 2 'UPDATE users SET full_name = name WHERE id = 7'
for _ in 1 2 3 4; do web 'UPDATE users SET name = name WHERE id = 7'; done
sees "all who wait for a row of ours are counted" '^lock_waiters tripped 4.00 web \(pid'
sees "the wait is measured" '^lock_wait tripped [0-9.]* web \(pid [0-9]*\) waits on us'
sees "the sample counts them" '^sample .* waiters 4 '
from_here
sees "it clears when we are done" '^lock_waiters ok 0.00'
sees "the wait, too" '^lock_wait ok 0.00'

# --- a wait on the plan's table that is not our doing
from_here
PGAPPNAME=web cluster_psql_as a shop_web -c "BEGIN; UPDATE users SET name = name WHERE id = 8; SELECT pg_sleep(2); COMMIT" >/dev/null &
sleep 0.2
web 'UPDATE users SET name = name WHERE id = 8'
sees "somebody else's row" '^lock_wait tripped [0-9.]* web \(pid [0-9]*\) waits$'
ok "is not counted as ours" eval "! seen '^lock_waiters (ok|tripped) [1-9]'"
from_here
sees "and clears" '^lock_wait ok 0.00'

# --- queueing behind our DDL, which only waits itself, is not a lock of ours
from_here
PGAPPNAME=web cluster_psql_as a shop_web -c "BEGIN; SELECT 1 FROM users LIMIT 1; SELECT pg_sleep(2); COMMIT" >/dev/null &
sleep 0.2
cluster_psql a -c 'GRANT shop_owner TO lab_engine; ALTER TABLE users OWNER TO shop_owner' >/dev/null &
sleep 0.2
PGAPPNAME=pgrollout/m/ddl cluster_psql_as a lab_engine -c "SET lock_timeout = '1500ms'; LOCK TABLE users" >/dev/null 2>&1 &
for _ in 1 2 3 4; do web 'UPDATE users SET name = name WHERE id = 9'; done
sees "who queues for the table is seen" '^lock_wait tripped'
ok "but not as waiting on a lock of ours" eval "! seen '^lock_waiters (ok|tripped) [1-9]'"

# --- the plan's own query
from_here
number 7
sees "the number trips" '^errors tripped 7.00'
from_here
number 1
sees "and clears" '^errors ok 1.00'
from_here
cluster_psql a -c 'ALTER TABLE number RENAME TO gone'
sees "an error blinds" '^errors blind nan relation "number" does not exist'
from_here
cluster_psql a -c 'ALTER TABLE gone RENAME TO number'
sees "and is over" '^errors ok 1.00'
from_here
cluster_psql a -c 'UPDATE number SET value = NULL'
sees "NULL blinds" '^errors blind nan the query returned NULL'
cluster_psql a -c 'INSERT INTO number VALUES (1)'
sees "two rows blind" '^errors blind nan the query returned more than one row'
cluster_psql a -c 'DELETE FROM number'
sees "no row blinds" '^errors blind nan the query returned no row'
cluster_psql a -c "INSERT INTO number VALUES ('NaN')"
sees "NaN blinds" '^errors blind nan the query returned NaN'
cluster_psql a -c "ALTER TABLE number ALTER value TYPE text; UPDATE number SET value = '1'"
sees "text blinds" '^errors blind nan the query returned text, not a number'
cluster_psql a -c "ALTER TABLE number ALTER value TYPE numeric USING 1" -c 'ALTER TABLE number ADD other int'
sees "seeing again takes five readings" '^errors ok 1.00'

# --- stall
from_here
tell 'set guard.stall.pause=1'
tell held
tell work
sleep 1.5
ok "held time does not stall" eval "! seen '^stall tripped'"
tell moved
tell free
sees "no progress does" '^stall tripped'
from_here
tell moved
sleep 1
ok "and it stays so" eval "! seen '^stall ok'"
tell idle
tell 'reset stall'
sees "until it is reset" '^stall ok'

# --- the connection
from_here
cluster_immediate_stop a
sees "a lost connection blinds" '^replication_lag blind nan no connection'
sees "every guard" '^errors blind nan '
cluster_launch a
from_here
sees "until there is one" '^lock_waiters ok 0.00'
sees "and a replica" '^replication_lag ok 0.[0-9]* b$' 30
sensor=$(cluster_psql a -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'pgrollout/probe/sensor'")
from_here
cluster_run kill -STOP "$sensor"
sees "no answer blinds" '^replication_lag blind nan no answer'
sees "all of them" '^stall blind nan no answer'
cluster_run kill -CONT "$sensor"
from_here
sees "until there are answers" '^lock_waiters ok 0.00'
probe_end

# --- statements of the applications, against their own baseline
cluster_psql a -c 'ALTER TABLE number DROP other; UPDATE number SET value = 0' >/dev/null
for i in $(seq 200); do echo "SELECT name FROM users WHERE id = $i AND slow();"; done \
    >"$CLUSTER_ROOT/web.sql"
web_loop() {
    while [ -e "$CLUSTER_ROOT/web.sql" ]; do
        PGAPPNAME=web cluster_psql_as a shop_web -f "$CLUSTER_ROOT/web.sql" >/dev/null 2>&1
    done
}
web_loop &
sleep 1
probe '  stall: {pause: 1h}' 10
sees "a baseline" '^query_latency ok [01][0-9.]* mean '
tell work
from_here
number 0.01
sees "slow statements trip" '^query_latency tripped [0-9.]* mean 1[0-9.]* ms'
from_here
number 0
sees "and clear" '^query_latency ok [01][0-9.]* mean '
rm "$CLUSTER_ROOT/web.sql"
from_here
(for _ in 1 2 3 4 5 6 7 8; do ours 0 'UPDATE users SET full_name = name || random()'; done)
sees "our share of the WAL" '^sample .* share (0.[5-9]|1)'
from_here
cluster_psql a -c 'DROP EXTENSION pg_stat_statements'
sees "without the extension it says so" \
    '^query_latency unwatched nan not watched: no pg_stat_statements'
from_here
cluster_psql a -c 'REVOKE pg_monitor FROM lab_engine'
sees "hidden replicas are not calm" '^replication_lag blind nan the replicas are hidden'
from_here
cluster_stop b
sees "nor are hidden sessions" '^connections blind nan the sessions are hidden'
sees "nor is who works in them" '^long_transaction blind nan the sessions are hidden'
probe_end

# --- what is looked at more rarely: sessions, slots, dead rows
cluster_psql a -c 'GRANT pg_monitor TO lab_engine' -c 'TRUNCATE users' \
    -c 'ALTER TABLE users SET (autovacuum_enabled = off)'
probe "  long_transaction: {pause: 1500ms, resume: 200ms, except: ['pg_dump*']}
  active_sessions: {pause: 4, resume: 0}
  connections: {pause: 20%, resume: 15%}
  dead_tuples: {pause: 500, resume: 100}" 10
sees "without a slot there is nothing to watch" '^slot_wal ok 0.00 nothing to watch: no slot'
sees "nor without an archiver" '^archive_queue ok 0.00 nothing to watch: archive_mode is off'
sees "connections are a share" '^connections ok [0-9.]* [0-9]* of 57 taken'
from_here
ours 3 'SELECT count(*) FROM users'
PGAPPNAME=pg_dump cluster_psql_as a shop_web -c 'BEGIN; SELECT pg_sleep(3); COMMIT' >/dev/null &
sleep 2.7
ok "a long transaction of ours or an excepted one is none" \
    eval "! seen '^long_transaction (tripped|ok [1-9]|ok 0.[5-9])'"
from_here
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do web 'SELECT pg_sleep(5)'; done
sees "anybody else's is" '^long_transaction tripped [0-9.]* web \(pid [0-9]*\) active$'
sees "sessions at work are counted, but not ours" '^active_sessions tripped 14.00 $'
sees "and so are connections" '^connections tripped 2[0-9.]* 1[0-9] of 57 taken'
from_here
sees "the transaction's end clears" '^long_transaction ok 0'
sees "and that of the sessions" '^connections ok '
sees "all of them" '^active_sessions ok 0'
from_here
cluster_psql a -c "BEGIN; SELECT 1; PREPARE TRANSACTION 'left'" >/dev/null
sees "a prepared transaction is as long" '^long_transaction tripped [0-9.]* prepared transaction "left"'
from_here
cluster_psql a -c "ROLLBACK PREPARED 'left'"
sees "until it is gone" '^long_transaction ok 0.00'
from_here
cluster_psql a -c "INSERT INTO users (id, name) SELECT i, 'n' FROM generate_series(1, 1000) i" \
    -c 'DELETE FROM users WHERE id < 900'
sees "dead rows trip" '^dead_tuples tripped 899.00 users'
from_here
cluster_psql a -c 'VACUUM users'
sees "and clear" '^dead_tuples ok 0.00 users'
cluster_psql a -c "ALTER SYSTEM SET max_slot_wal_keep_size = '64MB'" -c 'SELECT pg_reload_conf()' \
    -c "SELECT pg_create_physical_replication_slot('cdc', true)" >/dev/null
from_here
sees "a slot is watched" '^slot_wal ok [0-9.]* slot cdc, inactive'
tell 'set guard.slot_wal=look again'
cluster_psql a -c "SELECT count(pg_logical_emit_message(false, 'x', repeat('x', 1048576)))
    FROM generate_series(1, 55)" >/dev/null
sees "one that is near its loss trips, below the plan's limit" '^slot_wal tripped [0-9]*.00 slot cdc'
from_here
cluster_psql a -c "SELECT pg_drop_replication_slot('cdc')" >/dev/null
sees "until it is dropped" '^slot_wal ok 0.00 nothing to watch'
probe_end

# --- a query that hangs, by the real clock: it must not cost the others their sample
cluster_psql a -c 'GRANT pg_monitor TO lab_engine; UPDATE number SET value = 1'
probe "  errors: {sql: SELECT value FROM number, pause: 5, resume: 1}" 1
sees "the query is read" '^errors ok 1.00'
from_here
cluster_psql a -c 'BEGIN; LOCK TABLE number; SELECT pg_sleep(4); COMMIT' >/dev/null &
sees "one that hangs blinds" '^errors blind nan canceling statement due to statement timeout'
ok "and nobody else" eval "! seen '^(replication_lag|lock_waiters|stall) blind'"
sees "until it answers" '^errors ok 1.00'
probe_end
done_testing

