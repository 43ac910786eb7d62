-- Control schema, version 6: tuning while it runs. Overrides stand in `setting` until they expire; the
-- engine takes them from the next batch on.

-- The override in force, or a row of NULLs.
CREATE FUNCTION pgrollout.setting_row(p_migration bigint, p_key text) RETURNS pgrollout.setting
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT s FROM pgrollout.setting s
    WHERE s.migration_id = p_migration AND s.key = p_key
      AND (s.expires_at IS NULL OR s.expires_at > clock_timestamp())
    ORDER BY s.timed DESC LIMIT 1
$$;

-- Without p_for it stays, and ends one that would have ended by itself.
CREATE FUNCTION pgrollout.setting_put(p_migration bigint, p_key text, p_value text, p_for interval)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    DELETE FROM pgrollout.setting s
    WHERE s.migration_id = p_migration AND s.key = p_key AND s.timed AND p_for IS NULL;
    INSERT INTO pgrollout.setting (migration_id, key, value, expires_at, set_by)
    VALUES (p_migration, p_key, p_value, clock_timestamp() + p_for, session_user)
    ON CONFLICT (migration_id, key, timed)
    DO UPDATE SET value = p_value, expires_at = clock_timestamp() + p_for, set_by = session_user
$$;

-- What brings back the override in force now.
CREATE FUNCTION pgrollout.setting_undo(p_migration pgrollout.migration, p_key text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT format('SELECT * FROM pgrollout.set(%L, %L, %L%s);', p_migration.name, p_key,
                  coalesce(s.value, 'default'),
                  ', ' || quote_literal(date_trunc('second', s.expires_at - clock_timestamp())))
    FROM pgrollout.setting_row(p_migration.id, p_key) s
$$;

-- The value in force, for the running backfill: the override, else what the plan says.
CREATE FUNCTION pgrollout.tuning_of(p_migration bigint, p_key text) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT coalesce((pgrollout.setting_row(p_migration, p_key)).value, (
        SELECT s.detail -> 'tuning' ->> p_key FROM pgrollout.step s
        WHERE s.migration_id = p_migration AND s.detail -> 'tuning' ? p_key
        ORDER BY s.state IN ('running', 'pending') DESC, s.ord LIMIT 1))::numeric
$$;

-- Slower now: half the batch, twice the rest.
CREATE FUNCTION pgrollout.throttle(name text, duration interval DEFAULT NULL, reason text DEFAULT NULL,
                                   expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_rows int;
    v_rest numeric;
    v_undo text;
BEGIN
    v_migration := pgrollout.command_target('throttle', throttle.name,
        '{loaded,active,failed,aborting}', expect);
    SELECT p.batch_rows INTO v_rows FROM pgrollout.position p
    WHERE p.migration_id = v_migration.id ORDER BY p.at DESC LIMIT 1;
    v_rows := greatest(1, least(coalesce(v_rows, 1000000000),
                                coalesce(pgrollout.tuning_of(v_migration.id, 'batch.max'), 50000)) / 2);
    v_rest := least(1000, greatest(coalesce(pgrollout.tuning_of(v_migration.id, 'rest'), 1), 0.5) * 2);
    v_undo := concat_ws(' ', pgrollout.setting_undo(v_migration, 'batch.max'),
                        pgrollout.setting_undo(v_migration, 'rest'));
    PERFORM pgrollout.setting_put(v_migration.id, 'batch.max', v_rows::text, duration);
    PERFORM pgrollout.setting_put(v_migration.id, 'rest', trim_scale(v_rest)::text, duration);
    PERFORM pgrollout.journal_event(v_migration.id, 'command', session_user,
        format('throttle: at most %s rows a batch, rest %s', v_rows, trim_scale(v_rest))
        || coalesce(' for ' || duration, '') || coalesce(': ' || throttle.reason, ''));
    PERFORM pgrollout.wake(v_migration.id);
    RETURN pgrollout.receipt_of(v_migration,
        format('slower: at most %s rows a batch, rest %s', v_rows, trim_scale(v_rest))
        || coalesce(' for ' || duration, ''), v_undo);
END
$$;

-- What a setting may be called; the second column tells in which direction it becomes slower.
CREATE FUNCTION pgrollout.setting_kind(p_key text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE
        WHEN p_key IN ('batch.target', 'batch.max', 'batch.min', 'rate', 'quarantine') THEN 'less is slower'
        WHEN p_key = 'rest' THEN 'more is slower'
        WHEN p_key ~ '^guard\.[a-z0-9_-]+\.(pause|resume)$' THEN 'less is slower'
    END
$$;

-- batch.target and guard limits of times are in seconds or with a unit ("10ms", "5s"); "default" takes
-- an override away.
CREATE FUNCTION pgrollout.setting_number(p_value text) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_part text[] := regexp_match(btrim(p_value), '^([0-9]{1,15}(?:\.[0-9]{1,6})?)(ms|s|m|h|d|/s|x|%|B|kB|MB|GB|TB)?$');
BEGIN
    IF v_part IS NULL THEN
        RAISE EXCEPTION '"%" is not a number', left(p_value, 100) USING ERRCODE = 'PR003',
            HINT = 'For example 0.5, 10ms, 5s, 2000/s, 85%, 10GB; or default.';
    END IF;
    RETURN v_part[1]::numeric * CASE v_part[2] WHEN 'ms' THEN 0.001 WHEN 'm' THEN 60
        WHEN 'h' THEN 3600 WHEN 'd' THEN 86400 WHEN 'kB' THEN 1024 WHEN 'MB' THEN 1048576
        WHEN 'GB' THEN 1073741824 WHEN 'TB' THEN 1099511627776 ELSE 1 END;
END
$$;

-- Bytes in the largest unit that says them exactly: "10GB".
CREATE FUNCTION pgrollout.size_text(p_bytes numeric) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT trim_scale(p_bytes / u.size) || u.name
    FROM (VALUES (1073741824, 'GB'), (1048576, 'MB'), (1024, 'kB'), (1, 'B')) u (size, name)
    WHERE p_bytes % u.size = 0 OR u.size = 1
    LIMIT 1
$$;

-- A value for people, with its unit.
CREATE FUNCTION pgrollout.setting_text(p_key text, p_value numeric) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE
        WHEN p_key = 'rate' THEN CASE WHEN p_value = 0 THEN 'no cap' ELSE trim_scale(p_value) || '/s' END
        WHEN p_key = 'batch.target' AND p_value < 1 THEN trim_scale(p_value * 1000) || 'ms'
        WHEN p_key = 'batch.target' THEN trim_scale(p_value) || 's'
        WHEN p_key ~ '^guard\.(replication_lag|lock_wait|long_transaction|stall)\.'
            THEN trim_scale(p_value) || 's'
        WHEN p_key ~ '^guard\.(replication_bytes|slot_wal)\.' THEN pgrollout.size_text(p_value)
        WHEN p_key ~ '^guard\.connections\.' THEN trim_scale(p_value) || '%'
        WHEN p_key ~ '^guard\.query_latency\.' THEN trim_scale(p_value) || 'x'
        ELSE trim_scale(p_value)::text END
$$;

-- Everything that can be set, as it is in force. A guard's resume that is not below its pause is
-- brought below it by the engine, in the plan's proportion.
CREATE FUNCTION pgrollout.settings(p_migration pgrollout.migration)
RETURNS TABLE (key text, value text, how text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT k.key, pgrollout.setting_text(k.key, CASE WHEN p.pause <= k.value
               THEN round(p.pause * p.plan_resume / p.plan_pause, 3) ELSE k.value END),
           CASE WHEN p.pause <= k.value THEN 'follows ' || p.key
                ELSE 'set by ' || o.set_by || coalesce(' until ' || date_trunc('second', o.expires_at), '') END
    FROM (SELECT x.key, pgrollout.tuning_of(p_migration.id, x.key) AS value
          FROM (SELECT t.key FROM pgrollout.step s, jsonb_object_keys(s.detail -> 'tuning') t (key)
                WHERE s.migration_id = p_migration.id
                UNION SELECT s.key FROM pgrollout.setting s WHERE s.migration_id = p_migration.id) x) k
    LEFT JOIN LATERAL pgrollout.setting_row(p_migration.id, k.key) o ON true
    LEFT JOIN LATERAL (
        SELECT r.key, pgrollout.tuning_of(p_migration.id, r.key) AS pause,
               (s.detail -> 'tuning' ->> r.key)::numeric AS plan_pause,
               (s.detail -> 'tuning' ->> k.key)::numeric AS plan_resume
        FROM (SELECT regexp_replace(k.key, 'resume$', 'pause') AS key) r
        JOIN pgrollout.step s ON s.migration_id = p_migration.id AND s.detail -> 'tuning' ? r.key
        WHERE k.key ~ '^guard\..*\.resume$') p ON true
    WHERE k.value IS NOT NULL
    ORDER BY k.key
$$;

-- Refused where a guard would hold and let go in turns.
CREATE FUNCTION pgrollout.limits_check(p_migration bigint, p_key text, p_value numeric) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_guard text := split_part(p_key, '.', 2);
    v_pause text := format('guard.%s.pause', v_guard);
    v_resume text := format('guard.%s.resume', v_guard);
    v_other numeric;
BEGIN
    IF pgrollout.tuning_of(p_migration, p_key) IS NULL THEN
        RAISE EXCEPTION 'guard "%" has no "%"', v_guard, split_part(p_key, '.', 3) USING ERRCODE = 'PR003',
            HINT = 'It holds until an operator''s resume.';
    END IF;
    IF p_key = v_pause AND p_value = 0 THEN
        RAISE EXCEPTION '% must be above 0', p_key USING ERRCODE = 'PR003';
    END IF;
    v_other := CASE WHEN p_key = v_resume THEN pgrollout.tuning_of(p_migration, v_pause)
                    -- the plan's own resume follows a lower pause
                    ELSE (pgrollout.setting_row(p_migration, v_resume)).value::numeric END;
    IF (CASE WHEN p_key = v_resume THEN p_value >= v_other ELSE p_value <= v_other END) THEN
        RAISE EXCEPTION '% must be below %, or the guard holds and lets go in turns', v_resume, v_pause
            USING ERRCODE = 'PR003', HINT = format('%s is %s now.',
                CASE WHEN p_key = v_resume THEN v_pause ELSE v_resume END,
                pgrollout.setting_text(p_key, v_other));
    END IF;
END
$$;

CREATE FUNCTION pgrollout.set(name text, key text DEFAULT NULL, value text DEFAULT NULL,
                              duration interval DEFAULT NULL, reason text DEFAULT NULL,
                              expect bigint DEFAULT NULL)
RETURNS SETOF pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_kind text;
    v_old numeric;
    v_new numeric;
    v_undo text;
BEGIN
    v_migration := pgrollout.command_target('set', set.name, '{loaded,active,failed,aborting}', expect);
    IF key IS NULL THEN
        RETURN QUERY SELECT true, format('%s = %s', t.key, t.value), v_migration.name,
            pgrollout.version_of(v_migration.id), NULL::timestamptz, NULL::text, NULL::text, t.how
        FROM pgrollout.settings(v_migration) t;
        RETURN;
    END IF;
    v_kind := pgrollout.setting_kind(key);
    IF v_kind IS NULL THEN
        RAISE EXCEPTION 'no setting is named "%"', left(key, 100) USING ERRCODE = 'PR003',
            HINT = 'Settings: batch.target, batch.max, batch.min, rest, rate, quarantine, guard.NAME.pause, guard.NAME.resume.';
    END IF;
    IF key LIKE 'guard.%' AND NOT EXISTS (
        SELECT FROM pgrollout.step s, jsonb_array_elements_text(s.detail -> 'guards') g
        WHERE s.migration_id = v_migration.id AND g = split_part(key, '.', 2)) THEN
        RAISE EXCEPTION 'no guard is named "%"', split_part(key, '.', 2) USING ERRCODE = 'PR003',
            HINT = 'Guards: ' || (SELECT string_agg(DISTINCT g, ', ')
                FROM pgrollout.step s, jsonb_array_elements_text(s.detail -> 'guards') g
                WHERE s.migration_id = v_migration.id);
    END IF;
    v_old := pgrollout.tuning_of(v_migration.id, key);
    IF value = 'default' THEN
        v_new := NULL;
    ELSE
        v_new := pgrollout.setting_number(value);
        IF key LIKE 'batch.m%' AND (v_new < 1 OR v_new > 1000000 OR v_new <> trunc(v_new)) THEN
            RAISE EXCEPTION '% must be a whole number from 1 to 1000000', key USING ERRCODE = 'PR003';
        END IF;
        IF key = 'quarantine' AND (v_new > 100000 OR v_new <> trunc(v_new)) THEN
            RAISE EXCEPTION 'quarantine must be a whole number from 0 to 100000' USING ERRCODE = 'PR003';
        END IF;
        IF key = 'batch.target' AND (v_new < 0.001 OR v_new > 10) THEN
            RAISE EXCEPTION 'batch.target must lie between 1ms and 10s' USING ERRCODE = 'PR003';
        END IF;
        IF key LIKE 'guard.%' THEN
            PERFORM pgrollout.limits_check(v_migration.id, key, v_new);
        END IF;
    END IF;
    IF NOT pg_has_role(session_user, 'pgrollout_operator', 'MEMBER')
       AND (v_new IS NULL OR v_old IS NULL AND key <> 'rate'
            OR key = 'rate' AND v_new = 0 -- no cap
            OR key = 'rate' AND coalesce(v_old, 0) > 0 AND v_new > v_old
            OR key <> 'rate' AND CASE v_kind WHEN 'less is slower' THEN v_new > v_old ELSE v_new < v_old END) THEN
        RAISE EXCEPTION 'a responder may only make it slower' USING ERRCODE = 'PR004',
            HINT = format('%s is %s now; an operator may set it to %s.', key,
                          coalesce(pgrollout.setting_text(key, v_old), '?'), value);
    END IF;
    v_undo := pgrollout.setting_undo(v_migration, key);
    IF v_new IS NULL THEN
        DELETE FROM pgrollout.setting s WHERE s.migration_id = v_migration.id AND s.key = set.key;
    ELSE
        PERFORM pgrollout.setting_put(v_migration.id, key, trim_scale(v_new)::text, duration);
    END IF;
    PERFORM pgrollout.journal_event(v_migration.id, 'command', session_user,
        format('set %s = %s', key, value) || coalesce(' for ' || duration, '')
        || coalesce(': ' || set.reason, ''));
    PERFORM pgrollout.wake(v_migration.id);
    RETURN NEXT pgrollout.receipt_of(v_migration,
        format('%s = %s', key, coalesce(pgrollout.setting_text(key, v_new), 'default'))
        || coalesce(' for ' || duration, ''), v_undo);
END
$$;
