# Recipes run as people run them (bash; brings driven.sh along): tables with a shadow, the releases before and
# after that write both, the plan from `new`.
# shellcheck shell=bash
#
# A case is a file in cases/ that sets
#   recipe_rows      rows of the table
#   recipe_tables    SQL, run by the owner: the tables, `shadow` with the truth, privileges
#   recipe_of        the recipe (default: the case's name)
#   recipe_settings  an array: what `new` is told
#   recipe_old       pgbench script of the release before; recipe_new of the one after
#   recipe_start     where the one before comes into play (default: before the plan is started)
#   recipe_switch    where the release after comes into play beside the one before (default: the gate "deployed")
#   recipe_gone      where the one before is gone (default: the boundary before stop_old_writes)
#   recipe_wrong     a query: how many rows are not what the shadow says, in the end
#   recipe_end       what `recipe_describe` says in the end

# shellcheck source=tests/db/driven.sh
. "$(dirname "${BASH_SOURCE[0]}")/../db/driven.sh"
# shellcheck source=tests/lib/campaign.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/campaign.sh"

recipe_dir=$(dirname "${BASH_SOURCE[0]}")/cases
recipe_pids=()
declare -A recipe_pid=()

recipe_names() { (cd "$recipe_dir" && printf '%s\n' *.sh | sed 's/\.sh$//'); }

recipe_cleanup() {
    local status=$? pid
    for pid in "${recipe_pids[@]}"; do
        # only children of this shell: a pid may have gone to somebody else
        [ "$(ps -o ppid= -p "$pid" | tr -d ' ')" != $$ ] || kill -KILL "$pid" 2>/dev/null
    done
    (exit "$status")
    driven_cleanup
}

# Everything that an earlier case has left goes.
recipe_clear() {
    sql "DELETE FROM pgrollout.migration" >/dev/null
    sql "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION shop_owner;
        GRANT USAGE ON SCHEMA public TO PUBLIC; CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
        SELECT pg_stat_statements_reset()" >/dev/null || bail "not cleared"
}

recipe_take() { # NAME: the case, its tables anew, and its plan
    recipe_rows=${RECIPE_ROWS:-$(sample 2000 20000)} recipe_switch='\[gate deployed\]'
    recipe_gone='\[boundary stop_old_writes\]' recipe_settings=() recipe_of=$1 recipe_start=''
    recipe_name=$1
    # shellcheck source=/dev/null
    . "$recipe_dir/$1.sh"
    recipe_clear
    owner "$recipe_tables" >/dev/null && sql ANALYZE >/dev/null || bail "no tables for $1"
    "$PGROLLOUT" new "$recipe_of" "${recipe_settings[@]}" migration=m -d "$(cluster_conninfo a shop_owner)" \
        >"$CLUSTER_ROOT/$1.yaml" 2>"$CLUSTER_ROOT/new.err" || bail "no plan from $1: $(cat "$CLUSTER_ROOT/new.err")"
    # the machine of a test is shared, and stands still at times
    sed -i '/^guards:/,$d' "$CLUSTER_ROOT/$1.yaml"
    cat >>"$CLUSTER_ROOT/$1.yaml" <<'YAML'
guards:
  query_latency: {off: "the machine of a test is shared"}
  lock_waiters: {pause: 50, resume: 40}
  lock_wait: {pause: 60s, resume: 50s}
YAML
}

recipe_load() { # as people do it
    operator load "$CLUSTER_ROOT/$recipe_name.yaml" >"$CLUSTER_ROOT/load.out" 2>&1 ||
        bail "$recipe_name was not loaded: $(cat "$CLUSTER_ROOT/load.out")"
}

# A release writes in the background: RELEASE old or new.
recipe_write() { # RELEASE
    local script=recipe_$1 file=$CLUSTER_ROOT/$1.sql
    printf '%s\n' "${!script}" >"$file"
    PGAPPNAME=shop-web-$1 "$CLUSTER_BIN/pgbench" -n -c 2 -j 1 -T 3600 -R 60 -D rows="$recipe_rows" -f "$file" \
        "$(cluster_conninfo a shop_web)" >"$CLUSTER_ROOT/$1.out" 2>&1 &
    recipe_pid[$1]=$!
    recipe_pids+=($!)
}
recipe_silence() { # RELEASE: it ends as if its time were over
    local pid=${recipe_pid[$1]:-}
    [ -n "$pid" ] || return 0
    recipe_pid[$1]=
    kill -ALRM "$pid" 2>/dev/null
    wait_until 5 recipe_ended "$pid" || kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}
recipe_ended() { ! kill -0 "$1" 2>/dev/null; }
# What a release was refused; nothing when all went well.
recipe_errors() { grep -h -e ERROR -e aborted "$CLUSTER_ROOT/$1.out" 2>/dev/null | head -n 3; }
# It has written since it began.
recipe_wrote() { grep -q 'number of transactions actually processed: [1-9]' "$CLUSTER_ROOT/$1.out"; }

# Columns, indexes, constraints, triggers and views of schema public, but for the shadow's.
recipe_describe() {
    sql "SELECT line FROM (
        SELECT 1 AS part, c.relname AS t, a.attnum::text AS o,
               format('%s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                      CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
                      ' default ' || pg_get_expr(d.adbin, d.adrelid)) AS line
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'p')
        UNION ALL
        SELECT 2, c.relname, i.indexrelid::regclass::text,
               regexp_replace(pg_get_indexdef(i.indexrelid), 'CREATE (.*) ON public\.', '\1 on ')
                   || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT 3, c.conrelid::regclass::text, c.conname,
               format('%s: %s', c.conname, pg_get_constraintdef(c.oid))
        FROM pg_constraint c WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('c', 'f')
        UNION ALL
        SELECT 4, t.tgrelid::regclass::text, t.tgname, 'trigger ' || t.tgname
        FROM pg_trigger t WHERE NOT t.tgisinternal
            AND t.tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
        UNION ALL
        SELECT 5, '', p.proname, 'function ' || p.proname
        FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proname NOT LIKE 'pg_stat%'
        ) x WHERE t NOT LIKE 'shadow%' AND t NOT LIKE 'pg_stat%' ORDER BY part, t, o"
}
