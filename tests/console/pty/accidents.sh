#!/bin/bash
# What has bitten the users of other consoles does nothing here: keys twice, keys held down, Enter, pastes, a
# mouse, sequences in pieces, keys before the first picture. And every way to cancel sends nothing and says so.
. "$(dirname "$0")/pty.sh"

pty_start
cluster_psql a >/dev/null <<'SQL' || bail "the table could not be made"
SET client_min_messages = error;
GRANT pgrollout_operator TO lab_operator;
GRANT USAGE ON SCHEMA public TO lab_operator;
SQL

load() { # NAME
    cluster_psql_as a lab_operator -v name="$1" >/dev/null <<'SQL' || bail "\"$1\" was not loaded"
SELECT (pgrollout.load(jsonb_build_object('name', :'name'::text, 'title', :'name'::text, 'owner', 'payments', 'schema', 'public',
    'plan_text', 'plan', 'plan_sha256', '0123456789', 'tables', '[]'::jsonb, 'phases', '["expand", "contract"]'::jsonb,
    'steps', '[{"phase": "expand", "name": "add", "kind": "add_column", "title": "add column full_name", "does": "ALTER TABLE",
                "locks": "AccessExclusive", "undo": "drop column full_name"},
               {"phase": "contract", "name": "drop", "kind": "drop_column", "title": "drop column name", "does": "ALTER TABLE",
                "locks": "AccessExclusive", "irreversible": true}]'::jsonb))).ok
SQL
}

start_over() {
    cluster_psql a -c 'DELETE FROM pgrollout.migration' >/dev/null || bail "could not start over"
    load users-full-name
    before=$(commands_all)
}
commands_all() { cluster_psql a -c "SELECT count(*) FROM pgrollout.event WHERE kind = 'command'"; }
commands() { echo $(($(commands_all) - before)); } # since start_over

cluster_env a lab_operator
start_over
script 'keys twice, Enter, unknown keys: nothing' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type dd
type \\r\\r
type yy
wait 2 no such key
type AA
wait 2 Type users-full-name:
sleep 0.3
type \\r\\r
sleep 0.2
wait 1 Enter: not yet
type \\e
wait 2 abort: cancelled, Esc: nothing was sent · users-full-name
type gg
wait 2 y advance
sleep 0.9
type \\r\\r
gone 2 y advance
wait 2 another key: nothing was sent
type g
wait 2 y advance
sleep 0.3
type \\x03
wait 2 Ctrl-C: nothing was sent
type q
end 0 3
clean
EOF2
is "$(commands)" 0 'nothing was sent'

script 'keys held down open one question, and answer none' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
hold $(sample 30 90) g
wait 1 y advance
type \\e
gone 2 y advance
hold $(sample 30 90) A
wait 1 Type users-full-name:
gone 1 Type users-full-name: A
hold $(sample 30 90) \\r
wait 1 Enter: not yet
type \\e
gone 2 Type users-full-name:
hold $(sample 10 90) y
hold $(sample 10 90) \\e[A
hold $(sample 10 90) X
type q
end 0 3
EOF2
is "$(commands)" 0 'nothing was sent'
script 't and p held down act once' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
hold $(sample 30 90) t
wait 2 throttle: slower
hold $(sample 30 90) p
wait 2 pause: held
type q
end 0 3
EOF2
is "$(commands)" 2 'one throttle and one pause'

start_over
script 'a paste, marked or not, answers nothing' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type g
wait 2 y advance
sleep 0.3
type \\e[200~y\\n\\e[201~
wait 2 pasted text answers nothing
type y\\n
wait 2 in one piece
wait 1 y advance
type \\e
gone 2 y advance
type A
wait 3 nothing to take back
sleep 0.3
type \\e[200~users-full-name\\n\\e[201~
wait 2 Type users-full-name: users-full-name
type \\tINC-42
wait 1 Enter abort
type \\e
gone 2 Type users-full-name:
type A
wait 3 nothing to take back
sleep 0.3
type u
type \\e[200~sers-full-name\\e[201~
wait 2 pasted text answers nothing
type \\x15\\tINC-42
type \\t
sleep 0.2
type users-full-name\\r
wait 2 press Enter by itself
wait 1 Enter abort
type \\e
gone 2 Type users-full-name:
type \\e[200~p
sleep 1.2
type ?
wait 2 Stop with one key
type \\e
gone 2 Stop with one key
type q
end 0 3
clean
EOF2
is "$(commands)" 0 'nothing was sent'

start_over
script 'p in a question pauses at once and cancels it; pasted it does not; where letters are text it is one' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type g
wait 2 y advance
sleep 0.3
type \\e[200~p\\e[201~
wait 2 pasted text answers nothing
type pq
wait 2 in one piece
wait 1 y advance
type p
wait 3 pause: held
wait 1 advance cancelled: not sent
gone 1 y advance
wait 5 HELD by lab_operator
type A
wait 3 Type users-full-name:
sleep 0.3
type p
wait 2 Type users-full-name: p
type \\e
gone 2 Type users-full-name:
type q
end 0 3
EOF2
is "$(commands)" 1 'the pause, and nothing else'

start_over
script 'a mouse, a terminal that talks, function keys, sequences in pieces: no keys' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type \\e[<0;33;5M\\e[<0;33;5m
type \\e[M pA\\e[M#pp
type \\e[32;80;24M
type \\e]11;rgb:1010/1414/1818\\e\\\\
type \\e[[A\\eOP\\e[15~
type \\e[I\\e[O
type \\e[?2026;2\$y
type \\eOp
type \\e
sleep 0.1
type [A
sleep 0.1
type \\e
sleep 0.1
type Op
sleep 0.1
type \\e[
sleep 0.1
type A
sleep 0.1
type \\e[<0;3
sleep 0.1
type 3;5M
sleep 0.4
row 4 not started
gone 1 Type users-full-name:
type g
wait 2 y advance
sleep 0.3
type \\e[M yy
type \\e[<0;33;5M
sleep 0.2
wait 1 y advance
type \\e
sleep 0.1
type [A
wait 2 Esc: nothing was sent
type q
end 0 3
EOF2
is "$(commands)" 0 'nothing was sent'

script 'what is typed before the first picture is for nobody' <<EOF2
start 80x24 -- sleep 1; exec $PGROLLOUT console users-full-name
type pPtgy\\rA
wait 9 LIVE
sleep 0.3
row 4 not started
gone 1 Type users-full-name:
type q
end 0 3
EOF2
is "$(commands)" 0 'nothing was sent'

cat >"$CLUSTER_ROOT/stopped" <<'SH'
#!/bin/bash
# stopped PID: within 5 s
for ((i = 0; i < 50; i++)); do
    [ "$(ps -o stat= -p "$1" | cut -c1)" = T ] && exit 0
    sleep 0.1
done
ps -o pid,stat,wchan,args -p "$1"
exit 1
SH
chmod +x "$CLUSTER_ROOT/stopped"
psql="$CLUSTER_BIN/psql -XAtq -d '$(cluster_conninfo a)'"
script 'a window too small, another role, a migration that moves on, Ctrl-Z: each cancels and says why' <<EOF2
start 80x24 -- exec $PGROLLOUT console --refresh 1
wait 5 LIVE
type A
wait 2 Type users-full-name:
size 80x9
sleep 0.3
size 80x24
wait 2 cancelled, the window is too small
type \\e
sleep 0.2
type g
wait 2 y advance
sh $psql -c "REVOKE pgrollout_operator FROM lab_operator; GRANT pgrollout_viewer TO lab_operator"
wait 4 advance: cancelled, your role is another one: viewer
type p
wait 2 pause needs the role pgrollout_responder; yours is viewer
sh $psql -c "GRANT pgrollout_operator TO lab_operator"
wait 4 OPERATOR
type g
wait 2 y advance
sleep 1.1
sh $psql -c "SELECT pgrollout.pause('users-full-name', 'INC-7')" >/dev/null
wait 4 advance: cancelled, the migration has moved on: pause: INC-7
type A
wait 2 Type users-full-name:
sleep 0.3
type users
signal TSTP
sh $CLUSTER_ROOT/stopped \$PID
signal CONT
wait 3 cancelled, the console was suspended
type q
sleep 0.2
row 24 quit
type \\e
sleep 0.1
type q
end 0 3
restored
EOF2
is "$(commands)" 1 'nothing was sent but the pause by psql'
cluster_psql a -c 'GRANT pgrollout_operator TO lab_operator' >/dev/null

start_over
script 'the target stays the one that was named, whatever the others do' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type A
wait 3 nothing to take back
sleep 0.3
type users-full-name
type \\tINC-42
sh $psql -c "INSERT INTO pgrollout.event (migration_id, kind, who, text) SELECT id, 'note', 'lab', 'a note moves nothing' FROM pgrollout.migration" >/dev/null
sleep 1.2
wait 1 Enter abort
type \\r\\r
wait 5 abort: abort
type yy
type \\r\\r
sleep 0.3
type q
end 0 3
EOF2
is "$(commands)" 1 'the right keys send once'
is "$(cluster_psql a -c "SELECT count(*) FROM pgrollout.event e JOIN pgrollout.migration m ON m.id = e.migration_id WHERE e.kind = 'command' AND m.name = 'users-full-name' AND e.text LIKE 'abort%INC-42%'")" 1 'to the one that was named'

start_over
script 'a wrong name three times closes it, and is journaled' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type A
wait 3 nothing to take back
sleep 0.3
type orders
sleep 0.1
type \\r
type Users-full-name
sleep 0.1
type \\r
type users-full-names
sleep 0.1
type \\r
wait 3 the name was wrong three times
sleep 0.5
type 7
wait 3 abort cancelled: the name typed was wrong three times
type q
end 0 3
EOF2
is "$(commands)" 0 'nothing was sent'

cluster_psql a >/dev/null <<'SQL'
SELECT pgrollout.pause('users-full-name', 'INC-7');
INSERT INTO pgrollout.hold (migration_id, kind, key, reason, placed_by)
    SELECT id, 'guard', 'replication_lag', 'replication_lag 7s > 5s', 'guard' FROM pgrollout.migration;
SQL
before=$(commands_all)
script 'over a guard a resume wants its reason, and leaves the guard its hold' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type r
wait 2 :resume users-full-name --
sleep 0.3
type \\e
wait 2 say why it is resumed over
type :set guard.replication_lag.pause=9s for 15m\\r
wait 2 a guard's limit is changed with a reason
type r
wait 2 :resume users-full-name --
sleep 0.3
type lag is known
sleep 0.1
type \\r
wait 2 stays until it clears by itself
wait 2 The journal keeps why: lag is known
sleep 0.3
type y
wait 5 resume: resumed; still held by
type q
end 0 3
EOF2
is "$(commands)" 1 'one resume'
like "$(cluster_psql a -c 'SELECT string_agg(kind, chr(32) ORDER BY kind) FROM pgrollout.hold')" 'guard' 'the guard still holds'

start_over
script '--read-only sends nothing, by key or by command' <<EOF2
start 80x24 -- $PGROLLOUT console --read-only
wait 5 LIVE
type p
wait 2 --read-only
type a
gone 2 --read-only
type P
wait 2 --read-only
type a
gone 2 --read-only
type :note x\\r
wait 2 --read-only
type a
gone 2 --read-only
type :pause all\\r
wait 2 --read-only
type rsgcAtX
type q
end 0 3
EOF2
is "$(commands)" 0 'nothing was sent'

if [ "$(sample 1 2)" = 2 ]; then
    script 'nobody answers a strip for 30 s' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 0.5
wait 5 LIVE
type g
wait 2 y advance
sleep 29
wait 1 y advance
wait 3 nobody answered in time
type q
end 0 3
EOF2
fi
done_testing
