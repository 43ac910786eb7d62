#!/bin/bash
# What the console costs, beside pg_activity and pg_top where they are installed: all three on a pty of their own,
# over one server on which an application writes, a standby follows and a backfill runs, reading it every 2 s.
# Figures are medians; "silent" is a server whose processes are all stopped.
#
#   bench/console.sh [MINUTES]   so long a console collects what it can look back on (16: the ring is full)
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib/cluster.sh
. "$here/../tests/lib/cluster.sh"
minutes=${1:-16}
program=${PGROLLOUT:-$here/../pgrollout}
meter=${METER:-$here/meter}
export LC_ALL=C.UTF-8 TERM=xterm-256color
unset NO_COLOR COLORTERM

cluster_start bench max_connections=100 || bail "no server"
export HOME=$CLUSTER_ROOT XDG_STATE_HOME=$CLUSTER_ROOT/state XDG_CONFIG_HOME=$CLUSTER_ROOT/config
cluster_replica standby bench max_connections=100
cluster_env bench
rows=$((minutes * 60 * 320 + 200000))
"$program" install >"$CLUSTER_ROOT/out" 2>&1 || bail "$(cat "$CLUSTER_ROOT/out")"
cluster_psql bench -qc "SET client_min_messages = error; GRANT pgrollout_engine, shop_owner TO lab_engine;
    GRANT pgrollout_approver, pg_monitor, shop_owner TO lab_operator;
    CREATE ROLE bench_console LOGIN; CREATE ROLE bench_activity LOGIN; CREATE ROLE bench_top LOGIN;
    GRANT pg_monitor TO bench_console, bench_activity, bench_top; GRANT pgrollout_operator TO bench_console;
    CREATE TABLE public.users AS SELECT g::bigint AS id, 'name of user ' || g AS name
        FROM generate_series(1, $rows) g; ALTER TABLE public.users ADD PRIMARY KEY (id);
    ALTER TABLE public.users OWNER TO shop_owner; ANALYZE public.users" -c "CREATE DATABASE many OWNER shop_owner" || bail "no table"
cluster_env bench lab_operator

plan() { # TABLE [DATABASE]
    "$program" new rename-column "table=$1" old=name new=full_name -o "$CLUSTER_ROOT/$1.yaml" >/dev/null 2>&1 &&
        sed -i 's|rest: 1.0|rest: 1.0\n        rate: 300/s|' "$CLUSTER_ROOT/$1.yaml" &&
        "$program" -d "$(cluster_conninfo bench lab_operator "${2:-$CLUSTER_DB}")" load "$CLUSTER_ROOT/$1.yaml" \
            >"$CLUSTER_ROOT/out" 2>&1 || bail "$(cat "$CLUSTER_ROOT/out")"
}
plan users
"$program" -d "$(cluster_conninfo bench postgres many)" install >"$CLUSTER_ROOT/out" 2>&1 || bail "$(cat "$CLUSTER_ROOT/out")"
for ((i = 1; i <= 20; i++)); do
    "$CLUSTER_BIN/psql" -Xqd "$(cluster_conninfo bench shop_owner many)" \
        -c "CREATE TABLE public.t$i (id bigint PRIMARY KEY, name text NOT NULL)" || bail "no table"
    plan "t$i" many
done

# The tools, each with what shows it something else by key and without waiting for a refresh.
where="-h $CLUSTER_ROOT -p $(cluster_port bench) -d $CLUSTER_DB"
declare -A command=(
    [pgrollout]="'$program' -U bench_console console"
    [pg_activity]="pg_activity $where -U bench_activity --refresh 2"
    [pg_top]="pg_top $where -U bench_top -s 2"
) login=([pgrollout]=bench_console [pg_activity]=bench_activity [pg_top]=bench_top) \
    keys=([pgrollout]='?2' [pg_activity]='23' [pg_top]='h ')
