#!/bin/bash
# Every guard that watches the server, its replicas, the clock and programs holds a migration of a real
# engine for what really happens, and lets go of it again. A sample trips those that are read every second,
# all together; the campaign trips each alone.
. "$(dirname "$0")/driven.sh"
. "$(dirname "$0")/../lib/campaign.sh"

cluster_root
driven_start archive_mode=on wal_keep_size=512MB autovacuum=off \
    archive_command="test ! -e $CLUSTER_ROOT/archive.stop"
cluster_replica b a
owner 'CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);
    INSERT INTO users SELECT i, $$name $$ || i FROM generate_series(1, 200000) i;
    CREATE TABLE others (id bigint PRIMARY KEY);
    INSERT INTO others SELECT generate_series(1, 40000);
    CREATE TABLE late (id bigint PRIMARY KEY, a int);
    ANALYZE users, others, late' >/dev/null

# --- the engine's machine: a standby, and a program that does as a file says
probe=$CLUSTER_ROOT/probe.sh
echo 'echo 1' >"$CLUSTER_ROOT/probe.do"
cat >"$probe" <<SH
#!/bin/sh
. $CLUSTER_ROOT/probe.do
SH
chmod 755 "$probe"
export PGROLLOUT_CONF=$CLUSTER_ROOT/pgrollout.conf
cat >"$PGROLLOUT_CONF" <<CONF
[replica beat]
conninfo=$(cluster_conninfo b lab_viewer)

[probe number]
command=$probe
timeout=1s
CONF
chmod 600 "$PGROLLOUT_CONF"
probe_does() { # SHELL: at once as a whole, because it may be read at any moment
    echo "$1" >"$probe.new" && mv "$probe.new" "$CLUSTER_ROOT/probe.do"
}

migration m 'guards:
  replication_lag: {pause: 3s, resume: 1500ms, except: [b]}
  replication_bytes: {pause: 8MB, resume: 4MB}
  slot_wal: {pause: 40MB, resume: 20MB, except: [other_*]}
  connections: {pause: 50%, resume: 40%}
  long_transaction: {pause: 4s, resume: 1s, except: [pg_dump*]}
  archive_queue: {pause: 3, resume: 1}
  retries: {pause: 4, resume: 1}
  active_sessions: {pause: 15, resume: 5}
  dead_tuples: {pause: 20000, resume: 15000}
  number: {probe: number, pause: 5, resume: 2}
  lock_wait: {off: the retries are what is tested}
  query_latency: {off: nobody asks}' <<'YAML'
  expand:
    - add_column: {table: users, column: full_name, type: text}
    - analyze: others
  backfill:
    - backfill: {table: users, set: {full_name: name}, rate: 200/s}
