#!/bin/bash
# Terminals that do not help: stopped by Ctrl-S, not drained, cut off, of strange kinds; and every way out
# leaves the terminal as it was.
. "$(dirname "$0")/pty.sh"

pty_start
cluster_psql a >/dev/null <<'SQL' || bail "the roles could not be made"
SET client_min_messages = error;
GRANT pgrollout_operator TO lab_operator;
SQL
cluster_psql_as a lab_operator >/dev/null <<'SQL' || bail "nothing was loaded"
SELECT (pgrollout.load('{"name": "users-full-name", "title": "one", "owner": "payments", "schema": "public",
 "plan_text": "plan", "plan_sha256": "0123456789", "tables": [], "phases": ["expand", "contract"],
 "steps": [{"phase": "expand", "name": "add", "kind": "add_column", "title": "add", "does": "ALTER TABLE",
            "locks": "AccessExclusive", "undo": "drop"},
           {"phase": "contract", "name": "drop", "kind": "drop_column", "title": "drop",
            "does": "ALTER TABLE", "locks": "AccessExclusive", "irreversible": true}]}'::jsonb)).ok
SQL
cluster_env a lab_operator

script 'Ctrl-S stops nothing, Ctrl-Q and Ctrl-\\ end nothing' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type \x13
type ?
wait 2 Stop with one key
type \x11\x1c
type 2
wait 2 ABORT
type :a\x13b
wait 2 :
type \x03
type q
end 0 3
restored
EOF2

script '= says the five answers one after another; another message ends it' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type =
wait 2  Phase: not begun, waits to enter expand
type =
wait 2  Done: 0 of 2 steps.
type =
wait 2  Harm: 
type =
wait 2  Pause: 
type =
wait 2  Abort: 
type =
wait 2  Phase: 
type Z
wait 2 no such key
type :status\r
wait 2  Phase: 
wait 20 Done: 0 of 2 steps.
type q
end 0 3
clean
EOF2

script 'a terminal that is not drained: pictures are dropped, then there are fewer, then one whole again' <<EOF2
start 120x40 -- $PGROLLOUT console --refresh 0.5
wait 5 LIVE
flood 40 \\x0c
sh sleep 2.5
wait 5 the terminal takes little
wait 9 LIVE
row 4  PHASE
row 8  ABORT
type :lowbw off\r
wait 8 LIVE
type :lowbw on\r
type :lowbw maybe\r
wait 2 write :lowbw on
type q
end 0 3
restored
EOF2

for terminal in vt100 xterm-direct $(sample "" "linux screen-256color ansi"); do
    script "TERM=$terminal LC_ALL=C: words and ASCII, keys, the prompt, and the way out" <<EOF2
start 80x24 TERM=$terminal LC_ALL=C -- $PGROLLOUT console
wait 5 LIVE
row 4  PHASE
row 8  ABORT
type :open users\t
row 23 :open users-full-name
type \x03
type ?
wait 2 Stop with one key
type q
end 0 3
restored
clean
EOF2
done
script 'a terminal nobody knows gets lines' <<EOF2
start 80x24 TERM=no-such-terminal -- $PGROLLOUT console
wait 5 Phase: 
type q\r
end 0 3
plain
EOF2

for signal in $(sample "SEGV QUIT" "SEGV ABRT BUS FPE QUIT"); do
    script "SIG$signal with the prompt open: it dies of it, and the terminal is as it was" <<EOF2
start 80x24 -- ulimit -c 0; exec $PGROLLOUT console
wait 5 LIVE
type :half a comm
wait 2 :half
signal $signal
end sig$signal 3
restored
EOF2
done

cat >"$CLUSTER_ROOT/gone" <<'SH'
#!/bin/bash
# gone PID: within 3 s
for ((i = 0; i < 30; i++)); do
    case $(ps -o stat= -p "$1" | cut -c1) in '' | Z) exit 0 ;; esac
    sleep 0.1
done
exit 1
SH
chmod +x "$CLUSTER_ROOT/gone"
for way in '' ' --plain'; do
    script "the line is cut: console$way ends, and leaves nothing behind" <<EOF2
start 80x24 -- exec $PGROLLOUT console$way
wait 5 users-full-name
hangup
sh $CLUSTER_ROOT/gone \$PID
EOF2
done
script 'a crash into a terminal that takes nothing does not hang' <<EOF2
start 120x40 -- ulimit -c 0; exec $PGROLLOUT console --refresh 0.5
wait 5 LIVE
flood 40 \\x0c
signal SEGV
sh $CLUSTER_ROOT/gone \$PID
EOF2
is "$(cluster_psql a -c "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgrollout/console%'")" \
    0 'no connection is left'
done_testing
