-- Control schema, version 7: load, and what the engine reads.

-- Registers a migration. The caller (the program) has read, linted and checked the plan:
-- {name, title, owner, contact, ticket, schema, two_person, plan_text, plan_sha256, tables: [oid],
--  facts: {lint: [text], applications: [{name, sessions, slot, release, runs}], guards_off: [{name, why}]},
--  phases: [name], steps: [{phase, name, kind, title, does, locks, undo, loses, irreversible,
--  skippable, gate_text, reverse_text, gate_each, gate_by, detail}]}
CREATE FUNCTION pgrollout.load(plan jsonb) RETURNS pgrollout.receipt
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_lease pgrollout.lease;
    v_all pgrollout.everything;
    v_beside text;
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
                                     plan_text, plan_sha256, tables, facts)
    SELECT plan ->> 'name', plan ->> 'title', plan ->> 'owner', plan ->> 'contact', plan ->> 'ticket',
           plan ->> 'schema', coalesce((plan ->> 'two_person')::boolean, false),
           plan ->> 'plan_text', plan ->> 'plan_sha256',
           ARRAY(SELECT t::oid::regclass FROM jsonb_array_elements_text(plan -> 'tables') t),
           plan -> 'facts'
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
    -- the trigger of the one fires for the batches of the other, and each finds the ground changed
    SELECT string_agg(format('"%s"', m.name), ', ' ORDER BY m.id) INTO v_beside
    FROM pgrollout.migration m
    WHERE m.id <> v_migration.id AND m.state NOT IN ('done', 'aborted') AND m.tables && v_migration.tables;
    RETURN pgrollout.receipt_of(v_migration,
        format('loaded; it waits before %s: pgrollout advance %s', plan -> 'phases' ->> 0,
               v_migration.name)
        || coalesce('; mind: ' || v_beside || ' works on the same table and should end first', ''));
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
        'contract_agreed', (SELECT coalesce(p.agreed_at >= p.passed_at, false) FROM pgrollout.phase p
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
        'takes', CASE WHEN m.state = 'aborting' THEN pgrollout.undo_takes(m.id, m.abort_to) END,
        'reverse_answered', EXISTS (SELECT FROM pgrollout.answer a
                                    WHERE a.migration_id = m.id AND a.reverse),
        'holds', (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', h.kind, 'key', h.key,
            'by_hand', h.detail ? 'by_hand',
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

-- The same, and up to which key the batches go: the largest that there was when they began (p_largest, now). What
-- comes behind it later is kept in step by its writers; else rows that are inserted faster than the batches go
-- would keep them from ever ending.
CREATE FUNCTION pgrollout.batches_begin(p_migration bigint, p_step text, p_worker int, p_largest text[])
RETURNS TABLE (seq bigint, key text[], rows_done bigint, rows_changed bigint, until text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_last record;
    v_until jsonb := (SELECT s.detail -> 'until' FROM pgrollout.step s
                      WHERE s.migration_id = p_migration AND s.name = p_step);
BEGIN
    SELECT * INTO v_last FROM pgrollout.position_last(p_migration, p_step, p_worker);
    IF v_last.seq IS NULL OR v_until IS NULL THEN
        v_until := coalesce(to_jsonb(p_largest), 'null');
        PERFORM pgrollout.step_remember(p_migration, p_step, jsonb_build_object('until', v_until,
            'file', (SELECT pg_relation_filenode((s.detail ->> 'relid')::oid) FROM pgrollout.step s
                     WHERE s.migration_id = p_migration AND s.name = p_step),
            'parts', (SELECT jsonb_agg(t.part::text) FROM pgrollout.step s,
                      pgrollout.parts_of((s.detail ->> 'relid')::oid) t (part)
                      WHERE s.migration_id = p_migration AND s.name = p_step)));
    END IF;
    RETURN QUERY SELECT v_last.seq, v_last.key, v_last.rows_done, v_last.rows_changed,
        CASE WHEN v_until <> 'null' THEN (SELECT array_agg(u.t ORDER BY u.n)
            FROM jsonb_array_elements_text(v_until) WITH ORDINALITY u (t, n)) END;
END
$$;

-- Under fence: a pass by place is over, in which p_changed rows were filled. 'done': no other has to follow;
-- 'again': one begins; 'fail': there have been enough.
CREATE FUNCTION pgrollout.place_pass(p_migration bigint, p_step text, p_changed bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_detail jsonb := (SELECT s.detail FROM pgrollout.step s WHERE s.migration_id = p_migration AND s.name = p_step);
    v_moved boolean := (v_detail ->> 'file')::oid IS DISTINCT FROM pg_relation_filenode((v_detail ->> 'relid')::oid);
    v_passes int := 1 + coalesce((v_detail ->> 'passes')::int, 0);
    v_before bigint := CASE WHEN v_passes > 1 THEN (v_detail ->> 'changed_before')::bigint ELSE 0 END;
BEGIN
    -- of a table that had no row there is no place to come back to
    -- what was counted stays: an engine that is killed before it records the end is asked again by the next one
    IF (v_detail -> 'until' = 'null' OR NOT v_moved) AND p_changed = 0 THEN
        RETURN 'done';
    END IF;
    PERFORM pgrollout.position_drop(p_migration, p_step);
    IF v_passes >= 20 THEN
        PERFORM pgrollout.step_remember(p_migration, p_step, '{"passes": 0}');
        RETURN 'fail';
    END IF;
    PERFORM pgrollout.step_remember(p_migration, p_step, jsonb_build_object('passes', v_passes,
        'changed_before', v_before + p_changed));
    PERFORM pgrollout.journal_event(p_migration, 'step', 'engine', format(CASE WHEN v_moved
        THEN '%s: the table was rewritten meanwhile, which moves its rows: goes over them from the start'
        ELSE '%s: went over all rows by place, changed %s; goes over them until there is nothing to change' END,
        p_step, p_changed));
    RETURN 'again';
END
$$;

-- Tables that have been attached since the batches began, with rows that these may have passed already; NULL: none.
-- What was made as a partition had no row then: its own system columns are as old as its place in the tree.
CREATE FUNCTION pgrollout.attached_since(p_migration bigint, p_step text) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT string_agg(t.part::regclass::text, ', ' ORDER BY t.part)
    FROM pgrollout.step s
    CROSS JOIN LATERAL pgrollout.parts_of((s.detail ->> 'relid')::oid) t (part)
    JOIN pg_inherits h ON h.inhrelid = t.part
    JOIN pg_attribute a ON a.attrelid = t.part AND a.attname = 'tableoid'
    WHERE s.migration_id = p_migration AND s.name = p_step AND s.detail ? 'parts'
      AND NOT s.detail -> 'parts' ? t.part::text AND a.xmin <> h.xmin
$$;

-- Under fence: the batches have come to their end, but not over those. A retry goes from the start.
CREATE FUNCTION pgrollout.step_attached(p_migration bigint, p_step text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_parts text := pgrollout.attached_since(p_migration, p_step);
BEGIN
    PERFORM pgrollout.position_drop(p_migration, p_step);
    PERFORM pgrollout.step_failed(p_migration, p_step, NULL, format('%s was attached while it ran', v_parts),
        'Its rows may not have been looked at. Retry goes over all rows from the start; what is done is not written again.');
END
$$;

-- The first ends of the ranges of a backfill with more workers than one, as array literals, in order.
CREATE FUNCTION pgrollout.ranges_begin(p_migration bigint, p_step text) RETURNS SETOF text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT r.bound FROM pgrollout.step s
    CROSS JOIN LATERAL jsonb_array_elements_text(s.detail -> 'ranges') WITH ORDINALITY r (bound, n)
    WHERE s.migration_id = p_migration AND s.name = p_step ORDER BY r.n
$$;

-- The same, and where there are none yet, these: they stand until the step is undone, as the positions do.
CREATE FUNCTION pgrollout.ranges_keep(p_migration bigint, p_step text, p_bounds text[]) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pgrollout.step s WHERE s.migration_id = p_migration AND s.name = p_step
                   AND s.detail ? 'ranges') THEN
        PERFORM pgrollout.step_remember(p_migration, p_step,
            jsonb_build_object('ranges', to_jsonb(coalesce(p_bounds, '{}'))));
    END IF;
    RETURN QUERY SELECT * FROM pgrollout.ranges_begin(p_migration, p_step);
END
$$;

-- How many rows of a step (or of all) are not filled: also those that a person has left so.
CREATE FUNCTION pgrollout.unfilled(p_migration bigint, p_step text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT count(*) FROM pgrollout.quarantine q
    WHERE q.migration_id = p_migration AND (p_step IS NULL OR q.step = p_step) AND q.state <> 'resolved');
END
$$;

-- The first of them for people: "17 (22P02: invalid input syntax …), 4/x (…)".
CREATE FUNCTION pgrollout.unfilled_text(p_migration bigint, p_step text, p_limit int) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT string_agg(format('%s (%s: %s)', left(array_to_string(q.key, '/'), 100), q.sqlstate, left(q.message, 200)),
                      ', ' ORDER BY q.first_at)
    FROM (SELECT * FROM pgrollout.quarantine x
          WHERE x.migration_id = p_migration AND (p_step IS NULL OR x.step = p_step) AND x.state <> 'resolved'
          ORDER BY x.first_at LIMIT p_limit) q);
END
$$;

-- In the transaction that moves the position past the row, or of a new try that failed as well. PR006 where the
-- step has more of them than its plan allows: then nothing is recorded.
CREATE FUNCTION pgrollout.quarantine_add(p_migration bigint, p_step text, p_key text[], p_sqlstate text,
                                         p_message text, p_detail text, p_limit int)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_count bigint;
BEGIN
    PERFORM pgrollout.direction_check(p_migration, NULL, p_step);
    -- workers count one after the other
    PERFORM FROM pgrollout.step s WHERE s.migration_id = p_migration AND s.name = p_step FOR NO KEY UPDATE;
    INSERT INTO pgrollout.quarantine AS q (migration_id, step, key, sqlstate, message, detail)
    VALUES (p_migration, p_step, p_key, p_sqlstate, left(p_message, 1000), left(p_detail, 1000))
    ON CONFLICT (migration_id, step, key)
    DO UPDATE SET state = 'open', sqlstate = p_sqlstate, message = left(p_message, 1000),
        detail = left(p_detail, 1000), attempts = q.attempts + 1, note = NULL, at = clock_timestamp();
    PERFORM pgrollout.permit_take(p_migration);
    v_count := pgrollout.unfilled(p_migration, p_step);
    IF v_count > p_limit THEN
        RAISE EXCEPTION 'more than % rows cannot be filled', p_limit USING ERRCODE = 'PR006';
    END IF;
    IF v_count <= 20 THEN
        PERFORM pgrollout.journal_event(p_migration, 'engine', 'engine',
            format('%s: row %s cannot be filled: %s %s', p_step, left(array_to_string(p_key, '/'), 200), p_sqlstate,
                   p_message),
            jsonb_build_object('key', p_key, 'sqlstate', p_sqlstate));
    ELSIF v_count = 21 OR v_count % 100 = 0 THEN
        PERFORM pgrollout.journal_event(p_migration, 'engine', 'engine',
            format('%s: %s rows cannot be filled%s', p_step, v_count,
                   CASE v_count WHEN 21 THEN '; from here on they are only counted' ELSE '' END));
    END IF;
END
$$;

-- The next row that a person wants to be tried again.
CREATE FUNCTION pgrollout.quarantine_next(p_migration bigint, p_step text) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT q.key FROM pgrollout.quarantine q
    WHERE q.migration_id = p_migration AND q.step = p_step AND q.state = 'again' ORDER BY q.key LIMIT 1
$$;

-- In the transaction that has tried it.
CREATE FUNCTION pgrollout.quarantine_resolve(p_migration bigint, p_step text, p_key text[], p_changed bigint)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM pgrollout.direction_check(p_migration, NULL, p_step);
    UPDATE pgrollout.quarantine q
    SET state = 'resolved', attempts = q.attempts + 1, at = clock_timestamp(),
        note = CASE WHEN p_changed > 0 THEN 'filled' ELSE 'nothing was left to fill' END
    WHERE q.migration_id = p_migration AND q.step = p_step AND q.key = p_key;
    PERFORM pgrollout.permit_take(p_migration);
    IF pgrollout.unfilled(p_migration, p_step) = 0 THEN
        PERFORM pgrollout.journal_event(p_migration, 'engine', 'engine',
            format('%s: every row that could not be filled is filled now', p_step));
    END IF;
    RETURN p_changed;
END
$$;

-- Keys that a person has left unfilled: a verification must not stumble over them.
CREATE FUNCTION pgrollout.quarantine_left(p_migration bigint, p_step text) RETURNS SETOF text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp ROWS 10 AS $$
    SELECT q.key FROM pgrollout.quarantine q
    WHERE q.migration_id = p_migration AND q.step = p_step AND q.state = 'left'
$$;

-- Under fence: all keys have been walked over, and rows are left that could not be filled.
CREATE FUNCTION pgrollout.step_unfilled(p_migration bigint, p_step text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_name text := (SELECT m.name FROM pgrollout.migration m WHERE m.id = p_migration);
    v_count bigint := pgrollout.unfilled(p_migration, p_step);
BEGIN
    PERFORM pgrollout.step_remember(p_migration, p_step, '{"walked": true}');
    PERFORM pgrollout.step_failed(p_migration, p_step,
        (SELECT min(q.sqlstate) FROM pgrollout.quarantine q
         WHERE q.migration_id = p_migration AND q.step = p_step AND q.state <> 'resolved'
         HAVING count(DISTINCT q.sqlstate) = 1),
        CASE v_count WHEN 1 THEN '1 row could not be filled' ELSE v_count || ' rows could not be filled' END,
        format(E'%s%s.\nAll others are done. List them: pgrollout status %s --quarantine. Set them right, then retry: it '
               'tries exactly these again. Or leave them as they are: pgrollout skip %s %s --reason TEXT.',
               pgrollout.unfilled_text(p_migration, p_step, 5), CASE WHEN v_count > 5 THEN ', …' ELSE '' END,
               v_name, v_name, p_step));
END
$$;
