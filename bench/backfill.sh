#!/bin/bash
# The speed of a backfill as a share of one plain UPDATE of the whole table, the physical yardstick:
# both in each round, from an identical copy, alternating. Prints every round and the medians.
#
#   bench/backfill.sh [ROWS [ROUNDS]]
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib/cluster.sh
. "$here/../tests/lib/cluster.sh"
rows=${1:-500000}
rounds=${2:-3}
program=${PGROLLOUT:-$here/../pgrollout}

cluster_start bench fsync=on max_wal_size=8GB shared_buffers=512MB || bail "no server"
conninfo() { cluster_conninfo bench "$1"; }
"$program" -d "$(conninfo postgres)" install >/dev/null || bail "install"
cluster_psql bench -qc "GRANT pgrollout_engine TO lab_engine; GRANT pgrollout_approver TO lab_operator;
    GRANT CREATE ON SCHEMA public TO shop_owner; GRANT shop_owner TO pgrollout_engine;
    SET ROLE shop_owner;
    CREATE TABLE public.template AS SELECT g::bigint AS id, 'name of user ' || g AS name,
        repeat('x', 90) AS bio FROM generate_series(1, $rows) g;"

copy_table() {
    cluster_psql bench -qc "SET ROLE shop_owner; DROP TABLE IF EXISTS public.users;
        CREATE TABLE public.users AS TABLE public.template;
        ALTER TABLE public.users ADD PRIMARY KEY (id);" -c "RESET ROLE" -c "VACUUM ANALYZE public.users" -c CHECKPOINT
}

seconds_of_single() {
    copy_table
    cluster_psql bench -qc "SET ROLE shop_owner; ALTER TABLE public.users ADD COLUMN full_name text"
    local start end
    start=$(date +%s.%N)
    cluster_psql bench -qc "UPDATE public.users SET full_name = name"
    end=$(date +%s.%N)
    echo "$start $end" | awk '{print $2 - $1}'
}

# VARIANT's lines of the backfill step; with or without a sync trigger
seconds_of_backfill() { # SYNC TUNING
    copy_table
    local plan=$CLUSTER_ROOT/plan.yaml name=bench-$RANDOM-$RANDOM
    {
        printf 'pgrollout: 1\nmigration: %s\ntitle: bench\nphases:\n  expand:\n' "$name"
        printf '    - add_column: {table: users, column: full_name, type: text}\n'
        [ "$1" = sync ] && printf '    - sync: {table: users, old: name, new: full_name}\n'
        printf '  backfill:\n    - backfill:\n        table: users\n        set: {full_name: name}\n'
        printf '        %s\n' "${@:2}"
        printf '      name: fill\n'
    } >"$plan"
    "$program" -d "$(conninfo lab_operator)" load "$plan" >/dev/null 2>&1 || bail "load"
    "$program" -d "$(conninfo lab_operator)" advance "$name" >/dev/null || bail "advance"
    "$program" -d "$(conninfo lab_engine)" run "$name" --advance auto --exit-when-idle >/dev/null ||
        bail "run"
    cluster_psql bench -Atqc "SELECT extract(epoch FROM max(s.finished) - min(s.started))
        FROM pgrollout.step s JOIN pgrollout.migration m ON m.id = s.migration_id
        WHERE m.name = '$name' AND s.name = 'fill'"
}

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

variants=("plain unpaced" "sync unpaced" "sync default")
for round in $(seq "$rounds"); do
    single=$(seconds_of_single)
    echo "round $round: one UPDATE of $rows rows: $single s"
    for variant in "${variants[@]}"; do
        if [ "${variant#* }" = unpaced ]; then
            took=$(seconds_of_backfill "${variant% *}" 'rest: 0' \
                'batch: {start: 5000, min: 1000, max: 10000, target: 200ms}')
        else
            took=$(seconds_of_backfill "${variant% *}" 'rest: 1.0')
        fi
        share=$(echo "$single $took" | awk '{printf "%.3f", $1 / $2}')
        echo "round $round: $variant: $took s, $share of the single UPDATE"
        echo "$share" >>"$CLUSTER_ROOT/${variant/ /-}"
    done
done
for variant in "${variants[@]}"; do
    echo "median $variant: $(median <"$CLUSTER_ROOT/${variant/ /-}") of the single UPDATE"
done
