-- Control schema, version 3: the engine's transitions. Each is called in a transaction that has
-- entered, or (where marked "under fence") only locked the fence; EXECUTE for pgrollout_engine only.

CREATE FUNCTION pgrollout.wake(p_migration bigint DEFAULT NULL) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    -- a wake-up without content: the truth is always read from the tables
    SELECT pg_notify('pgrollout', coalesce(p_migration::text, ''))
$$;

-- The permit of a `step` is used up; the stepping hold stands again.
CREATE FUNCTION pgrollout.permit_take(p_migration bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    UPDATE pgrollout.hold h SET permit = false
    WHERE h.migration_id = p_migration AND h.kind = 'stepping' AND h.permit
$$;

-- A step begins, or goes on after a new engine took over.
CREATE FUNCTION pgrollout.step_start(p_migration bigint, p_step text, p_detail jsonb DEFAULT '{}')
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_phase text;
BEGIN
    PERFORM pgrollout.direction_check(p_migration, false, p_step);
    UPDATE pgrollout.step s
    SET state = 'running', attempts = s.attempts + 1, started = coalesce(s.started, clock_timestamp()),
        error = NULL, sqlstate = NULL, error_detail = NULL, detail = s.detail || p_detail
    WHERE s.migration_id = p_migration AND s.name = p_step AND s.state IN ('pending', 'running')
    RETURNING s.phase INTO v_phase;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'step "%" cannot start', p_step USING ERRCODE = 'PR004';
    END IF;
    UPDATE pgrollout.phase p SET state = 'running', started = coalesce(p.started, clock_timestamp())
    WHERE p.migration_id = p_migration AND p.name = v_phase AND p.state = 'pending';
    UPDATE pgrollout.migration m SET phase = v_phase
    WHERE m.id = p_migration AND m.phase IS DISTINCT FROM v_phase;
    PERFORM pgrollout.journal_event(p_migration, 'step', 'engine', format('%s: started', p_step));
    PERFORM pgrollout.wake(p_migration);
END
$$;

CREATE FUNCTION pgrollout.step_remember(p_migration bigint, p_step text, p_detail jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    UPDATE pgrollout.step s SET detail = s.detail || p_detail
    WHERE s.migration_id = p_migration AND s.name = p_step
      -- a look may come in when an abort has been withdrawn
      AND (NOT p_detail ? 'evidence' OR s.state IN ('running', 'undoing'));
    -- the lock that this stage waited for was had
    DELETE FROM pgrollout.hold h WHERE h.migration_id = p_migration AND h.kind = 'lock'
        AND p_detail ?| '{stage,undo_stage}';
$$;

-- What a step's objects look like in the catalog now; {} for a step that leaves none behind.
CREATE FUNCTION pgrollout.shape_of(p_step pgrollout.step) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp
-- it is compared in the sessions of people, too
SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'iso_8601' SET bytea_output = 'hex'
SET extra_float_digits = 1 AS $$
BEGIN
    RETURN (SELECT CASE p_step.kind
        WHEN 'add_column' THEN (
            SELECT jsonb_build_object(
                'type of column ' || (p_step.detail ->> 'column'),
                    (SELECT format_type(a.atttypid, a.atttypmod)
                            || CASE WHEN a.attgenerated <> '' THEN ' GENERATED' ELSE '' END
                            || CASE WHEN a.attidentity <> '' THEN ' IDENTITY' ELSE '' END
                            || CASE WHEN a.attcollation NOT IN (0, 100)
                                    THEN format(' COLLATE %s', a.attcollation::regcollation) ELSE '' END
                     FROM pg_attribute a
                     WHERE a.attrelid = (p_step.detail ->> 'relid')::oid AND a.attnum > 0
                       AND NOT a.attisdropped AND a.attname = p_step.detail ->> 'column'),
                'default of column ' || (p_step.detail ->> 'column'),
                    (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a
                     JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                     WHERE a.attrelid = (p_step.detail ->> 'relid')::oid AND NOT a.attisdropped
                       AND a.attname = p_step.detail ->> 'column'))
            WHERE p_step.detail ? 'column')
        WHEN 'not_null' THEN (
            SELECT jsonb_build_object('NOT NULL of column ' || (p_step.detail ->> 'column'),
                (SELECT CASE WHEN a.attnotnull THEN 'set' END FROM pg_attribute a
                 WHERE a.attrelid = (p_step.detail ->> 'relid')::oid AND NOT a.attisdropped
                   AND a.attname = p_step.detail ->> 'column'))
            WHERE p_step.detail ? 'column')
        WHEN 'sync' THEN CASE WHEN p_step.detail ? 'into_table' THEN pgrollout.across_shape(p_step.detail) ELSE (
            SELECT jsonb_build_object(
                'sync trigger', max(pg_get_triggerdef(t.oid)),
                'switch of the sync trigger', max(CASE t.tgenabled WHEN 'O' THEN 'on' WHEN 'A' THEN 'on'
                    WHEN 'R' THEN 'only on replicas' ELSE 'disabled' END),
                'body of the sync trigger''s function', max(md5(p.prosrc || coalesce(p.proconfig::text, ''))))
            FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE t.tgrelid = (p_step.detail ->> 'relid')::oid AND t.tgname = p_step.detail ->> 'trigger') END
        ELSE pgrollout.ddl_shape_of(p_step) END);
END
$$;

-- What is no longer as the plan's done steps left it; NULL when all is. A sync goes with drop_sync, or
-- with the column; what is being taken back is not looked at.
CREATE FUNCTION pgrollout.drift_of(p_migration bigint) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT string_agg(format('the %s (step %s) is %s, it was %s', l.key, s.name,
               coalesce(left(n.shape ->> l.key, 200), 'gone'), coalesce(left(l.value, 200), 'not there')),
               '; ' ORDER BY s.ord, l.key DESC)
    FROM pgrollout.step s
    CROSS JOIN LATERAL (SELECT coalesce(pgrollout.shape_of(s), '{}') AS shape) n
    CROSS JOIN LATERAL jsonb_each_text(s.detail -> 'shape') l
    WHERE s.migration_id = p_migration AND s.state = 'done' AND s.detail ? 'shape'
      AND l.value IS DISTINCT FROM n.shape ->> l.key
      AND NOT EXISTS (
            SELECT FROM pgrollout.step d
            WHERE d.migration_id = p_migration AND d.ord > s.ord AND (d.state = 'done' OR d.detail ? 'stage')
              AND d.detail ->> 'relid' = s.detail ->> 'relid' AND pgrollout.takes_away(d, s)));
END
$$;

-- Is the step's table ("schema"."table") the one that was loaded, with the key that its batches walk
-- along? Not by to_regclass: the owner of this function may not have USAGE on that schema.
CREATE FUNCTION pgrollout.ground_of(p_step pgrollout.step, p_table text) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE
        WHEN p_step.detail ->> 'relid' IS NULL OR p_table IS NULL THEN NULL
        WHEN t.oid IS NULL THEN format('table %s is gone', p_table)
        WHEN t.oid <> (p_step.detail ->> 'relid')::oid
            THEN format('table %s is not the one that was loaded', p_table)
        WHEN NOT pg_has_role(session_user,
                t.relowner, 'MEMBER')
            THEN format('"%s" is no longer a member of the owner of %s', session_user, p_table)
        WHEN p_step.detail ? 'key' AND t.relforcerowsecurity AND t.relrowsecurity
            THEN format('row security of %s hides rows from its owner: none could be relied on', p_table)
        WHEN p_step.detail ? 'key' AND p_step.detail -> 'key' -> 0 ->> 'name' <> 'ctid' AND NOT EXISTS (
            SELECT FROM pg_index i
            WHERE i.indrelid = t.oid AND i.indisunique AND i.indisvalid
              AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
              AND (SELECT jsonb_agg(jsonb_build_object('name', a.attname,
                                                       'type', format_type(a.atttypid, a.atttypmod)) ORDER BY k.n)
                   FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, n)
                   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND a.attnotnull
                   WHERE k.n <= i.indnkeyatts)
                = (SELECT jsonb_agg(jsonb_build_object('name', e ->> 'name', 'type', e ->> 'type'))
                   FROM jsonb_array_elements(p_step.detail -> 'key') e))
            THEN format('the key of %s (%s) is gone or has another type', p_table,
                (SELECT string_agg(e ->> 'name', ', ') FROM jsonb_array_elements(p_step.detail -> 'key') e))
        END
    FROM (SELECT parse_ident(p_table) AS name) n
    LEFT JOIN (pg_class t JOIN pg_namespace s ON s.oid = t.relnamespace)
        ON t.relname = n.name[2] AND s.nspname = n.name[1]
