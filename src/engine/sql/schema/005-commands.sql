-- Control schema, version 5: what operators say. Each command is one function that returns a receipt;
-- names and roles are those of the command line.

CREATE FUNCTION pgrollout.holds_text(p_migration bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT string_agg(format('%s: %s', btrim(h.kind || ' ' || h.key), h.reason), '; ' ORDER BY h.since)
    FROM pgrollout.hold h WHERE h.migration_id = p_migration
$$;

CREATE FUNCTION pgrollout.receipt_of(p_migration pgrollout.migration, p_text text,
                                     p_undo text DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT ROW(true, p_text || coalesce(pgrollout.in_block_note(), ''), p_migration.name,
               pgrollout.version_of(p_migration.id), clock_timestamp(), NULL,
               pgrollout.holds_text(p_migration.id), p_undo)::pgrollout.receipt
$$;

-- The migration a command is about: known, in one of the states, and not moved on.
CREATE FUNCTION pgrollout.command_target(p_verb text, p_name text, p_states text[], p_expect bigint)
RETURNS pgrollout.migration LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
BEGIN
    PERFORM pgrollout.command_begin(p_verb);
    v_migration := pgrollout.migration_find(p_name);
    IF NOT v_migration.state = ANY (p_states) THEN
        RAISE EXCEPTION 'migration "%" is %: % is not possible now', p_name, v_migration.state, p_verb
            USING ERRCODE = 'PR004',
                  HINT = format('It must be %s.', array_to_string(p_states, ' or '));
    END IF;
    PERFORM pgrollout.check_version(v_migration, p_expect);
    RETURN v_migration;
END
$$;

CREATE FUNCTION pgrollout.resume(name text, reason text DEFAULT NULL, expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_count int;
    v_left text;
BEGIN
    v_migration := pgrollout.command_target('resume', resume.name,
        '{loaded,active,failed,aborting}', expect);
    DELETE FROM pgrollout.hold h
    WHERE h.migration_id = v_migration.id
      AND (h.kind IN ('operator', 'stepping') OR (h.kind = 'guard' AND h.key = 'stall')); -- latched
    GET DIAGNOSTICS v_count = ROW_COUNT;
    PERFORM pgrollout.journal_event(v_migration.id, 'command', session_user,
        'resume' || coalesce(': ' || resume.reason, ''));
    PERFORM pgrollout.wake(v_migration.id);
    v_left := pgrollout.holds_text(v_migration.id);
    RETURN pgrollout.receipt_of(v_migration,
        CASE WHEN v_count = 0 THEN 'no hold of an operator stood' ELSE 'resumed' END
        || coalesce('; still held by ' || v_left, ''),
        format('SELECT * FROM pgrollout.pause(%L)', v_migration.name));
END
$$;

CREATE FUNCTION pgrollout.resume_all(reason text DEFAULT NULL) RETURNS SETOF pgrollout.receipt
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_any boolean := false;
BEGIN
    PERFORM pgrollout.command_begin('resume_all');
    UPDATE pgrollout.everything e SET paused_by = NULL, paused_at = NULL, reason = NULL;
    FOR v_migration IN SELECT * FROM pgrollout.migration m
                       WHERE m.state NOT IN ('done', 'aborted') ORDER BY m.id LOOP
        v_any := true;
        RETURN NEXT pgrollout.resume(v_migration.name, resume_all.reason);
    END LOOP;
    IF NOT v_any THEN
        RETURN NEXT ROW(true, 'what is loaded from now on is not held', NULL, NULL,
                        clock_timestamp(), NULL, NULL, NULL)::pgrollout.receipt;
    END IF;
END
$$;

CREATE FUNCTION pgrollout.advance(name text, reason text DEFAULT NULL, expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_next text;
    v_obstacle text;
BEGIN
    v_migration := pgrollout.command_target('advance', advance.name, '{loaded,active}', expect);
    SELECT h.key INTO v_next FROM pgrollout.hold h
    WHERE h.migration_id = v_migration.id AND h.kind = 'boundary' FOR UPDATE;
    IF v_next IS NULL THEN
        RAISE EXCEPTION 'migration "%" does not wait at a phase boundary', advance.name
            USING ERRCODE = 'PR004',
                  HINT = coalesce('It is held by ' || pgrollout.holds_text(v_migration.id),
                                  format('It is in phase %s.', v_migration.phase));
    END IF;
    IF v_next = 'contract' THEN
        RAISE EXCEPTION 'the next phase is contract, the point of no return' USING ERRCODE = 'PR004',
            HINT = format('Read the card, then: pgrollout contract %s --confirm %s',
                          advance.name, advance.name);
    END IF;
    v_obstacle := pgrollout.readers_obstacle(v_migration.id, v_next);
    IF v_obstacle IS NOT NULL AND coalesce(btrim(advance.reason), '') = '' THEN
        RAISE EXCEPTION '%', v_obstacle USING ERRCODE = 'PR004',
            HINT = format('Make it first; or, if it is not needed: pgrollout advance %s --reason WHY', advance.name);
    END IF;
    PERFORM pgrollout.journal_event(v_migration.id, 'command', session_user,
        format('advance into %s', v_next) || coalesce(': ' || advance.reason, '')
        || coalesce(' (although ' || v_obstacle || ')', ''));
    PERFORM pgrollout.phase_enter(v_migration.id, v_next, session_user);
    RETURN pgrollout.receipt_of(v_migration, format('phase %s begins', v_next),
        format('SELECT * FROM pgrollout.pause(%L)', v_migration.name));
END
$$;

-- Why contract may not begin now; NULL when it may. Read afresh each time it is asked.
CREATE FUNCTION pgrollout.contract_obstacle(p_migration pgrollout.migration) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT string_agg(o.text, '; ') FROM (
        SELECT format('step %s is %s', s.name, s.state) AS text
        FROM pgrollout.step s
        WHERE s.migration_id = p_migration.id AND s.phase <> 'contract'
          AND s.state NOT IN ('done', 'skipped')
        UNION ALL
        SELECT format('guard %s holds: %s', h.key, h.reason)
        FROM pgrollout.hold h WHERE h.migration_id = p_migration.id AND h.kind = 'guard'
        UNION ALL
        SELECT pgrollout.drift_of(p_migration.id) WHERE p_migration.state NOT IN ('done', 'aborted')
        UNION ALL
        SELECT format('this plan wants two persons: "%s" has started it', session_user)
        WHERE p_migration.two_person AND session_user = p_migration.started_by
    ) o);
END
$$;

CREATE FUNCTION pgrollout.contract(name text, confirm text, reason text DEFAULT NULL,
                                   expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_obstacle text;
BEGIN
    v_migration := pgrollout.command_target('contract', contract.name, '{loaded,active}', expect);
    -- an abort in an open transaction is waited for: it takes this hold away
    PERFORM FROM pgrollout.hold h WHERE h.migration_id = v_migration.id
        AND h.kind = 'boundary' AND h.key = 'contract' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'migration "%" does not wait before contract', contract.name
            USING ERRCODE = 'PR004',
                  HINT = coalesce('It is held by ' || pgrollout.holds_text(v_migration.id),
                                  format('It is in phase %s.', v_migration.phase));
    END IF;
    IF contract.confirm IS DISTINCT FROM contract.name THEN
        PERFORM pgrollout.journal_event(v_migration.id, 'refused', session_user,
            'contract: the name typed to confirm it was not the migration''s');
        RETURN ROW(false, 'refused: the name typed to confirm is not that of the migration; nothing was done',
                   v_migration.name, pgrollout.version_of(v_migration.id), clock_timestamp(), NULL,
                   pgrollout.holds_text(v_migration.id), NULL)::pgrollout.receipt;
    END IF;
    IF v_migration.two_person AND session_user = v_migration.started_by THEN
        RAISE EXCEPTION 'this plan wants two persons: "%" has started it', session_user
            USING ERRCODE = 'PR004', HINT = 'Somebody else with the approver''s role must contract.';
    END IF;
    v_obstacle := concat_ws('; ', pgrollout.contract_obstacle(v_migration),
        CASE WHEN coalesce(btrim(contract.reason), '') = '' -- with one it was looked at
             THEN pgrollout.readers_obstacle(v_migration.id, 'contract') END);
    v_obstacle := nullif(v_obstacle, '');
    IF v_obstacle IS NOT NULL THEN
        RAISE EXCEPTION 'contract may not begin: %', v_obstacle USING ERRCODE = 'PR004',
            HINT = 'Nothing was done. Set it right and repeat it, or abort.';
    END IF;
    PERFORM pgrollout.journal_event(v_migration.id, 'command', session_user,
        'contract' || coalesce(': ' || contract.reason, ''),
        jsonb_build_object('plan_sha256', v_migration.plan_sha256));
    PERFORM pgrollout.phase_enter(v_migration.id, 'contract', session_user);
    RETURN pgrollout.receipt_of(v_migration, concat_ws('; ',
        'contract begins' || coalesce((SELECT ' when this has been read again: ' || string_agg(s.name, ', ' ORDER BY s.ord)
                              FROM pgrollout.step s
                              WHERE s.migration_id = v_migration.id AND s.state = 'done'
                                AND s.phase <> 'contract' AND s.detail ? 'evidence'), ''),
        'what it drops does not come back'));
END
$$;

CREATE FUNCTION pgrollout.step(name text, expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_stop text;
BEGIN
    v_migration := pgrollout.command_target('step', step.name, '{active,aborting}', expect);
    SELECT format('%s: %s', btrim(h.kind || ' ' || h.key), h.reason) INTO v_stop
    FROM pgrollout.hold h
    WHERE h.migration_id = v_migration.id AND h.kind IN ('boundary', 'gate', 'guard', 'ambiguous')
    LIMIT 1;
    IF v_stop IS NOT NULL THEN
        RAISE EXCEPTION 'a step does not pass %', v_stop USING ERRCODE = 'PR004',
            HINT = 'A boundary needs advance, a gate needs confirm; a guard clears by itself.';
    END IF;
    DELETE FROM pgrollout.hold h WHERE h.migration_id = v_migration.id AND h.kind = 'operator';
    INSERT INTO pgrollout.hold AS h (migration_id, kind, reason, placed_by, permit)
    VALUES (v_migration.id, 'stepping', 'one step or batch at a time', session_user, true)
    ON CONFLICT (migration_id, kind, key) DO UPDATE SET permit = true;
    PERFORM pgrollout.journal_event(v_migration.id, 'command', session_user, 'step');
    PERFORM pgrollout.wake(v_migration.id);
    RETURN pgrollout.receipt_of(v_migration, 'one step or batch goes, then it holds again',
        format('SELECT * FROM pgrollout.resume(%L)', v_migration.name));
END
$$;

-- Who may not answer a gate may not skip it either.
CREATE FUNCTION pgrollout.gate_check(p_step pgrollout.step) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    IF p_step.gate_by = 'approver' AND NOT pg_has_role(session_user, 'pgrollout_approver', 'MEMBER') THEN
        RAISE EXCEPTION 'gate "%" is answered by an approver', p_step.name USING ERRCODE = 'PR004',
            HINT = 'Somebody with the role pgrollout_approver must confirm or skip it.';
    END IF;
END
$$;

-- What an abort to p_target takes away from a release that has come to need it: columns, and where the whole
-- table (or view) goes, that alone.
CREATE FUNCTION pgrollout.undo_takes(p_migration bigint, p_target text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    WITH takes AS (
        SELECT DISTINCT t.made
        FROM pgrollout.step s
        JOIN pgrollout.phase p ON p.migration_id = s.migration_id AND p.name = s.phase
        CROSS JOIN LATERAL jsonb_array_elements(s.detail -> 'makes') t (made)
        WHERE s.migration_id = p_migration AND s.state IN ('done', 'undoing')
          AND p.ord > coalesce((SELECT k.ord FROM pgrollout.phase k
                                WHERE k.migration_id = p_migration AND k.name = p_target), 0)
    )
    SELECT coalesce(jsonb_agg(t.made ORDER BY t.made), '[]') FROM takes t
    WHERE NOT t.made ? 'column' OR NOT EXISTS (SELECT FROM takes o WHERE o.made = t.made - 'column')
$$;

-- What the engine has found at an opposite gate: whether anything still uses what the abort takes away. `clear`
-- only where it has looked lately, at just that, and found nothing; NULL words: the abort takes nothing away.
CREATE FUNCTION pgrollout.gate_evidence(p_step pgrollout.step, OUT clear boolean, OUT words text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_takes jsonb := pgrollout.undo_takes(p_step.migration_id, (
        SELECT m.abort_to FROM pgrollout.migration m WHERE m.id = p_step.migration_id));
    v_found jsonb := p_step.detail -> 'evidence';
    v_age_s numeric := extract(epoch FROM clock_timestamp()) - (v_found ->> 'seen_us')::numeric / 1000000;
BEGIN
    clear := v_takes = '[]';
    IF (clear) THEN
        RETURN;
    END IF;
    words := nullif(concat_ws('; ', CASE WHEN v_found ->> 'verdict' = 'blind' THEN 'cannot tell: ' ELSE '' END
                                    || (v_found ->> 'text'), v_found ->> 'coverage'), '');
    IF v_found #> '{memo,of}' IS DISTINCT FROM v_takes AND v_found ->> 'verdict' IS DISTINCT FROM 'blind' THEN
        words := 'cannot tell: nobody has looked yet who uses '
            || (SELECT string_agg(concat_ws('.', t ->> 'table', t ->> 'column'), ', ')
                FROM jsonb_array_elements(v_takes) t)
            || CASE WHEN pgrollout.engine_alive() THEN '' ELSE ' (no engine runs)' END;
    ELSIF v_age_s > 60 THEN
        words := format('cannot tell: nobody has looked for %s s; then: %s', round(v_age_s), words);
    ELSE
        clear := coalesce(v_found ->> 'verdict' = 'clear', false);
    END IF;
END
$$;

CREATE FUNCTION pgrollout.confirm(name text, step text DEFAULT NULL, application text DEFAULT NULL,
                                  note text DEFAULT NULL, expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_gate pgrollout.hold;
    v_step pgrollout.step;
    v_reverse boolean;
    v_open text[];
    v_clear boolean;
    v_evidence text;
BEGIN
    v_migration := pgrollout.command_target('confirm', confirm.name, '{active,aborting}', expect);
    SELECT * INTO v_gate FROM pgrollout.hold h
    WHERE h.migration_id = v_migration.id AND h.kind = 'gate'
      AND (confirm.step IS NULL OR h.key = confirm.step) FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no gate%waits for an answer', coalesce(' "' || confirm.step || '" ', ' ')
            USING ERRCODE = 'PR004',
                  HINT = coalesce('It is held by ' || pgrollout.holds_text(v_migration.id),
                                  format('It is in phase %s.', v_migration.phase));
    END IF;
    v_reverse := (v_gate.detail ->> 'reverse')::boolean;
    SELECT * INTO v_step FROM pgrollout.step s
    WHERE s.migration_id = v_migration.id AND s.name = v_gate.key;
    PERFORM pgrollout.gate_check(v_step);
    SELECT array_agg(app) INTO v_open
    FROM unnest(CASE WHEN v_reverse OR v_step.gate_each = '{}' THEN ARRAY[''] ELSE v_step.gate_each END) app
    WHERE NOT EXISTS (SELECT FROM pgrollout.answer a WHERE a.migration_id = v_migration.id
                      AND a.step = v_step.name AND a.application = app AND a.reverse = v_reverse);
    IF application IS NULL AND cardinality(v_open) > 1 THEN
        RAISE EXCEPTION 'gate "%" wants an answer for each application', v_step.name
            USING ERRCODE = 'PR003', HINT = format('Open: %s (confirm %s --for APPLICATION)',
                array_to_string(v_open, ', '), confirm.name);
    END IF;
    IF NOT coalesce(application, v_open[1]) = ANY (v_open) THEN
        RAISE EXCEPTION 'gate "%" does not wait for application "%"', v_step.name, application
            USING ERRCODE = 'PR003', HINT = format('Open: %s', array_to_string(v_open, ', '));
    END IF;
    IF (v_reverse) THEN
        SELECT e.clear, e.words INTO v_clear, v_evidence FROM pgrollout.gate_evidence(v_step) e;
        IF NOT v_clear AND coalesce(btrim(confirm.note), '') = '' THEN
            RAISE EXCEPTION 'gate "%" is not confirmed without a reason: %', v_step.name, v_evidence
                USING ERRCODE = 'PR004',
                      HINT = format('Roll the releases back and wait for it to be quiet, or say why: '
                                    'pgrollout confirm %s --reason "…"', v_migration.name);
        END IF;
        -- the answer ends the look; of the next gate, or the next abort, it says nothing
        UPDATE pgrollout.step s SET detail = s.detail - '{waits_for,evidence}'::text[]
        WHERE s.migration_id = v_migration.id AND s.name = v_step.name;
    END IF;
    INSERT INTO pgrollout.answer (migration_id, step, application, reverse, note)
    VALUES (v_migration.id, v_step.name, coalesce(application, v_open[1]), v_reverse,
            left(confirm.note, 1000));
    v_open := array_remove(v_open, coalesce(application, v_open[1]));
    IF cardinality(v_open) = 0 THEN
        DELETE FROM pgrollout.hold h
        WHERE h.migration_id = v_migration.id AND h.kind = 'gate' AND h.key = v_step.name;
    END IF;
    PERFORM pgrollout.journal_event(v_migration.id, 'command', session_user,
        format('confirm %s', v_step.name) || coalesce(' for ' || application, '')
        || coalesce(': ' || confirm.note, '')
        || coalesce(CASE WHEN v_clear THEN ' (the evidence: ' ELSE ' (against the evidence: ' END
                    || v_evidence || ')', ''));
    PERFORM pgrollout.wake(v_migration.id);
    RETURN pgrollout.receipt_of(v_migration, format('%s confirmed', v_step.name)
        || coalesce(' for ' || application, '')
        || coalesce('; ' || v_evidence, '')
        || CASE WHEN cardinality(v_open) > 0
                THEN '; open: ' || array_to_string(v_open, ', ') ELSE '' END);
END
$$;

CREATE FUNCTION pgrollout.retry(name text, reason text DEFAULT NULL, expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_step text;
    v_rows bigint;
BEGIN
    v_migration := pgrollout.command_target('retry', retry.name, '{failed}', expect);
    UPDATE pgrollout.step s
    SET state = CASE WHEN v_migration.abort_to IS NULL THEN 'running' ELSE 'undoing' END,
        attempts = s.attempts + 1, finished = NULL, error = NULL, sqlstate = NULL, error_detail = NULL,
        -- a check waits anew
        started = CASE WHEN s.kind = 'check' THEN clock_timestamp() ELSE s.started END,
        detail = s.detail - 'walked'
    WHERE s.migration_id = v_migration.id AND s.state = 'failed'
    RETURNING s.name INTO v_step;
    UPDATE pgrollout.phase p SET agreed_at = NULL -- the hook is asked again
    WHERE p.migration_id = v_migration.id AND p.agreed_at IS NOT NULL;
    UPDATE pgrollout.quarantine q SET state = 'again'
    WHERE q.migration_id = v_migration.id AND q.step = v_step AND q.state = 'open';
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    UPDATE pgrollout.migration m
    SET state = CASE WHEN m.abort_to IS NULL THEN 'active' ELSE 'aborting' END
    WHERE m.id = v_migration.id;
    PERFORM pgrollout.journal_event(v_migration.id, 'command', session_user,
        format('retry %s', v_step) || coalesce(': ' || retry.reason, ''));
    PERFORM pgrollout.wake(v_migration.id);
    RETURN pgrollout.receipt_of(v_migration, format('step %s goes on', v_step)
        || coalesce(', and tries ' || pgrollout.counted(v_rows, 'the row', 'rows')
                    || ' again that could not be filled', ''),
        format('SELECT * FROM pgrollout.pause(%L)', v_migration.name));
END
$$;

-- A backfill that has walked over every key, with nothing left but rows that cannot be filled.
CREATE FUNCTION pgrollout.only_unfilled(p_step pgrollout.step) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT p_step.kind = 'backfill' AND p_step.state = 'failed' AND p_step.detail ? 'walked'
       AND NOT p_step.detail ? 'undoing'
       AND EXISTS (SELECT FROM pgrollout.quarantine q
                   WHERE q.migration_id = p_step.migration_id AND q.step = p_step.name AND q.state <> 'resolved')
$$;

CREATE FUNCTION pgrollout.skip(name text, step text, reason text, expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_step pgrollout.step;
    v_rows bigint := 0;
BEGIN
    v_migration := pgrollout.command_target('skip', skip.name, '{active,failed}', expect);
    SELECT * INTO v_step FROM pgrollout.step s
    WHERE s.migration_id = v_migration.id AND s.name = skip.step;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no step is named "%"', left(skip.step, 100) USING ERRCODE = 'PR003',
            HINT = 'Steps: ' || (SELECT string_agg(s.name, ', ' ORDER BY s.ord) FROM pgrollout.step s
                                 WHERE s.migration_id = v_migration.id);
    END IF;
    IF coalesce(btrim(skip.reason), '') = '' THEN
        RAISE EXCEPTION 'skip needs a reason' USING ERRCODE = 'PR003';
    END IF;
    IF NOT v_step.skippable AND NOT pgrollout.only_unfilled(v_step) THEN
        RAISE EXCEPTION 'step "%" is a %: only gates and checks can be skipped%', v_step.name, v_step.kind,
            CASE WHEN v_step.kind = 'backfill' THEN ', and a backfill that is done but for rows in quarantine' ELSE '' END
            USING ERRCODE = 'PR004';
    END IF;
    PERFORM pgrollout.gate_check(v_step);
    -- evidence that contract would read again: what was waited for once need not be so for ever
    IF v_step.state NOT IN ('running', 'waiting', 'failed')
       AND NOT (v_step.state = 'done' AND v_step.detail ? 'evidence' AND EXISTS (
            SELECT FROM pgrollout.hold h
            WHERE h.migration_id = v_migration.id AND h.kind = 'boundary' AND h.key = 'contract')) THEN
        RAISE EXCEPTION 'step "%" is %, not waiting', v_step.name, v_step.state
            USING ERRCODE = 'PR004', HINT = 'A step can be skipped when it is its turn.';
    END IF;
    IF v_migration.abort_to IS NULL THEN
        UPDATE pgrollout.quarantine q SET state = 'left', at = clock_timestamp(),
            note = format('left unfilled by %s: %s', session_user, left(skip.reason, 500))
        WHERE q.migration_id = v_migration.id AND q.step = v_step.name AND q.state <> 'resolved';
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        UPDATE pgrollout.step s SET state = 'skipped', finished = coalesce(s.finished, clock_timestamp())
        WHERE s.migration_id = v_migration.id AND s.name = v_step.name;
        UPDATE pgrollout.migration m SET state = 'active'
        WHERE m.id = v_migration.id AND m.state = 'failed';
    ELSE -- its undo is taken as done
        UPDATE pgrollout.migration m SET state = 'aborting' WHERE m.id = v_migration.id;
        UPDATE pgrollout.step s SET state = 'undoing'
        WHERE s.migration_id = v_migration.id AND s.name = v_step.name;
        PERFORM pgrollout.step_undone(v_migration.id, v_step.name);
    END IF;
    DELETE FROM pgrollout.hold h
    WHERE h.migration_id = v_migration.id AND h.kind = 'gate' AND h.key = v_step.name;
    PERFORM pgrollout.journal_event(v_migration.id, 'command', session_user,
        format('skip %s: %s', v_step.name, skip.reason)
        || coalesce('; left unfilled: ' || pgrollout.counted(v_rows, '1 row', 'rows'), ''));
    PERFORM pgrollout.wake(v_migration.id);
    RETURN pgrollout.receipt_of(v_migration, format('step %s skipped', v_step.name)
        || coalesce('; left unfilled: ' || pgrollout.counted(v_rows, '1 row', 'rows'), ''));
END
$$;

-- Why this cannot be undone; NULL when it can.
CREATE FUNCTION pgrollout.abort_obstacle(p_migration bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT format('step %s (%s) cannot be taken back', s.name, s.title)
    FROM pgrollout.step s
    WHERE s.migration_id = p_migration AND s.irreversible
      AND (s.state IN ('done', 'undoing') OR (s.state <> 'pending' AND coalesce((s.detail ->> 'sent')::int, 0) > 0))
    ORDER BY s.ord LIMIT 1);
END
$$;

-- A step that is to be undone, of which nothing has been undone: its opposite gate still asks.
CREATE FUNCTION pgrollout.only_asked(p_step pgrollout.step) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT p_step.state = 'undoing' AND NOT p_step.detail ?| '{undo_stage,undo_sent}' AND EXISTS (
        SELECT FROM pgrollout.hold h
        WHERE h.migration_id = p_step.migration_id AND h.kind = 'gate' AND h.key = p_step.name
          AND (h.detail ->> 'reverse')::boolean)
$$;

-- Where an abort can go back to: the start, or the end of a phase whose steps all stand.
CREATE FUNCTION pgrollout.abort_targets(p_migration bigint) RETURNS TABLE (name text, ord int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT 'start', 0
    UNION ALL
    SELECT p.name, p.ord FROM pgrollout.phase p
    WHERE p.migration_id = p_migration AND p.state IN ('done', 'undoing')
      AND NOT EXISTS (SELECT FROM pgrollout.step s
                      WHERE s.migration_id = p_migration AND s.phase = p.name
                        AND s.state NOT IN ('done', 'skipped') AND NOT pgrollout.only_asked(s))
$$;

-- A new abort over one that has only asked so far: what it asked about stands again.
CREATE FUNCTION pgrollout.undo_withdraw(p_migration bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    UPDATE pgrollout.step s SET state = 'done', detail = s.detail - '{undoing,waits_for,evidence}'::text[]
    WHERE s.migration_id = p_migration AND pgrollout.only_asked(s);
    UPDATE pgrollout.phase p SET state = 'done'
    WHERE p.migration_id = p_migration AND p.state = 'undoing'
      AND NOT EXISTS (SELECT FROM pgrollout.step s
                      WHERE s.migration_id = p_migration AND s.phase = p.name
                        AND s.state NOT IN ('done', 'skipped'))
$$;

CREATE FUNCTION pgrollout.abort(name text, target text DEFAULT NULL, reason text DEFAULT NULL,
                                expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_obstacle text;
    v_work record;
BEGIN
    v_migration := pgrollout.command_target('abort', abort.name,
        CASE WHEN target IS NULL THEN '{loaded,active,failed,aborting,aborted,done}'::text[]
             ELSE '{loaded,active,failed,aborting}'::text[] END, expect);
    IF target IS NULL THEN
        RETURN pgrollout.receipt_of(v_migration, format(
            'nothing was changed; read the card (SELECT * FROM pgrollout.card(%L)), then name a target',
            abort.name));
    END IF;
    IF NOT EXISTS (SELECT FROM pgrollout.abort_targets(v_migration.id) t WHERE t.name = abort.target) THEN
        RAISE EXCEPTION 'abort cannot go back to "%"', left(target, 100) USING ERRCODE = 'PR003',
            HINT = 'Targets: ' || (SELECT string_agg(t.name, ', ' ORDER BY t.ord)
                                   FROM pgrollout.abort_targets(v_migration.id) t);
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        -- the snapshot is older than a worker's fence row may be
        RAISE EXCEPTION 'abort must be called in READ COMMITTED' USING ERRCODE = 'PR004',
            HINT = 'SET default_transaction_isolation = ''read committed''; then repeat it.';
    END IF;
    -- as pause does: behind the fences nothing is in flight, so what is done is done; what waits for
    -- them to go on looks at the direction (direction_check)
    SELECT * INTO v_work FROM pgrollout.stop_work(ARRAY[v_migration.id]);
    IF NOT v_work.proven THEN
        RAISE EXCEPTION 'abort could not stop what runs: %', v_work.remains USING ERRCODE = 'PR004',
            HINT = 'Pause it first, then abort.';
    END IF;
    v_obstacle := pgrollout.abort_obstacle(v_migration.id);
    IF v_obstacle IS NOT NULL THEN
        RAISE EXCEPTION 'abort is refused: %', v_obstacle USING ERRCODE = 'PR004',
            HINT = 'The way on is to finish it (retry, resume); old data comes back from a backup only.';
    END IF;
    PERFORM pgrollout.undo_withdraw(v_migration.id);
    IF NOT EXISTS (SELECT FROM pgrollout.abort_targets(v_migration.id) t WHERE t.name = abort.target) THEN
        RAISE EXCEPTION 'abort cannot go back to "%": it has been taken back meanwhile', target
            USING ERRCODE = 'PR004';
    END IF;
    DELETE FROM pgrollout.hold h
    WHERE h.migration_id = v_migration.id
      AND h.kind IN ('operator', 'boundary', 'stepping', 'gate', 'lock');
    DELETE FROM pgrollout.answer a WHERE a.migration_id = v_migration.id AND a.reverse;
    UPDATE pgrollout.migration m SET state = 'aborting', abort_to = target
    WHERE m.id = v_migration.id;
    PERFORM pgrollout.journal_event(v_migration.id, 'command', session_user,
        format('abort to %s', target) || coalesce(': ' || abort.reason, ''));
    PERFORM pgrollout.wake(v_migration.id);
    RETURN pgrollout.receipt_of(v_migration, format('aborting to %s', target)
        || coalesce('; ' || v_work.stopped, '')
        || CASE WHEN (SELECT h.at > clock_timestamp() - interval '5 seconds' FROM pgrollout.heartbeat h)
                THEN '' ELSE '; no engine runs, so nothing is undone until one does: pgrollout run' END,
        format('SELECT * FROM pgrollout.pause(%L)', v_migration.name));
END
$$;

CREATE FUNCTION pgrollout.note(name text, note text) RETURNS pgrollout.receipt
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
BEGIN
    v_migration := pgrollout.command_target('note', note.name,
        '{loaded,active,failed,aborting,aborted,done}', NULL);
    IF coalesce(btrim(note.note), '') = '' THEN
        RAISE EXCEPTION 'an empty note says nothing' USING ERRCODE = 'PR003';
    END IF;
    PERFORM pgrollout.journal_event(v_migration.id, 'note', session_user, note.note);
    PERFORM pgrollout.wake(v_migration.id);
    RETURN pgrollout.receipt_of(v_migration, 'noted');
END
$$;

-- Who has cancelled a statement or ended a session is on record, whichever migration is meant, or none. It is
-- called in front of that in the same transaction: what cannot be written here is not done. With `refused` it was
-- not done.
CREATE FUNCTION pgrollout.session_note(verb text, pid int, backend_start timestamptz, reason text DEFAULT NULL,
                                       migration text DEFAULT NULL, refused boolean DEFAULT false)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration bigint := (SELECT m.id FROM pgrollout.migration m WHERE m.name = session_note.migration);
BEGIN
    PERFORM pgrollout.command_begin(verb);
    IF verb IS NULL OR pid IS NULL OR verb NOT IN ('cancel', 'terminate') THEN
        RAISE EXCEPTION 'a session is cancelled or terminated' USING ERRCODE = 'PR003';
    END IF;
    PERFORM pgrollout.journal_event(v_migration, CASE WHEN refused THEN 'refused' ELSE 'note' END, session_user,
        format('%s pid %s', verb, pid)
        || coalesce((SELECT format(' (%s)', concat_ws(', ', coalesce(nullif(a.application_name, ''),
                                                                     'no application name'),
                                                      a.usename, host(a.client_addr)))
                     FROM pg_stat_activity a
                     WHERE a.pid = session_note.pid AND a.backend_start = session_note.backend_start), '')
        || coalesce(': ' || nullif(btrim(reason), ''), ''));
    PERFORM pgrollout.wake(v_migration);
    RETURN ROW(true, 'noted', migration, NULL, clock_timestamp(), NULL, NULL, NULL)::pgrollout.receipt;
END
$$;

CREATE FUNCTION pgrollout.forget(name text, reason text DEFAULT NULL) RETURNS pgrollout.receipt
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
BEGIN
    v_migration := pgrollout.command_target('forget', forget.name, '{aborted,done}', NULL);
    DELETE FROM pgrollout.migration m WHERE m.id = v_migration.id;
    PERFORM pgrollout.journal_event(NULL, 'command', session_user,
        format('forget %s (it was %s)', v_migration.name, v_migration.state) || coalesce(': ' || forget.reason, ''));
    PERFORM pgrollout.wake();
    RETURN ROW(true, 'forgotten, with its journal', v_migration.name, NULL, clock_timestamp(), NULL,
               NULL, NULL)::pgrollout.receipt;
END
$$;
