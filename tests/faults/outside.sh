#!/bin/bash
# Statements outside a transaction: a pause ends them too, with the engine awake or frozen, and nothing
# of them happens after it has returned. Whether one ran nobody can know then, and the step says so; a
# person looks, cleans up and retries. The same after a kill in the middle.
. "$(dirname "$0")/../lib/rollout.sh"

ROLLOUT_ROWS=2000
rollout_start
# a VACUUM that takes its time
cluster_psql a -c "ALTER ROLE lab_engine SET vacuum_cost_delay = 100" \
    -c "ALTER ROLE lab_engine SET vacuum_cost_limit = 1" >/dev/null

prepare() { # STATEMENT UNDO
    rollout_table a
    cluster_psql a -c 'SET client_min_messages = warning' -c 'DROP INDEX IF EXISTS public.shadow_name' \
        -c 'UPDATE public.shadow SET name = name' >/dev/null
    EXPAND="    - sql: $1
      $2
      transaction: none
      name: outside"
    rollout_load
    rollout advance m >/dev/null
}
# the engine's statement, as the server sees it
running() {
    [ "$(cluster_psql a -c "SELECT count(*) FROM pg_stat_activity
        WHERE usename = 'lab_engine' AND state = 'active' AND query LIKE '%$1%'")" = 1 ]
}
index_valid() {
    cluster_psql a -c "SELECT coalesce((SELECT indisvalid::text FROM pg_index
        WHERE indexrelid = to_regclass('public.shadow_name')), 'none')"
}
outside_done() { [ "$(cluster_psql a -c "SELECT state FROM pgrollout.step WHERE name = 'outside'")" = done ]; }
outside_failed() { [ "$(rollout_state)" = failed ]; }
unknown_then_retried() { # SQL-OF-A-PERSON
    like "$(cluster_psql a -c "SELECT error FROM pgrollout.step WHERE name = 'outside'")" 'not known' \
        "whether it ran is not known, and said"
    cluster_psql a -c 'SET client_min_messages = warning' -c "$1" >/dev/null
    rollout resume m >/dev/null
    ok "a person retries" rollout retry m
}
# An index build waits for this snapshot; it lasts until the session is ended.
snapshot_open() {
    "$CLUSTER_BIN/psql" -XAtq -d "$(cluster_conninfo a shop_web)" -c 'BEGIN ISOLATION LEVEL REPEATABLE READ' \
        -c 'SELECT count(*) FROM pg_class' -c 'SELECT pg_sleep(600)' >/dev/null 2>&1 &
    wait_until 10 snapshot_is_open
}
snapshot_is_open() { [ "$(cluster_psql a -c "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND usename = 'shop_web'")" = 1 ]; }
snapshot_end() {
    cluster_psql a -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop_web'" >/dev/null
}

for how in awake frozen; do
    prepare 'CREATE INDEX CONCURRENTLY shadow_name ON public.shadow (name)' \
        'undo: DROP INDEX CONCURRENTLY public.shadow_name'
    snapshot_open
    rollout_engine_start
    ok "an index is being built ($how)" wait_until 20 running 'CREATE INDEX'
    sleep 0.3
    [ "$how" = awake ] || kill -STOP "$ROLLOUT_ENGINE"
    exits 0 "pause" rollout pause m
    exits 1 "the build has ended" running 'CREATE INDEX'
    snapshot_end
    kill -CONT "$ROLLOUT_ENGINE"
    sleep 1
    isnt "$(index_valid)" true "no index came to be after the pause"
    unknown_then_retried 'DROP INDEX CONCURRENTLY IF EXISTS public.shadow_name'
    ok "it is built from the start" wait_until 30 outside_done
    is "$(index_valid)" true "and valid"
    rollout_engine_stop

    prepare 'VACUUM public.shadow' 'irreversible: true'
    rollout_engine_start
    ok "a VACUUM runs ($how)" wait_until 20 running 'VACUUM'
    [ "$how" = awake ] || kill -STOP "$ROLLOUT_ENGINE"
    exits 0 "pause" rollout pause m
    exits 1 "the VACUUM has ended" running 'VACUUM'
    kill -CONT "$ROLLOUT_ENGINE"
    sleep 1
    exits 1 "and does not come back" running 'VACUUM'
    unknown_then_retried 'SELECT 1'
    ok "then it does" wait_until 20 running 'VACUUM'
    rollout_engine_stop KILL
done

prepare 'CREATE INDEX CONCURRENTLY shadow_name ON public.shadow (name)' \
    'undo: DROP INDEX CONCURRENTLY public.shadow_name'
snapshot_open
rollout_engine_start
ok "an index is being built" wait_until 20 running 'CREATE INDEX'
rollout_engine_stop KILL
snapshot_end
rollout_engine_start
wait_until 20 outside_failed
unknown_then_retried 'DROP INDEX CONCURRENTLY IF EXISTS public.shadow_name'
ok "the engine killed in the middle, the next one gets it done" wait_until 30 outside_done
is "$(index_valid)" true "and valid"
rollout_engine_stop
done_testing