$$;

-- The table and all its partitions. Not by pg_partition_tree(), which locks them.
CREATE FUNCTION pgrollout.parts_of(p_table oid) RETURNS SETOF oid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    WITH RECURSIVE parts (relid) AS (
        SELECT p_table
        UNION ALL
        SELECT h.inhrelid FROM parts p JOIN pg_inherits h ON h.inhparent = p.relid)
    SELECT p.relid FROM parts p
$$;

-- What stands around the columns that the step writes, and would spoil it though nobody has touched its table's key
-- or owner: the same as the preflight refused when the plan was loaded. NULL when nothing does.
CREATE FUNCTION pgrollout.company_of(p_step pgrollout.step) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp
-- as the defaults were read then
SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'iso_8601' SET bytea_output = 'hex'
SET extra_float_digits = 1 AS $$
    WITH written AS (
        SELECT a.*, p_step.detail ->> w.default_member AS taken
        FROM (VALUES (p_step.detail ->> 'old', 'old_default'), (p_step.detail ->> 'new', 'new_default')
              UNION ALL SELECT jsonb_array_elements_text(p_step.detail -> 'columns'), NULL) w (name, default_member)
        JOIN pg_attribute a ON a.attname = w.name AND NOT a.attisdropped
            AND a.attrelid = (p_step.detail ->> 'relid')::oid
        WHERE p_step.kind IN ('sync', 'backfill')
    ), defaults AS (
        SELECT a.attname, a.taken, CASE WHEN a.attidentity <> '' THEN 'that of an identity'
                   WHEN t.tree IS NOT NULL THEN format('CAST(%s AS %s)', pg_get_expr(t.tree, a.attrelid),
                                                       format_type(a.atttypid, a.atttypmod)) END AS stands
        FROM written a
        CROSS JOIN LATERAL (SELECT coalesce((SELECT f.adbin FROM pg_attrdef f WHERE f.adrelid = a.attrelid
                                             AND f.adnum = a.attnum), y.typdefaultbin) AS tree
                            FROM pg_type y WHERE y.oid = a.atttypid) t
        WHERE p_step.kind = 'sync' AND a.attgenerated = ''
    ), row_triggers AS (
        SELECT t.*, (t.tgtype & 2) <> 0 AS is_before, (t.tgtype & 4) <> 0 AS on_insert,
               (t.tgtype & 16) <> 0 AS on_update
        FROM pg_trigger t
        WHERE t.tgrelid IN (SELECT pgrollout.parts_of((p_step.detail ->> 'relid')::oid))
          AND (t.tgtype & 1) <> 0 AND NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled IN ('O', 'A')
    ), syncs AS (
        SELECT s.name, s.state, s.detail ->> 'trigger' AS trigger, s.detail ? 'into_table' AS across FROM pgrollout.step s
        WHERE s.migration_id = p_step.migration_id AND s.kind = 'sync'
          AND s.detail ->> 'relid' = p_step.detail ->> 'relid'
    ), wrong (text) AS (
        SELECT format('nothing can be written to column %s: it is generated', a.attname)
        FROM written a WHERE a.attgenerated <> '' OR a.attidentity = 'a'
        UNION ALL
        -- its default tells the trigger whether an INSERT wrote the column: with another one it would
        -- overwrite what was written to the other column
        SELECT format('the default of column %s is %s, the sync trigger would take it for %s', d.attname,
                   coalesce(d.stands, 'not there'), coalesce(d.taken, 'not there'))
        FROM defaults d WHERE d.stands IS DISTINCT FROM d.taken
        UNION ALL
        SELECT format('trigger %s would fire for each row that is filled', t.tgname)
        FROM row_triggers t
        WHERE p_step.kind = 'backfill' AND t.on_update
          AND NOT coalesce((p_step.detail ->> 'user_triggers_fire')::boolean, false)
          AND (cardinality(t.tgattr::int2[]) = 0 OR EXISTS (
                SELECT FROM pg_attribute o WHERE o.attrelid = t.tgrelid AND o.attnum = ANY (t.tgattr::int2[])
                  AND o.attname IN (SELECT a.attname FROM written a)))
          AND t.tgname NOT IN (SELECT s.trigger FROM syncs s)
        UNION ALL
        SELECT format('trigger %s would fire after the sync trigger and could change the row behind its back', t.tgname)
        FROM row_triggers t JOIN syncs s ON t.tgname > s.trigger::name AND NOT s.across
        WHERE t.is_before AND (t.on_insert OR t.on_update)
          AND (s.name = p_step.name OR p_step.kind = 'backfill' AND s.state = 'done')
        UNION ALL
        -- else the undo would take away what is not the plan's
        SELECT format('column %s is NOT NULL already, by somebody else', a.attname) FROM pg_attribute a
        WHERE p_step.kind = 'not_null' AND a.attrelid = (p_step.detail ->> 'relid')::oid
          AND a.attname = p_step.detail ->> 'column' AND NOT a.attisdropped AND a.attnotnull
        UNION ALL
        SELECT format('column %s may be NULL already, by somebody else', a.attname) FROM pg_attribute a
        WHERE p_step.kind = 'drop_not_null' AND a.attrelid = (p_step.detail ->> 'relid')::oid
          AND a.attname = p_step.detail ->> 'column' AND NOT a.attisdropped AND NOT a.attnotnull)
    SELECT string_agg(w.text, '; ' ORDER BY w.text) FROM wrong w
