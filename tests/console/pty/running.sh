#!/bin/bash
# The cockpit over a real engine: a rename is advanced, confirmed, paused, stepped, resumed and taken back
# by key alone, and a running backfill costs few bytes on the wire.
. "$(dirname "$0")/pty.sh"

ROWS=$(sample 60000 150000)

pty_start
cluster_replica b a
cluster_psql a >/dev/null <<SQL || bail "the table could not be made"
SET client_min_messages = error;
GRANT pgrollout_engine, shop_owner TO lab_engine;
GRANT pgrollout_approver TO lab_operator;
GRANT pg_monitor TO lab_operator;
CREATE TABLE public.users (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO public.users SELECT i, 'name ' || i FROM generate_series(1, $ROWS) i;
ALTER TABLE public.users OWNER TO shop_owner;
GRANT SELECT ON public.users TO lab_operator;
ANALYZE public.users;
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
    - sync: {table: users, old: name, new: full_name}
  deploy:
    - confirm: The release that can live with both columns runs everywhere.
      name: deployed
  backfill:
    - backfill:
        table: users
        set: {full_name: name}
        where: full_name IS NULL AND name IS NOT NULL
        batch: {start: 100, min: 10, max: 400, target: 10ms}
        rate: 1200/s
      name: copy-names
  contract:
    - drop_column: {table: users, column: name}
YAML
cluster_env a lab_operator
"$PGROLLOUT" load "$CLUSTER_ROOT/plan.yaml" >"$CLUSTER_ROOT/load.out" 2>&1 ||
    bail "$(cat "$CLUSTER_ROOT/load.out")"
schema() { "$CLUSTER_BIN/pg_dump" -s -N pgrollout -d "$(cluster_conninfo a)" | grep -v '^\\\(un\)\?restrict'; }
schema >"$CLUSTER_ROOT/before.sql"

engine_end() { # the engine that was started here, by the pid it has told the database
    local pid
    pid=$(cluster_psql a -c "SELECT holder ->> 'pid' FROM pgrollout.lease WHERE holder IS NOT NULL")
    [ -z "$pid" ] || kill "$pid"
}
trap 'status=$?; engine_end; (exit "$status"); cluster_cleanup' EXIT
cluster_env a lab_engine
"$PGROLLOUT" run --detach --log "$CLUSTER_ROOT/engine.log" >"$CLUSTER_ROOT/run.out" 2>&1 ||
    bail "$(cat "$CLUSTER_ROOT/run.out")"
cluster_env a lab_operator

filled() { cluster_psql a -c 'SELECT count(full_name) FROM public.users'; }

script 'advance, confirm and advance into the backfill by key' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
wait 5 WAITS to enter expand
type g
wait 2 y advance
sleep 0.3
type y
wait 10 WAITS to enter deploy
type g
wait 2 y advance
sleep 0.3
type y
wait 10 WAITS for your answer
wait 2 The release that can live with both
type c
wait 2 y confirm
sleep 0.3
type y
wait 10 WAITS to enter backfill
type g
wait 2 y advance
sleep 0.3
type y
wait 10 ► BACKFILL
wait 5 ETA
type q
end 0 3
EOF2

script 'a running backfill: at most 300 bytes a refresh at 80x24' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 5 LIVE
sleep 3
bytes $(sample 14 60) 2 300
clean
type q
end 0 3
EOF2

script 'storms of sizes while it runs, also with the prompt open: the picture is that of a new one' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 ► BACKFILL
storm 300 80x24
like 10 $PGROLLOUT console --refresh 1
row 4 PHASE
row 8 ABORT
storm $(sample 40 300) 40x10
like 10 $PGROLLOUT console --refresh 1
row 2 PHASE
row 6 ABORT
type :paus
wait 1 :paus
storm $(sample 60 300) 132x43
wait 2 :paus
type \\e
gone 2 :paus
like 10 $PGROLLOUT console --refresh 1
clean
type q
end 0 3
restored
EOF2

script 'p: it stands still at once' <<EOF2
start 120x40 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type p
wait 3 pause: held
wait 3 HELD by lab_operator
type q
end 0 3
EOF2
before=$(filled)
sleep 1
is "$(filled)" "$before" 'after the receipt not one row more'

script 's y: one batch, then held again; r y: on' <<EOF2
start 40x10 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type s
wait 2 y step
sleep 0.3
type y
sleep 2
wait 3 STEPPING
type r
wait 2 y resume
sleep 0.3
type y
wait 5 resume: resumed
type q
end 0 3
EOF2
script 'a storm of sizes with a question open: it is asked in full or dropped, never answered' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
type A
wait 3 Type users-full-name
storm $(sample 60 300) 60x16
storm 1 80x24
type \\e
sleep 0.5
type \\e
sleep 0.5
type a
like 10 $PGROLLOUT console --refresh 1
clean
type q
end 0 3
restored
EOF2
after=$(filled)
[ "$after" -gt "$before" ]
tap_result $? 'it went on'

script 'A, the target, the name: back to the start by way of the reverse gate' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 1
wait 5 LIVE
wait 5 BACKFILL
wait 5 engine: pid
type A
wait 3 drop column
sleep 1
type users-full-name
type \tINC-42
type \e[6~
wait 1 Enter abort
type \r
wait 5 ABORTING
wait 15 WAITS for your answer
wait 2 the releases deployed since
wait 5 with a reason: :confirm -- why
type c
wait 2 confirm needs a reason here
type :confirm -- rolled back\r
wait 2 On the way back
sleep 0.3
type y
wait 20 ABORTED
type q
end 0 3
restored
EOF2
schema >"$CLUSTER_ROOT/after.sql"
ok 'the schema is as it was before' diff "$CLUSTER_ROOT/before.sql" "$CLUSTER_ROOT/after.sql"

done_testing
