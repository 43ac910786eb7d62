#!/bin/bash
# Looking back on a real pty: to what has happened, a moment on, nothing done from there but a pause; a line of
# the journal shows its moment; a picture is written down.
. "$(dirname "$0")/pty.sh"

pty_start
cluster_psql a -c 'GRANT pgrollout_operator TO lab_operator' >/dev/null || bail "no role"
cluster_psql_as a lab_operator -v plan='{"name": "users-full-name", "title": "Title", "owner": "payments",
 "schema": "public", "plan_text": "plan", "plan_sha256": "0123456789", "tables": [], "phases": ["expand"],
 "steps": [{"phase": "expand", "name": "gate", "kind": "confirm", "title": "asks", "does": "asks",
  "locks": "none", "gate_text": "Deployed?"}]}' <<<"SELECT (pgrollout.load(:'plan'::jsonb)).ok" >/dev/null ||
    bail "no migration"
holds() { cluster_psql a -c "SELECT coalesce(string_agg(kind, ' ' ORDER BY kind), '') FROM pgrollout.hold"; }
cluster_env a lab_operator
cd "$CLUSTER_ROOT" || bail "no directory"

script 'the past is seen, and only a pause is done from it' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 0.5 password=wrzlbrmft
wait 5 LIVE
type [
wait 2 this is the oldest moment
sleep 2.5
type p
wait 5 HELD by lab_operator
sleep 2.5
type r
wait 3 y resume
sleep 0.3
type y
wait 5 resume: resumed
gone 3 HELD by lab_operator
sleep 2.5
type {
wait 2 PAST
gone 2 LIVE
type {
wait 2 HELD by lab_operator
type r
wait 2 resume: this is the past
type :abort users-full-name start
sleep 0.2
type \r
wait 2 abort: this is the past
type {
wait 2 nothing has happened before that
type }
gone 2 HELD by lab_operator
wait 1 PAST
type :snap seen.txt
sleep 0.2
type \r
wait 2 this picture is in "seen.txt"
type :snap seen.txt
sleep 0.2
type \r
wait 2 "seen.txt" was not written: File exists
type :report seen.html
sleep 0.2
type \r
wait 3 the report is in "seen.html"
type :report seen.html
sleep 0.2
type \r
wait 3 "seen.html" was not written: File exists
type 7
wait 3 this is where it begins
gone 2 LIVE
type 5
wait 2 At that moment nobody looked at guards
type e
wait 2 set: this is the past
type \e[F
gone 2 PAST
wait 2 LIVE
type 2
type z
wait 2 FROZEN
sleep 2.6
type ]
wait 2 PAST
type \e
gone 2 PAST
wait 2 LIVE
type 6
wait 3 sessions
type [
wait 2 PAST
type [
wait 2 At that moment nobody looked at activity
type ]
type ]
type ]
type ]
gone 2 PAST
type 2
type {
type {
wait 2 HELD by lab_operator
type p
gone 2 PAST
wait 5 pause: held
type 7
wait 3 lab_operator   resume
type j
type m
wait 2 PAST
type \e
gone 2 PAST
type q
end 0 3
restored
clean
EOF2
like "$(holds)" operator 'the pause is of now'
is "$(stat -c %a seen.txt)" 600 'a picture is private'
like "$(head -n 1 seen.txt)" 'PAST [0-9.]+s ago' 'and says that it is of the past'
is "$(wc -l <seen.txt)" 24 'whole'
unlike "$(cat seen.txt)" 'wrzlbrmft' 'without the password'
like "$(cat seen.html)" 'Migration report.*' 'a report is a page'
is "$(stat -c %a seen.html)" 600 'and private, too'

become=
[ "$(id -u)" -ne 0 ] || become="setpriv --reuid=$CLUSTER_USER --regid=$(id -g "$CLUSTER_USER") --init-groups"
# While one looks back, the present goes on: somebody waits on a session of ours, and the server stops.
cat >hurt <<SH
#!/bin/bash
PGAPPNAME=pgrollout/engine/work $CLUSTER_BIN/psql -XAtq -d '$(cluster_conninfo a)' \
    -c 'SELECT pg_advisory_lock(7), pg_sleep(60)' >/dev/null 2>&1 &
sleep 0.3
PGAPPNAME=web $CLUSTER_BIN/psql -XAtq -d '$(cluster_conninfo a)' -c 'SELECT pg_advisory_lock(7)' >/dev/null 2>&1 &
SH
chmod +x hurt
script 'while one looks back, that the present hurts, and that it is lost, is said at once and stays' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 0.5
wait 5 LIVE
sleep 3
type [
wait 2 PAST
sh ./hurt
wait 9 NOW: HURTING (Esc shows it)
row 1 now HURTING
type a
gone 2 NOW: HURTING
row 1 now HURTING
type =
wait 2 This is the past,
wait 1 The present: HURTING.
wait 9 Past,
type :status\r
wait 2 Past,
sh cd / && $become $CLUSTER_BIN/pg_ctl -s -w -D $(cluster_data a) -m immediate stop
wait 9 NOW: LOST (Esc shows it)
row 1 now LOST
type \e
gone 2 PAST
gone 1 NOW: LOST
wait 1 LOST
type q
end 0 3
restored
clean
EOF2
wait
done_testing
