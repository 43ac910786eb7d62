-- Control schema, version 7: load, and what the engine reads.

-- Registers a migration. The caller (the program) has read, linted and checked the plan:
-- {name, title, owner, contact, ticket, schema, two_person, plan_text, plan_sha256, tables: [oid],
--  phases: [name], steps: [{phase, name, kind, title, does, locks, undo, loses, irreversible,
--  skippable, gate_text, reverse_text, gate_each, gate_by, detail}]}
CREATE FUNCTION pgrollout.load(plan jsonb) RETURNS pgrollout.receipt
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_lease pgrollout.lease;
    v_all pgrollout.everything;
BEGIN
    PERFORM pgrollout.command_begin('load');
    SELECT * INTO v_migration FROM pgrollout.migration m
    WHERE m.name = plan ->> 'name' AND m.state NOT IN ('done', 'aborted');
    IF FOUND THEN
        IF v_migration.plan_sha256 = plan ->> 'plan_sha256' THEN
            RETURN pgrollout.receipt_of(v_migration, format('already loaded, %s', v_migration.state));
        END IF;
        RAISE EXCEPTION 'migration "%" is loaded with another plan (%)', plan ->> 'name',
            left(v_migration.plan_sha256, 7) USING ERRCODE = 'PR004',
            HINT = 'An edited file is another plan: abort the loaded one first, or give this one another name.';
    END IF;
    INSERT INTO pgrollout.migration (name, title, owner, contact, ticket, schema_name, two_person,
                                     plan_text, plan_sha256, tables)
    SELECT plan ->> 'name', plan ->> 'title', plan ->> 'owner', plan ->> 'contact', plan ->> 'ticket',
           plan ->> 'schema', coalesce((plan ->> 'two_person')::boolean, false),
           plan ->> 'plan_text', plan ->> 'plan_sha256',
           ARRAY(SELECT t::oid::regclass FROM jsonb_array_elements_text(plan -> 'tables') t)
    RETURNING * INTO v_migration;
    INSERT INTO pgrollout.phase (migration_id, ord, name)
    SELECT v_migration.id, p.ord, p.name
    FROM jsonb_array_elements_text(plan -> 'phases') WITH ORDINALITY p (name, ord);
    INSERT INTO pgrollout.step (migration_id, ord, phase, name, kind, title, does, locks, undo, loses,
        irreversible, skippable, gate_text, reverse_text, gate_each, gate_by, detail)
    SELECT v_migration.id, s.ord, s.j ->> 'phase', s.j ->> 'name', s.j ->> 'kind', s.j ->> 'title',
           s.j ->> 'does', s.j ->> 'locks', s.j ->> 'undo', s.j ->> 'loses',
           coalesce((s.j ->> 'irreversible')::boolean, false),
           coalesce((s.j ->> 'skippable')::boolean, false),
           s.j ->> 'gate_text', s.j ->> 'reverse_text',
           ARRAY(SELECT jsonb_array_elements_text(coalesce(s.j -> 'gate_each', '[]'))),
           coalesce(s.j ->> 'gate_by', 'operator'), coalesce(s.j -> 'detail', '{}')
    FROM jsonb_array_elements(plan -> 'steps') WITH ORDINALITY s (j, ord);
    -- a takeover either stamps this row too, or is waited for
    SELECT * INTO v_lease FROM pgrollout.lease FOR SHARE;
    INSERT INTO pgrollout.fence (migration_id, worker, epoch, token)
    VALUES (v_migration.id, 0, v_lease.epoch, v_lease.token);
    PERFORM pgrollout.journal_event(v_migration.id, 'command', session_user,
        format('loaded plan %s', left(v_migration.plan_sha256, 7)));
    PERFORM pgrollout.boundary_place(v_migration.id, plan -> 'phases' ->> 0);
    -- pause_all either sees this migration, or is seen here
    SELECT * INTO v_all FROM pgrollout.everything FOR SHARE;
    IF v_all.paused_at IS NOT NULL THEN
        INSERT INTO pgrollout.hold (migration_id, kind, reason, placed_by)
        VALUES (v_migration.id, 'operator', coalesce(v_all.reason, 'paused (all)'), v_all.paused_by);
    END IF;
    PERFORM pgrollout.wake(v_migration.id);
    RETURN pgrollout.receipt_of(v_migration,
        format('loaded; it waits before %s: pgrollout advance %s', plan -> 'phases' ->> 0,
               v_migration.name));
