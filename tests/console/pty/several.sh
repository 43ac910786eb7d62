#!/bin/bash
# A console of several databases on a real pty, with two real servers: one that migrates, one whose postmaster
# is killed and comes back, one that is not there, one without the control schema, one that asks for a
# password, a standby.
. "$(dirname "$0")/pty.sh"

pty_start
cluster_start b
cluster_replica c a
cluster_env b
"$PGROLLOUT" install >"$CLUSTER_ROOT/install.out" 2>&1 || bail "$(cat "$CLUSTER_ROOT/install.out")"
for name in a b; do
    cluster_psql "$name" >/dev/null <<'SQL' || bail "the table could not be made"
SET client_min_messages = error;
GRANT pgrollout_engine, shop_owner TO lab_engine;
GRANT pgrollout_operator, pg_monitor TO lab_operator;
GRANT pgrollout_viewer TO lab_viewer;
ALTER ROLE lab_viewer PASSWORD 'not told';
CREATE DATABASE bare;
CREATE TABLE public.users (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO public.users SELECT i, 'name ' || i FROM generate_series(1, 20000) i;
ALTER TABLE public.users OWNER TO shop_owner;
ALTER TABLE public.users ADD full_name text;
GRANT SELECT ON public.users TO lab_operator;
ANALYZE public.users;
SQL
done
{
    echo "local all lab_viewer scram-sha-256"
    echo "local all all trust"
} | cluster_run tee "$CLUSTER_ROOT/b/pg_hba.conf" >/dev/null
cluster_psql b -c 'SELECT pg_reload_conf()' >/dev/null

export PGSERVICEFILE=$CLUSTER_ROOT/services
service() { # NAME CLUSTER ROLE DATABASE
    printf '[%s]\nhost=%s\nport=%s\nuser=%s\ndbname=%s\n' "$1" "$CLUSTER_ROOT" "$2" "$3" "$4"
}
{
    service alpha "$(cluster_port a)" lab_operator shop
    service beta "$(cluster_port b)" lab_operator shop
    service bare "$(cluster_port a)" lab_operator bare
    service gone 1 lab_operator shop
    service locked "$(cluster_port b)" lab_viewer shop
    service copy "$(cluster_port c)" lab_operator shop
    printf '[nameless]\nhost=nobody.invalid\n'
} >"$PGSERVICEFILE"
unset PGHOST PGPORT PGUSER PGDATABASE
all='service=alpha service=beta service=bare service=gone service=locked service=copy'

cat >"$CLUSTER_ROOT/plan.yaml" <<'YAML'
pgrollout: 1
migration: users-full-name
title: Fill users.full_name
phases:
  backfill:
    - backfill:
        table: users
        set: {full_name: name}
        where: full_name IS NULL AND name IS NOT NULL
        batch: {start: 20, min: 10, max: 40, target: 10ms}
        rate: 100/s
      name: copy-names
YAML
for service in alpha beta; do
    "$PGROLLOUT" -d service=$service load "$CLUSTER_ROOT/plan.yaml" >"$CLUSTER_ROOT/load.out" 2>&1 ||
        bail "$(cat "$CLUSTER_ROOT/load.out")"
done
engine_end() { # the engine that was started here, by the pid it has told the database
    local pid
    pid=$(cluster_psql a -c "SELECT holder ->> 'pid' FROM pgrollout.lease WHERE holder IS NOT NULL")
    [ -z "$pid" ] || kill "$pid"
}
trap 'status=$?; engine_end; (exit "$status"); cluster_cleanup' EXIT
"$PGROLLOUT" -d "$(cluster_conninfo a lab_engine)" run --detach --log "$CLUSTER_ROOT/engine.log" \
    >"$CLUSTER_ROOT/run.out" 2>&1 || bail "$(cat "$CLUSTER_ROOT/run.out")"
"$PGROLLOUT" -d service=alpha advance users-full-name >/dev/null 2>&1

# A dead postmaster's children may still be ending.
{
    echo '#!/bin/bash'
    declare -p CLUSTER_USER CLUSTER_BIN CLUSTER_ROOT
    declare -f cluster_run
    echo 'for try in 1 2 3 4 5; do
        cluster_run "$CLUSTER_BIN/pg_ctl" -s -w -t 20 -D "$CLUSTER_ROOT/b" -l "$CLUSTER_ROOT/b.log" start \
            </dev/null >/dev/null 2>&1 && exit 0
        sleep 0.5
    done
    exit 1'
} >"$CLUSTER_ROOT/restart-b"
chmod +x "$CLUSTER_ROOT/restart-b"
held() { # CLUSTER
    cluster_psql "$1" -c "SELECT count(*) FROM pgrollout.hold WHERE kind = 'operator'"
}

script 'six databases: each has its row, the same name twice, and what is dead hides nothing' <<EOF2
start 100x30 -- $PGROLLOUT console $all --refresh 1
wait 5 fleet of 6 databases
wait 5 alpha  LIVE    users-full-name
wait 5 beta   LIVE    users-full-name
wait 5 bare   LIVE    no schema pgrollout that you may use
wait 5 gone   LOST    never seen
wait 5 locked ASKS    asks for a password
wait 5 copy   LIVE    a standby: it takes no commands
wait 5 4 of 6 databases answer
wait 10 ► BACKFILL
clean
type /locked\\r
wait 2 filter: locked
type \\e[B
wait 2 selected: locked
type \\r
wait 2 Password for locked:
sleep 0.3
type not told
wait 2 Password for locked: ********
gone 1 not told
type \\r
gone 5 asks for a password
wait 5 locked LIVE    users-full-name
type \\e
gone 2 filter: locked
wait 2 5 of 6 databases answer
type q
end 0 3
restored
EOF2

lines() { # TEXT CONNINFO…: what a pipe of these lines says
    local text=$1
    shift
    printf '%b' "$text" | timeout 60 "$PGROLLOUT" console --plain --refresh 0.5 "$@" 2>&1
}
said=$(lines 'fleet\nnote beta/users-full-name seen\n' service=alpha service=beta service=gone)
is $? 0 'lines: a dead database keeps nothing from being done'
like "$said" 'Database alpha: LIVE' 'lines: what answers'
like "$said" 'alpha/users-full-name' 'lines: and its migrations'
like "$said" 'Database gone: LOST' 'lines: what is dead'
like "$said" 'note on beta: noted' 'lines: a command says where it went'
is "$(cluster_psql b -c "SELECT text FROM pgrollout.event WHERE kind = 'note'")" seen \
    'lines: of the migration there, and nothing but the note'
said=$(lines 'pause all -- drill\n' service=alpha service=gone --read-only)
is $? 1 'lines: read only'
like "$said" 'was started with --read-only' 'lines: and it says so'
said=$(lines 'pause\n' service=alpha service=beta beta/nothing)
is $? 2 'lines: what was named is nowhere'
is "$(held a) $(held b)" '0 0' 'lines: so nothing is paused'
said=$(lines 'pause copy/all\n' service=alpha service=copy)
is $? 1 'lines: a standby takes no command'
like "$said" 'FAILED pause_all on copy: ' 'lines: and it is said whose refusal that is'
said=$(lines 'fleet\n' service=alpha service=nameless)
like "$said" 'Database nameless: (CONNECT|LOST.*could not translate host name)' \
    'lines: a name that nobody knows is waited for by nobody'
said=$(lines 'pause gone/all\n' service=alpha service=gone)
is $? 3 'lines: a pause that has not gone out is a failure'

script 'a postmaster is killed while the other migrates; P pauses both, one of them when it is back' <<EOF2
start 100x30 -- $PGROLLOUT console service=alpha service=beta service=gone --refresh 1
wait 5 2 of 3 databases answer
wait 5 alpha LIVE
wait 5 beta  LIVE
wait 5 gone  LOST
sh kill -KILL $(cluster_pid b)
wait 5 beta  LOST
wait 2 1 of 3 databases answer
wait 2 alpha LIVE
quick 50 6 => activity of alpha
quick 50 1 => fleet of 3 databases
wait 2 alpha LIVE
type P
wait 3 pause all: 1 of 3 databases
wait 1 QUEUED, sent first when it answers: beta, gone
wait 1 held: alpha
wait 3 beta  LOST    pause QUEUED, sent first
wait 3 you: r · by
type q
wait 2 a pause has not gone out yet
sh $CLUSTER_ROOT/restart-b
type R
wait 20 pause all: 2 of 3 databases
wait 1 when it answers: gone
wait 5 2 of 3 databases answer
type :open beta/users-full-name\\r
wait 5 HELD by lab_operator
type r
wait 2 resume users-full-name on beta
sleep 0.3
type n
wait 2 cancelled
type :open alpha/users-full-name\r
wait 2 alpha/users-full-name
wait 2 ‖ BACKFILL
type :pause beta/nothing\r
wait 3 × pause on beta:
type q
wait 2 a pause has not gone out yet
type q
end 0 3
restored
clean
EOF2
is "$(held a) $(held b)" '1 1' 'both are held'
done_testing
