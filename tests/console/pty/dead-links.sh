#!/bin/bash
# A pause gets through, and the words for the link are true: a control connection that stands still, a restart,
# a failover to the replica, an engine that stands still.
. "$(dirname "$0")/pty.sh"

pty_start
cluster_replica b a
cluster_psql a >/dev/null <<'SQL' || bail "the table could not be made"
SET client_min_messages = error;
GRANT pgrollout_operator, pg_monitor TO lab_operator;
GRANT pgrollout_engine, shop_owner TO lab_engine;
CREATE TABLE public.users (id bigint PRIMARY KEY, name text NOT NULL);
ALTER TABLE public.users OWNER TO shop_owner;
GRANT SELECT ON public.users TO lab_operator;
SQL
cat >"$CLUSTER_ROOT/plan.yaml" <<'YAML'
pgrollout: 1
migration: users-full-name
title: Rename users.name to users.full_name
owner: payments-db
contact: "#payments-oncall"
phases:
  expand:
    - add_column: {table: users, column: full_name, type: text}
YAML
cluster_env a lab_operator
"$PGROLLOUT" load "$CLUSTER_ROOT/plan.yaml" >"$CLUSTER_ROOT/load.out" 2>&1 || bail "$(cat "$CLUSTER_ROOT/load.out")"

cat >"$CLUSTER_ROOT/backend" <<SH
#!/bin/bash
# backend STOP|CONT NAME: the console's connection of that name, on the server's side
kill -"\$1" \$($CLUSTER_BIN/psql -XAtq -d '$(cluster_conninfo a)' -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'pgrollout/console/\$2'")
SH
chmod +x "$CLUSTER_ROOT/backend"
script 'the commanding connection stands still: p is held within a second' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
sleep 1
sh $CLUSTER_ROOT/backend STOP control
quick 1000 p => pause: held
wait 1 (over a spare connection)
row 1 LIVE
wait 3 HELD by lab_operator
sh $CLUSTER_ROOT/backend CONT control 2>/dev/null || :
type q
end 0 3
EOF2

if [ -n "${PGROLLOUT_CAMPAIGN:-}" ]; then
    cluster_psql a >/dev/null <<'SQL' || bail "the trigger could not be made"
CREATE FUNCTION public.refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted refusal'; END $$;
CREATE TRIGGER refuses BEFORE INSERT ON pgrollout.hold FOR EACH ROW EXECUTE FUNCTION public.refuses();
SQL
    cluster_psql_as a lab_operator -c "SELECT pgrollout.resume('users-full-name')" >/dev/null
    script 'a pause that the server refuses on the other way, too, is said to be refused, once' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
sleep 1
sh $CLUSTER_ROOT/backend STOP control
quick 1500 p => × pause: planted refusal
sleep 2
row 1 LIVE
sh $CLUSTER_ROOT/backend CONT control 2>/dev/null || :
type q
end 0 3
EOF2
    cluster_psql a -c 'DROP TRIGGER refuses ON pgrollout.hold' >/dev/null
    script 'another command behind a connection that stands still is given up, and the next one goes through' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
sleep 1
sh $CLUSTER_ROOT/backend STOP control
type g
wait 2 y advance
sleep 0.3
type y
wait 3 advance: sent
wait 22 the connection was lost before the answer
row 1 LIVE
sh $CLUSTER_ROOT/backend CONT control 2>/dev/null || :
type p
wait 3 pause: held
type q
end 0 3
EOF2
    cut="$CLUSTER_BIN/psql -XAtq -U postgres -c \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pgrollout/console%'\" >/dev/null"
    script 'a link that breaks again and again is tried less and less often' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 0.5
wait 5 LIVE
sh $cut
wait 2 LOST
wait 4 LIVE
sh $cut
wait 2 LOST
wait 5 LIVE
sh $cut
wait 2 LOST
sleep 2.5
row 1 LOST
wait 6 LIVE
type q
end 0 3
EOF2
fi

cat >"$CLUSTER_ROOT/restart" <<SH
#!/bin/bash
cd / && $CLUSTER_BIN/pg_ctl -s -w -t 60 -D $(cluster_data a) -m fast -l $(cluster_log a) restart >/dev/null 2>&1 </dev/null
SH
cat >"$CLUSTER_ROOT/stop" <<SH
#!/bin/bash
cd / && $CLUSTER_BIN/pg_ctl -s -w -t 60 -D $(cluster_data a) -m immediate stop
SH
cat >"$CLUSTER_ROOT/promote" <<SH
#!/bin/bash
cd / && $CLUSTER_BIN/pg_ctl -s -w -t 60 -D $(cluster_data b) promote
SH
chmod +x "$CLUSTER_ROOT/restart" "$CLUSTER_ROOT/stop" "$CLUSTER_ROOT/promote"
become=
[ "$(id -u)" -ne 0 ] || become="setpriv --reuid=$CLUSTER_USER --regid=$(id -g "$CLUSTER_USER") --init-groups"
script 'a restart: a question is dropped, LOST, then LIVE by itself' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type A
wait 2 Type users-full-name:
sleep 0.3
type users
sh $become $CLUSTER_ROOT/restart
wait 9 abort: cancelled, the data is old
wait 20 LIVE
type \\e
sleep 0.2
type r
wait 2 y resume
sleep 0.3
type \\e
gone 2 y resume
type q
end 0 3
restored
EOF2

cluster_catchup b a
script 'a failover to the replica: LOST, p is queued, sent to the new primary, and the console says so' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1 -d "host=$PGHOST,$PGHOST port=$(cluster_port a),$(cluster_port b) dbname=$PGDATABASE user=lab_operator target_session_attrs=read-write"
wait 5 LIVE
wait 2 HELD by lab_operator
type r
wait 2 y resume
sleep 0.3
type y
wait 3 resume:
sleep 1
type A
wait 2 Type users-full-name:
sleep 0.3
type users
sh $become $CLUSTER_ROOT/stop
wait 9 abort: cancelled, the data is old
sleep 0.3
type \\e
sleep 0.2
type p
wait 2 queued
sh $become $CLUSTER_ROOT/promote
wait 30 LIVE
wait 5 HELD by lab_operator
wait 2 a failover
type q
end 0 3
restored
EOF2
is "$(cluster_psql b -c "SELECT count(*) FROM pgrollout.hold WHERE kind = 'operator'")" 1 'the pause stands on the new primary'
cluster_env b lab_engine
"$PGROLLOUT" run >"$CLUSTER_ROOT/engine.log" 2>&1 &
engine=$!
engine_end() { kill -CONT "$engine"; kill "$engine"; } 2>/dev/null
trap 'status=$?; engine_end; (exit "$status"); cluster_cleanup' EXIT
cluster_env b lab_operator
script 'the engine stands still: ENGINE?, and LIVE when it goes on; it is killed: nobody is driving' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 9 engine: pid
gone 5 No engine drives
row 1 LIVE
sh kill -STOP $engine
wait 20 ENGINE?
wait 2 No engine drives
sh kill -CONT $engine
gone 9 ENGINE?
row 1 LIVE
sh kill -KILL $engine
wait 20 ENGINE?
wait 2 No engine drives
type q
end 0 3
EOF2
wait "$engine" 2>/dev/null
done_testing
