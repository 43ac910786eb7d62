#!/bin/bash
# The screens on a real pty, with a real server: fleet, activity, a statement cancelled and a session ended,
# a picture frozen, what a login without rights and a database without the control schema see, and that
# keys ask the server nothing.
. "$(dirname "$0")/pty.sh"

pty_start
cluster_psql a >/dev/null <<'SQL' || bail "the roles could not be made"
SET client_min_messages = error;
GRANT pgrollout_operator, pg_monitor, pg_signal_backend TO lab_operator;
GRANT pgrollout_viewer TO lab_viewer;
CREATE DATABASE bare;
SQL

load() { # NAME
    cluster_psql_as a lab_operator -v plan="{\"name\": \"$1\", \"title\": \"Title of $1\",
 \"owner\": \"payments\", \"schema\": \"public\", \"plan_text\": \"plan of $1\",
 \"plan_sha256\": \"0123456789\", \"tables\": [], \"phases\": [\"expand\"],
 \"steps\": [{\"phase\": \"expand\", \"name\": \"gate\", \"kind\": \"confirm\", \"title\": \"asks\",
  \"does\": \"asks\", \"locks\": \"none\", \"gate_text\": \"Deployed?\"}]}" \
        <<<"SELECT (pgrollout.load(:'plan'::jsonb)).ok" >/dev/null || bail "\"$1\" was not loaded"
}
load users-full-name
load carts-fk

# A session of its own with that name, which runs the statement; its pid is in $pid.
session() { # NAME SQL
    PGAPPNAME=$1 cluster_psql_as a lab_operator -c "$2" >"$CLUSTER_ROOT/$1.out" 2>&1 &
    jobs_of[$1]=$!
    wait_until 10 sessions_are "$1" 1 || bail "\"$1\" has not come"
    pid=$(cluster_psql a -c "SELECT pid FROM pg_stat_activity WHERE application_name = '$1'")
}
declare -A jobs_of
# Whatever has become of them.
over() { # NAME…
    local name
    for name in "$@"; do
        cluster_psql a -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '$name'" >/dev/null
        wait "${jobs_of[$name]}"
    done
}
sessions_are() { # NAME COUNT
    [ "$(cluster_psql a -c "SELECT count(*) FROM pg_stat_activity
        WHERE application_name = '$1' AND query_start IS NOT NULL")" = "$2" ]
}

