#!/bin/bash
# Locks, replicas and slots on a real pty, with a real server and a real replica: a chain of sessions that is
# cut at its root and dissolves, a queue behind a lock on the table, what the next step will meet, a slot
# that grows, a standby, a login without rights, a database without the control schema.
. "$(dirname "$0")/pty.sh"

LINKS=$(sample 20 200)
QUEUE=5

pty_start max_connections=300 max_slot_wal_keep_size=1GB
cluster_replica b a max_connections=300
cluster_psql a >/dev/null <<SQL || bail "the tables could not be made"
SET client_min_messages = error;
GRANT pgrollout_operator, pg_monitor, pg_signal_backend TO lab_operator;
GRANT pgrollout_viewer TO lab_viewer;
CREATE TABLE public.chain (id int PRIMARY KEY, n int);
INSERT INTO public.chain SELECT i, 0 FROM generate_series(0, 300) i;
CREATE TABLE public.users (id bigint PRIMARY KEY, name text NOT NULL);
ALTER TABLE public.chain OWNER TO shop_owner;
ALTER TABLE public.users OWNER TO shop_owner;
SELECT pg_create_physical_replication_slot('lazy', true);
CREATE DATABASE bare;
SQL
users=$(cluster_psql a -c "SELECT 'public.users'::regclass::oid")
cluster_psql_as a lab_operator -v plan="{\"name\": \"users-full-name\", \"schema\": \"public\",
 \"plan_text\": \"a plan\", \"plan_sha256\": \"0123456789\", \"tables\": [$users], \"phases\": [\"expand\"],
 \"steps\": [{\"phase\": \"expand\", \"name\": \"gate\", \"kind\": \"confirm\", \"title\": \"asks\",
  \"does\": \"asks\", \"locks\": \"none\", \"gate_text\": \"Deployed?\"},
  {\"phase\": \"expand\", \"name\": \"add-column\", \"kind\": \"add_column\", \"title\": \"adds\",
  \"does\": \"adds\", \"locks\": \"ACCESS EXCLUSIVE on public.users, tries of at most 100 ms\",
  \"detail\": {\"relid\": \"$users\"}}]}" <<<"SELECT (pgrollout.load(:'plan'::jsonb)).ok" >/dev/null ||
    bail "the plan was not loaded"

# What the next step needs, by function: of another migration, of an unknown one.
is "$(cluster_psql_as a lab_viewer -c "SELECT n ->> 'step', n ->> 'mode', n ->> 'limit_ms', n ->> 'tables',
        n ->> 'assumed' FROM pgrollout.next_lock('users-full-name') n")" \
    'add-column|AccessExclusiveLock|100|public.users|false' 'the next step that locks a table is not the next step'
is "$(cluster_psql_as a lab_viewer -c "SELECT pgrollout.next_lock('nothing') IS NULL")" t 'of no migration there is none'

coproc CHAIN { "$top_builddir/tests/console/pty/chain" "$(cluster_conninfo a shop_owner)" "$LINKS" "$QUEUE" 0; }
read -r -t 60 said <&"${CHAIN[0]}"
is "$said" ready 'a chain of sessions waits'
PGAPPNAME=reporting cluster_psql_as a shop_owner >/dev/null 2>&1 \
    -c 'BEGIN; SELECT count(*) FROM public.users; SELECT pg_sleep(600)' &
there() { # the report reads
    [ "$(cluster_psql a -c "SELECT count(*) FROM pg_locks WHERE relation = $users AND granted")" != 0 ]
}
wait_until 10 there || bail 'nobody reads'

cluster_env a lab_operator
script 'the chain as a tree; what is in the way of the next step; x at the root dissolves it' <<EOF2
start 120x40 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type 3
wait 5 waiting $((LINKS + QUEUE))
row 1 locks
wait 2 $((LINKS + QUEUE + 2)) of $((LINKS + QUEUE + 2))
wait 2 link-000
wait 2 └─
wait 2 , a row of
wait 2 roots $((LINKS + QUEUE)) waiters
wait 2 step 2 add-column needs ACCESS EXCLUSIVE on public.users: 1 in its way ◄
type /queue-00\r
wait 2 filter: queue-00
type \e[F
wait 3 queued: AccessShare public.chain
type \e
gone 2 filter:
type /reporting\r
wait 3 ◄AccessShare public.users
type \e
gone 2 filter:
quick 50 j => link-001 ──
quick 50 \e[F => reporting
quick 50 \e[H => link-000
type x
wait 2 cancel pid
wait 2 link-000
sleep 0.3
type y
wait 5 cancel: the statement was told to stop
wait $(sample 15 40) waiting 0
gone 8 link-0
wait 2 blocked by us 0
type q
end 0 3
EOF2
is "$(cluster_psql a -c "SELECT count(*) FROM pg_locks WHERE NOT granted")" 0 'nobody waits any more'
is "$(cluster_psql a -c "SET statement_timeout = '5s'" -c 'SELECT sum(n) FROM public.chain')" "$((2 * (LINKS - 1)))" 'and all but the root have done their work'

script 'the same at 40x10; a server without waiters' <<EOF2
start 40x10 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type 3
wait 5 report
wait 2 waiting 0
type q
end 0 3
EOF2

wal() { cluster_psql_as a shop_owner -c 'CREATE TABLE public.wal AS SELECT i FROM generate_series(1, 100000) i' >/dev/null; }
(sleep 5 && wal) &
script 'a replica, and a slot that nobody reads grows' <<EOF2
start 120x40 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type 4
wait 5 streaming
wait 2 primary 0/
wait 2 lazy
wait 2 1 of 1 slot idle
wait 2 until limit 1.0 GB
wait 2 archiver: off
wait 20 about
type jj
wait 2 NOT in use: nobody reads it
wait 2 limit 1.0 GB: about
type \r
wait 2 slot lazy
type q
end 0 3
EOF2

script 'a login without rights sees who waits and that there is a replica, and what it does not see' <<EOF2
start 100x30 PGUSER=lab_viewer -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type 4
wait 5 not shown to your login (pg_monitor)
wait 2 lazy
type 3
wait 5 report
wait 2 hidden
wait 2 ◄AccessShare
type q
end 0 3
EOF2

script 'a database without the control schema' <<EOF2
start 80x24 PGDATABASE=bare -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type 3
wait 5 Nobody waits for a lock.
type 4
wait 5 lazy
type q
end 0 3
EOF2
is "$(cluster_psql a -c "SELECT to_regnamespace('pgrollout') IS NULL" -d "$(cluster_conninfo a postgres bare)")" t \
    'nothing was made in it'

cluster_env b lab_operator
script 'on a standby it says so' <<EOF2
start 100x30 -- $PGROLLOUT console --refresh 1
wait 10 LIVE
type 4
wait 5 this is a STANDBY
wait 2 streaming
type 3
wait 5 Nobody waits for a lock.
type q
end 0 3
EOF2

cluster_psql a -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'shop_owner'" >/dev/null
eval "exec ${CHAIN[1]}>&-"

done_testing