tools=(pgrollout)
for tool in pg_activity pg_top; do
    if [ -n "$(command -v $tool)" ]; then tools+=("$tool"); else echo "$tool: not installed"; fi
done

# measure TOOL LABEL METER-ARGS…: keeps all figures under TOOL.LABEL.NAME, one a run
declare -A figures
measure() {
    local tool=$1 label=$2 name value
    shift 2
    while read -r name value; do
        [ "$value" = - ] || figures[$tool.$label.$name]+="$value "
    done < <(sh -c "exec '$meter' \"\$@\" -- ${command[$tool]}" sh "$@" 2>"$CLUSTER_ROOT/meter.err")
}
median() { # TOOL.LABEL.NAME
    tr ' ' '\n' <<<"${figures[$1]:-}" | grep . | sort -n | awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : "never" }'
}
statements() { # LOGIN: calls and their milliseconds
    cluster_psql bench -Atc "SELECT coalesce(sum(calls), 0), coalesce(sum(total_exec_time), 0)
        FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE rolname = '$1'" | tr '|' ' '
}
cat >"$CLUSTER_ROOT/reset" <<SH
#!/bin/sh
exec '$CLUSTER_BIN/psql' -Xqd '$(cluster_conninfo bench)' -c 'SELECT pg_stat_statements_reset()' >/dev/null
SH
cat >"$CLUSTER_ROOT/server" <<'SH'
#!/bin/sh
# server STOP|CONT PID: the postmaster and all its children
kill -"$1" "$2" $(ps -o pid= --ppid "$2")
SH
chmod +x "$CLUSTER_ROOT/server" "$CLUSTER_ROOT/reset"
server=$(cluster_pid bench)
background=
trap 'status=$?; "$CLUSTER_ROOT/server" CONT "$server" 2>/dev/null; [ -z "$background" ] || kill $background 2>/dev/null
    (exit "$status"); cluster_cleanup' EXIT

echo "load before: $(cut -d ' ' -f 1-3 /proc/loadavg)"
for ((round = 0; round < 5; round++)); do
    for tool in "${tools[@]}"; do measure "$tool" first -w 3; done
done
"$CLUSTER_ROOT/server" STOP "$server"
for ((round = 0; round < 5; round++)); do
    for tool in "${tools[@]}"; do measure "$tool" silent -w 1.5; done
done
"$CLUSTER_ROOT/server" CONT "$server"
for tool in "${tools[@]}"; do
    measure "$tool" frozen -w 6 -f 15 -k "${keys[$tool]}" -t "'$CLUSTER_ROOT/server' STOP $server"
    "$CLUSTER_ROOT/server" CONT "$server"
    sleep 1
done

# --- while it fills
"$program" -d "$(cluster_conninfo bench lab_engine)" run --detach --log "$CLUSTER_ROOT/engine.log" >"$CLUSTER_ROOT/out" 2>&1 ||
    bail "$(cat "$CLUSTER_ROOT/out")"
background=$(cluster_psql bench -Atc "SELECT holder ->> 'pid' FROM pgrollout.lease WHERE holder IS NOT NULL")
name=$(cluster_psql bench -Atc 'SELECT name FROM pgrollout.migration')
act() { "$program" "$@" >"$CLUSTER_ROOT/out" 2>&1 || bail "$(cat "$CLUSTER_ROOT/out")"; sleep 4; }
act advance "$name"
act advance "$name"
act confirm "$name"
act advance "$name"
echo "\\set id random(1, $rows)
SELECT name FROM public.users WHERE id = :id; UPDATE public.users SET name = name WHERE id = :id;" >"$CLUSTER_ROOT/app.sql"
"$CLUSTER_BIN/pgbench" -n -c 4 -j 1 -T 7200 -R 50 -f "$CLUSTER_ROOT/app.sql" "$(cluster_conninfo bench postgres)" >/dev/null 2>&1 &
background+=" $!"
"$meter" -w $((minutes * 60)) -- "$program" console >"$CLUSTER_ROOT/ring" 2>&1 &
rings=$!
"$meter" -w $((minutes * 60)) -- "$program" -d "$(cluster_conninfo bench lab_operator many)" console >"$CLUSTER_ROOT/ring-many" 2>&1 &
rings+=" $!"

