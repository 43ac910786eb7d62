# A rollout for tests of the engine as it is (bash): private cluster, control schema by `install`, a
# table whose truth is written down elsewhere, a small plan. Brings cluster.sh and campaign.sh along.
# shellcheck shell=bash

# shellcheck source=tests/lib/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=tests/lib/campaign.sh
. "$(dirname "${BASH_SOURCE[0]}")/campaign.sh"

ROLLOUT_ROWS=200
ROLLOUT_ENGINE= # pid of the one in the background
ROLLOUT_PIDS=() # and of all that ever were
# AddressSanitizer's leak check dies under strace, and of signals it would only tell what we did
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}

# Ends the engines and the applications that a failed test has left, then the servers.
rollout_cleanup() {
    local status=$? pid
    for pid in "${ROLLOUT_PIDS[@]}" "${LOAD_PIDS[@]}"; do
        # only children of this shell: a pid may have gone to somebody else
        [ "$(ps -o ppid= -p "$pid" | tr -d ' ')" != $$ ] || kill -KILL "$pid" 2>/dev/null
    done
    (exit "$status")
    cluster_cleanup
}

rollout_start() { # [SETTING=VALUE…]
    cluster_start a "$@"
    trap rollout_cleanup EXIT
    "$PGROLLOUT" install -d "$(cluster_conninfo a)" --map engine=lab_engine \
        --map operator=lab_operator --map approver=lab_approver --map responder=lab_responder \
        --map viewer=lab_viewer >"$CLUSTER_ROOT/install.out" 2>&1 ||
        bail "install: $(cat "$CLUSTER_ROOT/install.out")"
    cluster_psql a -c 'GRANT shop_owner TO lab_engine' >/dev/null
}

# The table anew, with its truth in public.shadow (which the product does not know), and no migration.
# hits counts how often the backfill has changed a row.
rollout_table() { # NAME
    cluster_psql "$1" >/dev/null <<SQL || bail "no table"
SET client_min_messages = warning;
DELETE FROM pgrollout.migration;
DROP TABLE IF EXISTS public.users, public.shadow CASCADE;
-- what a migration that was given up halfway has left
DO \$\$
DECLARE
    left_over text;
BEGIN
    FOR left_over IN SELECT format('DROP FUNCTION %s', oid::regprocedure) FROM pg_proc WHERE proname LIKE 'zzz_pgrollout%'
        UNION ALL SELECT format('DROP SEQUENCE %s', oid::regclass) FROM pg_class
        WHERE relkind = 'S' AND relname LIKE 'zzz_pgrollout%' LOOP
        EXECUTE left_over;
    END LOOP;
END
\$\$;
SET ROLE shop_owner;
CREATE TABLE public.users (id bigint PRIMARY KEY, name text NOT NULL, hits int NOT NULL DEFAULT 0);
CREATE TABLE public.shadow (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO public.shadow SELECT 3 * i, 'name ' || i FROM generate_series(1, $ROLLOUT_ROWS) i;
INSERT INTO public.users (id, name) SELECT id, name FROM public.shadow;
CREATE OR REPLACE FUNCTION public.users_hit() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN
    -- a column that the table has not had from the start
    IF to_jsonb(NEW) ->> 'full_name' IS DISTINCT FROM to_jsonb(OLD) ->> 'full_name' THEN
        NEW.hits := OLD.hits + 1;
    END IF;
    RETURN NEW;
END
\$\$;
CREATE TRIGGER users_hit BEFORE UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION public.users_hit();
GRANT SELECT, INSERT, UPDATE, DELETE ON public.users, public.shadow TO shop_web, shop_workers;
SQL
}

# BATCH: keys a batch, REST, RATE, WORKERS and EXPAND (more expand steps) as the plan has them.
rollout_plan() {
    cat <<YAML
pgrollout: 1
migration: m
user_triggers: fire
phases:
  expand:
    - add_column: {table: users, column: full_name, type: text}
    - sync: {table: users, old: name, new: full_name}
${EXPAND:-}
  deploy:
    - confirm: The release is out.
      name: deployed
  backfill:
    - backfill:
        table: users
        set: {full_name: name}
        batch: {start: ${BATCH:-20}, min: ${BATCH:-20}, max: ${BATCH:-20}, target: 10ms}
        rest: ${REST:-0}
${RATE:+        rate: $RATE}
${WORKERS:+        workers: $WORKERS}
      name: copy
    - verify: copy
    - not_null: {table: users, column: full_name}
    - analyze: users
  contract:
    - drop_column: {table: users, column: name}
guards:
  query_latency: {off: "the machine of a test is shared"}
  lock_waiters: {pause: 50, resume: 40}
  lock_wait: {pause: 60s, resume: 50s}
  replication_lag: {pause: 60s, resume: 50s}
YAML
}

# pgrollout as a person; the approver contains all the others.
rollout() { # VERB [ARGS]
    local verb=$1
    shift
    "$PGROLLOUT" "$verb" "$@" -d "$(cluster_conninfo "${ROLLOUT_ON:-a}" lab_approver)" </dev/null
}

rollout_load() {
    rollout_plan >"$CLUSTER_ROOT/plan.yaml"
    rollout load "$CLUSTER_ROOT/plan.yaml" >"$CLUSTER_ROOT/load.out" 2>&1 ||
        bail "load: $(cat "$CLUSTER_ROOT/load.out")"
}

# One engine in the foreground until nothing but people is waited for; a prefix (strace …) may go first.
rollout_engine() { # [PREFIX…]
    "$@" "$PGROLLOUT" run -d "$(cluster_conninfo "${ROLLOUT_ON:-a}" lab_engine)" --advance auto \
        --exit-when-idle </dev/null >>"$CLUSTER_ROOT/engine.out" 2>&1
}

# One in the background that stays; its pid in $ROLLOUT_ENGINE.
rollout_engine_start() { # [ARGS]
    "$PGROLLOUT" run -d "$(cluster_conninfo "${ROLLOUT_ON:-a}" lab_engine)" --advance auto "$@" \
        </dev/null >>"$CLUSTER_ROOT/engine.out" 2>&1 &
    ROLLOUT_ENGINE=$!
    ROLLOUT_PIDS+=("$!")
}

rollout_engine_stop() { # [SIGNAL]
    kill -"${1:-TERM}" "$ROLLOUT_ENGINE" 2>/dev/null
    kill -CONT "$ROLLOUT_ENGINE" 2>/dev/null
    wait "$ROLLOUT_ENGINE" 2>/dev/null
}

rollout_state() {
    cluster_psql "${ROLLOUT_ON:-a}" -c "SELECT coalesce(
        (SELECT h.kind || ' ' || h.key FROM pgrollout.hold h WHERE h.kind IN ('gate', 'boundary') LIMIT 1),
        (SELECT m.state FROM pgrollout.migration m ORDER BY m.id DESC LIMIT 1))"
}

