-- Control schema, version 9: who may call what. PUBLIC may nothing; tables belong to their owner alone.
REVOKE ALL ON SCHEMA pgrollout FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pgrollout FROM PUBLIC;
GRANT USAGE ON SCHEMA pgrollout TO pgrollout_viewer;

-- viewer: look
GRANT SELECT ON pgrollout.now, pgrollout.health TO pgrollout_viewer;
GRANT EXECUTE ON FUNCTION pgrollout.state(), pgrollout.state_of(text),
    pgrollout.now_rows(), pgrollout.health_row(), pgrollout.heartbeat_at(),
    pgrollout.journal_page(text, int, bigint, bigint), pgrollout.plan_source(text), pgrollout.guards_look(text),
    pgrollout.journal(text, int, bigint), pgrollout.next_lock(text), pgrollout.quarantine(text), pgrollout.caller_role(), pgrollout.forecast_earlier(oid) TO pgrollout_viewer;
-- and be on record: what a session is to others, the server decides
GRANT EXECUTE ON FUNCTION pgrollout.session_note(text, int, timestamptz, text, text, boolean) TO pgrollout_viewer;

-- responder: stop, slower, note
GRANT EXECUTE ON FUNCTION pgrollout.pause(text, text, boolean, bigint), pgrollout.pause_all(text),
    pgrollout.throttle(text, interval, text, bigint), pgrollout.note(text, text),
    pgrollout.set(text, text, text, interval, text, bigint) TO pgrollout_responder;

-- operator: go on
GRANT EXECUTE ON FUNCTION pgrollout.resume(text, text, bigint), pgrollout.resume_all(text),
    pgrollout.advance(text, text, bigint), pgrollout.step(text, bigint),
    pgrollout.confirm(text, text, text, text, bigint), pgrollout.retry(text, text, bigint),
    pgrollout.skip(text, text, text, bigint), pgrollout.abort(text, text, text, bigint),
    pgrollout.load(jsonb), pgrollout.forget(text, text), pgrollout.across_of(jsonb) TO pgrollout_operator;

-- approver: past the point of no return
GRANT EXECUTE ON FUNCTION pgrollout.contract(text, text, text, bigint) TO pgrollout_approver;

GRANT EXECUTE ON FUNCTION
    pgrollout.fence(bigint, int, bigint, uuid), pgrollout.enter(bigint, int, bigint, uuid),
    pgrollout.register_session(bigint, uuid, text), pgrollout.lease_claim(jsonb, interval),
    pgrollout.lease_renew(bigint, uuid), pgrollout.lease_release(bigint, uuid),
    pgrollout.heartbeat(bigint), pgrollout.fence_add(bigint, int, bigint, uuid),
    pgrollout.fence_drop_workers(bigint), pgrollout.intent_begin(bigint, text, text),
    pgrollout.intent_end(), pgrollout.step_start(bigint, text, jsonb),
    pgrollout.step_remember(bigint, text, jsonb), pgrollout.step_done(bigint, text, text, jsonb),
    pgrollout.evidence_reread(bigint, text, text), pgrollout.guard_trips(bigint, timestamptz),
    pgrollout.step_failed(bigint, text, text, text, text),
    pgrollout.gate_open(bigint, text, boolean), pgrollout.gate_answered(bigint, text, boolean),
    pgrollout.hold_place(bigint, text, text, text, jsonb), pgrollout.hold_clear(bigint, text, text, text),
    pgrollout.phase_finish(bigint, boolean), pgrollout.boundary_pass(bigint), pgrollout.sync_commit(),
    pgrollout.ended_badly(text[]), pgrollout.names_check(text[]),
    pgrollout.vacuum_worth(bigint, text, bigint),
    pgrollout.ground_check(bigint, text, text), pgrollout.boundary_restore(bigint, text, text),
    pgrollout.undo_start(bigint, text), pgrollout.step_undone(bigint, text),
    pgrollout.abort_finish(bigint),
    pgrollout.position_append(bigint, text, int, bigint, text[], text[], int, int, bigint, bigint, bigint),
    pgrollout.quarantine_add(bigint, text, text[], text, text, text, int), pgrollout.quarantine_next(bigint, text),
    pgrollout.quarantine_resolve(bigint, text, text[], bigint), pgrollout.quarantine_left(bigint, text),
    pgrollout.unfilled(bigint, text), pgrollout.unfilled_text(bigint, text, int), pgrollout.step_unfilled(bigint, text),
    pgrollout.attached_since(bigint, text), pgrollout.step_attached(bigint, text),
    pgrollout.position_drop(bigint, text), pgrollout.position_last(bigint, text, int),
    pgrollout.batches_begin(bigint, text, int, text[]),
    pgrollout.place_pass(bigint, text, bigint),
    pgrollout.ranges_keep(bigint, text, text[]),
    pgrollout.sample_add(bigint, real, real, int, real, real, jsonb, jsonb), pgrollout.sample_thin(),
    pgrollout.engine_state(), pgrollout.plan_text(bigint), pgrollout.wake(bigint),
    pgrollout.journal_event(bigint, text, text, text, jsonb) TO pgrollout_engine;
