#!/bin/bash
# The ":" prompt on a real pty: every rule of a readline inside a program that paints its own screen.
. "$(dirname "$0")/pty.sh"

pty_start
cluster_psql a >/dev/null <<'SQL' || bail "the roles could not be made"
SET client_min_messages = error;
GRANT pgrollout_operator TO lab_operator;
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
history=$XDG_STATE_HOME/pgrollout/history
holds_of() { cluster_psql a -c "SELECT string_agg(h.kind, ' ' ORDER BY h.kind) FROM pgrollout.hold h"; }

script 'type-ahead: what follows ":" in the same write belongs to the prompt, what follows Enter does not' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type :open users-full-name\r?
wait 2 Stop with one key
type \e:nonsense p\r
wait 2 there is no command "nonsense"
type ?:
wait 2 Stop with one key
cursor 23 2
type \x03
type q
end 0 3
restored
EOF2
is "$(holds_of)" boundary 'no p of it was a key'

script 'Esc alone, Ctrl-C, and Ctrl-D on an empty line close it; Ctrl-D elsewhere deletes' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type :one
wait 2 :one
type \e
gone 2 :one
type :two
wait 2 :two
type \x03
gone 2 :two
type :three
wait 2 :three
type \x01\x04
wait 2 :hree
type \x15\x0b
gone 2 :hree
cursor 23 2
type \x04
sleep 0.2
type Z
wait 2 no such key
type q
end 0 3
restored
EOF2

script 'sequences cut in two by a slow line are one key, in the prompt and outside' <<EOF2
start 80x24 ESCDELAY=60 -- $PGROLLOUT console
wait 5 LIVE
type :ab
cursor 23 4
slow 10 \e[D
cursor 23 3
slow 10 \eOC
cursor 23 4
slow 10 \e[1;5D
cursor 23 2
slow 10 \eb
cursor 23 2
type \e
gone 2 :ab
type \eO
sleep 0.15
type P
sleep 0.3
row 4 not started
type \e[
sleep 0.15
type 1;2A
sleep 0.2
type q
end 0 3
EOF2
is "$(holds_of)" boundary 'and the end of F1 pauses nothing'

script 'characters of several bytes, byte by byte; wide ones move the cursor by two' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type :
slow 5 \xc3\xa4
wait 2 :ä
cursor 23 3
slow 60 \xe6\x97\xa5\xe6\x9c\xac
wait 2 :ä日本
cursor 23 7
type \x02
cursor 23 5
type x
wait 2 :ä日x本
cursor 23 6
type \x7f\x7f
wait 2 :ä本
cursor 23 3
type e\xcc\x81
wait 2 :äé本
cursor 23 4
type \x03
gone 2 本
type q
end 0 3
clean
EOF2

script 'a line longer than the window scrolls, with marks at both ends' <<EOF2
start 60x16 -- $PGROLLOUT console
wait 5 LIVE
type :note 0123456789012345678901234567890123456789012345678901234567890123456789
wait 2 <
cursor 15 59
type \x01
wait 2 :note 0123
wait 2 >
cursor 15 2
type \x05
wait 2 <
type \x03
type q
end 0 3
EOF2

script 'a window that is resized keeps text and cursor; no key code of it is typed' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type :pause abc
type \x02
row 23 :pause abc
cursor 23 10
size 100x30
row 29 :pause abc
cursor 29 10
size 60x16
size 41x11
size 120x40
size 33x9
size 60x16
row 15 :pause abc
cursor 15 10
size 20x3
wait 2 :pause abc
size 80x24
row 23 :pause abc
cursor 23 10
type X
row 23 :pause abXc
type \x0c
row 23 :pause abXc
row 4  PHASE
type \x03
gone 2 :pause
type q
end 0 3
clean
restored
EOF2

script 'pasted text is text: it ends, completes and cancels nothing' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type :
cursor 23 2
type \e[200~pause all\ry\n\t\e\x03\x04q\e[201~
wait 2 :pause all y    q
sleep 0.2
row 23 :pause all y    q
row 4 not started
type \x03
gone 2 :pause
type q
end 0 3
EOF2
is "$(holds_of)" boundary 'nothing was paused'

script 'Tab shows what fits, with what it does, and goes round; Shift-Tab goes back' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type :con\t
wait 2 the point of no return
wait 2 answer a gate
type \t
row 23 :contract
type \t
row 23 :confirm
type \t
row 23 :contract
type \e[Z
row 23 :confirm
type  x
gone 2 the point of no return
type \x15abort \t
wait 2 users-full-name
wait 2 start
type \x15set ba\t
row 23 :set batch.
wait 2 batch.target=
type \x15set rat\t
row 23 :set rate=
cursor 23 11
type \x15set rate=5 for \t
wait 2 30m
type \x15pause -- u\t
row 23 :pause -- u
gone 1 users-full-name -
type \x03
type q
end 0 3
clean
EOF2

script 'up-arrow and Ctrl-R find lines, each once; reasons, notes and answers are not kept' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type :journal\r
wait 2  time     who
type :cockpit\r
type :cockpit\r
wait 2 PHASE
type :pause users-full-name -- Smith called\r
wait 5 pause: held
type :note Smith again\r
wait 5 note:
type :abort start --reason Smith\r
wait 2 Type users-full-name:
sleep 1.2
type users-full-name\x15\e
gone 2 Type users-full-name:
type :
type \e[A
row 23 :abort start
type \e[A
row 23 :pause users-full-name
type \x10\x10
row 23 :journal
type \x0e\x0e\x0e\x0e
type \x12coc
wait 2 (reverse-i-search)
row 23 cockpit
type \r
gone 2 reverse-i
wait 2 PHASE
type q
end 0 3
EOF2
is "$(paste -sd, "$history")" 'open users-full-name,nonsense p,journal,cockpit,pause users-full-name,abort start,cockpit' \
    'the history has no reason, no note, no answer, and nothing twice in a row'
is "$(stat -c %a "$history")" 600 'it is private'

rm "$history"
: >"$CLUSTER_ROOT/other"
ln -s "$CLUSTER_ROOT/other" "$history"
script 'a line is there at once, whatever becomes of the terminal' <<EOF2
start 80x24 -- exec $PGROLLOUT console
wait 5 LIVE
type :journal\r
wait 2  time     who
sh [ ! -s $CLUSTER_ROOT/other ] && rm $history
type :cockpit\r
wait 2 PHASE
signal KILL
end sigKILL 3
EOF2
is "$(cat "$history")" cockpit 'no symbolic link is followed, and a killed console has lost nothing'
seq 1500 >"$history"
chmod 644 "$history"
script 'a long history is shortened, and made private' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type :
type \e[A
row 23 :1500
type \x03
type q
end 0 3
EOF2
is "$(wc -l <"$history"),$(head -1 "$history"),$(stat -c %a "$history")" 1000,501,600 'to its last 1000 lines'

script 'Ctrl-Z with the prompt open goes to the shell and comes back with the text' <<EOF2
start 80x24 PS1=shell> -- bash --norc --noprofile -i
wait 5 shell>
type $PGROLLOUT console\r
wait 5 LIVE
type :pause abc
row 23 :pause abc
type \x1a
wait 3 Stopped
gone 1 PHASE
type fg\r
wait 3 LIVE
row 23 :pause abc
cursor 23 11
type d
row 23 :pause abcd
type \x03
gone 2 :pause
type q
wait 3 shell>
type exit\r
end 0 3
EOF2
done_testing
