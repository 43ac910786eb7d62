#!/bin/bash
# The cockpit on a real pty, with a real server: keys, prompt, sizes, a server that stands still, foreign
# text, terminals of all sorts, and how the terminal is left. Times are judged at the figure times
# PGROLLOUT_BOUND_FACTOR (5; the campaign says 1).
. "$(dirname "$0")/pty.sh"

pty_start
cluster_psql a >/dev/null <<'SQL' || bail "the table could not be made"
SET client_min_messages = error;
GRANT pgrollout_engine TO lab_engine;
GRANT shop_owner TO lab_engine;
GRANT pgrollout_operator TO lab_operator;
GRANT pgrollout_viewer TO lab_viewer;
GRANT USAGE ON SCHEMA public TO lab_operator;
CREATE TABLE public.users (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO public.users SELECT i, 'name ' || i FROM generate_series(1, 1000) i;
ALTER TABLE public.users OWNER TO shop_owner;
CREATE DATABASE bare;
SQL

plan_json() { # NAME TITLE
    cat <<JSON
{"name": "$1", "title": "$2", "owner": "payments", "schema": "public", "plan_text": "plan of $1",
 "plan_sha256": "0123456789", "tables": [], "phases": ["expand", "deploy", "contract"],
 "steps": [
  {"phase": "expand", "name": "add", "kind": "add_column", "title": "add column full_name",
   "does": "ALTER TABLE", "locks": "AccessExclusive", "undo": "drop column full_name"},
  {"phase": "deploy", "name": "gate", "kind": "confirm", "title": "release 42 runs", "does": "asks",
   "locks": "none", "gate_text": "Deployed?", "reverse_text": "Rolled back?"},
  {"phase": "contract", "name": "drop", "kind": "drop_column", "title": "drop column name",
   "does": "ALTER TABLE", "locks": "AccessExclusive", "irreversible": true}]}
JSON
}

load() { # NAME TITLE
    cluster_psql_as a lab_operator -v plan="$(plan_json "$@")" \
        <<<"SELECT (pgrollout.load(:'plan'::jsonb)).ok" >/dev/null || bail "\"$1\" was not loaded"
}

# The migration anew, without history.
start_over() {
    cluster_psql a -c 'DELETE FROM pgrollout.migration' >/dev/null || bail "could not start over"
    load users-full-name 'Rename users.name to users.full_name'
    rm -rf "$XDG_STATE_HOME/pgrollout"
}

# The postmaster and all its children, stopped or continued. A file, because the driver calls it.
cat >"$CLUSTER_ROOT/server" <<'SH'
#!/bin/bash
# server STOP|CONT PID
kill -"$1" "$2" $(ps -o pid= --ppid "$2")
SH
chmod +x "$CLUSTER_ROOT/server"
server=$(cluster_pid a)

holds_of() { # what holds the migration
    cluster_psql a -c "SELECT string_agg(h.kind, ' ' ORDER BY h.kind) FROM pgrollout.hold h"
}

cluster_env a lab_operator
start_over
script 'the five lines stand in rows 4 to 8, keys act, strips ask, the terminal is given back' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
row 1 users-full-name
row 2 EXPAND
row 4  PHASE  not started
row 5  DONE
row 6  HARM
row 7  PAUSE  p
row 8  ABORT  A
row 24 p pause
type p
wait 5 pause: held
wait 5 HELD by lab_operator
row 7 already paused
type r
wait 2 resume users-full-name
row 8  ABORT
sleep 0.3
type n
gone 2 any other key
wait 2 nothing was sent
type r
wait 2 any other key
sleep 0.3
type y
wait 5 resume:
wait 5 WAITS to enter expand
type 7
wait 5 lab_operator   pause
type ?
wait 2 Stop with one key
type \e
gone 2 Stop with one key
type Z
wait 2 no such key
type q
end 0 3
restored
clean
EOF2
is "$(holds_of)" boundary 'resume has taken the operator'\''s hold away'

script ':resume all asks, and says who goes on' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type P
wait 5 HELD by lab_operator
type :resume all\r
wait 2 No migrations go on by this.
wait 1 users-full-name: boundary before expand
wait 1 y resume all
row 8  ABORT
sleep 0.3
type n
gone 2 y resume all
row 4 HELD by lab_operator
type :resume all\r
wait 2 y resume all
sleep 0.3
type y
wait 5 resume_all:
wait 5 not started
type :resume all\r
wait 2 no operator holds anything
type q
end 0 3
clean
EOF2
is "$(holds_of)" boundary ':resume all has resumed'

script 'help scrolls back from its end with the first key; a window of a few lines shows receipts' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type ?
wait 2 Stop with one key
type \e[F
wait 2 :quit
type kkkkk
gone 2 :quit
type \e
wait 2 ABORT
size 30x5
wait 2 p=pause
type p
wait 5 pause: held
type g
wait 2 small for this question
size 80x24
wait 5 HELD by lab_operator
type r
wait 2 y resume
sleep 0.3
type y
wait 5 resume:
type q
end 0 3
clean
EOF2

script 'what is typed before a question can have been read answers nothing' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type p
wait 5 HELD by lab_operator
type ry
wait 2 any other key
sleep 0.5
row 4 HELD by lab_operator
type \e
gone 2 any other key
type q
end 0 3
EOF2
is "$(holds_of)" 'boundary operator' 'a typed-ahead y resumes nothing'

start_over
script 'pasted text is no key, runs nothing in the prompt, and is text there' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type \\e[200~pPgy\\r:pause\\r\\e[201~
wait 2 pasted text does nothing here
type :
wait 2 :
type \\e[200~pause users-full-name\\r\\e[201~
wait 2 :pause users-full-name
sleep 0.3
row 4 not started
type \\x03
gone 1 :pause
type g
wait 2 y advance
sleep 0.3
type \\e[200~y\\r\\e[201~
sleep 0.3
row 4 not started
wait 1 y advance
type n
gone 1 y advance
type q
end 0 3
restored
EOF2
is "$(holds_of)" boundary 'nothing was paused by it'

start_over
script 'g asks and advances; contract and abort want the name typed' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type g
wait 2 Into phase expand
sleep 0.3
type y
wait 5 advance: phase
sleep 1
type A
wait 2 Type users-full-name:
wait 3 nothing to take back
sleep 0.3
type users-full
wait 1 Type users-full-name: users-full
type \r
sleep 0.3
wait 1 Enter: not yet
type \x15wrong
sleep 0.1
type \r
type wrong
sleep 0.1
type \r
type wrong
sleep 0.1
type \r
wait 3 the name was wrong
gone 1 Type users-full-name:
type q
end 0 3
EOF2
is "$(cluster_psql a -c 'SELECT state FROM pgrollout.migration')" active 'no abort without the name'

script 'a word that is no way back opens no abort, and what is typed moves no target' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type :abort exapnd\r
wait 2 "exapnd" is neither a migration nor a way back
wait 1 there is: start
gone 1 Type users-full-name:
type :abort start\r
wait 2 Type users-full-name:
wait 3 nothing to take back
sleep 0.3
type jk2
wait 1 Type users-full-name: jk2
wait 1 ► start
type \e
gone 2 Type users-full-name:
type :set batch.max=500 for 10m\r
wait 2 for 10m; then as it was before
sleep 0.3
type \e
gone 2 y set
type :set batch.max=500 for 3x\r
wait 2 set: "3x" is not a duration
type :throttle for 3x\r
wait 2 throttle: "3x" is not a duration
type q
end 0 3
clean
EOF2

script 'abort with the name typed' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type :abort start -- try\r
wait 2 Type users-full-name:
wait 3 nothing to take back
sleep 0.3
type users-full-name
wait 1 Enter abort
type \r
wait 5 abort: aborting
type q
end 0 3
EOF2
isnt "$(cluster_psql a -c 'SELECT state FROM pgrollout.migration')" active 'abort has been taken'

start_over
script 'type-ahead after ":" belongs to the prompt, in one write' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type :pause users-full-name -- INC-42\r
wait 5 pause: held
wait 5 INC-42
type :nonsense\r
wait 2 there is no command "nonsense"
type :note one\r
wait 5 note:
type q
end 0 3
EOF2
is "$(holds_of)" 'boundary operator' 'the typed-ahead pause stands'
is "$(stat -c %a "$XDG_STATE_HOME/pgrollout/history")" 600 'the history is private'
is "$(cat "$XDG_STATE_HOME/pgrollout/history")" $'pause users-full-name\nnonsense' 'and has neither reasons nor notes'

script 'the prompt keeps its text through resizes, completes, remembers, and is cancelled' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type :pause us
row 23 :pause us
size 100x30
wait 2 :pause us
row 29 :pause us
size 60x16
wait 2 :pause us
size 80x24
wait 2 :pause us
type \t
wait 2 :pause users-full-name
type \e
gone 2 :pause us
type :
wait 2 :
type \x10
wait 2 :nonsense
type \x03
gone 2 :nonsense
type :re
type \t\t
wait 2  refresh
type \e
gone 2  refresh
type \e[A
type q
end 0 3
clean
EOF2

script 'sizes: 120x40, 60x16, 40x10, one line, and a storm of them' <<EOF2
start 120x40 -- $PGROLLOUT console
wait 5 LIVE
row 3 now, undo free
row 4  PHASE
row 8  ABORT
row 9 Rename users.name
wait 2 replicas
size 40x10
wait 2  PHASE HELD
row 2  PHASE
row 6  ABORT
size 60x16
wait 2 guards
row 4  PHASE
row 8  ABORT
size 30x5
row 1 LOADED
row 4 PAUSE -
row 5 ABORT A
size 30x1
row 1 LOADED UNKNOWN
size 33x11
size 200x60
size 41x11
size 17x3
size 100x9
size 80x24
wait 2 PAUSE  -
row 4  PHASE
row 24 quit
size 80x16
sleep 0.1
type A
sleep 0.3
size 80x8
row 5 PAUSE -
size 80x24
gone 2 Type users-full-name:
wait 2 the window is too small
type q
sleep 0.3
row 24 quit
type \e
sleep 0.3
type q
end 0 3
EOF2

start_over
script 'the server stands still: keys answer at once, old data looks old, a pause is queued and sent' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
sleep 1
sh $CLUSTER_ROOT/server STOP $server
sleep 0.5
quick 50 ? => Stop with one key
sleep 0.2
quick 50 2 => ABORT
sleep 0.2
wait 5 LATE
wait 9 STALE
quick 50 ? => Stop with one key
quick 50 \e => last known
wait 2 not offered on old data
type p
wait 2 queued
quick 50 :quit => :quit
type \x03
gone 1 :quit
wait 12 LOST
sleep 0.3
quick 50 7 =>  time     who
type 2
sh $CLUSTER_ROOT/server CONT $server
wait 40 LIVE
wait 10 HELD by lab_operator
type q
end 0 3
restored
EOF2
"$CLUSTER_ROOT/server" CONT "$server"
is "$(holds_of)" 'boundary operator' 'the pause that was queued has arrived'

start_over
cat >"$CLUSTER_ROOT/held" <<SH
#!/bin/bash
# Until an operator holds the migration, for at most 3 s (times the factor for limits).
for ((i = 0; i < 30 * ${PGROLLOUT_BOUND_FACTOR:-5}; i++)); do
    [ "\$($CLUSTER_BIN/psql -XAtq -d '$(cluster_conninfo a)' -c "SELECT count(*) FROM pgrollout.hold WHERE kind = 'operator'")" = 1 ] && exit 0
    sleep 0.1
done
exit 1
SH
chmod +x "$CLUSTER_ROOT/held"
script 'a terminal that takes no output blocks nothing: p pauses, and the picture comes back' <<EOF2
start 120x40 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
wait 5 WAITS to enter expand
flood 40 \\x0c
flood 1 p
sh $CLUSTER_ROOT/held
wait 5 HELD by lab_operator
type q
end 0 3
restored
EOF2

cat >"$CLUSTER_ROOT/ended" <<'SH'
#!/bin/bash
# ended PID: within 3 s, though nobody has taken its status
for ((i = 0; i < 30; i++)); do
    [ "$(ps -o stat= -p "$1" | cut -c1)" = Z ] && exit 0
    sleep 0.1
done
exit 1
SH
chmod +x "$CLUSTER_ROOT/ended"
script 'nor does it keep the console from leaving' <<EOF2
start 120x40 -- exec $PGROLLOUT console --refresh 1
wait 5 LIVE
flood 40 \\x0c
signal TERM
sh $CLUSTER_ROOT/ended \$PID
end 143 3
restored
EOF2

start_over
cat >"$CLUSTER_ROOT/backend" <<SH
#!/bin/bash
# backend STOP|CONT NAME: the console's connection of that name, on the server's side
kill -"\$1" \$($CLUSTER_BIN/psql -XAtq -d '$(cluster_conninfo a)' -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'pgrollout/console/\$2'")
SH
chmod +x "$CLUSTER_ROOT/backend"
script 'the commanding connection does not answer: the pause goes over a spare one' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
sleep 1
sh $CLUSTER_ROOT/backend STOP control
type p
wait 5 pause: held
wait 3 HELD by lab_operator
row 1 LIVE
sh $CLUSTER_ROOT/backend CONT control 2>/dev/null || :
type r
wait 2 any other key
sleep 0.3
type y
wait 5 resume: resumed
type q
end 0 3
EOF2

start_over
script 'the reading connection does not answer: old data looks old, another one takes its place' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type g
wait 2 y advance
sleep 1
sh $CLUSTER_ROOT/backend STOP watch
wait 4 LATE
wait 9 STALE
wait 1 advance: cancelled, the data is old
row 5 steps~
quick 1000 p => pause: held
wait 9 LIVE
row 4 HELD by lab_operator
type q
end 0 3
EOF2
"$CLUSTER_ROOT/backend" CONT watch 2>/dev/null

start_over
script 'the connections are cut: it reconnects by itself, and R tries at once' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
sh $CLUSTER_BIN/psql -XAtq -U postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pgrollout/console%'" >/dev/null
wait 5 LOST
wait 1 unknown
wait 8 LIVE
row 4 not started
type p
wait 5 HELD by
type q
end 0 3
EOF2

# Foreign text: a statement, a name and a title with escape sequences and worse.
evil=$'\e]0;OWNED\a\e[2J\u202eevil\u009b31m'
start_over
cluster_psql a -v t="$evil title" >/dev/null <<'SQL'
UPDATE pgrollout.migration SET title = :'t', owner = :'t', contact = :'t';
SQL
(
    cluster_psql a -v t="$evil" <<'SQL' >/dev/null 2>&1
BEGIN; LOCK public.users; SELECT pg_sleep(12), :'t';
SQL
) &
sleep 0.5
(cluster_psql a -c "SELECT '$evil', count(*) FROM public.users" >/dev/null 2>&1) &
script 'hostile statements, names and errors put nothing on the wire' <<EOF2
start 120x40 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
wait 5 waits on
wait 3 OWNED
type :pause users-full-name -- \xe2\x80\xaeevil\xc2\x9b31m\r
wait 5 pause: held
type 7
wait 5 evil
type 2
type :pause no-such-$(printf '\\xc2\\x9bname')\r
wait 5 × pause
clean
type q
end 0 3
clean
EOF2
cluster_psql a -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%OWNED%' AND pid <> pg_backend_pid()" >/dev/null
wait

start_over
script 'TERM=vt100: ASCII and no colour' <<EOF2
start 80x24 TERM=vt100 -- $PGROLLOUT console
wait 5 LIVE
row 2 = EXPAND --
row 4  PHASE  not started . WAITS
colours no
type p
wait 5 HELD by
type q
end 0 3
restored
EOF2

for terminal in linux screen ansi xterm-mono; do
    script "TERM=$terminal" <<EOF2
start 80x24 TERM=$terminal -- $PGROLLOUT console
wait 5 LIVE
row 4  PHASE
row 8  ABORT
type q
end 0 3
restored
EOF2
done

script 'LANG=C: ASCII' <<EOF2
start 80x24 LC_ALL=C -- $PGROLLOUT console
wait 5 LIVE
row 2 = EXPAND
colours yes
type q
end 0 3
EOF2

script 'NO_COLOR: no colour, and the states in words' <<EOF2
start 80x24 NO_COLOR=1 -- $PGROLLOUT console
wait 5 LIVE
row 2 ‖ EXPAND
colours no
type q
end 0 3
EOF2

script 'TERM=dumb: lines, and the same commands' <<EOF2
start 100x24 TERM=dumb -- $PGROLLOUT console
wait 5 Phase: 
wait 1 Abort: 
type pause users-full-name -- plain\n
wait 5 pause: held
type resume\n
wait 3 Type y
type y\n
wait 5 resume:
type quit\n
end 0 3
clean
EOF2
out=$(echo | "$PGROLLOUT" console 2>&1 | cat)
like "$out" 'Phase: .*Pause: ' 'through a pipe: the five lines, and an end'

start_over
for signal in TERM HUP; do
    case $signal in TERM) status=143 ;; *) status=129 ;; esac
    script "SIG$signal: it ends, and the terminal is as it was" <<EOF2
start 80x24 -- exec $PGROLLOUT console
wait 5 LIVE
type :half a comm
wait 2 :half
signal $signal
end $status 3
restored
EOF2
done

for signal in SEGV ABRT; do
    script "SIG$signal: it dies of it, and the terminal is as it was" <<EOF2
start 80x24 -- ulimit -c 0; exec $PGROLLOUT console
wait 5 LIVE
signal $signal
end sig$signal 3
restored
EOF2
done

script 'Ctrl-Z gives the terminal back, SIGCONT takes it again' <<EOF2
start 80x24 -- exec $PGROLLOUT console
wait 5 LIVE
type \x1a
sleep 0.5
restored
signal CONT
wait 3 LIVE
row 4  PHASE
type q
end 0 3
restored
EOF2

cluster_env a lab_viewer
script 'a viewer is offered less, and told why' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 VIEWER
wait 3 needs the role pgrollout_responder
type p
wait 3 pause needs the role
type q
end 0 3
EOF2
cluster_env a lab_operator
script '--read-only acts on nothing' <<EOF2
start 80x24 -- $PGROLLOUT console --read-only
wait 5 LIVE
row 1 READ ONLY
type p
wait 3 --read-only
type g
wait 3 advance: this console
type q
end 0 3
EOF2
is "$(holds_of)" boundary 'nothing was paused'

cluster_env a postgres bare
script 'without the control schema: locks, replicas, how to install' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 no schema pgrollout
wait 3 lock waits
type q
end 0 3
EOF2
is "$("$CLUSTER_BIN/psql" -XAtqc "SELECT count(*) FROM pg_namespace WHERE nspname = 'pgrollout'")" 0 \
    'and it creates nothing'

# A login with a password, and a server that wants it.
cluster_psql a -c "CREATE ROLE keyed LOGIN PASSWORD 'sesame'; GRANT pgrollout_viewer TO keyed" >/dev/null
cluster_run sed -i '1i local all keyed scram-sha-256' "$CLUSTER_ROOT/a/pg_hba.conf"
cluster_psql a -c 'SELECT pg_reload_conf()' >/dev/null
cluster_env a keyed
script 'a password is asked for outside the screen, and not shown' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 Password:
type sesame\\r
wait 5 LIVE
wait 2 VIEWER
gone 1 sesame
type q
end 0 3
restored
EOF2
exits 3 'with -w it says what is missing' "$PGROLLOUT" console -w
like "$err" 'password' 'and names it'


cluster_env a lab_operator
PGPORT=1 exits 3 'a pipe and no server: exit 3' "$PGROLLOUT" console
PGPORT=1 script 'no server: it says so, tries again, and leaves on q' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 No connection
wait 3 try 1
type q
end 0 3
restored
EOF2
done_testing
