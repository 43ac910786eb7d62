#!/bin/bash
# What a backfill costs, as ratios against yardsticks of the same run: one plain UPDATE of the whole table, the
# shapes of other tools, the application when nothing runs. Rounds alternate, each from an identical copy of the
# table; medians count. Prints every round, and at the end one table of figures beside their goals.
#
#   bench/backfill.sh [ROWS [ROUNDS]]
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib/cluster.sh
. "$here/../tests/lib/cluster.sh"
rows=${1:-500000}
rounds=${2:-3}
program=${PGROLLOUT:-$here/../pgrollout}

cluster_start bench fsync=on max_wal_size=8GB shared_buffers=512MB max_connections=600 || bail "no server"
conninfo() { cluster_conninfo bench "$1"; }
"$program" -d "$(conninfo postgres)" install >/dev/null || bail "install"
cluster_psql bench -qc "GRANT pgrollout_engine TO lab_engine; GRANT pgrollout_approver TO lab_operator;
    GRANT CREATE ON SCHEMA public TO shop_owner; GRANT shop_owner TO pgrollout_engine;
    SET ROLE shop_owner;
    CREATE TABLE public.template AS SELECT g::bigint AS id, 'name of user ' || g AS name,
        repeat('x', 90) AS bio FROM generate_series(1, $rows) g;"

# A fresh copy; INDEXES: of that many more columns than the key.
copy_table() {
    local i more=
    for ((i = 0; i < ${INDEXES:-0}; i++)); do more+="CREATE INDEX ON public.users (bio, (id + $i));"; done
    cluster_psql bench -qc "SET client_min_messages = error; SET ROLE shop_owner; DROP TABLE IF EXISTS public.users;
        CREATE TABLE public.users AS SELECT * FROM public.template LIMIT ${ROWS:-$rows};
        ALTER TABLE public.users ADD PRIMARY KEY (id); $more" -c "RESET ROLE" -c "VACUUM ANALYZE public.users" -c CHECKPOINT
}
bytes_of() { cluster_psql bench -Atqc "SELECT pg_relation_size('public.users')"; }
add_column() { cluster_psql bench -qc "SET ROLE shop_owner; ALTER TABLE public.users ADD COLUMN full_name text"; }
seconds() { # COMMAND…
    local start
    start=$(date +%s.%N)
    "$@" >/dev/null
    awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { print b - a }'
}

seconds_of_single() {
    copy_table
    add_column
    seconds cluster_psql bench -qc "UPDATE public.users SET full_name = name"
}

# The shape of tools that touch rows so that a trigger in PL/pgSQL fills them, 1,000 a transaction.
seconds_of_touching() {
    copy_table
    add_column
    cluster_psql bench -q <<'SQL'
SET client_min_messages = error;
SET ROLE shop_owner;
CREATE OR REPLACE FUNCTION public.fill() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.full_name := NEW.name; RETURN NEW; END';
CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.fill();
CREATE OR REPLACE PROCEDURE public.touch() LANGUAGE plpgsql AS $$
DECLARE last bigint := 0;
BEGIN
    LOOP
        WITH batch AS (SELECT id FROM public.users WHERE id > last ORDER BY id LIMIT 1000 FOR NO KEY UPDATE),
        touched AS (UPDATE public.users u SET id = u.id FROM batch b WHERE u.id = b.id RETURNING u.id)
        SELECT max(id) INTO last FROM touched;
        EXIT WHEN last IS NULL;
        COMMIT;
    END LOOP;
END
$$;
SQL
    seconds cluster_psql bench -qc "CALL public.touch()"
}

# 1,000 rows, then 100 ms: the whole table from what 40 batches took.
seconds_of_sleeping() {
    copy_table
    add_column
    seconds cluster_psql bench -q -f <(for ((i = 0; i < 40; i++)); do
        printf 'UPDATE public.users SET full_name = name WHERE id > %d AND id <= %d; SELECT pg_sleep(0.1);\n' \
            $((i * 1000)) $(((i + 1) * 1000))
    done) | awk -v rows="$rows" '{ print $1 * rows / 40000 }'
}

