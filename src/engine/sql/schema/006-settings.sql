-- Control schema, version 6: tuning while it runs. Overrides stand in `setting` until they expire; the
-- engine takes them from the next batch on.

CREATE FUNCTION pgrollout.setting_of(p_migration bigint, p_key text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT s.value FROM pgrollout.setting s
    WHERE s.migration_id = p_migration AND s.key = p_key
      AND (s.expires_at IS NULL OR s.expires_at > clock_timestamp())
$$;

CREATE FUNCTION pgrollout.setting_put(p_migration bigint, p_key text, p_value text, p_for interval)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    INSERT INTO pgrollout.setting (migration_id, key, value, expires_at, set_by)
    VALUES (p_migration, p_key, p_value, clock_timestamp() + p_for, session_user)
    ON CONFLICT (migration_id, key)
    DO UPDATE SET value = p_value, expires_at = clock_timestamp() + p_for, set_by = session_user
$$;

-- The value in force for the running backfill: the override, else what the step was loaded with.
CREATE FUNCTION pgrollout.tuning_of(p_migration bigint, p_key text) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT coalesce(pgrollout.setting_of(p_migration, p_key), (
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
BEGIN
    v_migration := pgrollout.command_target('throttle', throttle.name,
        '{loaded,active,failed,aborting}', expect);
    SELECT p.batch_rows INTO v_rows FROM pgrollout.position p
    WHERE p.migration_id = v_migration.id ORDER BY p.at DESC LIMIT 1;
    v_rows := greatest(1, least(coalesce(v_rows, 1000000000),
                                coalesce(pgrollout.tuning_of(v_migration.id, 'batch.max'), 50000)) / 2);
    v_rest := least(1000, greatest(coalesce(pgrollout.tuning_of(v_migration.id, 'rest'), 1), 0.5) * 2);
    PERFORM pgrollout.setting_put(v_migration.id, 'batch.max', v_rows::text, duration);
    PERFORM pgrollout.setting_put(v_migration.id, 'rest', trim_scale(v_rest)::text, duration);
    PERFORM pgrollout.journal_event(v_migration.id, 'command', session_user,
        format('throttle: at most %s rows a batch, rest %s', v_rows, trim_scale(v_rest))
        || coalesce(' for ' || duration, '') || coalesce(': ' || throttle.reason, ''));
    PERFORM pgrollout.wake(v_migration.id);
    RETURN pgrollout.receipt_of(v_migration,
        format('slower: at most %s rows a batch, rest %s', v_rows, trim_scale(v_rest))
        || coalesce(' for ' || duration, ''),
        format('SELECT * FROM pgrollout.set(%L, %L, %L)', v_migration.name, 'batch.max', 'default'));
END
$$;

-- What a setting may be called; the second column tells in which direction it becomes slower.
CREATE FUNCTION pgrollout.setting_kind(p_key text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE
        WHEN p_key IN ('batch.target', 'batch.max', 'batch.min', 'rate') THEN 'less is slower'
        WHEN p_key = 'rest' THEN 'more is slower'
        WHEN p_key ~ '^guard\.[a-z0-9_-]+\.(pause|resume)$' THEN 'less is slower'
    END
$$;

-- batch.target and guard limits of times are in seconds or with a unit ("10ms", "5s"); "default" takes
-- an override away.
CREATE FUNCTION pgrollout.setting_number(p_value text) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_part text[] := regexp_match(btrim(p_value), '^([0-9]{1,12}(?:\.[0-9]{1,6})?)(ms|s|m|h|d|/s|x)?$');
BEGIN
    IF v_part IS NULL THEN
        RAISE EXCEPTION '"%" is not a number', left(p_value, 100) USING ERRCODE = 'PR003',
            HINT = 'For example 0.5, 10ms, 5s, 2000/s; or default.';
    END IF;
    RETURN v_part[1]::numeric * CASE v_part[2] WHEN 'ms' THEN 0.001 WHEN 'm' THEN 60
        WHEN 'h' THEN 3600 WHEN 'd' THEN 86400 ELSE 1 END;
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
BEGIN
    v_migration := pgrollout.command_target('set', set.name, '{loaded,active,failed,aborting}', expect);
    IF key IS NULL THEN
        RETURN QUERY SELECT true, format('%s = %s', t.key, t.value), v_migration.name,
            pgrollout.version_of(v_migration.id), NULL::timestamptz, NULL::text, NULL::text, t.how
        FROM (SELECT d.key, coalesce(pgrollout.setting_of(v_migration.id, d.key), d.value) AS value,
                     (SELECT 'set by ' || s.set_by || coalesce(' until ' || s.expires_at, '')
                      FROM pgrollout.setting s WHERE s.migration_id = v_migration.id AND s.key = d.key) AS how
              FROM pgrollout.step s, jsonb_each_text(s.detail -> 'tuning') d
              WHERE s.migration_id = v_migration.id
              UNION
              SELECT s.key, s.value, 'set by ' || s.set_by || coalesce(' until ' || s.expires_at, '')
              FROM pgrollout.setting s WHERE s.migration_id = v_migration.id) t
        ORDER BY 2;
        RETURN;
    END IF;
    v_kind := pgrollout.setting_kind(key);
    IF v_kind IS NULL THEN
        RAISE EXCEPTION 'no setting is named "%"', left(key, 100) USING ERRCODE = 'PR003',
            HINT = 'Settings: batch.target, batch.max, batch.min, rest, rate, guard.NAME.pause, guard.NAME.resume.';
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
        IF key = 'batch.target' AND (v_new < 0.001 OR v_new > 10) THEN
            RAISE EXCEPTION 'batch.target must lie between 1ms and 10s' USING ERRCODE = 'PR003';
        END IF;
    END IF;
    IF NOT pg_has_role(session_user, 'pgrollout_operator', 'MEMBER')
       AND (v_new IS NULL OR v_old IS NULL AND key <> 'rate'
            OR key = 'rate' AND v_new = 0 -- no cap
            OR key = 'rate' AND coalesce(v_old, 0) > 0 AND v_new > v_old
            OR key <> 'rate' AND CASE v_kind WHEN 'less is slower' THEN v_new > v_old ELSE v_new < v_old END) THEN
        RAISE EXCEPTION 'a responder may only make it slower' USING ERRCODE = 'PR004',
            HINT = format('%s is %s now; an operator may set it to %s.', key, coalesce(v_old::text, '?'), value);
    END IF;
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
        format('%s = %s', key, coalesce(trim_scale(v_new)::text, 'default'))
        || coalesce(' for ' || duration, ''),
        format('SELECT * FROM pgrollout.set(%L, %L, %L)', v_migration.name, key,
               coalesce(trim_scale(v_old)::text, 'default')));
END
$$;