session billing-cron 'SELECT pg_sleep(600) /* the end of it */'
billing=$pid
session metabase 'SELECT pg_sleep(601)'
metabase=$pid
cluster_env a lab_operator
script 'x cancels a statement and X ends a session, after a question each' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type 6
wait 3 billing-cron
row 1 activity
wait 1 sessions
type /BILL sleep(600
wait 2 1 of
row 23 /BILL sleep(600
type \r
wait 2 filter: BILL
wait 3 the end of it
type x
wait 2 cancel pid $billing (billing-cron, lab_operator)
sleep 0.3
type n
gone 2 any other key
wait 2 nothing was sent
type x
wait 2 stops the statement
sleep 0.3
type q
gone 2 stops the statement
type x
wait 2 stops the statement
sleep 0.3
type y
wait 5 cancel: the statement was told to stop
wait 5 ended
type X
wait 2 that session has ended
type \e
gone 2 filter:
type /metabase\r
wait 2 filter: metabase
type X
wait 2 terminate pid $metabase
sleep 0.3
type $billing
sleep 0.4
type \r
sleep 0.4
wait 2 Type $metabase
type \r
sleep 0.4
wait 2 Type $metabase
type ${metabase}
sleep 0.4
type \r
sleep 0.4
type \r
wait 2 Enter: not yet
wait 2 Type $metabase
type INC-42
wait 2 Reason (needed): INC-42
sleep 0.4
type \r
wait 5 terminate: the session has ended
wait 4 ended
type \e
gone 2 filter:
type 7
wait 5 terminate pid $metabase (metabase, lab_operator): INC-42
wait 2 cancel pid $billing (billing-cron, lab_operator)
type q
end 0 3
restored
clean
EOF2
like "$(cat "$CLUSTER_ROOT/billing-cron.out")" 'canceling statement due to user request' \
    'the statement was cancelled, the session not ended'
like "$(cat "$CLUSTER_ROOT/metabase.out")" 'terminating connection' 'the session was ended'
over billing-cron metabase

# What is sent for the session in $pid.
filled() { # FILE VALUE…
    local text value
    text=$(sed '/^--/d' "$top_srcdir/src/engine/sql/$1")
    shift
    for value in "$@"; do text=${text/\%s/"$value"}; done
    printf '%s' "${text//%%/%}"
}
end_sql() { # LOGIN FILE START SEEN
    local note
    note=$(filled session-note.sql "'${2//session-/}'" "'INC-7'" NULL)
    filled "$2" "'$pid'" "'$3'" "$4" "${note//.sql/}" >"$CLUSTER_ROOT/end.sql"
    cluster_psql_as a "$1" -f "$CLUSTER_ROOT/end.sql" 2>&1
}
of_session() { cluster_psql a -c "SELECT $1 FROM pg_stat_activity WHERE pid = $pid"; }
noted() { cluster_psql a -c "SELECT string_agg(who || ' ' || text, '; ' ORDER BY id) FROM pgrollout.event
    WHERE text LIKE '%pid $pid%'"; }

session reused 'SELECT pg_sleep(602)'
start=$(of_session backend_start)
since=$(of_session '(extract(epoch FROM query_start) * 1000000)::bigint')
for file in session-cancel.sql session-terminate.sql; do
    like "$(end_sql lab_operator "$file" '2020-01-01 00:00:00+00' "$since")" '^f\|that session ha.* ended by itself' \
        "$file meets no session that got the pid later"
done
like "$(end_sql lab_operator session-cancel.sql "$start" $((since - 1)))" '^f\|that statement has ended by itself, and another one has run for' \
    'another statement is not met'
like "$(end_sql lab_operator session-terminate.sql "$start" $((since - 1)))" '^f\|that transaction has ended by itself, the session is active' \
    'nor one in another transaction'
is "$(noted)" '' 'what was not done is in no journal'
like "$(end_sql shop_cron session-terminate.sql "$start" 0)" 'permission denied for schema pgrollout' \
    'who may not write into the journal ends nothing'
ok 'and that one is still there' sessions_are reused 1
like "$(end_sql lab_operator session-cancel.sql "$start" "$since")" '^t\|the statement was told to stop' 'its own is met'
is "$(noted)" "lab_operator cancel pid $pid (reused, lab_operator): INC-7" 'and it is on record, for no migration'
over reused
session reused 'SELECT pg_sleep(602)'
like "$(end_sql lab_operator session-terminate.sql "$(of_session backend_start)" 0)" '^t\|the session has ended' 'a session ends, whatever it does'
ok 'and it has gone' sessions_are reused 0
is "$(noted)" "lab_operator terminate pid $pid (reused, lab_operator): INC-7" 'and it is on record'
over reused

PGAPPNAME=turns cluster_psql_as a lab_operator -c 'SELECT pg_sleep(4)' -c 'SELECT pg_sleep(603)' >/dev/null 2>&1 &
jobs_of[turns]=$!
wait_until 10 sessions_are turns 1
script 'a question about a statement that ends is closed, and says so' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 0.5
wait 5 LIVE
type 6
wait 3 sessions
type /turns\r
wait 2 sleep(4
type x
wait 2 stops the statement
wait 6 that statement has ended by itself, and another one runs
type y
sleep 0.5
type X
wait 2 Reason (needed):
sleep 0.3
type wrong
sleep 0.2
type \r
sleep 0.2
type wrong
sleep 0.2
type \r
sleep 0.2
type wrong
sleep 0.2
type \r
wait 3 the name was wrong three times
type \e
gone 2 filter:
type 7
wait 5 cancelled, the pid typed was wrong
type q
end 0 3
restored
clean
EOF2
ok 'nothing was sent' sessions_are turns 1
is "$(cluster_psql a -c "SELECT kind || ' ' || who FROM pgrollout.event WHERE text LIKE '%typed was wrong%'")" \
    'refused lab_operator' 'and that somebody guessed is on record'
over turns

script 'the fleet: what is selected is what keys act on; a frozen picture thaws before an act' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type 1
wait 2 attention first
row 1 fleet
row 4 ► users-full-name
row 5 carts-fk
wait 1 selected: users-full-name
type j
wait 2 selected: carts-fk
row 5 ► carts-fk
type o
wait 2 by name
row 4 ► carts-fk
type z
wait 2 FROZEN
gone 2 LIVE
sh PGAPPNAME=x $CLUSTER_BIN/psql -qXc "SELECT pgrollout.note('carts-fk', 'a note from elsewhere')" >/dev/null
sleep 2.5
gone 1 a note from elsewhere
type p
wait 2 LIVE
wait 5 pause: held
wait 5 r · by lab_op
type \r
wait 2 why it stopped
row 1 carts-fk
type 1
wait 2 by name
type /users-full\r
wait 2 1 of 2
gone 2 ► carts-fk
type \e
gone 2 filter:
type \e
gone 2 by name
row 1 carts-fk
type :activity\r
wait 3 sessions
type q
end 0 3
clean
EOF2
is "$(cluster_psql a -c "SELECT m.name FROM pgrollout.hold h JOIN pgrollout.migration m
    ON m.id = h.migration_id WHERE h.kind = 'operator'")" carts-fk 'the selected one was paused'

# A refresh may come early when a screen with other data opens: at most one in each interval.
cluster_psql a -c "ALTER ROLE lab_operator SET log_statement = 'all'" >/dev/null
reads() { grep -c 'SELECT pgrollout.state()' "$(cluster_log a)"; }
script 'keys go by without a server' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 2
wait 5 LIVE
sh grep -c 'SELECT pgrollout.state()' $(cluster_log a) >$CLUSTER_ROOT/before
type 6
wait 3 sessions
type jkjkjkjk
sleep 0.4
type 16161616
sleep 0.4
type /a\x7fb
sleep 0.2
type \e
sleep 0.2
type jjjjkkkk
sleep 0.2
type 1oOfz616zff
sleep 0.4
type 61616161jkjkjk
sleep 1.5
sh grep -c 'SELECT pgrollout.state()' $(cluster_log a) >$CLUSTER_ROOT/after
type q
end 0 3
EOF2
between=$(($(cat "$CLUSTER_ROOT/after") - $(cat "$CLUSTER_ROOT/before")))
ok "60 keys in 3 seconds meant no more readings than two for each interval ($between)" \
    test "$between" -ge 2 -a "$between" -le 6
ok 'the activity was read in the same statement' \
    test "$(grep -c "'activity', (-- The sessions" "$(cluster_log a)")" -ge 1
cluster_psql a -c 'ALTER ROLE lab_operator RESET log_statement' >/dev/null

# Something that only the look at the sessions needs.
cluster_psql a -c 'REVOKE EXECUTE ON FUNCTION pg_catalog.row_number() FROM public' >/dev/null
script 'a look that the server refuses is said to be refused, and the rest goes on' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type 6
wait 3 The sessions cannot be read: permission denied for function row_number
sleep 2.5
row 1 LIVE
type 1
wait 2 carts-fk
sh $CLUSTER_BIN/psql -qXU postgres -c 'GRANT EXECUTE ON FUNCTION pg_catalog.row_number() TO public'
type 6
wait 4 sessions
type q
end 0 3
EOF2

session secret 'SELECT pg_sleep(603)'
cluster_env a lab_viewer
script 'what this login may not see is said to be hidden' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
type 6
wait 3 hidden from you
type /hidden\r
wait 2 hidden from this
type x
wait 2 is hidden from this login
type q
end 0 3
clean
EOF2

cluster_psql a -c "SELECT pg_terminate_backend($pid)" >/dev/null
over secret

relations() { cluster_psql_as a postgres -d bare -c 'SELECT count(*) FROM pg_class'; }
before=$(relations)
cluster_env a postgres bare
script 'a database without the control schema shows its sessions, too' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 There is no schema pgrollout here
type 6
wait 3 sessions
wait 2 ▸console/control
sleep 2.5
row 2 sessions
type 1
wait 2 There is no schema pgrollout here
type q
end 0 3
clean
EOF2
is "$(relations)" "$before" 'and nothing was created in it'
done_testing