plan_of() { # NAME SYNC TUNING…
    printf 'pgrollout: 1\nmigration: %s\ntitle: bench\nphases:\n  expand:\n' "$1"
    printf '    - add_column: {table: users, column: full_name, type: text}\n'
    [ "$2" = sync ] && printf '    - sync: {table: users, old: name, new: full_name}\n'
    printf '  backfill:\n    - backfill:\n        table: users\n        set: {full_name: name}\n'
    printf '        %s\n' "${@:3}"
    printf '      name: fill\n'
}
# The migration's name is left in $CLUSTER_ROOT/name, the share of a core that the engine took in engine-cpu.
seconds_of_backfill() { # SYNC TUNING…
    copy_table
    fill "$@"
}
fill() { # SYNC TUNING…
    local name=bench-$RANDOM-$RANDOM
    plan_of "$name" "$@" >"$CLUSTER_ROOT/plan.yaml"
    echo "$name" >"$CLUSTER_ROOT/name"
    "$program" -d "$(conninfo lab_operator)" load "$CLUSTER_ROOT/plan.yaml" >/dev/null 2>&1 || bail "load"
    "$program" -d "$(conninfo lab_operator)" advance "$name" >/dev/null || bail "advance"
    TIMEFORMAT='%R %U %S'
    { time "$program" -d "$(conninfo lab_engine)" run "$name" --advance auto --exit-when-idle >/dev/null 2>&1; } \
        2>"$CLUSTER_ROOT/time" || bail "run"
    awk '{ printf "%.1f\n", ($2 + $3) / $1 * 100 }' "$CLUSTER_ROOT/time" >>"$CLUSTER_ROOT/engine-cpu"
    cluster_psql bench -Atqc "SELECT extract(epoch FROM max(s.finished) - min(s.started))
        FROM pgrollout.step s JOIN pgrollout.migration m ON m.id = s.migration_id
        WHERE m.name = '$name' AND s.name = 'fill'"
}
# Of the migration that was run last: the time for a row in the last tenth over that in the first.
slowing() {
    cluster_psql bench -Atqc "WITH p AS (SELECT p.*, max(p.rows_done) OVER () AS total FROM pgrollout.position p
            JOIN pgrollout.migration m ON m.id = p.migration_id WHERE m.name = '$(cat "$CLUSTER_ROOT/name")')
        SELECT round((sum(batch_ms) FILTER (WHERE rows_done > total * 0.9) / sum(batch_rows) FILTER (WHERE rows_done > total * 0.9)
            / (sum(batch_ms) FILTER (WHERE rows_done < total * 0.1) / sum(batch_rows) FILTER (WHERE rows_done < total * 0.1)))::numeric, 3)
        FROM p"
}

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
keep() { echo "$2" >>"$CLUSTER_ROOT/$1"; } # NAME FIGURE
of() { median <"$CLUSTER_ROOT/$1"; }
over() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a / b }'; }
round() { # NAME SECONDS
    keep "$1" "$(over "$single" "$2")"
    echo "round $round: $1: $2 s, $(over "$single" "$2") of the single UPDATE"
}