END
$$;

-- Everything the engine decides by, in one read.
CREATE FUNCTION pgrollout.engine_state() RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', m.id, 'name', m.name, 'state', m.state, 'phase', m.phase, 'abort_to', m.abort_to,
        'plan_sha256', m.plan_sha256,
        'contract_age_s', (SELECT extract(epoch FROM clock_timestamp() - p.passed_at)
                           FROM pgrollout.phase p
                           WHERE p.migration_id = m.id AND p.name = 'contract'),
        'held', pgrollout.held_by(m.id),
        'phases', (SELECT jsonb_agg(jsonb_build_object('name', p.name, 'state', p.state) ORDER BY p.ord)
                   FROM pgrollout.phase p WHERE p.migration_id = m.id),
        'steps', (SELECT jsonb_agg(jsonb_build_object(
                      'name', s.name, 'phase', s.phase, 'kind', s.kind, 'state', s.state,
                      'attempts', s.attempts, 'detail', s.detail,
                      'irreversible', s.irreversible, 'gate_by', s.gate_by,
                      'age_s', extract(epoch FROM clock_timestamp() - s.started),
                      'answered', CASE WHEN s.state IN ('waiting', 'undoing')
                          THEN pgrollout.gate_answered(m.id, s.name, s.state = 'undoing') END,
                      'reread', coalesce((s.detail #>> '{evidence,reread}')::timestamptz
                          >= (SELECT p.passed_at FROM pgrollout.phase p
                              WHERE p.migration_id = m.id AND p.name = 'contract'), false))
                      ORDER BY s.ord)
                  FROM pgrollout.step s WHERE s.migration_id = m.id),
        'reverse_answered', EXISTS (SELECT FROM pgrollout.answer a
                                    WHERE a.migration_id = m.id AND a.reverse),
        'holds', (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', h.kind, 'key', h.key,
                      'reason', h.reason, 'permit', h.permit)), '[]')
                  FROM pgrollout.hold h WHERE h.migration_id = m.id),
        'settings', (SELECT coalesce(jsonb_object_agg(s.key, s.value ORDER BY s.timed), '{}') -- the last one stays
                     FROM pgrollout.setting s WHERE s.migration_id = m.id
                       AND (s.expires_at IS NULL OR s.expires_at > clock_timestamp()))
        ) ORDER BY m.id), '[]')
    FROM pgrollout.migration m
    WHERE m.state IN ('loaded', 'active', 'aborting', 'failed')
$$;

-- The guards that hold, by name, and the last trip of one since then as the journal has it; null: none.
CREATE FUNCTION pgrollout.guard_trips(p_migration bigint, p_since timestamptz) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET TimeZone = 'UTC' AS $$
    SELECT jsonb_build_object(
        'standing', (SELECT string_agg(h.key, ', ' ORDER BY h.since) FROM pgrollout.hold h
                     WHERE h.migration_id = p_migration AND h.kind = 'guard'),
        'last', (SELECT format('%s: %s', to_char(e.at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), e.text)
                 FROM pgrollout.event e
                 WHERE e.migration_id = p_migration AND e.kind = 'hold' AND e.who = 'guard'
                   AND e.text LIKE 'held by guard %' AND e.at > p_since
                 ORDER BY e.id DESC LIMIT 1))
$$;

CREATE FUNCTION pgrollout.plan_text(p_migration bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT m.plan_text FROM pgrollout.migration m WHERE m.id = p_migration
$$;

-- Where a step's batches stand; NULL before the first.
CREATE FUNCTION pgrollout.position_last(p_migration bigint, p_step text, p_worker int)
RETURNS TABLE (seq bigint, key text[], rows_done bigint, rows_changed bigint, batch_rows int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT p.seq, p.key, p.rows_done, p.rows_changed, p.batch_rows
    FROM pgrollout.position p
    WHERE p.migration_id = p_migration AND p.step = p_step AND p.worker = p_worker
    ORDER BY p.seq DESC LIMIT 1
$$;
