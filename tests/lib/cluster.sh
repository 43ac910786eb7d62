# Private PostgreSQL clusters for shell tests (bash); brings tests/lib/tap.sh along.
# shellcheck shell=bash
#
#   . "${top_srcdir:-.}/tests/lib/cluster.sh"
#   cluster_start a                     # a primary; more settings: cluster_start a fsync=on work_mem=8MB
#   cluster_replica b a                 # a streaming replica of it
#   cluster_psql a -c 'SELECT 1'        # as the superuser
#   cluster_psql_as a shop_web -c '…'   # as another login
#   cluster_env a lab_operator          # PG* variables for the program under test
#
# All of them live below one directory from mktemp and listen on Unix sockets only. As root they run
# as the user of CLUSTER_USER (default postgres). At exit they are stopped by their recorded pid and
# the directory is removed (kept where CLUSTER_KEEP is set). No server, no test: everything here
# bails out instead of skipping.

# shellcheck source=tests/lib/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

# The roles of the practice cluster: what the tests log in as. None is a superuser.
CLUSTER_ROLES='shop_owner shop_web shop_workers shop_cron
    lab_engine lab_operator lab_approver lab_responder lab_viewer'
CLUSTER_DB=shop
CLUSTER_USER=${CLUSTER_USER:-postgres}
CLUSTER_BIN=${PG_BINDIR:-$(pg_config --bindir 2>/dev/null)}
CLUSTER_ROOT=
CLUSTER_NEXT_PORT=5501
declare -A CLUSTER_PORTS=()

cluster_root() {
    [ -z "$CLUSTER_ROOT" ] || return 0
    [ -x "$CLUSTER_BIN/postgres" ] || bail "no PostgreSQL server programs in \"$CLUSTER_BIN\""
    # not $TMPDIR: a socket's path has at most 107 bytes
    CLUSTER_ROOT=$(mktemp -d /tmp/pgrt.XXXXXX) || bail "no temporary directory"
    trap cluster_cleanup EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    if [ "$(id -u)" -eq 0 ]; then
        id "$CLUSTER_USER" >/dev/null 2>&1 || bail "no user \"$CLUSTER_USER\" to run servers as"
        chown "$CLUSTER_USER" "$CLUSTER_ROOT"
    fi
    chmod 755 "$CLUSTER_ROOT"
}

# Runs a command as the user of the servers, somewhere that this user may stand.
cluster_run() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && exec setpriv --reuid="$CLUSTER_USER" --regid="$(id -g "$CLUSTER_USER")" \
            --init-groups env -u HOME "$@")
    else
        (cd / && exec "$@")
    fi
}

cluster_data() { echo "$CLUSTER_ROOT/$1"; }
cluster_port() { echo "${CLUSTER_PORTS[$1]}"; }
cluster_log() { echo "$CLUSTER_ROOT/$1.log"; }

# The recorded pid, if that process really is the server of this data directory.
cluster_pid() {
    local pid data=$CLUSTER_ROOT/$1
    pid=$(cluster_run head -n 1 "$data/postmaster.pid" 2>/dev/null) || return 1
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "$data" || return 1
    echo "$pid"
}

cluster_conninfo() { # NAME [ROLE [DATABASE]]
    echo "host=$CLUSTER_ROOT port=${CLUSTER_PORTS[$1]} user=${2:-postgres} dbname=${3:-$CLUSTER_DB}"
}

cluster_env() { # NAME [ROLE [DATABASE]]
    export PGHOST=$CLUSTER_ROOT PGPORT=${CLUSTER_PORTS[$1]} PGUSER=${2:-postgres}
    export PGDATABASE=${3:-$CLUSTER_DB} PGCONNECT_TIMEOUT=5
    unset PGSERVICE PGPASSWORD PGOPTIONS PGAPPNAME PGHOSTADDR
}

# psql, unaligned, tuples only, stops at the first error.
cluster_psql_as() { # NAME ROLE [PSQL-ARGS]
    local name=$1 role=$2
    shift 2
    "$CLUSTER_BIN/psql" -XAtq -v ON_ERROR_STOP=1 -d "$(cluster_conninfo "$name" "$role")" "$@"
}

cluster_psql() { # NAME [PSQL-ARGS]
    local name=$1
    shift
    cluster_psql_as "$name" postgres "$@"
}

cluster_configure() { # NAME [SETTING=VALUE…]
    local name=$1 setting
    shift
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$CLUSTER_ROOT'"
        echo "port = ${CLUSTER_PORTS[$name]}"
        echo "cluster_name = '$name'"
        printf '%s\n' "fsync = off" "shared_buffers = 64MB" "max_connections = 60" \
            "max_prepared_transactions = 10" "shared_preload_libraries = 'pg_stat_statements'" \
            "max_wal_size = 2GB" "logging_collector = off" "wal_receiver_status_interval = 1s" \
            "max_standby_streaming_delay = 1s" "log_min_messages = warning"
        for setting in "$@"; do
            printf "%s = '%s'\n" "${setting%%=*}" "${setting#*=}"
        done
    } | cluster_run tee "$CLUSTER_ROOT/$name/test.conf" >/dev/null
    cluster_run sh -c "grep -q test.conf '$CLUSTER_ROOT/$name/postgresql.conf' ||
        echo \"include 'test.conf'\" >> '$CLUSTER_ROOT/$name/postgresql.conf'"
}

