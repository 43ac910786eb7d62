#!/bin/bash
# Lines instead of a screen: on a terminal without addressing, through pipes, and on a database without the
# control schema, where nothing is created.
. "$(dirname "$0")/pty.sh"

pty_start
cluster_replica b a
cluster_psql a >/dev/null <<'SQL' || bail "the roles could not be made"
SET client_min_messages = error;
GRANT pgrollout_operator, pg_monitor TO lab_operator;
CREATE TABLE public.orders (id int);
GRANT ALL ON public.orders TO PUBLIC;
CREATE DATABASE bare;
SQL
load() { # NAME
    cluster_psql_as a lab_operator >/dev/null <<SQL || bail "\"$1\" was not loaded"
SELECT (pgrollout.load('{"name": "$1", "title": "one", "owner": "payments", "schema": "public",
 "plan_text": "plan of $1", "plan_sha256": "0123456789", "tables": [], "phases": ["expand", "contract"],
 "steps": [{"phase": "expand", "name": "add", "kind": "add_column", "title": "add", "does": "ALTER TABLE",
            "locks": "AccessExclusive", "undo": "drop"},
           {"phase": "contract", "name": "drop", "kind": "drop_column", "title": "drop",
            "does": "ALTER TABLE", "locks": "AccessExclusive", "irreversible": true}]}'::jsonb)).ok
SQL
}
load users-full-name
cluster_env a lab_operator
holds_of() { cluster_psql a -c "SELECT string_agg(h.kind, ' ' ORDER BY h.kind) FROM pgrollout.hold h"; }
says() { # STATUS DESCRIPTION LINES [ARGS]
    local want=$1 what=$2 lines=$3
    shift 3
    exits "$want" "$what" bash -c 'printf "$0" | timeout 60 "$PGROLLOUT" console --plain --refresh 0.5 "$@"' "$lines" "$@"
}

terminals=(TERM=dumb)
[ "$(sample 1 2)" = 1 ] || terminals+=('TERM=xterm-256color --plain')
for terminal in "${terminals[@]}"; do
    script "${terminal}: the five answers, the same commands, every question in words, no escape sequence" <<EOF2
start 100x24 ${terminal%% *} -- $PGROLLOUT console --refresh 0.5$([[ $terminal == *--plain ]] && echo ' --plain')
wait 5 Phase: not begun, waits to enter expand
wait 1 Done: 0 of 2 steps.
wait 1 Harm: 
wait 1 Pause: 
wait 1 Abort: 
type pause -- plain\r
wait 5 pause: held
wait 5 Held: pause of lab_operator: plain
type resume\r
wait 3 Type y to resume
type y\r
wait 5 resume:
wait 5 No longer held: pause of lab_operator
type watch off\r
wait 2 Changes are not said.
type pause\r
wait 5 pause: held
sleep 1
gone 1 Held: pause of lab_operator: paused
type watch changes\r
wait 2 Changes are said.
type abort start\r
wait 3 Type the reason
type INC-42\r
wait 3 Type the migration's name to abort to start
type wrong\r
wait 3 cancelled
type resume\ry\r
wait 5 No longer held
type quit\r
end 0 3
plain
clean
EOF2
done

script 'the prompt of lines: history, Tab, a line that steps aside, Ctrl-C, Ctrl-D' <<EOF2
start 100x40 -- exec $PGROLLOUT console --plain --refresh 0.5
wait 5 Abort: 
wait 1 pgrollout> 
type \e[A
wait 2 pgrollout> quit
type \x15thr\t
wait 2 pgrollout> throttle
type \x15open us\t
wait 2 pgrollout> open users-full-name
type \x15note half
wait 2 pgrollout> note half
sh $CLUSTER_BIN/psql -XAtq -c "SELECT pgrollout.pause('users-full-name')" >/dev/null
wait 3 Held: pause of
wait 2 pgrollout> note half
type  a line\r
wait 3 note: noted
type resume\r
wait 3 Type y to resume
type \x03
wait 2 cancelled
type resume\ry\r
wait 5 No longer held
type abc
wait 2 pgrollout> abc
type \x03
gone 2 pgrollout> abc
type \x04
end 0 3
restored
plain
clean
EOF2
unlike "$(cat "$XDG_STATE_HOME/pgrollout/history")" 'half|^y$|wrong|INC' 'no note and no answer is kept'
for signal in $(sample 'TERM:143 SEGV:sigSEGV' 'TERM:143 INT:130 HUP:129 SEGV:sigSEGV'); do
    script "SIG${signal%:*}: lines end, and the terminal is as it was" <<EOF2
start 80x24 -- ulimit -c 0; exec $PGROLLOUT console --plain
wait 5 pgrollout> 
signal ${signal%:*}
end ${signal#*:} 3
restored
plain
EOF2
done

says 0 'status through a pipe' 'status\n'
like "$out" 'users-full-name.Phase: .*Done: 0 of 2 steps\..Harm: .*Pause: .*Abort: ' 'is said once'
is "$(grep -c '^Phase' <<<"$out")" 1 'and only once'
unlike "$out" $'[\033─█▸‖]' 'without escape sequences, frames and bars'
says 0 'nothing through a pipe' ''
like "$out" 'Phase: ' 'is answered with where it stands'

(cluster_psql a -c "BEGIN; LOCK public.orders; SELECT pg_sleep(30)" >/dev/null 2>&1) &
sleep 0.3
(PGAPPNAME=web cluster_psql a -c $'SELECT \'\e]0;OWNED\a\', count(*) FROM public.orders' >/dev/null 2>&1) &
sleep 1
cluster_psql a -c "SELECT pg_create_physical_replication_slot('cdc', true)" >/dev/null
says 0 'what other screens show' 'fleet\nlocks\nreplicas\nguards\ncard\nactivity\n'
like "$out" 'users-full-name: .*Harm: ' 'every migration in a line'
like "$out" '1 session waits for a lock, the longest for .*Session [0-9]+, postgres.* waits for nobody; 1 waits for it, .* in all; holds AccessExclusive public.orders.*: BEGIN; LOCK' \
    'who holds others up'
like "$out" 'Session [0-9]+, postgres, web, active for .* waits for .* for AccessShare public.orders, held by [0-9]+: SELECT' 'who waits on whom'
unlike "$out" $'\033' 'and what they type goes to no terminal'
like "$out" 'Replica .*: streaming, .*async, .* behind, .* not replayed' 'every replica'
like "$out" 'Slot cdc: physical, NOBODY reads it, keeps .* of WAL, without a limit' 'and every slot'
like "$out" 'No engine has read the guards yet|percent room' 'the guards'
like "$out" 'abort --to start: ' 'and the card'
like "$out" '[0-9]+ of [0-9]+ sessions: .*Session [0-9]+, postgres, web, active for .*in a transaction for .*waits for Lock' \
    'and the sessions'
locker=$(cluster_psql a -c "SELECT pid FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%' AND pid <> pg_backend_pid()")
says 1 'a session that there is not' 'cancel 1\n'
like "$out" 'there is no session 1' 'is not cancelled'
says 1 'terminate without a reason' "terminate $locker\n$locker\n"
like "$out" 'Type the reason, for the journal' 'is asked for one'
says 1 'terminate, with another pid' "terminate $locker -- INC-42\n1\n"
like "$out" "Type the session's pid to terminate it.*cancelled" 'does nothing'
PGUSER=postgres says 0 'terminate, with its pid' "terminate $locker\nINC-42\n$locker\n"
like "$out" 'terminate: ' 'gives a receipt'
is "$(cluster_psql a -c "SELECT count(*) FROM pg_stat_activity WHERE pid = $locker")" 0 'and the session has ended'
LC_ALL=C says 0 'LANG=C' 'fleet\nlocks\nhelp\n'
unlike "$out" $'[\x80-\xff]' 'is ASCII'
cluster_psql a -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%public.orders%' AND pid <> pg_backend_pid()" >/dev/null
wait

says 0 'plan' 'plan\n'
like "$out" 'Phase expand, .*Step .*; locks .*Phase contract, .*Step drop.*CANNOT be taken back' 'tells every step'
says 0 'a checklist' 'checklist\n'
like "$out" 'Checklist, before shipping:.*[a-z-]+, open: .*[a-z-]+, open: ' 'is told item by item'
says 1 'a refusal' 'watch me\n'
like "$out" 'write watch changes' 'says what to write'
says 1 'forget of what has not ended' 'forget users-full-name\n'
like "$out" 'has not ended' 'is refused'
says 0 'abort' 'abort start\nINC-42\nusers-full-name\n'
ok 'it is taken back' cluster_psql a -c "UPDATE pgrollout.migration SET state = 'aborted', finished_at = now()"
says 1 'forget with another name' 'forget users-full-name\nCHG-9\nwrong\n'
says 0 'forget, with the name typed' 'forget users-full-name -- CHG-9\nusers-full-name\n'
like "$out" 'its journal are deleted.*forgotten, with its journal' 'says what goes'
is "$(cluster_psql a -c "SELECT who || ' ' || text FROM pgrollout.event WHERE text LIKE 'forget%'")" \
    'lab_operator forget users-full-name (it was aborted): CHG-9' 'and why stays in the journal'
is "$(cluster_psql a -c 'SELECT count(*) FROM pgrollout.migration')" 0 'it is gone'

PGAPPNAME=metabase cluster_psql_as a lab_operator -c 'SELECT pg_sleep(60)' >/dev/null 2>&1 &
sleep 0.5
locker=$(cluster_psql a -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'metabase'")
says 0 'terminate, and no migration is there' "terminate $locker -- INC-9\n$locker\n"
like "$out" 'terminate: the session has ended' 'does it'
is "$(cluster_psql a -c "SELECT who || ' ' || text FROM pgrollout.event WHERE text LIKE 'terminate pid $locker%'")" \
    "lab_operator terminate pid $locker (metabase, lab_operator): INC-9" 'and it is on record'
wait

PGAPPNAME=reader cluster_psql_as b lab_operator -c 'SELECT pg_sleep(60)' >/dev/null 2>&1 &
sleep 0.5
locker=$(cluster_psql b -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'reader'")
cluster_env b lab_operator
says 0 'on a standby' "replicas\ncancel $locker\ny\n"
like "$out" 'This server is a standby itself, streaming.*There is no replica' 'it says what it is'
like "$out" 'the statement was told to stop; in no journal: this is a standby' 'what cannot be written down is done, and says so'
wait

# A database without the control schema.
cluster_env a postgres bare
dump() { "$CLUSTER_BIN/pg_dumpall" -l bare | grep -v '^\\\(un\)\?restrict'; }
dump >"$CLUSTER_ROOT/before.sql"
says 0 'without the control schema' 'status\nfleet\nlocks\nreplicas\nactivity\nguards\ncard\njournal\n'
like "$out" 'There is no schema pgrollout' 'says so'
like "$out" 'Nobody waits for a lock' 'tells locks'
like "$out" 'Replica .*: streaming.*Slot cdc: physical.*sessions: ' 'tells replicas, slots and sessions'
says 1 'a command there' 'pause\n'
script 'nor does the full screen create anything' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 no schema pgrollout
type p
wait 3 pause needs the role
type :pause x\r
type :resume all\r
type =
wait 3 There is no schema pgrollout
type q
end 0 3
EOF2
dump >"$CLUSTER_ROOT/after.sql"
ok 'and nothing is created' cmp "$CLUSTER_ROOT/before.sql" "$CLUSTER_ROOT/after.sql"
done_testing