unpaced=('rest: 0' 'batch: {start: 5000, min: 1000, max: 10000, target: 200ms}')
for round in $(seq "$rounds"); do
    single=$(seconds_of_single)
    echo "round $round: one UPDATE of $rows rows: $single s"
    round plain "$(seconds_of_backfill plain "${unpaced[@]}")"
    copy_table
    before=$(bytes_of)
    round sync "$(seconds_of_backfill sync "${unpaced[@]}")"
    keep heap "$(over "$(bytes_of)" "$before")"
    keep slowing "$(slowing)"
    : >"$CLUSTER_ROOT/engine-cpu"
    round default "$(seconds_of_backfill sync 'rest: 1.0')"
    keep cpu "$(of engine-cpu)"
    # somebody has a snapshot open all the time
    PGAPPNAME=old cluster_psql bench -qc "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM public.template;
        SELECT pg_sleep(600)" >/dev/null 2>&1 &
    sleep 0.5
    round snapshot "$(seconds_of_backfill sync "${unpaced[@]}")"
    cluster_psql bench -Atqc "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'old'" >/dev/null
    wait $!
    round touching "$(seconds_of_touching)"
    round sleeping "$(seconds_of_sleeping)"
    single=$(INDEXES=7 ROWS=$((rows / 10)) seconds_of_single)
    round indexes "$(INDEXES=7 ROWS=$((rows / 10)) seconds_of_backfill sync "${unpaced[@]}")"