YAML
# a window that is closed now
opens=$(date -u -d "+$(sample 3 2) minutes" +%H:%M)
migration w "guards:
  window: {hours: \"$opens-$(date -u -d '+30 minutes' +%H:%M)\", tz: UTC}" <<'YAML'
  expand:
    - add_column: {table: late, column: b, type: int}
YAML
engine_start --advance auto
operator advance m >/dev/null
operator advance w >/dev/null

holds() {
    sql "SELECT string_agg(h.key, ' ' ORDER BY h.key) FROM pgrollout.hold h JOIN pgrollout.migration m
         ON m.id = h.migration_id WHERE h.kind = 'guard' AND m.name = '${1:-m}'"
}
holds_match() { [[ $(holds) =~ $1 ]]; }
w_holds_match() { [[ $(holds w) =~ $1 ]]; }
holds_none() { [ -z "$(holds)" ]; }
reason() { sql "SELECT reason FROM pgrollout.hold WHERE kind = 'guard' AND key = '$1'"; }
filled() { sql 'SELECT count(full_name) FROM users'; }
moves() { [ "$(filled)" -gt "$1" ]; }
# comes DESCRIPTION SECONDS COMMAND…
comes() {
    local what=$1 seconds=$2 status=0
    shift 2
    wait_until "$seconds" "$@" || status=1
    tap_result "$status" "$what"
    [ "$status" = 0 ] || diag "holds: $(holds)" "$(operator status m 2>&1 | tail -n 25)" \
        "$(tail -n 3 "$engine_log")"
}

# --- what is done to the servers, and undone
wal() { # MEGABYTES
    sql "SELECT count(pg_logical_emit_message(false, 'x', repeat('x', 1048576)))
         FROM generate_series(1, $1)" >/dev/null
}
crowd() { # SESSIONS that do SQL
    local i
    for ((i = 0; i < $1; i++)); do
        PGAPPNAME=crowd cluster_psql_as a shop_web -c "$2" >/dev/null 2>&1 &
    done
}
crowd_ends() {
    sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'crowd'" \
        >/dev/null
}
trip_replication_bytes() { cluster_psql b -c 'SELECT pg_wal_replay_pause()' >/dev/null && wal 12; }
# what comes with it may conflict with the very call
clear_replication_bytes() { cluster_psql b -c 'SELECT pg_wal_replay_resume()' >/dev/null 2>&1; }
trip_replication_lag() { cluster_psql b -c 'SELECT pg_wal_replay_pause()' >/dev/null; }
clear_replication_lag() { clear_replication_bytes; }
trip_slot_wal() {
    sql "SELECT pg_create_physical_replication_slot('other_one', true),
                pg_create_physical_replication_slot('cdc', true)" >/dev/null
    wal 60
}
clear_slot_wal() { sql "SELECT pg_drop_replication_slot('cdc')" >/dev/null; }
trip_connections() { crowd 26 'SELECT pg_sleep(1); BEGIN; SELECT pg_sleep(300)'; }
clear_connections() { crowd_ends; }
trip_active_sessions() { crowd 17 'SELECT pg_sleep(300)'; }
clear_active_sessions() { crowd_ends; }
trip_long_transaction() { hold_open 'SELECT count(*) FROM others'; }
clear_long_transaction() { release; }
trip_archive_queue() {
    touch "$CLUSTER_ROOT/archive.stop"
    local i
    for i in 1 2 3 4 5; do sql "SELECT pg_logical_emit_message(true, 'x', '$i'), pg_switch_wal()" >/dev/null; done
}
# an archiver that has given up is woken by the next file
clear_archive_queue() {
    rm "$CLUSTER_ROOT/archive.stop"
    sql "SELECT pg_logical_emit_message(true, 'x', 'y'), pg_switch_wal()" >/dev/null
}
# who may not list them counts the segments since the last one that was archived
also_archive_queue() {
    local listed
    listed=$(sql "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'")
    is "$(cluster_psql_as a shop_web -f "$top_srcdir/src/engine/sql/sense-archive.sql")" "t|f|$listed|t" \
        "without the right to list them the number is the same"
}
trip_dead_tuples() { owner 'DELETE FROM others WHERE id <= 25000' >/dev/null; }
clear_dead_tuples() { owner 'VACUUM others' >/dev/null; }
trip_number() { probe_does 'echo " 9.5"'; }
clear_number() { probe_does 'echo 1'; }
# every batch waits for its rows in vain
trip_retries() {
    hold_open 'SELECT count(*) FROM (SELECT FROM users WHERE full_name IS NULL FOR UPDATE) x'
}
clear_retries() { release ROLLBACK; }

# guard | its hold's reason
guards='replication_lag|beat by its heartbeat
replication_bytes|, b; clears
number|number 9.5 at or above 5
slot_wal|, slot cdc, inactive; clears
connections|[0-9]+ of [0-9]+ taken
active_sessions|active_sessions [0-9]+ at or above 15
long_transaction|, holder \(pid [0-9]+\) idle in transaction; clears
archive_queue|archive_queue [0-9]+ at or above 3, the archiver fails
dead_tuples|dead_tuples 25000 at or above 20000, others
retries|retries [4-9] at or above 4'

comes "outside its window a migration does not begin" 15 w_holds_match '^window$'
like "$(reason window)" "outside $opens-.* UTC; .*guard.window.pause=2 .*--for 1h" \
    "and the hold says which, and what else can be done"
comes "the backfill begins" 20 moves 100

one_by_one() {
    local guard pattern
    while IFS='|' read -r guard pattern; do
        "trip_$guard"
        comes "$guard holds" 40 holds_match "(^| )$guard( |\$)"
        like "$(reason "$guard")" "$pattern" "and says why"
        ! declare -F "also_$guard" >/dev/null || "also_$guard"
        sleep 0.3
        before=$(filled)
        sleep 1
        is "$(filled)" "$before" "no row changes"
        "clear_$guard"
        comes "it lets go" 120 holds_none
        comes "and the backfill goes on" 15 moves "$before"
    done <<<"$guards"
}

together() {
    local guard pattern all='replication_lag replication_bytes number' before
    for guard in $all; do "trip_$guard"; done
    comes "a lag by the heartbeat, bytes and a program hold" 20 \
        holds_match '^number replication_bytes replication_lag$'
    while IFS='|' read -r guard pattern; do
        [[ " $all " != *" $guard "* ]] || like "$(reason "$guard")" "$pattern" "$guard says why"
    done <<<"$guards"
    sleep 0.3
    before=$(filled)
    sleep 1
    is "$(filled)" "$before" "no row changes"
    for guard in $all; do "clear_$guard"; done
    comes "they let go" 30 holds_none
    comes "and the backfill goes on" 15 moves "$before"
}
if [ -z "${PGROLLOUT_CAMPAIGN:-}" ]; then
    operator set w guard.window.pause=2 guard.window.resume=1 >/dev/null
    together
    comes "a window can be overruled" 20 is_where w '^done'
    engine_stop
    done_testing
fi
one_by_one

# --- a standby that cannot be asked is blind by its name; so is a program that does not answer
sql 'ALTER ROLE lab_viewer NOLOGIN'
cluster_catchup b a
cluster_psql b -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'pgrollout/engine/standby'" >/dev/null
comes "a standby that cannot be asked holds" 15 holds_match '^replication_lag$'
like "$(reason replication_lag)" 'blind: standby beat: .*not permitted to log in' "by its name"
sql 'ALTER ROLE lab_viewer LOGIN'
comes "until it answers" 25 holds_none
# what a program does | why it blinds
while IFS='|' read -r does why; do
    probe_does "$does"
    comes "a program that does $does holds" 20 holds_match '^number$'
    like "$(reason number)" "blind: $why" "and the hold says why"
    probe_does 'echo 1'
    comes "until it answers" 25 holds_none
    is "$(pgrep -f "[s]leep 600.$$")" "" "and nothing of it is left"
done <<DOES
exec sleep 600.$$|no answer within 1s
trap '' TERM; sleep 600.$$; sleep 600.$$|no answer within 1s
sleep 600.$$ & sleep 600.$$ & wait|no answer within 1s
exec cat /dev/zero|it printed more than 64 kB
kill -SEGV \$\$|it was ended by signal 11
exit 3|it ended with status 3
echo calm|it printed "calm", not a number
true|it printed nothing
DOES

if [[ $(date -u +%H:%M) < $opens ]]; then # a slow machine may be late
    comes "with its hours a window opens" 150 is_where w '^done'
    ok "and not before" eval '[[ ! $(date -u +%H:%M) < $opens ]]'
else
    comes "a window is open in its hours" 20 is_where w '^done'
fi
engine_stop
done_testing