$$;

-- In front of what goes on from the steps before: raises PR005 where the ground has changed under it.
CREATE FUNCTION pgrollout.ground_check(p_migration bigint, p_step text, p_table text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_wrong text;
BEGIN
    SELECT coalesce(pgrollout.ground_of(s, p_table), pgrollout.company_of(s),
                    CASE WHEN s.detail ? 'into_table' THEN pgrollout.across_of(s.detail) END,
                    pgrollout.drift_of(p_migration)) INTO v_wrong
    FROM pgrollout.step s WHERE s.migration_id = p_migration AND s.name = p_step;
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION 'somebody has changed the ground: %', v_wrong USING ERRCODE = 'PR005',
            HINT = 'Put it back as it was, then retry; or abort.';
    END IF;
END
$$;

-- A statement of the plan's own may change what earlier steps left: that is no drift.
CREATE FUNCTION pgrollout.shapes_renew(p_migration bigint, p_step text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    UPDATE pgrollout.step s SET detail = s.detail || jsonb_build_object('shape', pgrollout.shape_of(s))
    WHERE s.migration_id = p_migration AND s.state = 'done' AND s.detail ? 'shape'
      AND pgrollout.shape_of(s) IS NOT NULL
      AND EXISTS (SELECT FROM pgrollout.step x
                  WHERE x.migration_id = p_migration AND x.name = p_step AND x.kind = 'sql')
$$;

-- For transitions that need no enter, because a hold of their own may stand: raises PR002 where another
-- one does. Called behind the fence, so that after a pause has returned the state does not move either.
CREATE FUNCTION pgrollout.held_check(p_migration bigint, p_but text[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_kind text := (SELECT h.kind FROM pgrollout.hold h
                    WHERE h.migration_id = p_migration AND h.kind <> 'lock' AND NOT h.kind = ANY (p_but)
                    LIMIT 1);
BEGIN
    IF v_kind IS NOT NULL THEN
        RAISE EXCEPTION 'held: %', v_kind USING ERRCODE = 'PR002';
    END IF;
END
$$;

-- The step's change and this row commit together.
CREATE FUNCTION pgrollout.step_done(p_migration bigint, p_step text, p_text text DEFAULT NULL,
                                    p_detail jsonb DEFAULT '{}')
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM pgrollout.direction_check(p_migration, false, p_step);
    IF pgrollout.unfilled(p_migration, p_step) > 0 THEN
        RAISE EXCEPTION 'step "%" has rows that are not filled', p_step USING ERRCODE = 'PR004';
    END IF;
    UPDATE pgrollout.step s
    SET state = 'done', finished = clock_timestamp(), error = NULL, sqlstate = NULL,
        error_detail = NULL, detail = s.detail || p_detail
            || coalesce((SELECT jsonb_build_object('shape', x) FROM pgrollout.shape_of(s) x WHERE x IS NOT NULL), '{}')
    WHERE s.migration_id = p_migration AND s.name = p_step AND s.state IN ('running', 'waiting');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'step "%" does not run', p_step USING ERRCODE = 'PR004';
    END IF;
    PERFORM pgrollout.shapes_renew(p_migration, p_step);
    DELETE FROM pgrollout.hold h WHERE h.migration_id = p_migration AND h.kind = 'lock';
    -- a pause "after this step" begins to bind
    UPDATE pgrollout.hold h SET after_step = NULL
    WHERE h.migration_id = p_migration AND h.after_step = p_step;
    PERFORM pgrollout.permit_take(p_migration);
    IF current_setting('pgrollout.advance', true) = 'step' THEN
        INSERT INTO pgrollout.hold (migration_id, kind, reason)
        VALUES (p_migration, 'stepping', 'the engine waits after each step (run --advance step): step or resume')
        ON CONFLICT DO NOTHING;
    END IF;
    PERFORM pgrollout.journal_event(p_migration, 'step', 'engine',
        format('%s: done%s', p_step, coalesce(', ' || p_text, '')));
    PERFORM pgrollout.journal_event(p_migration, 'step', 'engine', format('%s: %s', p_step, t.told))
    FROM pgrollout.forecast_told(p_migration, p_step) t (told) WHERE t.told IS NOT NULL;
    PERFORM pgrollout.wake(p_migration);
END
$$;

-- Contract has been asked for, and what a done step had found is still so.
CREATE FUNCTION pgrollout.evidence_reread(p_migration bigint, p_step text, p_text text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM pgrollout.direction_check(p_migration, false);
    UPDATE pgrollout.step s
    SET detail = s.detail || jsonb_build_object('evidence', coalesce(s.detail -> 'evidence', '{}')
            || jsonb_build_object('reread', clock_timestamp(), 'reread_text', left(p_text, 2000)))
    WHERE s.migration_id = p_migration AND s.name = p_step AND s.state = 'done';
    IF FOUND THEN
        PERFORM pgrollout.journal_event(p_migration, 'step', 'engine',
            format('%s: still true before contract, %s', p_step, p_text));
        PERFORM pgrollout.wake(p_migration);
    END IF;
END
$$;

-- Under fence. The step cannot go on by itself; `retry` or `abort` does.
CREATE FUNCTION pgrollout.step_failed(p_migration bigint, p_step text, p_sqlstate text,
                                      p_error text, p_detail text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_was text := (SELECT s.state FROM pgrollout.step s
                   WHERE s.migration_id = p_migration AND s.name = p_step);
BEGIN
    UPDATE pgrollout.step s
    SET state = 'failed', finished = clock_timestamp(), error = left(p_error, 2000), sqlstate = p_sqlstate,
        error_detail = left(p_detail, 4000)
    WHERE s.migration_id = p_migration AND s.name = p_step
      AND s.state IN ('running', 'waiting', 'undoing');
    IF NOT FOUND THEN
        RETURN; -- it has been recorded already, or skipped meanwhile
    END IF;
    -- what failed on the way forward does not stop an abort that was recorded meanwhile
    UPDATE pgrollout.migration m SET state = 'failed'
    WHERE m.id = p_migration
      AND (m.state = 'active' OR m.state = 'aborting' AND v_was = 'undoing');
    DELETE FROM pgrollout.hold h WHERE h.migration_id = p_migration AND h.kind = 'lock';
    PERFORM pgrollout.permit_take(p_migration);
    PERFORM pgrollout.journal_event(p_migration, 'step', 'engine',
        format('%s: FAILED%s: %s', p_step, coalesce(' ' || p_sqlstate, ''), p_error));
    PERFORM pgrollout.wake(p_migration);
END
$$;

-- Under fence: a gate opens (or, while aborting, the opposite one).
CREATE FUNCTION pgrollout.gate_open(p_migration bigint, p_step text, p_reverse boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_text text;
BEGIN
    PERFORM pgrollout.direction_check(p_migration, p_reverse, p_step);
    IF p_reverse THEN
        PERFORM pgrollout.undo_begin(p_migration, p_step);
    END IF;
    UPDATE pgrollout.step s
    SET state = CASE WHEN p_reverse THEN 'undoing' ELSE 'waiting' END
    WHERE s.migration_id = p_migration AND s.name = p_step
    RETURNING CASE WHEN p_reverse THEN s.reverse_text ELSE s.gate_text END INTO v_text;
    INSERT INTO pgrollout.hold (migration_id, kind, key, reason, detail)
    VALUES (p_migration, 'gate', p_step, v_text, jsonb_build_object('reverse', p_reverse))
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM pgrollout.journal_event(p_migration, 'hold', 'engine',
            format('waits at gate "%s": %s', p_step, v_text));
        PERFORM pgrollout.wake(p_migration);
    END IF;
END
$$;

-- Has every answer that the gate asks for been given?
CREATE FUNCTION pgrollout.gate_answered(p_migration bigint, p_step text, p_reverse boolean)
RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT FROM pgrollout.step s,
            unnest(CASE WHEN p_reverse OR s.gate_each = '{}' THEN ARRAY[''] ELSE s.gate_each END) AS app
        WHERE s.migration_id = p_migration AND s.name = p_step
          AND NOT EXISTS (SELECT FROM pgrollout.answer a
                          WHERE a.migration_id = p_migration AND a.step = p_step
                            AND a.application = app AND a.reverse = p_reverse))
$$;

-- Under fence: the engine's own holds (guard, lock, ambiguous).
CREATE FUNCTION pgrollout.hold_place(p_migration bigint, p_kind text, p_key text, p_reason text,
                                     p_detail jsonb DEFAULT '{}')
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    INSERT INTO pgrollout.hold AS h (migration_id, kind, key, reason, detail)
    VALUES (p_migration, p_kind, p_key, left(p_reason, 1000), p_detail)
    ON CONFLICT (migration_id, kind, key)
    DO UPDATE SET reason = left(p_reason, 1000), detail = h.detail || p_detail
        WHERE h.reason <> left(p_reason, 1000);
    IF FOUND THEN
        PERFORM pgrollout.journal_event(p_migration, 'hold', CASE p_kind WHEN 'guard' THEN 'guard'
            ELSE 'engine' END, format('held by %s: %s', btrim(p_kind || ' ' || p_key), p_reason),
            p_detail);
        PERFORM pgrollout.wake(p_migration);
    END IF;
END
$$;

CREATE FUNCTION pgrollout.hold_clear(p_migration bigint, p_kind text, p_key text, p_why text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    DELETE FROM pgrollout.hold h
    WHERE h.migration_id = p_migration AND h.kind = p_kind AND h.key = p_key;
    IF FOUND THEN
        PERFORM pgrollout.journal_event(p_migration, 'hold', CASE p_kind WHEN 'guard' THEN 'guard'
            ELSE 'engine' END, format('%s cleared: %s', btrim(p_kind || ' ' || p_key), p_why));
        PERFORM pgrollout.wake(p_migration);
    END IF;
END
$$;

-- Under fence: the current phase's steps are all done. Ends it, and waits at the next boundary; or
-- passes it where p_pass says so, which is never done into contract. Without a next phase the
-- migration is done.
CREATE FUNCTION pgrollout.phase_finish(p_migration bigint, p_pass boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_phase text := (SELECT m.phase FROM pgrollout.migration m WHERE m.id = p_migration);
    v_next text;
BEGIN
    PERFORM pgrollout.direction_check(p_migration, false);
    PERFORM pgrollout.held_check(p_migration, '{stepping}');
    IF EXISTS (SELECT FROM pgrollout.step s WHERE s.migration_id = p_migration
               AND s.phase = v_phase AND s.state NOT IN ('done', 'skipped')) THEN
        RAISE EXCEPTION 'phase "%" is not done', v_phase USING ERRCODE = 'PR004';
    END IF;
    UPDATE pgrollout.phase p SET state = 'done', finished = coalesce(p.finished, clock_timestamp())
    WHERE p.migration_id = p_migration AND p.name = v_phase AND p.state <> 'done';
    IF FOUND THEN
        PERFORM pgrollout.journal_event(p_migration, 'phase', 'engine', format('%s: done', v_phase));
    END IF;
    SELECT p.name INTO v_next FROM pgrollout.phase p
    WHERE p.migration_id = p_migration AND p.state = 'pending' ORDER BY p.ord LIMIT 1;
    IF v_next IS NULL THEN
        UPDATE pgrollout.migration m SET state = 'done', finished_at = clock_timestamp()
        WHERE m.id = p_migration;
        DELETE FROM pgrollout.hold h WHERE h.migration_id = p_migration;
        DELETE FROM pgrollout.setting s WHERE s.migration_id = p_migration;
        PERFORM pgrollout.journal_event(p_migration, 'phase', 'engine', 'migration done');
    ELSIF p_pass AND v_next <> 'contract' AND pgrollout.readers_obstacle(p_migration, v_next) IS NULL THEN
        PERFORM pgrollout.phase_enter(p_migration, v_next, 'engine');
    ELSE
        PERFORM pgrollout.boundary_place(p_migration, v_next);
    END IF;
    PERFORM pgrollout.wake(p_migration);
END
$$;

CREATE FUNCTION pgrollout.phase_enter(p_migration bigint, p_phase text, p_who text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    DELETE FROM pgrollout.hold h WHERE h.migration_id = p_migration AND h.kind = 'boundary';
    UPDATE pgrollout.migration m
    SET phase = p_phase, state = 'active', started_by = coalesce(m.started_by, p_who)
    WHERE m.id = p_migration AND m.state IN ('loaded', 'active') AND m.abort_to IS NULL;
    IF NOT FOUND THEN -- an abort that was committed while this waited
        RAISE EXCEPTION 'phase % cannot begin: the migration has been aborted or has failed meanwhile', p_phase
            USING ERRCODE = 'PR004', HINT = 'Look again.';
    END IF;
    UPDATE pgrollout.phase p
    SET state = 'running', passed_by = p_who, passed_at = clock_timestamp(),
        started = clock_timestamp(), finished = NULL
    WHERE p.migration_id = p_migration AND p.name = p_phase;
    PERFORM pgrollout.journal_event(p_migration, 'phase', p_who, format('%s: begins', p_phase));
    PERFORM pgrollout.wake(p_migration);
END
$$;

-- Under fence: --advance auto. Never into contract.
CREATE FUNCTION pgrollout.boundary_pass(p_migration bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_next text;
BEGIN
    PERFORM pgrollout.direction_check(p_migration, false);
    PERFORM pgrollout.held_check(p_migration, '{boundary}');
    SELECT h.key INTO v_next FROM pgrollout.hold h
    WHERE h.migration_id = p_migration AND h.kind = 'boundary' AND h.key <> 'contract'
      AND NOT h.detail ? 'by_hand';
    IF v_next IS NOT NULL THEN
        PERFORM pgrollout.phase_enter(p_migration, v_next, 'engine');
    END IF;
END
$$;

CREATE FUNCTION pgrollout.boundary_place(p_migration bigint, p_next text, p_why text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_obstacle text := pgrollout.readers_obstacle(p_migration, p_next);
BEGIN
    INSERT INTO pgrollout.hold (migration_id, kind, key, reason, detail)
    VALUES (p_migration, 'boundary', p_next,
            coalesce(p_why || '; ', '') || coalesce(v_obstacle || '; ', '') ||
            CASE WHEN p_next = 'contract' THEN 'before contract, the point of no return: contract NAME --confirm NAME'
                 WHEN v_obstacle IS NOT NULL
                 THEN format('before phase %s: advance when it is there, or with a reason', p_next)
                 ELSE format('before phase %s: advance', p_next) END,
            -- not even --advance auto passes it
            CASE WHEN v_obstacle IS NULL THEN '{}' ELSE '{"by_hand": true}' END::jsonb)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM pgrollout.journal_event(p_migration, 'hold', 'engine',
            coalesce(p_why || '; ', '') || format('waits at the boundary before %s', p_next));
    END IF;
    PERFORM pgrollout.wake(p_migration);
END
$$;

-- Under fence: a boundary that had been passed is closed again (evidence too old, or no longer true).
CREATE FUNCTION pgrollout.boundary_restore(p_migration bigint, p_phase text, p_why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM pgrollout.direction_check(p_migration, false);
    -- what was started there has done nothing yet
    UPDATE pgrollout.step s SET state = 'pending', started = NULL, detail = s.detail - 'waits_for'
    WHERE s.migration_id = p_migration AND s.phase = p_phase AND s.state = 'running';
    DELETE FROM pgrollout.hold h WHERE h.migration_id = p_migration AND h.kind = 'lock';
    UPDATE pgrollout.phase p SET state = 'pending', started = NULL, passed_by = NULL, passed_at = NULL
    WHERE p.migration_id = p_migration AND p.name = p_phase;
    UPDATE pgrollout.migration m
    SET phase = coalesce((SELECT p.name FROM pgrollout.phase p WHERE p.migration_id = p_migration
                          AND p.state = 'done' ORDER BY p.ord DESC LIMIT 1), p_phase)
    WHERE m.id = p_migration;
    PERFORM pgrollout.boundary_place(p_migration, p_phase, p_why);
END
$$;

-- Had anything of the step been done that must be taken back? A gate nobody answered has not been
-- passed; DDL commits together with its stage or its end, so that a step of it without either did
-- nothing.
CREATE FUNCTION pgrollout.nothing_done(p_step pgrollout.step) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE
        WHEN p_step.detail ? 'undoing' THEN false
        WHEN p_step.kind = 'confirm' THEN p_step.state = 'waiting' AND NOT EXISTS (
            SELECT FROM pgrollout.answer a
            WHERE a.migration_id = p_step.migration_id AND a.step = p_step.name AND NOT a.reverse)
        ELSE p_step.kind NOT IN ('backfill', 'verify', 'check')
             AND p_step.state IN ('running', 'failed')
             AND NOT p_step.detail ? 'stage' AND coalesce((p_step.detail ->> 'sent')::int, 0) = 0 END
$$;

CREATE FUNCTION pgrollout.undo_begin(p_migration bigint, p_step text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_phase text;
BEGIN
    UPDATE pgrollout.step s
    SET state = 'undoing', error = NULL, sqlstate = NULL, error_detail = NULL,
        detail = jsonb_build_object('undo_since', clock_timestamp()) || s.detail || '{"undoing": true}'
    WHERE s.migration_id = p_migration AND s.name = p_step
    RETURNING s.phase INTO v_phase;
    UPDATE pgrollout.phase p SET state = 'undoing'
    WHERE p.migration_id = p_migration AND p.name = v_phase;
    UPDATE pgrollout.migration m SET phase = v_phase
    WHERE m.id = p_migration AND m.phase IS DISTINCT FROM v_phase;
END
$$;

-- Under fence: the undo of a step begins.
CREATE FUNCTION pgrollout.undo_start(p_migration bigint, p_step text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_step pgrollout.step;
BEGIN
    SELECT * INTO v_step FROM pgrollout.step s
    WHERE s.migration_id = p_migration AND s.name = p_step
      AND s.state IN ('done', 'running', 'waiting', 'failed', 'skipped', 'undoing');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'step "%" cannot be undone', p_step USING ERRCODE = 'PR004';
    END IF;
    PERFORM pgrollout.held_check(p_migration, '{stepping}');
    PERFORM pgrollout.undo_begin(p_migration, p_step);
    IF pgrollout.nothing_done(v_step) THEN
        PERFORM pgrollout.step_undone(p_migration, p_step);
    END IF;
END
$$;

-- The undo's change and this row commit together. What had been written down for going on is void.
CREATE FUNCTION pgrollout.step_undone(p_migration bigint, p_step text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_phase text;
    -- for the cards to come; without the time that people took to answer
    v_took jsonb := (SELECT jsonb_build_object('undo', s.kind, 'ms', round(extract(epoch FROM clock_timestamp() - greatest(
                         (s.detail ->> 'undo_since')::timestamptz,
                         (SELECT max(a.answered_at) FROM pgrollout.answer a
                          WHERE a.migration_id = p_migration AND a.step = p_step AND a.reverse))) * 1000, 1))
                     FROM pgrollout.step s WHERE s.migration_id = p_migration AND s.name = p_step
                       AND (s.detail ->> 'undo_since')::timestamptz < now()); -- else there was nothing to take back
BEGIN
    PERFORM pgrollout.direction_check(p_migration, true);
    IF EXISTS (SELECT FROM pgrollout.step s WHERE s.migration_id = p_migration AND s.name = p_step
               AND s.kind = 'drop_sync') AND pgrollout.unfilled(p_migration, p_step) > 0 THEN
        RAISE EXCEPTION 'the undo of step "%" has rows that are not filled', p_step USING ERRCODE = 'PR004';
    END IF;
    UPDATE pgrollout.step s
    SET state = 'undone', finished = clock_timestamp(),
        detail = s.detail - '{stage,undo_stage,undo_since,sent,undo_sent,waits_for,retries,undoing,shape,pass,repaired,replayed,passes,changed_before}'::text[]
            - '{differs,walked,until,parts,ranges}'::text[] - '{evidence}'::text[]
            - '{claimed,broken,was,passing_since}'::text[]
    WHERE s.migration_id = p_migration AND s.name = p_step AND s.state = 'undoing'
    RETURNING s.phase INTO v_phase;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'step "%" is not being undone', p_step USING ERRCODE = 'PR004';
    END IF;
    PERFORM pgrollout.shapes_renew(p_migration, p_step);
    DELETE FROM pgrollout.position p WHERE p.migration_id = p_migration AND p.step = p_step;
    DELETE FROM pgrollout.quarantine q WHERE q.migration_id = p_migration AND q.step = p_step;
    DELETE FROM pgrollout.answer a WHERE a.migration_id = p_migration AND a.step = p_step
        AND NOT a.reverse;
    DELETE FROM pgrollout.hold h WHERE h.migration_id = p_migration AND h.kind = 'lock';
    IF NOT EXISTS (SELECT FROM pgrollout.step s WHERE s.migration_id = p_migration
                   AND s.phase = v_phase AND s.state NOT IN ('undone', 'pending')) THEN
        UPDATE pgrollout.phase p SET state = 'undone', finished = clock_timestamp()
        WHERE p.migration_id = p_migration AND p.name = v_phase;
    END IF;
    PERFORM pgrollout.permit_take(p_migration);
    PERFORM pgrollout.journal_event(p_migration, 'step', 'engine', format('%s: undone', p_step), coalesce(v_took, '{}'));
    PERFORM pgrollout.wake(p_migration);
END
$$;

-- Nothing is left to undo: aborted, or (abort --to PHASE) active again behind that phase, with what was
-- undone still to come.
CREATE FUNCTION pgrollout.abort_finish(p_migration bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_to text := (SELECT m.abort_to FROM pgrollout.migration m WHERE m.id = p_migration);
    v_next text;
BEGIN
    PERFORM pgrollout.direction_check(p_migration, true);
    PERFORM pgrollout.held_check(p_migration, '{stepping}');
    -- the target may have moved since this was decided
    IF EXISTS (SELECT FROM pgrollout.step s
               JOIN pgrollout.phase p ON p.migration_id = s.migration_id AND p.name = s.phase
               WHERE s.migration_id = p_migration AND s.state NOT IN ('pending', 'undone')
                 AND p.ord > coalesce((SELECT t.ord FROM pgrollout.phase t
                                       WHERE t.migration_id = p_migration AND t.name = v_to), 0)) THEN
        RAISE EXCEPTION 'held: steps are left to undo' USING ERRCODE = 'PR002';
    END IF;
    DELETE FROM pgrollout.answer a WHERE a.migration_id = p_migration AND a.reverse;
    IF v_to = 'start' THEN
        UPDATE pgrollout.phase p SET state = 'undone'
        WHERE p.migration_id = p_migration AND p.state IN ('running', 'undoing');
        UPDATE pgrollout.migration m
        SET state = 'aborted', abort_to = NULL, finished_at = clock_timestamp()
        WHERE m.id = p_migration;
        DELETE FROM pgrollout.hold h WHERE h.migration_id = p_migration;
        DELETE FROM pgrollout.setting s WHERE s.migration_id = p_migration;
        PERFORM pgrollout.journal_event(p_migration, 'phase', 'engine', 'aborted: back at the start');
    ELSE
        UPDATE pgrollout.step s
        SET state = 'pending', attempts = 0, started = NULL, finished = NULL
        WHERE s.migration_id = p_migration AND s.state IN ('undone', 'pending');
        UPDATE pgrollout.phase p
        SET state = 'pending', started = NULL, finished = NULL, passed_by = NULL, passed_at = NULL
        WHERE p.migration_id = p_migration
          AND p.ord > (SELECT t.ord FROM pgrollout.phase t
                       WHERE t.migration_id = p_migration AND t.name = v_to);
        UPDATE pgrollout.migration m SET state = 'active', phase = v_to, abort_to = NULL
        WHERE m.id = p_migration;
        PERFORM pgrollout.journal_event(p_migration, 'phase', 'engine',
            format('aborted back to the end of %s', v_to));
        SELECT p.name INTO v_next FROM pgrollout.phase p
        WHERE p.migration_id = p_migration AND p.state = 'pending' ORDER BY p.ord LIMIT 1;
        PERFORM pgrollout.boundary_place(p_migration, v_next);
    END IF;
    PERFORM pgrollout.wake(p_migration);
END
$$;

-- A batch's end, in the batch's own transaction and inside its statement: one row more, the ring
-- trimmed by one, the permit of a `step` taken. The primary key refuses a batch that somebody else has
-- already recorded.
CREATE FUNCTION pgrollout.position_append(p_migration bigint, p_step text, p_worker int, p_seq bigint,
                                          p_from text[], p_key text[], p_rows int, p_changed int,
                                          p_done_before bigint, p_changed_before bigint,
                                          p_epoch bigint)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM pgrollout.direction_check(p_migration, NULL, p_step);
    INSERT INTO pgrollout.position (migration_id, step, worker, seq, from_key, key, batch_rows,
                                    batch_changed, rows_done, rows_changed, batch_ms, epoch)
    VALUES (p_migration, p_step, p_worker, p_seq, p_from, p_key, p_rows, p_changed,
            p_done_before + p_rows, p_changed_before + p_changed,
            extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000, p_epoch);
    DELETE FROM pgrollout.position p
    WHERE p.migration_id = p_migration AND p.step = p_step AND p.worker = p_worker
      AND p.seq = p_seq - 1000;
    UPDATE pgrollout.hold h SET permit = false
    WHERE h.migration_id = p_migration AND h.kind = 'stepping' AND h.permit;
    -- another worker's batch has taken the permit since this one entered
    IF NOT FOUND AND EXISTS (SELECT FROM pgrollout.hold h WHERE h.migration_id = p_migration AND h.kind = 'stepping') THEN
        RAISE EXCEPTION 'held: another batch has taken the step' USING ERRCODE = 'PR002';
    END IF;
    RETURN p_seq;
END
$$;

CREATE FUNCTION pgrollout.position_drop(p_migration bigint, p_step text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    DELETE FROM pgrollout.position p WHERE p.migration_id = p_migration AND p.step = p_step
$$;

-- Is a VACUUM worth it now? The dead pointers of the batches since the last one fit one pass over the indexes
-- (6 bytes each), and no snapshot, slot, standby or prepared transaction is so old that it keeps more than
-- half of them.
CREATE FUNCTION pgrollout.vacuum_worth(p_migration bigint, p_step text, p_since bigint) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT p.changed * 6 < pg_size_bytes(current_setting('maintenance_work_mem'))
       AND coalesce(h.oldest, 0) <= p.middle
    FROM (SELECT sum(x.batch_changed) AS changed,
                 percentile_disc(0.5) WITHIN GROUP (ORDER BY age(x.xmin)) AS middle
          FROM pgrollout.position x
          WHERE x.migration_id = p_migration AND x.step = p_step AND x.seq >= p_since) p,
         (SELECT max(age(o.xid)) AS oldest FROM (
              SELECT a.backend_xmin AS xid FROM pg_stat_activity a
              WHERE a.pid <> pg_backend_pid() AND a.backend_type <> 'autovacuum worker'
                AND (a.datid IS NULL OR a.datname = current_database() OR a.backend_type = 'walsender')
              UNION ALL SELECT s.xmin FROM pg_replication_slots s
              UNION ALL SELECT t.transaction FROM pg_prepared_xacts t WHERE t.database = current_database()) o) h
$$;

-- One second's readings of a migration. Nothing grows with the number of rows: samples go after 11 minutes, when
-- the history (012-report.sql) has them.
CREATE FUNCTION pgrollout.sample_add(p_migration bigint, p_rows_per_s real, p_lag_s real, p_waits int,
                                     p_wal_bytes_per_s real, p_our_wal_share real, p_guards jsonb,
                                     p_replicas jsonb DEFAULT '{}')
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    INSERT INTO pgrollout.sample (migration_id, rows_per_s, lag_s, waits, wal_bytes_per_s,
                                  our_wal_share, guards, replicas)
    VALUES (p_migration, p_rows_per_s, p_lag_s, p_waits, p_wal_bytes_per_s, p_our_wal_share, p_guards,
            p_replicas)
    ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION pgrollout.sample_thin() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    DELETE FROM pgrollout.sample s
    WHERE s.at < clock_timestamp() - interval '11 minutes'
      AND (s.at < clock_timestamp() - interval '7 days'
           OR s.at < (SELECT max(h.at + make_interval(secs => h.span_s)) FROM pgrollout.history h
                      WHERE h.migration_id = s.migration_id))
$$;

-- A small commit of its own that waits for a synchronous standby where one is asked for: DDL itself
-- commits with synchronous_commit = local, so that nobody waits on its lock meanwhile.
CREATE FUNCTION pgrollout.sync_commit() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT pg_logical_emit_message(true, 'pgrollout', 'committed')
$$;

-- Raises PR003 for a name that no migration has.
CREATE FUNCTION pgrollout.names_check(p_names text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM pgrollout.migration_find(n) FROM unnest(p_names) n;
END
$$;

-- Has one of these (or, with no name, any) been aborted since the engine that asks became one?
CREATE FUNCTION pgrollout.ended_badly(p_names text[]) RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT count(*)::int FROM pgrollout.migration m
    WHERE m.state = 'aborted' AND (p_names = '{}' OR m.name = ANY (p_names))
      AND m.finished_at > (SELECT l.backend_start FROM pgrollout.lease l)
$$;
