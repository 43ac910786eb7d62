# An application on public.users and public.shadow (bash): pgbench with both releases' statements. Every
# change goes, in the same transaction, into the shadow table that the product does not know.
# shellcheck shell=bash

LOAD_PIDS=()

load_scripts() {
    [ ! -d "$CLUSTER_ROOT/load" ] || return 0
    mkdir "$CLUSTER_ROOT/load"
    chmod 777 "$CLUSTER_ROOT/load"
    cat >"$CLUSTER_ROOT/load/read.sql" <<'SQL'
\set id random(1, :rows) * 3
SELECT name FROM public.users WHERE id = :id;
SQL
    # release 41 knows only name
    cat >"$CLUSTER_ROOT/load/41.sql" <<'SQL'
\set id random(1, :rows) * 3
\set n random(1, 1000000)
BEGIN;
UPDATE public.users SET name = 'old ' || :n WHERE id = :id;
UPDATE public.shadow SET name = 'old ' || :n WHERE id = :id;
COMMIT;
SQL
    # release 42 knows only full_name
    cat >"$CLUSTER_ROOT/load/42.sql" <<'SQL'
\set id random(1, :rows) * 3
\set n random(1, 1000000)
BEGIN;
UPDATE public.users SET full_name = 'new ' || :n WHERE id = :id;
UPDATE public.shadow SET name = 'new ' || :n WHERE id = :id;
COMMIT;
SQL
    # rows come, go, and move their key behind the backfill and ahead of it
    cat >"$CLUSTER_ROOT/load/keys.sql" <<'SQL'
\set id random(1, :rows) * 3
\set new random(-1000000000, 1000000000) * 3 + 1
WITH i AS (INSERT INTO public.users (id, name) VALUES (:new, 'inserted ' || :new)
           ON CONFLICT DO NOTHING RETURNING id, name)
INSERT INTO public.shadow SELECT id, name FROM i;
WITH d AS (DELETE FROM public.users WHERE id = (SELECT max(id) FROM public.users WHERE id < :new) RETURNING id)
DELETE FROM public.shadow s USING d WHERE s.id = d.id;
BEGIN;
UPDATE public.users SET id = :new + 1 WHERE id = :id;
UPDATE public.shadow SET id = :new + 1 WHERE id = :id;
COMMIT;
SQL
}

# load_run CLUSTER ROLE RATE SCRIPT@WEIGHT…: in the background, each transaction's latency in a log.
load_run() {
    local cluster=$1 role=$2 rate=$3 script args=()
    shift 3
    load_scripts
    for script in "$@"; do
        args+=(-f "$CLUSTER_ROOT/load/${script%@*}.sql@${script#*@}")
    done
    (cd "$CLUSTER_ROOT/load" && exec "$CLUSTER_BIN/pgbench" -n -c 4 -j 1 -T 3600 -R "$rate" \
        -D rows="$ROLLOUT_ROWS" -l --log-prefix="latency.$BASHPID" "${args[@]}" \
        "$(cluster_conninfo "$cluster" "$role")" >>pgbench.out 2>&1) &
    LOAD_PIDS+=($!)
}

load_stop() {
    local pid
    for pid in "${LOAD_PIDS[@]}"; do
        kill -ALRM "$pid" 2>/dev/null # as if its time were over: it writes its logs
        wait_until 5 load_ended "$pid" || kill -KILL "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    LOAD_PIDS=()
}

load_ended() { ! kill -0 "$1" 2>/dev/null; }

load_alive() {
    local pid
    for pid in "${LOAD_PIDS[@]}"; do
        kill -0 "$pid" 2>/dev/null || return 1
    done
}

# Statements that the application was refused, but for those that a lost server explains.
load_errors() {
    grep -h -e 'ERROR' -e 'aborted' "$CLUSTER_ROOT/load/pgbench.out" |
        grep -v -e 'terminating connection' -e 'server closed' -e 'in recovery' -e 'shutting down'
}

# The worst latency in ms, and the p99, of all that was logged; a transaction's time counts from when it
# was due.
load_latency() {
    cat "$CLUSTER_ROOT"/load/latency.* 2>/dev/null | awk '{ print $3 / 1000 }' | sort -n |
        awk '{ v[NR] = $1 } END { if (NR) printf "%.1f %.1f %d\n", v[NR], v[int(NR * 0.99) + (NR < 100)], NR }'
}

load_forget() { rm -f "$CLUSTER_ROOT"/load/latency.* "$CLUSTER_ROOT/load/pgbench.out"; }

# Rows that differ from the shadow table, in COLUMNs that must agree with it; "ok" when none does.
load_verify() { # CLUSTER COLUMN…
    local cluster=$1 column condition=false
    shift
    for column in "$@"; do condition+=" OR u.$column IS DISTINCT FROM s.name"; done
    cluster_psql "$cluster" -c "SELECT CASE count(*) WHEN 0 THEN 'ok' ELSE count(*) || ' rows wrong' END
        FROM public.users u FULL JOIN public.shadow s USING (id) WHERE u.id IS NULL OR s.id IS NULL OR $condition"
}