cluster_launch() { # NAME: start what is there, and wait for it
    cluster_run "$CLUSTER_BIN/pg_ctl" -s -w -t 60 -D "$CLUSTER_ROOT/$1" -l "$(cluster_log "$1")" \
        start </dev/null >&2 || {
        diag "$(tail -n 20 "$(cluster_log "$1")")"
        bail "the server \"$1\" did not start"
    }
}

# A primary with the database `shop`, pg_stat_statements in it, and the roles.
cluster_start() { # NAME [SETTING=VALUE…]
    local name=$1 role
    shift
    cluster_root
    CLUSTER_PORTS[$name]=$CLUSTER_NEXT_PORT
    CLUSTER_NEXT_PORT=$((CLUSTER_NEXT_PORT + 1))
    cluster_run "$CLUSTER_BIN/initdb" -D "$CLUSTER_ROOT/$name" -U postgres -A trust -E UTF8 \
        --locale=C.UTF-8 -N --no-instructions >"$CLUSTER_ROOT/initdb.log" 2>&1 || {
        diag "$(cat "$CLUSTER_ROOT/initdb.log")"
        bail "initdb failed"
    }
    cluster_configure "$name" "$@"
    cluster_launch "$name"
    {
        for role in $CLUSTER_ROLES; do echo "CREATE ROLE $role LOGIN;"; done
        echo "CREATE DATABASE $CLUSTER_DB OWNER shop_owner;"
        echo "\\connect $CLUSTER_DB"
        echo "CREATE EXTENSION pg_stat_statements;"
        # as where a schema's owner is the application's, not everybody
        echo "ALTER SCHEMA public OWNER TO shop_owner;"
    } | "$CLUSTER_BIN/psql" -Xq -v ON_ERROR_STOP=1 -d "$(cluster_conninfo "$name" postgres postgres)" ||
        bail "the server \"$name\" could not be filled"
}

# A streaming replica of FROM. Its name is its application_name in pg_stat_replication.
cluster_replica() { # NAME FROM [SETTING=VALUE…]
    local name=$1 from=$2
    shift 2
    CLUSTER_PORTS[$name]=$CLUSTER_NEXT_PORT
    CLUSTER_NEXT_PORT=$((CLUSTER_NEXT_PORT + 1))
    cluster_run "$CLUSTER_BIN/pg_basebackup" -R -c fast -N -D "$CLUSTER_ROOT/$name" \
        -d "$(cluster_conninfo "$from" postgres postgres) application_name=$name" ||
        bail "pg_basebackup failed"
    cluster_configure "$name" "$@"
    cluster_launch "$name"
    wait_until 30 cluster_streams "$name" "$from" || bail "the replica \"$name\" does not stream"
}

cluster_streams() { # NAME FROM
    [ "$(cluster_psql "$2" -c "SELECT count(*) FROM pg_stat_replication
        WHERE application_name = '$1' AND state = 'streaming'")" = 1 ]
}

# The replica has replayed all that the primary has written up to now.
cluster_catchup() { # NAME FROM
    local lsn
    lsn=$(cluster_psql "$2" -c 'SELECT pg_current_wal_flush_lsn()') || return 1
    wait_until 60 cluster_replayed "$1" "$lsn"
}

cluster_replayed() { # NAME LSN
    [ "$(cluster_psql "$1" -c "SELECT pg_last_wal_replay_lsn() >= '$2'")" = t ]
}

cluster_ctl() { # NAME PG_CTL-ARGS
    local name=$1
    shift
    cluster_run "$CLUSTER_BIN/pg_ctl" -s -w -t 60 -D "$CLUSTER_ROOT/$name" "$@" >&2
}

cluster_stop() { cluster_ctl "$1" -m fast stop; }
cluster_immediate_stop() { cluster_ctl "$1" -m immediate stop; }
cluster_restart() {
    cluster_stop "$1" && cluster_launch "$1"
}
cluster_promote() { cluster_ctl "$1" promote; }

# Sends SIGQUIT (an immediate stop) to every server of ours that is left, and waits for its end.
cluster_cleanup() {
    local status=${tap_status:-$?} name pid # a trap of the test may have run before this
    trap - EXIT
    [ -n "$CLUSTER_ROOT" ] || return "$status"
    for name in "${!CLUSTER_PORTS[@]}"; do
        pid=$(cluster_pid "$name") || continue
        kill -CONT "$pid" 2>/dev/null
        kill -QUIT "$pid" 2>/dev/null
        wait_until 10 gone "$pid" || kill -KILL "$pid" 2>/dev/null
    done
    if [ -n "${CLUSTER_KEEP:-}" ]; then
        diag "kept: $CLUSTER_ROOT"
    else
        rm -rf "$CLUSTER_ROOT"
    fi
    exit "$status"
}
