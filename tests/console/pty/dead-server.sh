#!/bin/bash
# A server that stands still, and one that is not there: keys are answered, the words for the link are true,
# a pause is queued and comes first, leaving without it is asked once, and R does not wait.
. "$(dirname "$0")/pty.sh"

pty_start
cluster_psql a >/dev/null <<'SQL' || bail "the roles could not be made"
SET client_min_messages = error;
GRANT pgrollout_operator TO lab_operator;
SQL
cluster_psql_as a lab_operator >/dev/null <<'SQL' || bail "nothing was loaded"
SELECT (pgrollout.load('{"name": "users-full-name", "title": "one", "owner": "payments", "schema": "public",
 "plan_text": "plan", "plan_sha256": "0123456789", "tables": [], "phases": ["expand"],
 "steps": [{"phase": "expand", "name": "add", "kind": "add_column", "title": "add", "does": "ALTER TABLE",
            "locks": "AccessExclusive", "undo": "drop"}]}'::jsonb)).ok
SQL
cat >"$CLUSTER_ROOT/server" <<'SH'
#!/bin/bash
# server STOP|CONT PID: the postmaster and all its children
kill -"$1" "$2" $(ps -o pid= --ppid "$2")
SH
cat >"$CLUSTER_ROOT/ctl" <<SH
#!/bin/bash
# ctl ARGS: pg_ctl of the server
cd / && $CLUSTER_BIN/pg_ctl -s -w -t 60 -D $(cluster_data a) -l $(cluster_log a) "\$@" >/dev/null 2>&1 </dev/null
SH
chmod +x "$CLUSTER_ROOT/server" "$CLUSTER_ROOT/ctl"
become=
[ "$(id -u)" -ne 0 ] || become="setpriv --reuid=$CLUSTER_USER --regid=$(id -g "$CLUSTER_USER") --init-groups"
server=$(cluster_pid a)
trap 'status=$?; "$CLUSTER_ROOT/server" CONT "$server" 2>/dev/null; (exit "$status"); cluster_cleanup' EXIT
verbs() { # what was done by hand, in order
    cluster_psql a -c "SELECT string_agg(kind, ' ' ORDER BY id) FROM pgrollout.event WHERE kind IN ('pause', 'resume', 'hold')"
}
keys=$(sample 60 400)

cluster_env a lab_operator
script 'the server stands still: keys are answered, the words are true, a pause waits and goes first' <<EOF2
start 80x24 -- exec $PGROLLOUT console --refresh 1
wait 5 LIVE
sleep 1
sh $CLUSTER_ROOT/server STOP $server
swing $keys 50 ? => Stop with one key | 2 => ABORT
sleep 0.3
wait 9 STALE
row 6 UNKNOWN
row 5 ~
wait 9 LOST
row 6 UNKNOWN
row 4 Last seen
swing $keys 50 ? => Stop with one key | 2 => ABORT
sleep 0.3
type r
wait 2 resume
type p
wait 2 pause: queued, sent first when the server answers
row 7 queued
type q
wait 2 a pause has not gone out yet: q again leaves without it
sleep 1.5
type 7
wait 2 who
type 2
wait 2 ABORT
type q
wait 2 a pause has not gone out yet: q again leaves without it
sh $CLUSTER_ROOT/server CONT $server
wait 15 LIVE
wait 5 HELD by lab_operator
type q
end 0 3
restored
clean
EOF2
"$CLUSTER_ROOT/server" CONT "$server"
is "$(cluster_psql a -c "SELECT count(*) FROM pgrollout.hold WHERE kind = 'operator'")" 1 'the pause that waited stands'

script 'leaving with a pause that waits takes q twice, and the terminal is restored' <<EOF2
start 80x24 -- exec $PGROLLOUT console --refresh 0.5
wait 5 LIVE
sh $become $CLUSTER_ROOT/ctl -m fast stop
wait 5 LOST
type p
wait 2 queued
type q
wait 2 q again leaves
type q
end 0 3
restored
EOF2

cluster_launch a
script 'the server is gone: which attempt it is and why; R does not wait for the next one' <<EOF2
start 80x24 -- exec $PGROLLOUT console --refresh 0.5
wait 5 LIVE
sh $become $CLUSTER_ROOT/ctl -m fast stop
wait 5 LOST
wait 12 try 3
wait 1 No such file or directory
sh $become $CLUSTER_ROOT/ctl start
row 1 LOST
quick 700 R => LIVE
row 4 PHASE
type q
end 0 3
restored
clean
EOF2
server=$(cluster_pid a)
done_testing
