#!/bin/bash
# Several hosts in one connection string: one that does not answer is passed over, by commands, by the
# console's kind of connection and by a running engine; target_session_attrs looks at all of them.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/sample.sh"

cluster_start a
cluster_replica b a
cluster_env a lab_operator
unset PGCONNECT_TIMEOUT
ok "install" "$PGROLLOUT" -U postgres install --map engine=lab_engine --map operator=lab_operator
sample_load a one
ok "the replica catches up" cluster_catchup b a

a=$(cluster_port a) b=$(cluster_port b)
to() { # PORTS [MORE]
    echo "host=$CLUSTER_ROOT,$CLUSTER_ROOT port=$1 dbname=$CLUSTER_DB ${2:-}"
}
role_at() { # CONNINFO: of the server that it leads to
    timeout 30 "$PGROLLOUT" -d "$1" status --json | grep -oE '"(primary|standby)"' | tr -d '"'
}
took() { # COMMAND…: its seconds
    local start=$SECONDS
    "$@" >/dev/null 2>&1
    echo $((SECONDS - start))
}
silence() { cluster_run kill -STOP "$(cluster_pid "$1")"; }
voice() { cluster_run kill -CONT "$(cluster_pid "$1")"; }
# its sessions end, and nobody answers any more: the machine has no power
lose() {
    local pid
    pid=$(cluster_pid "$1")
    silence "$1"
    cluster_run pkill -KILL -P "$pid"
}

# --- by what the servers are
is "$(role_at "$(to "$b,$a")")" standby "any: the first one"
is "$(role_at "$(to "$b,$a" target_session_attrs=primary)")" primary "primary"
is "$(role_at "$(to "$b,$a" target_session_attrs=read-write)")" primary "read-write"
is "$(role_at "$(to "$a,$b" target_session_attrs=standby)")" standby "standby"
is "$(role_at "$(to "$a,$b" target_session_attrs=prefer-standby)")" standby "prefer-standby: the standby"
socket=${CLUSTER_ROOT//\//%2F}
is "$(role_at "postgresql://$socket:$b,$socket:$a/$CLUSTER_DB?target_session_attrs=primary")" \
    primary "as a URI"
is "$(PGHOST=$CLUSTER_ROOT,$CLUSTER_ROOT PGPORT=$b,$a PGTARGETSESSIONATTRS=primary role_at "$CLUSTER_DB")" \
    primary "from the environment"
is "$(role_at "host=/nowhere,$CLUSTER_ROOT port=$a dbname=$CLUSTER_DB")" primary \
    "one port for all, and a host that does not exist"

# --- by who answers
silence b
is "$(role_at "$(to "$b,$a")")" primary "a first host that is silent is passed over"
ok "after three seconds" test "$(took role_at "$(to "$b,$a")")" -le 6
is "$(role_at "$(to "$b,$a" connect_timeout=2)")" primary "or after the user's connect_timeout"
ok "which is shorter" test "$(took role_at "$(to "$b,$a" connect_timeout=2)")" -le 4
is "$(role_at "$(to "$b,$a" target_session_attrs=prefer-standby)")" primary \
    "no standby answers: the primary is taken"
exits 3 "no host that will do" timeout 30 "$PGROLLOUT" -d "$(to "$b,$a" target_session_attrs=standby)" status
like "$err" "port $b failed: no answer in 3 s; .*[.]$a. failed" "says what became of each"
exits 3 "one silent host, and the user's own limit" \
    timeout 30 "$PGROLLOUT" -d "host=$CLUSTER_ROOT port=$b dbname=$CLUSTER_DB connect_timeout=2" status
like "$err" 'no answer from the server' "says so"
voice b

# --- a running engine finds the new primary, though the old one says nothing
log=$CLUSTER_ROOT/engine.log
"$PGROLLOUT" -U lab_engine -d "$(to "$a,$b" target_session_attrs=read-write)" run >"$log" 2>&1 &
engine=$!
trap 'kill -KILL $engine 2>/dev/null; cluster_cleanup' EXIT
ok "an engine" wait_until 15 grep -q 'epoch 1' "$log"
ok "the replica catches up" cluster_catchup b a
lose a
cluster_promote b
ok "goes on with the new primary" wait_until 45 grep -q 'failover' "$log"
like "$(cluster_psql b -c 'SELECT engine_alive FROM pgrollout.health')" t "and is alive there"
like "$(timeout 30 "$PGROLLOUT" -d "$(to "$a,$b" target_session_attrs=read-write)" pause --all)" 'nothing more commits' \
    "a pause gets there, too"
kill -TERM "$engine"
ok "it ends when told to" wait_until 15 gone "$engine"
done_testing
