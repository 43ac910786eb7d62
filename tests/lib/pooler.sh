# PgBouncer in front of a private cluster (bash; after cluster.sh).
# shellcheck shell=bash
#
#   . "$(dirname "$0")/../lib/pooler.sh"
#   pooler_start p a                    # transaction pooling for cluster a; more settings: p a server_lifetime=5
#   pooler_psql p shop_web -c 'SELECT 1' # through it
#   pooler_conninfo p pooler_stats pgbouncer   # its administration console
#   pooler_pause p · pooler_stop p      # gone silent, as a machine that hangs · ended
#
# It refuses to run as root: it runs as the user of the servers, on a Unix socket in their directory,
# and is stopped by its recorded pid.

POOLER_BIN=$(command -v pgbouncer || echo /usr/sbin/pgbouncer)
POOLER_NEXT_PORT=6501
declare -A POOLER_PORTS=()

# The recorded pid, if that process really is this pooler.
pooler_pid() { # NAME
    local pid ini=$CLUSTER_ROOT/$1.ini
    pid=$(cluster_run head -n 1 "$CLUSTER_ROOT/$1.pid" 2>/dev/null) || return 1
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "$ini" || return 1
    echo "$pid"
}

pooler_launch() { # NAME
    cluster_run "$POOLER_BIN" -q -d "$CLUSTER_ROOT/$1.ini" </dev/null >/dev/null 2>&1 || bail "no pooler \"$1\""
    wait_until 10 pooler_pid "$1" || bail "the pooler \"$1\" did not start: $(cat "$CLUSTER_ROOT/$1-pooler.log")"
}

pooler_start() { # NAME CLUSTER [SETTING=VALUE…]
    local name=$1 cluster=$2 role setting
    shift 2
    [ -x "$POOLER_BIN" ] || bail "no pgbouncer: install Debian's package of that name"
    POOLER_PORTS[$name]=$POOLER_NEXT_PORT
    POOLER_NEXT_PORT=$((POOLER_NEXT_PORT + 1))
    for role in pooler_stats $CLUSTER_ROLES; do echo "\"$role\" \"\""; done |
        cluster_run tee "$CLUSTER_ROOT/$name.users" >/dev/null
    {
        printf '[databases]\n%s = host=%s port=%s dbname=%s\n' "$CLUSTER_DB" "$CLUSTER_ROOT" \
            "${CLUSTER_PORTS[$cluster]}" "$CLUSTER_DB"
        printf '[pgbouncer]\nlisten_port = %s\nunix_socket_dir = %s\n' "${POOLER_PORTS[$name]}" "$CLUSTER_ROOT"
        printf '%s\n' "auth_type = trust" "auth_file = $CLUSTER_ROOT/$name.users" \
            "pidfile = $CLUSTER_ROOT/$name.pid" "logfile = $CLUSTER_ROOT/$name-pooler.log" \
            "pool_mode = transaction" "stats_users = pooler_stats" "ignore_startup_parameters = extra_float_digits"
        for setting in "$@"; do printf '%s = %s\n' "${setting%%=*}" "${setting#*=}"; done
    } | cluster_run tee "$CLUSTER_ROOT/$name.ini" >/dev/null
    trap pooler_cleanup EXIT
    pooler_launch "$name"
}

pooler_conninfo() { # NAME ROLE [DATABASE]
    echo "host=$CLUSTER_ROOT port=${POOLER_PORTS[$1]} user=$2 dbname=${3:-$CLUSTER_DB}"
}

pooler_psql() { # NAME ROLE [PSQL-ARGS]
    local name=$1 role=$2
    shift 2
    "$CLUSTER_BIN/psql" -XAtq -v ON_ERROR_STOP=1 -d "$(pooler_conninfo "$name" "$role")" "$@"
}

pooler_pause() { kill -STOP "$(pooler_pid "$1")"; }
pooler_go_on() { kill -CONT "$(pooler_pid "$1")"; }

pooler_stop() { # NAME
    local pid
    pid=$(pooler_pid "$1") || return 0
    kill -CONT "$pid" 2>/dev/null
    kill -TERM "$pid" 2>/dev/null
    wait_until 10 gone "$pid" || kill -KILL "$pid" 2>/dev/null
}

# The poolers, then what the test or its library had to clean up.
pooler_cleanup() {
    local status=$? name
    for name in "${!POOLER_PORTS[@]}"; do pooler_stop "$name"; done
    (exit "$status")
    if declare -F driven_cleanup >/dev/null; then driven_cleanup; else cluster_cleanup; fi
}
