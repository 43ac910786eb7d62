#!/bin/bash
# The proofs have teeth: the real engine, on a control schema in which one part of the protocol was
# broken on purpose, is caught by the very oracles that find nothing on the right one. The position is
# written in a transaction of its own; the holds are read in the locking statement; the fence is looked
# at but not locked.
. "$(dirname "$0")/../lib/rollout.sh"

BATCH=20
rollout_start log_min_messages=fatal

in_backfill() {
    rollout_person
    cluster_psql a -c "SELECT state FROM pgrollout.step WHERE name = 'copy'" | grep -qx running
}
fingerprint="SELECT count(*) || ' ' || (SELECT max(seq) FROM pgrollout.position) FROM public.users WHERE hits > 0"

# pauses the running engine; the number of violations in $violations
pauses() { # TRIALS SEED MODES
    ROLLOUT_ROWS=20000
    RATE=2000/s
    rollout_table a
    rollout_load
    rollout_engine_start
    wait_until 30 in_backfill || diag "no backfill: $(tail -n 3 "$CLUSTER_ROOT/engine.out")"
    "$top_builddir/pauser" "$(cluster_conninfo a lab_operator)" "$(cluster_conninfo a)" m "$1" "$2" "$3" \
        "$fingerprint" >"$CLUSTER_ROOT/pauser.out"
    rollout_engine_stop KILL
    diag "$(cat "$CLUSTER_ROOT/pauser.out")"
    violations=$(grep -c 'rows changed after the pause' "$CLUSTER_ROOT/pauser.out")
}
saved=$(cluster_psql a -c "SELECT pg_get_functiondef('pgrollout.enter'::regproc)")

cluster_psql a >/dev/null <<'SQL'
CREATE OR REPLACE FUNCTION pgrollout.enter(p_migration bigint, p_worker int, p_epoch bigint, p_token uuid)
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM FROM pgrollout.fence f WHERE f.migration_id = p_migration AND f.worker = p_worker
        AND f.epoch = p_epoch AND f.token = p_token
        AND pgrollout.held_by(p_migration) IS NULL
    FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'held: broken' USING ERRCODE = 'PR002';
    END IF;
END
$$;
SQL
pauses "$(sample 12 40)" 5 block
ok "holds read in the locking statement: caught ($violations)" test "$violations" -gt 0

cluster_psql a >/dev/null <<'SQL'
CREATE OR REPLACE FUNCTION pgrollout.enter(p_migration bigint, p_worker int, p_epoch bigint, p_token uuid)
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM FROM pgrollout.fence f WHERE f.migration_id = p_migration AND f.worker = p_worker
        AND f.epoch = p_epoch AND f.token = p_token;
    IF NOT FOUND OR pgrollout.held_by(p_migration) IS NOT NULL THEN
        RAISE EXCEPTION 'held: broken' USING ERRCODE = 'PR002';
    END IF;
    PERFORM pg_sleep(0.005); -- a batch that takes its time
END
$$;
SQL
pauses "$(sample 14 40)" 6 plain
ok "a fence that is not locked: caught ($violations)" test "$violations" -gt 0
cluster_psql a -c "$saved" >/dev/null

# the position by another connection, committed before the batch is
cluster_psql a >/dev/null <<SQL
CREATE EXTENSION dblink;
ALTER FUNCTION pgrollout.position_append RENAME TO position_append_right;
CREATE FUNCTION pgrollout.position_append(p_migration bigint, p_step text, p_worker int, p_seq bigint,
    p_from text[], p_key text[], p_rows int, p_changed int, p_done_before bigint,
    p_changed_before bigint, p_epoch bigint)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS \$\$
BEGIN
    PERFORM public.dblink_exec('$(cluster_conninfo a)', format(
        'DO %L', format('BEGIN PERFORM pgrollout.position_append_right(%s, %L, %s, %s, %L, %L, %s, %s, %s, %s, %s); END',
        p_migration, p_step, p_worker, p_seq, p_from, p_key, p_rows, p_changed, p_done_before,
        p_changed_before, p_epoch)));
    PERFORM pg_sleep(0.02);
    RETURN p_seq;
END
\$\$;
SQL
caught=0
RANDOM=31
unset RATE
ROLLOUT_ROWS=400
for ((i = 0; i < 8 && caught == 0; i++)); do
    rollout_table a
    rollout_load
    rollout_engine_start
    wait_until 30 in_backfill
    sleep "0.$((RANDOM % 250 + 100))"
    # its backends die with it: what was not committed is gone
    cluster_psql a -c "SELECT pg_terminate_backend(backend_pid) FROM pgrollout.session" >/dev/null
    rollout_engine_stop KILL
    rollout_finish 'boundary contract' >/dev/null 2>&1
    lost=$(cluster_psql a -c "SELECT count(*) FROM public.users WHERE hits <> 1")
    [ "$lost" = 0 ] || caught=1
done
is "$caught" 1 "a position in another transaction: caught ($lost rows skipped or done twice)"
done_testing