done
control=$(cluster_psql bench -Atqc "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
    WHERE c.relnamespace = 'pgrollout'::regnamespace AND c.relkind = 'r'")

# --- an application at a share of what the server can do, quiet and while it fills by default
cat >"$CLUSTER_ROOT/app.sql" <<SQL
\set id random(1, $rows)
UPDATE public.users SET bio = bio WHERE id = :id;
SELECT name FROM public.users WHERE id = :id;
SQL
chmod 755 "$CLUSTER_ROOT"
# "p99 max" in ms of SECONDS at RATE; 0: as fast as it goes, and then what it was
load_of() { # SECONDS RATE
    rm -f "$CLUSTER_ROOT"/log.*
    (cd "$CLUSTER_ROOT" && "$CLUSTER_BIN/pgbench" -n -c 8 -j 1 -T "$1" ${2:+-R "$2"} -l --log-prefix=log \
        -f app.sql "$(conninfo postgres)") >"$CLUSTER_ROOT/load.out" 2>&1
    cat "$CLUSTER_ROOT"/log.* | awk '{ print $3 / 1000 }' | sort -n |
        awk '{ v[NR] = $1 } END { print v[int(NR * 0.99)], v[NR] }'
}
copy_table
load_of 5 "" >/dev/null
top=$(sed -n 's/^tps = \([0-9]*\).*/\1/p' "$CLUSTER_ROOT/load.out")
for part in 25 50; do
    rate=$((top * part / 100))
    copy_table
    read -r quiet _ < <(load_of 8 "$rate")
    load_of 20 "$rate" >"$CLUSTER_ROOT/p99" &
    sleep 1
    took=$(fill sync 'rest: 1.0')
    wait $!
    read -r p99 worst <"$CLUSTER_ROOT/p99"
    echo "load of $part % ($rate tps): quiet p99 $quiet ms; while it fills p99 $p99 ms, worst $worst ms, filled in $took s"
    eval "harm_$part='$(over "$p99" "$quiet")' worst_$part=$worst"
done

# --- DDL behind a transaction of 5 s that has read the table
copy_table
load_of 10 $((top / 4)) >"$CLUSTER_ROOT/p99" &
loading=$!
sleep 1
cluster_psql bench -qc "BEGIN; SELECT FROM public.users LIMIT 1; SELECT pg_sleep(5); COMMIT" >/dev/null &
sleep 0.5
printf 'pgrollout: 1\nmigration: bench-ddl\ntitle: bench\nphases:\n  expand:\n    - add_column: {table: users, column: other, type: text}\n' \
    >"$CLUSTER_ROOT/plan.yaml"
"$program" -d "$(conninfo lab_operator)" load "$CLUSTER_ROOT/plan.yaml" >/dev/null 2>&1 || bail "load"
"$program" -d "$(conninfo lab_operator)" advance bench-ddl >/dev/null || bail "advance"
"$program" -d "$(conninfo lab_engine)" run bench-ddl --advance auto --exit-when-idle >/dev/null 2>&1 || bail "run"
wait $loading
read -r _ stall <"$CLUSTER_ROOT/p99"
delayed=$(cat "$CLUSTER_ROOT"/log.* | awk '{ n++; late += $3 > 50000 } END { printf "%.2f", late / n * 100 }')

# --- pauses, and what the sensors cost among 450 sessions
copy_table
cluster_psql bench -qc "SELECT pg_stat_statements_reset()" >/dev/null 2>&1 || cluster_psql bench -qc "CREATE EXTENSION pg_stat_statements"
echo 'SELECT 1' >"$CLUSTER_ROOT/idle.sql"
"$CLUSTER_BIN/pgbench" -n -c 450 -j 1 -T 25 -R 1 -f "$CLUSTER_ROOT/idle.sql" "$(conninfo postgres)" >/dev/null 2>&1 &
idle=$!
sleep 8
fill sync 'rest: 1.0' >/dev/null &
filling=$!
sleep 1.5
{
    echo '\timing on'
    for ((i = 0; i < 40; i++)); do
        echo "SELECT ok FROM pgrollout.pause(name => (SELECT max(name) FROM pgrollout.migration WHERE state = 'active'), reason => 'bench');"
        echo '\timing off'
        echo "SELECT ok FROM pgrollout.resume_all(); SELECT pg_sleep(0.03);"
        echo '\timing on'
    done
} >"$CLUSTER_ROOT/pauses.sql"
pause=$(PGOPTIONS='' "$CLUSTER_BIN/psql" -XAt -d "$(conninfo lab_operator)" -f "$CLUSTER_ROOT/pauses.sql" 2>/dev/null |
    sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n | awk '{ v[NR] = $1 } END { print v[int(NR * 0.99 + 0.5)] }')
wait $filling
sensor=$(cluster_psql bench -Atqc "SELECT round(mean_exec_time::numeric, 3) FROM pg_stat_statements
    WHERE query LIKE '%PREPARE pgrollout_sense %' ORDER BY calls DESC LIMIT 1")
wait $idle

line() { printf '%-66s %12s   %s\n' "$@"; }
echo
line "what" "measured" "goal"
line "no rest, large batches: share of the single UPDATE" "$(of plain)" ">= 0.90"
line "the same under a sync trigger: share of the speed without" "$(over "$(of sync)" "$(of plain)")" ">= 0.90"
line "default pace: share of the single UPDATE" "$(of default)" ">= 0.40"
line "application at 25 %: p99, times the quiet one (worst: $worst_25 ms)" "$harm_25" "<= 3, 60 ms"
line "application at 50 %: p99, times the quiet one (worst: $worst_50 ms)" "$harm_50" "<= 3, and it ends"
line "heap after the backfill, times the one before" "$(of heap)" "<= 1.25"
line "with an old snapshot open: share of the speed without" "$(over "$(of snapshot)" "$(of sync)")" ">= 0.90"
line "seven more indexes: share of the single UPDATE with them" "$(of indexes)" ">= 0.90"
line "times the speed of touching rows for a PL/pgSQL trigger" "$(over "$(of sync)" "$(of touching)")" ">= 2"
line "default pace, times that of 1,000 rows and 100 ms of sleep" "$(over "$(of default)" "$(of sleeping)")" ">= 6"
line "time for a row, last tenth over first" "$(of slowing)" "<= 1.2"
line "DDL behind 5 s of an open transaction: longest stall, ms" "$stall" "<= 125"
line "statements that it delayed by more than 50 ms, %" "$delayed" "< 5"
line "pause, p99 of 40, ms" "$pause" "<= 100"
line "a sample of the sensors among 450 sessions, ms" "$sensor" "<= 1"
line "engine while it fills by default, % of a core" "$(of cpu)" "<= 3"
line "control schema after $((rounds * 5)) backfills, kB" "$((control / 1024))" "< 2048"