# counted TOOL LABEL METER-ARGS…: its statements too, from when it is warm
declare -A calls
counted() {
    local tool=$1 label=$2 seconds=$3 n ms
    shift 3
    measure "$tool" "$label" -w 6 -f "$seconds" -t "'$CLUSTER_ROOT/reset'" "$@"
    read -r n ms < <(statements "${login[$tool]}")
    calls[$tool.$label]=$(awk -v n="$n" -v s="$seconds" 'BEGIN { printf "%.1f", n / (s / 2) }')
    calls[$tool.$label.ms]=$(awk -v ms="$ms" -v s="$seconds" 'BEGIN { printf "%.2f", ms / s }')
}
for tool in "${tools[@]}"; do
    counted "$tool" 80x24 40
    counted "$tool" 120x40 40 -s 120x40
    counted "$tool" keys 20 -k "${keys[$tool]}"
done

for size in 80x24 120x40; do
    for screens in '1 2 3' '4 5 6' '7 8 9'; do
        watched=
        for screen in $screens; do
            "$meter" -s $size -w 6 -f 40 -o "$screen" -- "$program" console >"$CLUSTER_ROOT/screen.$size.$screen" 2>&1 &
            watched+=" $!"
        done
        # shellcheck disable=SC2086 # several
        wait $watched
    done
done
# shellcheck disable=SC2086 # two
wait $rings
echo "load after: $(cut -d ' ' -f 1-3 /proc/loadavg)"

of() { sed -n "s/^$2 //p" "$CLUSTER_ROOT/$1"; }
row() { # NAME BUDGET LABEL.NAME
    local tool
    printf '%-52s %8s' "$1" "$2"
    for tool in "${tools[@]}"; do printf ' %12s' "$(median "$tool.$3")"; done
    echo
}
count() { # NAME BUDGET SUFFIX
    local tool
    printf '%-52s %8s' "$1" "$2"
    for tool in "${tools[@]}"; do printf ' %12s' "${calls[$tool.$3]}"; done
    echo
}
echo
printf '%-52s %8s' '' budget
printf ' %12s' "${tools[@]}"
echo
row 'first picture, server silent, ms' 60 silent.first_ms
row '  computed by then, ms' - silent.first_cpu_ms
row 'first picture, server answers, ms' 120 first.first_ms
row 'key to screen, server answers, p99 ms' 15 keys.key_p99_ms
row 'key to screen, server silent, p99 ms' 50 frozen.key_p99_ms
row '  keys without an answer in 2 s' 0 frozen.keys_dead
row 'bytes a refresh, 80x24, backfill' 300 80x24.bytes
row 'bytes a refresh, 120x40, backfill' 450 120x40.bytes
count 'statements a refresh' 3 80x24
count '  the same while ten keys a second are typed' 3 keys
count 'milliseconds of the server a second' 0.3 80x24.ms
row 'CPU, percent of a core' 0.2 80x24.cpu_percent
row 'resident, kB' - 80x24.rss_kb
row '  of it shared with nobody' - 80x24.private_kb
echo
echo "resident after $minutes minutes (budget 16384 kB): one migration $(of ring rss_kb) kB, of it shared with nobody $(of ring private_kb);" \
    "20 migrations $(of ring-many rss_kb) kB, $(of ring-many private_kb)"
echo
echo 'bytes a refresh, by screen:     1     2     3     4     5     6     7     8     9'
for size in 80x24 120x40; do
    printf '%-26s' "  $size"
    for screen in 1 2 3 4 5 6 7 8 9; do printf ' %5s' "$(of "screen.$size.$screen" bytes)"; done
    echo
done
