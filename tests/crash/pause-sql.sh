#!/bin/bash
# Pause is true, on the control schema alone: an engine of C at full pace, paused at random moments by
# callers of all kinds, half of them with the engine frozen. The same with two broken fences, which must
# be caught.
. "$(dirname "$0")/../db/control.sh"
. "$(dirname "$0")/../lib/campaign.sh"

trials=$(sample 14 200)
modes=plain,timeout,async,repeatable-read,no-signal,block,all
fingerprint="SELECT sum(hits) || ' ' || (SELECT max(seq) FROM pgrollout.position) FROM public.users"

cluster_start a
control_install a
control_table a 2000
control_load a m
cluster_psql a >/dev/null <<'SQL' || bail "no migration"
ALTER TABLE public.users ADD COLUMN pad text DEFAULT repeat('x', 200);
GRANT shop_owner TO lab_engine;
UPDATE pgrollout.migration SET state = 'active', phase = 'backfill';
UPDATE pgrollout.step
SET state = CASE name WHEN 'drop' THEN 'pending' WHEN 'copy' THEN 'running' ELSE 'done' END;
DELETE FROM pgrollout.hold;
SQL

# Runs the trials on a batcher of this way of sending.
pauses() { # WAY TRIALS SEED MODES
    local status=0
    "$top_builddir/batcher" "$(cluster_conninfo a lab_engine)" "$1" 2>>"$CLUSTER_ROOT/batcher.err" &
    "$top_builddir/pauser" "$(cluster_conninfo a lab_operator)" "$(cluster_conninfo a)" m "$2" "$3" \
        "$4" "$fingerprint" >"$CLUSTER_ROOT/pauser.out" || status=$?
    kill %1
    wait %1 2>/dev/null
    cluster_psql a -c 'SELECT pgrollout.resume_all()' >/dev/null
    diag "$(cat "$CLUSTER_ROOT/pauser.out")"
    return "$status"
}

for way in message statements; do
    pauses "$way" "$trials" 1 "$modes"
    is $? 0 "$trials pauses are true, batches sent by $way"
    within "$(figure_of 'p99 \([0-9.]*\)' "$CLUSTER_ROOT/pauser.out")" 300 "p99 of the pauses, ms"
done

cluster_psql a >/dev/null <<'SQL'
CREATE OR REPLACE FUNCTION pgrollout.enter(p_migration bigint, p_worker int, p_epoch bigint, p_token uuid)
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM FROM pgrollout.fence f WHERE f.migration_id = p_migration AND f.worker = p_worker
        AND f.epoch = p_epoch AND f.token = p_token;
    IF NOT FOUND OR pgrollout.held_by(p_migration) IS NOT NULL THEN
        RAISE EXCEPTION 'held' USING ERRCODE = 'PR002';
    END IF;
END
$$;
SQL
pauses statements 12 2 plain
is $? 1 "a fence that is looked at but not locked is caught"

cluster_psql a >/dev/null <<'SQL'
CREATE OR REPLACE FUNCTION pgrollout.enter(p_migration bigint, p_worker int, p_epoch bigint, p_token uuid)
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM FROM pgrollout.fence f WHERE f.migration_id = p_migration AND f.worker = p_worker
        AND f.epoch = p_epoch AND f.token = p_token
        AND NOT EXISTS (SELECT FROM pgrollout.hold h WHERE h.migration_id = p_migration)
    FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'held' USING ERRCODE = 'PR002';
    END IF;
END
$$;
SQL
pauses batches 12 3 block
is $? 1 "holds read in the locking statement are caught"
diag "$(sort "$CLUSTER_ROOT/batcher.err" | uniq -c | sort -rn | head -n 5)"
done_testing