# Answers what waits for a person: 1 when nothing does. UNTIL a hold that is left alone.
rollout_person() { # [UNTIL]
    local state
    state=$(rollout_state)
    [ -z "${1:-}" ] || [ "$state" != "$1" ] || return 1
    case $state in
        'boundary contract') rollout contract m --confirm m ;;
        boundary*) rollout advance m ;;
        gate*) rollout confirm m --reason test ;;
        *) return 1 ;;
    esac >>"$CLUSTER_ROOT/person.out" 2>&1
}

# Engines and answers until the migration has ended (or waits at UNTIL); 1 when it does not come to it.
rollout_finish() { # [UNTIL]
    local turn
    for ((turn = 0; turn < 12; turn++)); do
        rollout_engine
        # an answer may have come between the two
        rollout_person "$@" || [ "$(rollout_state)" = active ] || break
    done
    case $(rollout_state) in
        done | aborted | "${1:-done}") return 0 ;;
    esac
    diag "$(tail -n 15 "$CLUSTER_ROOT/engine.out")"
    diag "$(cluster_psql "${ROLLOUT_ON:-a}" -c "SELECT * FROM pgrollout.journal('m') ORDER BY 1 DESC LIMIT 15")"
    return 1
}

# What is wrong with rows, positions and columns of a migration that is done; "ok" when nothing is.
rollout_oracle() {
    cluster_psql "${ROLLOUT_ON:-a}" <<'SQL'
SELECT coalesce(nullif(concat_ws(', ',
    (SELECT 'state ' || state FROM pgrollout.migration WHERE state <> 'done'),
    (SELECT count(*) || ' rows wrong' FROM public.users u FULL JOIN public.shadow s USING (id)
     WHERE u.full_name IS DISTINCT FROM s.name HAVING count(*) > 0),
    (SELECT count(*) || ' rows not changed exactly once' FROM public.users
     WHERE hits <> 1 HAVING count(*) > 0),
    (SELECT format('positions have a gap at %s', seq) FROM (
        SELECT seq, from_key, lag(key) OVER w AS before, lag(seq, 1, 0) OVER w AS seq_before,
            worker -- the first of a further one begins at its range
        FROM pgrollout.position WHERE step = 'copy' WINDOW w AS (PARTITION BY worker ORDER BY seq)) p
     WHERE from_key IS DISTINCT FROM before AND (worker = 1 OR seq > 1) OR seq <> seq_before + 1 LIMIT 1),
    (SELECT format('positions count %s keys and %s changes', sum(batch_rows), sum(batch_changed))
     FROM pgrollout.position WHERE step = 'copy'
     HAVING sum(batch_rows) <> (SELECT count(*) FROM public.users)
         OR sum(batch_changed) <> (SELECT count(*) FROM public.users)),
    (SELECT 'columns ' || string_agg(attname || CASE WHEN attnotnull THEN '!' ELSE '' END, ' '
                                     ORDER BY attnum)
     FROM pg_attribute WHERE attrelid = 'public.users'::regclass AND attnum > 0 AND NOT attisdropped
     HAVING string_agg(attname || CASE WHEN attnotnull THEN '!' ELSE '' END, ' ' ORDER BY attnum)
         <> 'id! hits! full_name!'),
    (SELECT 'left: ' || string_agg(conname, ' ') FROM pg_constraint
     WHERE conrelid = 'public.users'::regclass AND contype = 'c' HAVING count(*) > 0),
    (SELECT 'left: ' || string_agg(tgname, ' ') FROM pg_trigger
     WHERE tgrelid = 'public.users'::regclass AND tgname <> 'users_hit' HAVING count(*) > 0),
    (SELECT 'left: ' || string_agg(relname, ' ') FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' HAVING count(*) > 0)), ''), 'ok')
SQL
}

# `pg_dump -s` of all but the control schema, without what differs between two equal dumps.
rollout_dump() { # NAME
    "$CLUSTER_BIN/pg_dump" -s -N pgrollout -d "$(cluster_conninfo "$1")" |
        grep -v -e '^--' -e '^\\restrict' -e '^\\unrestrict' -e '^$'
}
