-- Control schema, version 8: looking. The same answers for the console, the commands and plain psql.
-- Without JIT, which would take ten times as long to compile these as they take to run.
-- In PL/pgSQL where a console asks again and again: its plans are kept from one reading to the next, those of an
-- SQL function are made anew each time and take longer than the reading.

CREATE FUNCTION pgrollout.engine_alive() RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT l.holder IS NOT NULL AND h.at > clock_timestamp() - interval '5 seconds'
           -- on a standby the backend is elsewhere, the heartbeat is not
           AND (pg_is_in_recovery() OR pgrollout.backend_lives(l.backend_pid, l.backend_start))
    FROM pgrollout.lease l, pgrollout.heartbeat h);
END
$$;

CREATE FUNCTION pgrollout.caller_role() RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT coalesce((SELECT r FROM unnest(ARRAY['approver', 'operator', 'responder', 'viewer'])
                         WITH ORDINALITY u (r, n)
                     WHERE pg_has_role(session_user, 'pgrollout_' || r, 'MEMBER')
                     ORDER BY n LIMIT 1), 'none'));
END
$$;

-- The step that the migration is at.
CREATE FUNCTION pgrollout.current_step(p_migration bigint) RETURNS pgrollout.step
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT s FROM pgrollout.step s
    WHERE s.migration_id = p_migration AND s.state NOT IN ('done', 'skipped', 'undone')
    ORDER BY s.state IN ('running', 'waiting', 'failed', 'undoing') DESC, s.ord LIMIT 1);
END
$$;

-- What the next step that locks a table needs, for whoever wants to see who is in its way; NULL: none
-- does. Only what the lock text names; where that is left to a statement, or on the way back, the
-- strongest lock on all of the plan's tables is assumed.
CREATE FUNCTION pgrollout.next_lock(p_name text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT jsonb_build_object('step', s.name, 'number', s.ord,
               'total', (SELECT count(*) FROM pgrollout.step x WHERE x.migration_id = m.id),
               'title', s.title, 'state', s.state, 'mode', n.mode, 'assumed', n.assumed,
               'limit_ms', substring(s.locks FROM 'at most (\d+) ms')::int,
               'tables', (SELECT string_agg(t.relid::regclass::text, ', ') FROM unnest(n.relids) t (relid)),
               'relids', to_jsonb(n.relids))
    FROM pgrollout.migration m
    JOIN pgrollout.step s ON s.migration_id = m.id
    CROSS JOIN LATERAL (SELECT s.locks ~ '^what|^none but' OR m.state = 'aborting' OR s.detail ->> 'relid' IS NULL AS assumed,
        CASE WHEN s.locks ~ '^what|ACCESS EXCLUSIVE' OR m.state = 'aborting' THEN 'AccessExclusiveLock'
             WHEN s.locks ~ 'SHARE ROW EXCLUSIVE' THEN 'ShareRowExclusiveLock'
             WHEN s.locks ~ 'SHARE UPDATE EXCLUSIVE' THEN 'ShareUpdateExclusiveLock' END AS mode) w
    -- of a foreign key the other table too; a second table is named behind the first one
    CROSS JOIN LATERAL (SELECT w.mode, w.assumed, ARRAY(
        SELECT DISTINCT t.relid FROM (
            SELECT (s.detail ->> 'relid')::oid AS relid
            UNION ALL SELECT u.r::oid FROM unnest(m.tables) u (r) WHERE w.assumed
            UNION ALL SELECT c.confrelid FROM pg_constraint c
                      WHERE s.locks ~ 'references' AND c.contype = 'f' AND c.conrelid = (s.detail ->> 'relid')::oid
            UNION ALL SELECT to_regclass(format('%I.%I', split_part(o.name, '.', 1), split_part(o.name, '.', 2)))::oid
                      FROM regexp_matches(s.locks, '(?: and|the same on) ([^ .]+[.][^ ,;]+)') x (found)
                      CROSS JOIN LATERAL (SELECT x.found[1]) o (name)) t
        JOIN pg_class c ON c.oid = t.relid ORDER BY 1) AS relids) n
    WHERE m.name = p_name AND m.state NOT IN ('done', 'aborted') AND w.mode IS NOT NULL
      AND s.state NOT IN ('skipped', 'undone')
      AND (s.state = 'done') = (m.state = 'aborting' AND s.state <> 'undoing')
      AND cardinality(n.relids) > 0
    ORDER BY CASE WHEN m.state = 'aborting' THEN -s.ord ELSE s.ord END LIMIT 1
$$;

-- Progress of the running batches, else of the backfill. A fraction is never above 1, and 1 only when
-- the step is done. The ETA is the range of the 90th to the 10th percentile of the last five minutes.
-- The index build that runs for a migration: how far it is over all of its phases, in words and as a share.
CREATE FUNCTION pgrollout.build_of(p_migration bigint)
RETURNS TABLE (step text, words text, fraction numeric, rows_done bigint, rows_total bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT i.step, format('the %s, which has run for %s s: %s%s%s', i.what, b.age, p.phase,
               CASE WHEN w.share IS NOT NULL AND p.phase !~ 'waiting' THEN format(' %s %%', floor(w.share * 100))
                    WHEN p.lockers_total > 0 THEN format(' (%s of %s)', p.lockers_done, p.lockers_total) ELSE '' END,
               CASE WHEN p.current_locker_pid > 0
                    THEN '; waits for ' || pgrollout.session_text(p.current_locker_pid::int) ELSE '' END),
           round((s.low + s.part * coalesce(w.share, 0))::numeric, 4),
           CASE WHEN p.tuples_total > 0 THEN p.tuples_done END, nullif(p.tuples_total, 0)
    FROM pgrollout.intent i
    JOIN pg_stat_progress_create_index p ON p.pid = i.backend_pid
    CROSS JOIN LATERAL (SELECT round(greatest(0, extract(epoch FROM clock_timestamp() - i.since))) AS age) b
    CROSS JOIN LATERAL (SELECT CASE WHEN p.blocks_total > 0 AND p.phase ~ 'scanning' THEN p.blocks_done::float8 / p.blocks_total
                                    WHEN p.tuples_total > 0 AND p.phase ~ 'tuples' THEN p.tuples_done::float8 / p.tuples_total
                               END AS share) w
    -- how long each phase takes of the whole, by experience with large tables
    CROSS JOIN LATERAL (SELECT * FROM (VALUES
        ('building index: scanning', 0.0, 0.45), ('building index: sorting', 0.45, 0.0),
        ('building index: loading', 0.45, 0.2), ('building index', 0.0, 0.65),
        ('waiting for writers before validation', 0.65, 0.0), ('index validation: scanning index', 0.65, 0.1),
        ('index validation: sorting', 0.75, 0.0), ('index validation: scanning table', 0.75, 0.24),
        ('waiting for old snapshots', 0.99, 0.0), ('waiting for readers', 0.99, 0.0), ('', 0.0, 0.0)) v (phase, low, part)
        WHERE starts_with(p.phase, v.phase) ORDER BY length(v.phase) DESC LIMIT 1) s
    WHERE i.migration_id = p_migration AND pgrollout.backend_lives(i.backend_pid, i.backend_start)
    LIMIT 1;
END
$$;

CREATE FUNCTION pgrollout.progress_of(p_migration bigint) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT coalesce((SELECT jsonb_build_object('step', b.step, 'rows_done', coalesce(b.rows_done, 0),
        'rows_total', b.rows_total, 'rows_changed', 0, 'fraction', b.fraction, 'rows_per_s', NULL,
        'eta_s', '[null, null]'::jsonb, 'batch_rows', 0, 'batch_ms', 0, 'batches', 0, 'retries', 0,
        'quarantined', 0, 'last_key', NULL) FROM pgrollout.build_of(p_migration) b), (
    SELECT jsonb_build_object(
        'step', s.name, 'rows_done', coalesce(p.rows_done, 0), 'rows_total', t.total,
        'rows_changed', coalesce(p.rows_changed, 0),
        'fraction', CASE WHEN s.state = 'done' THEN 1.0 WHEN t.total IS NULL THEN NULL
            ELSE round(least(0.999, coalesce(p.rows_done, 0) / greatest(t.total, 1)), 4) END,
        'rows_per_s', CASE WHEN s.state = 'done' THEN 0 ELSE round(r.now::numeric, 1) END,
        'eta_s', CASE WHEN s.state = 'done' THEN '[0, 0]'::jsonb
            WHEN r.high > 0 AND r.low > 0 AND t.total IS NOT NULL THEN jsonb_build_array(
                round((greatest(0, t.total - coalesce(p.rows_done, 0)) / r.high)::numeric, 0),
                round((greatest(0, t.total - coalesce(p.rows_done, 0)) / r.low)::numeric, 0))
            ELSE '[null, null]'::jsonb END,
        'batch_rows', coalesce(p.batch_rows, 0), 'batch_ms', round(coalesce(p.batch_ms, 0)::numeric, 2),
        'batches', coalesce(p.seq, 0), 'retries', coalesce((s.detail ->> 'retries')::int, 0),
        'quarantined', pgrollout.unfilled(p_migration), 'unfilled', pgrollout.unfilled_text(p_migration, NULL, 3),
        'last_key', p.key)
    FROM pgrollout.step s
    -- of each worker where it stands; the last batch of them all
    LEFT JOIN LATERAL (SELECT sum(l.rows_done) AS rows_done, sum(l.rows_changed) AS rows_changed, sum(l.seq) AS seq,
                              (array_agg(l.batch_rows ORDER BY l.at DESC))[1] AS batch_rows,
                              (array_agg(l.batch_ms ORDER BY l.at DESC))[1] AS batch_ms,
                              (array_agg(to_jsonb(l.key) ORDER BY l.at DESC))[1] AS key
                       FROM generate_series(1, 16) w (worker)
                       CROSS JOIN LATERAL (SELECT * FROM pgrollout.position p
                                           WHERE p.migration_id = p_migration AND p.step = s.name
                                             AND p.worker = w.worker ORDER BY p.seq DESC LIMIT 1) l) p ON true
    -- a table that nobody had analyzed when it began: what is known of it by now
    CROSS JOIN LATERAL (SELECT coalesce((s.detail ->> 'rows_total')::numeric, (
        SELECT CASE WHEN bool_and(c.reltuples >= 0) THEN nullif(sum(c.reltuples)::numeric, 0) END
        FROM pg_class c WHERE c.relkind <> 'p' AND (c.oid = (s.detail ->> 'relid')::oid OR c.oid IN (
            SELECT x.relid FROM pg_partition_tree((s.detail ->> 'relid')::oid::regclass) x WHERE x.isleaf)))) AS total) t
    CROSS JOIN LATERAL (
        SELECT avg(x.rows_per_s) FILTER (WHERE x.at > clock_timestamp() - interval '5 seconds') AS now,
               percentile_cont(0.9) WITHIN GROUP (ORDER BY x.rows_per_s) FILTER (WHERE x.rows_per_s > 0) AS high,
               percentile_cont(0.1) WITHIN GROUP (ORDER BY x.rows_per_s) FILTER (WHERE x.rows_per_s > 0) AS low
        FROM pgrollout.sample x
        WHERE x.migration_id = p_migration AND x.at > clock_timestamp() - interval '5 minutes') r
    WHERE s.migration_id = p_migration AND s.kind IN ('backfill', 'verify')
      AND (s.state NOT IN ('pending', 'undone'))
    ORDER BY s.state IN ('running', 'failed') DESC, s.kind = 'backfill' DESC, s.ord LIMIT 1)));
END
$$;

-- The rows that could not be filled, and what became of them.
CREATE FUNCTION pgrollout.quarantine(name text)
RETURNS TABLE (step text, key text, key_parts text[], state text, sqlstate text, message text, detail text,
               attempts int, first_at timestamptz, at timestamptz, note text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT q.step, array_to_string(q.key, '/'), q.key, q.state, q.sqlstate, q.message, q.detail, q.attempts,
           q.first_at, q.at, q.note
    FROM pgrollout.quarantine q JOIN pgrollout.step s ON s.migration_id = q.migration_id AND s.name = q.step
    WHERE q.migration_id = (pgrollout.migration_find(quarantine.name)).id
    ORDER BY s.ord, q.first_at, q.key
$$;

-- What a pause does now.
CREATE FUNCTION pgrollout.pause_text(p_migration bigint) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE
        WHEN m.state IN ('done', 'aborted') THEN 'nothing runs'
        WHEN i.what = 'statement' THEN 'safe: ends the statement at once; then look what it left: retry or skip'
        WHEN i.what IS NOT NULL THEN
            format('safe: ends the running %s at once; its work so far is lost and done again', i.what)
        WHEN EXISTS (SELECT FROM pgrollout.hold h WHERE h.migration_id = m.id AND h.kind = 'operator')
            THEN 'already paused; holds no lock, new rows are kept in step'
        WHEN m.state = 'failed' THEN 'nothing runs; a pause also keeps a retry from starting'
        WHEN EXISTS (SELECT FROM pgrollout.hold h WHERE h.migration_id = m.id AND h.kind <> 'lock')
            THEN 'safe: already held, holds no lock; a pause keeps it so'
        WHEN s.kind = 'backfill' AND s.state = 'running'
            THEN 'safe now: holds within 0.1s; the batch ends or is undone; no lock'
        ELSE 'safe now: holds within 0.1s; what is in flight is undone; no lock' END
    FROM pgrollout.migration m
    LEFT JOIN LATERAL pgrollout.current_step(m.id) s ON true
    LEFT JOIN LATERAL (SELECT i.what FROM pgrollout.intent i
                       WHERE i.migration_id = m.id
                         AND pgrollout.backend_lives(i.backend_pid, i.backend_start) LIMIT 1) i ON true
    WHERE m.id = p_migration
$$;

-- "2 columns", NULL for none
CREATE FUNCTION pgrollout.counted(p_n bigint, p_one text, p_many text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT CASE p_n WHEN 0 THEN NULL WHEN 1 THEN p_one ELSE p_n || ' ' || p_many END);
END
$$;

-- What an abort to the start does now, in one line; the card says it step by step.
CREATE FUNCTION pgrollout.abort_text(p_migration bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT CASE
        WHEN m.state = 'done' THEN 'no way back: it is done'
        WHEN m.state = 'aborted' THEN 'it has been aborted'
        WHEN pgrollout.abort_obstacle(m.id) IS NOT NULL
            THEN 'NO WAY BACK: ' || pgrollout.abort_obstacle(m.id)
        ELSE 'way back open: ' || coalesce(nullif(concat_ws('; ',
            'drops ' || nullif(concat_ws(', ', pgrollout.counted(u.syncs, '1 trigger', 'triggers'),
                                         pgrollout.counted(u.columns, '1 column', 'columns')), ''),
            pgrollout.counted(u.not_nulls, 'relaxes NOT NULL', 'columns lose NOT NULL'),
            pgrollout.counted(u.refills, 'refills the old column', 'columns refilled'),
            pgrollout.counted(u.statements, 'runs 1 undo', 'undo statements'),
            CASE WHEN u.asks THEN 'asks you first' END), ''),
            'nothing to take back') END
    FROM pgrollout.migration m
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE s.kind = 'sync') AS syncs,
               count(*) FILTER (WHERE s.kind = 'add_column') AS columns,
               count(*) FILTER (WHERE s.kind = 'not_null') AS not_nulls,
               count(*) FILTER (WHERE s.kind = 'drop_sync') AS refills,
               count(*) FILTER (WHERE s.kind = 'sql' AND s.undo IS NOT NULL) AS statements,
               bool_or(s.kind IN ('sync', 'confirm') AND s.state IN ('done', 'undoing')) AS asks
        FROM pgrollout.step s
        WHERE s.migration_id = m.id AND s.state IN ('done', 'running', 'failed', 'undoing')) u
    WHERE m.id = p_migration);
END
$$;

-- The guards as the engine last read them; blind where no engine has read them lately.
CREATE FUNCTION pgrollout.guards_of(p_migration bigint) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT coalesce((
        SELECT CASE WHEN x.at > clock_timestamp() - interval '10 seconds' THEN x.guards
            ELSE (SELECT jsonb_agg(g || '{"value": null, "state": "blind"}'::jsonb
                                   || jsonb_build_object('detail', 'not read for '
                                      || date_trunc('second', clock_timestamp() - x.at)))
                  FROM jsonb_array_elements(x.guards) g) END
        FROM pgrollout.sample x WHERE x.migration_id = p_migration ORDER BY x.at DESC LIMIT 1), '[]'));
END
$$;

CREATE FUNCTION pgrollout.events_of(p_migration bigint, p_limit int) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', e.id, 'at', to_char(e.at AT TIME ZONE 'UTC', 'HH24:MI:SS'),
        'when', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'who', e.who, 'os_user', e.os_user, 'client', host(e.client_addr), 'kind', e.kind,
        'text', e.text) ORDER BY e.id DESC), '[]')
    FROM (SELECT * FROM pgrollout.event x WHERE x.migration_id = p_migration
          ORDER BY x.id DESC LIMIT p_limit) e);
END
$$;

-- What a step that waits for evidence has found and where it looked; while it still waits, where it looks.
CREATE FUNCTION pgrollout.evidence_text(p_step pgrollout.step) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT CASE p_step.state
        WHEN 'done' THEN coalesce(e ->> 'reread_text', nullif(concat_ws('; ', e ->> 'text', e ->> 'coverage'), ''))
        WHEN 'undoing' THEN nullif(concat_ws('; ', e ->> 'text', e ->> 'coverage'), '')
        WHEN 'running' THEN e ->> 'coverage' END
    FROM (SELECT p_step.detail -> 'evidence') x (e));
END
$$;

CREATE FUNCTION pgrollout.migration_state(m pgrollout.migration) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT jsonb_build_object(
        'id', m.id, 'version', pgrollout.version_of(m.id), 'name', m.name, 'title', m.title,
        'owner', m.owner, 'contact', m.contact, 'ticket', m.ticket, 'state', m.state,
        'phase', m.phase, 'step', (pgrollout.current_step(m.id)).name, 'abort_to', m.abort_to,
        'plan_sha256', m.plan_sha256, 'loaded_by', m.loaded_by,
        'phases', (
            SELECT jsonb_agg(jsonb_build_object(
                'name', p.name, 'state', CASE WHEN f.failed THEN 'failed' WHEN f.waiting THEN 'waiting'
                    ELSE p.state END,
                'started', p.started, 'finished', p.finished,
                'elapsed_s', round(extract(epoch FROM coalesce(p.finished, clock_timestamp()) - p.started), 1),
                'steps', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'name', s.name, 'kind', s.kind, 'title', s.title, 'does', s.does, 'state', s.state,
                    'attempts', s.attempts, 'lock', s.locks, 'undo', s.undo,
                    'irreversible', s.irreversible, 'error', s.error, 'sqlstate', s.sqlstate,
                    'error_detail', s.error_detail, 'evidence', pgrollout.evidence_text(s),
                    'fraction', CASE WHEN s.state = 'running' THEN s.detail #> '{evidence,fraction}' END, 'started', s.started, 'finished', s.finished,
                    'elapsed_s', round(extract(epoch FROM coalesce(s.finished, clock_timestamp()) - s.started), 1))
                    ORDER BY s.ord), '[]')
                    FROM pgrollout.step s WHERE s.migration_id = m.id AND s.phase = p.name))
                ORDER BY p.ord)
            FROM pgrollout.phase p
            CROSS JOIN LATERAL (SELECT coalesce(bool_or(s.state = 'failed'), false) AS failed,
                                       coalesce(bool_or(s.state = 'waiting'), false) AS waiting
                                FROM pgrollout.step s
                                WHERE s.migration_id = m.id AND s.phase = p.name) f
            WHERE p.migration_id = m.id),
        'holds', (
            SELECT coalesce(jsonb_agg(x.j ORDER BY x.since), '[]') FROM (
                SELECT h.since, jsonb_build_object('kind', h.kind, 'key', nullif(h.key, ''),
                    'reason', h.reason, 'since', h.since, 'by', h.placed_by, 'after_step', h.after_step,
                    'permit', h.permit,
                    'age_s', round(extract(epoch FROM clock_timestamp() - h.since), 1)) AS j
                FROM pgrollout.hold h WHERE h.migration_id = m.id
                UNION ALL
                -- derived, never stored
                SELECT coalesce(b.at, m.loaded_at), jsonb_build_object('kind', 'no_engine', 'key', NULL,
                    'reason', 'nobody is driving: no engine runs (pgrollout run)', 'since', b.at,
                    'by', NULL, 'age_s', round(extract(epoch FROM clock_timestamp() - b.at), 1))
                FROM pgrollout.heartbeat b
                WHERE m.state IN ('loaded', 'active', 'aborting') AND NOT pgrollout.engine_alive()) x),
        'progress', pgrollout.progress_of(m.id),
        'guards', CASE WHEN m.state IN ('done', 'aborted') THEN '[]' ELSE pgrollout.guards_of(m.id) END,
        'gate', (
            SELECT jsonb_build_object('step', s.name, 'text', h.reason,
                'reverse', (h.detail ->> 'reverse')::boolean, 'by', s.gate_by,
                'clear', v.clear, 'evidence', v.words,
                'answers', CASE WHEN (h.detail ->> 'reverse')::boolean THEN '[]'::jsonb ELSE
                    (SELECT coalesce(jsonb_agg(jsonb_build_object('application', app,
                        'by', (SELECT a.answered_by FROM pgrollout.answer a
                               WHERE a.migration_id = m.id AND a.step = s.name AND a.application = app
                                 AND NOT a.reverse)) ORDER BY n), '[]')
                     FROM unnest(s.gate_each) WITH ORDINALITY g (app, n)) END)
            FROM pgrollout.hold h
            JOIN pgrollout.step s ON s.migration_id = m.id AND s.name = h.key
            LEFT JOIN LATERAL pgrollout.gate_evidence(s) v ON (h.detail ->> 'reverse')::boolean
            WHERE h.migration_id = m.id AND h.kind = 'gate' LIMIT 1),
        'waits_for', coalesce(
            (SELECT b.words FROM pgrollout.build_of(m.id) b),
            (SELECT s.detail ->> 'waits_for' FROM pgrollout.step s
             WHERE s.migration_id = m.id AND s.state IN ('running', 'undoing')
               AND s.detail ->> 'waits_for' IS NOT NULL LIMIT 1),
            (SELECT format('the %s, which has run for %s s', i.what,
                           round(greatest(0, extract(epoch FROM clock_timestamp() - i.since))))
             FROM pgrollout.intent i
             WHERE i.migration_id = m.id AND pgrollout.backend_lives(i.backend_pid, i.backend_start) LIMIT 1)),
        'pause_text', pgrollout.pause_text(m.id), 'abort_text', pgrollout.abort_text(m.id),
        'abort_possible', m.state NOT IN ('done', 'aborted') AND pgrollout.abort_obstacle(m.id) IS NULL,
        'contract_obstacle', CASE WHEN EXISTS (SELECT FROM pgrollout.hold h WHERE h.migration_id = m.id
                AND h.kind = 'boundary' AND h.key = 'contract') THEN pgrollout.contract_obstacle(m) END,
        'events', pgrollout.events_of(m.id, 8),
        'evidence', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('id', 0, 'at', v ->> 'at', 'who', h.key,
                                                         'kind', 'guard', 'text', v ->> 'text')), '[]')
            FROM pgrollout.hold h, jsonb_array_elements(h.detail -> 'samples') v
            WHERE h.migration_id = m.id AND h.kind = 'guard'),
        'series', (
            SELECT jsonb_build_object(
                'rows_per_s', coalesce(jsonb_agg(x.rows_per_s ORDER BY x.at), '[]'),
                'lag_s', coalesce(jsonb_agg(x.lag_s ORDER BY x.at), '[]'),
                'waits', coalesce(jsonb_agg(x.waits ORDER BY x.at), '[]'),
                'wal_bytes_per_s', coalesce(jsonb_agg(x.wal_bytes_per_s ORDER BY x.at), '[]'))
            FROM pgrollout.sample x
            WHERE x.migration_id = m.id AND x.at > clock_timestamp() - interval '2 minutes')));
END
$$;

-- The document of `status --json`, without what is read live under the caller's own rights (replicas,
-- lock waits). Ended migrations are left out an hour after their end.
CREATE FUNCTION pgrollout.state() RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
BEGIN
    RETURN (SELECT jsonb_build_object(
        'at', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'database', current_database(),
        'server', jsonb_build_object(
            'version', current_setting('server_version_num')::int,
            'role', CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE 'primary' END,
            'timeline', CASE WHEN NOT pg_is_in_recovery() THEN pgrollout.timeline() END),
        'schema_version', (SELECT max(v.version) FROM pgrollout.schema_version v),
        'caller', jsonb_build_object('login', session_user, 'role', pgrollout.caller_role()),
        'engine', (
            SELECT jsonb_build_object('alive', pgrollout.engine_alive(), 'epoch', l.epoch,
                'host', l.holder ->> 'host', 'pid', (l.holder ->> 'pid')::bigint,
                'advance', l.holder ->> 'advance', 'log', l.holder ->> 'log',
                'heartbeat_age_s', CASE WHEN h.at IS NOT NULL THEN
                    round(greatest(0, extract(epoch FROM clock_timestamp() - h.at)), 1) END)
            FROM pgrollout.lease l, pgrollout.heartbeat h),
        'paused_all', (SELECT e.paused_at IS NOT NULL FROM pgrollout.everything e),
        'our_wal_share', (SELECT x.our_wal_share FROM pgrollout.sample x
                          WHERE x.at > clock_timestamp() - interval '10 seconds'
                          ORDER BY x.at DESC LIMIT 1),
        'our_active', (SELECT count(*) FROM pgrollout.session s JOIN pg_stat_activity a
                       ON a.pid = s.backend_pid AND a.backend_start = s.backend_start
                       WHERE a.state = 'active'),
        'all_active', (SELECT count(*) FROM pg_stat_activity a
                       WHERE a.state = 'active' AND a.backend_type = 'client backend'
                         AND a.pid <> pg_backend_pid()),
        'migrations', (
            SELECT coalesce(jsonb_agg(pgrollout.migration_state(m) ORDER BY
                m.state = 'failed' DESC,
                EXISTS (SELECT FROM pgrollout.hold h WHERE h.migration_id = m.id AND h.kind = 'guard') DESC,
                m.state IN ('active', 'aborting', 'loaded') DESC,
                EXISTS (SELECT FROM pgrollout.hold h WHERE h.migration_id = m.id
                        AND h.kind IN ('gate', 'boundary')) DESC,
                m.id DESC), '[]')
            FROM pgrollout.migration m
            WHERE m.state NOT IN ('done', 'aborted')
               OR m.finished_at > clock_timestamp() - interval '1 hour')));
END
$$;

-- One migration of that document, also when it has ended long ago.
CREATE FUNCTION pgrollout.state_of(name text) RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    SELECT pgrollout.migration_state(pgrollout.migration_find(state_of.name))
$$;

CREATE FUNCTION pgrollout.journal(name text, max_rows int DEFAULT 100, after_id bigint DEFAULT 0)
RETURNS TABLE (id bigint, at timestamptz, who text, os_user text, client inet, kind text, event text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT e.id, e.at, e.who, e.os_user, e.client_addr, e.kind, e.text
    FROM (SELECT * FROM pgrollout.event x
          WHERE x.migration_id = (pgrollout.migration_find(journal.name)).id AND x.id > after_id
          ORDER BY x.id DESC LIMIT max_rows) e
    ORDER BY e.id
$$;

-- A page of the journal, newest first: of one migration, or of all (NULL).
CREATE FUNCTION pgrollout.journal_page(name text, max_rows int, before_id bigint DEFAULT NULL, after_id bigint DEFAULT 0)
RETURNS TABLE (id bigint, at timestamptz, who text, os_user text, client inet, kind text, event text, migration text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
DECLARE
    v_id bigint;
    v_before bigint := coalesce(before_id, 9223372036854775807);
BEGIN
    IF name IS NULL THEN
        RETURN QUERY SELECT e.id, e.at, e.who, e.os_user, e.client_addr, e.kind, e.text, m.name
        FROM pgrollout.event e LEFT JOIN pgrollout.migration m ON m.id = e.migration_id
        WHERE e.id > after_id AND e.id < v_before ORDER BY e.id DESC LIMIT max_rows;
        RETURN;
    END IF;
    v_id := (pgrollout.migration_find(journal_page.name)).id;
    RETURN QUERY SELECT e.id, e.at, e.who, e.os_user, e.client_addr, e.kind, e.text, journal_page.name
    FROM pgrollout.event e
    WHERE e.migration_id = v_id AND e.id > after_id AND e.id < v_before ORDER BY e.id DESC LIMIT max_rows;
END
$$;

-- The text of the loaded plan.
CREATE FUNCTION pgrollout.plan_source(name text) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT (pgrollout.migration_find(plan_source.name)).plan_text
$$;

-- What stands behind the guards' readings: limits that were set, by whom, why and until when, beside the plan's;
-- the last trips; of each guard the highest reading of every ten seconds of the last ten minutes.
CREATE FUNCTION pgrollout.guards_look(name text) RETURNS jsonb
LANGUAGE sql VOLATILE STRICT SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    WITH m AS MATERIALIZED (SELECT f.id, f.name FROM pgrollout.migration_find(guards_look.name) f),
    reading AS MATERIALIZED (
        SELECT g.name, floor(extract(epoch FROM x.at) / 10)::bigint AS bucket, max(g.value) AS value
        FROM m JOIN pgrollout.sample x ON x.migration_id = m.id
        CROSS JOIN LATERAL jsonb_to_recordset(x.guards) g (name text, value float8)
        WHERE x.at > clock_timestamp() - interval '10 minutes'
        GROUP BY g.name, bucket)
    SELECT jsonb_build_object('migration', m.name, 'bucket_s', 10,
        'limits', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'guard', split_part(s.key, '.', 2), 'limit', split_part(s.key, '.', 3), 'value', s.value::float8,
                'plan', (SELECT (t.detail -> 'tuning' ->> s.key)::float8 FROM pgrollout.step t
                         WHERE t.migration_id = m.id AND t.detail -> 'tuning' ? s.key ORDER BY t.ord LIMIT 1),
                'by', s.set_by, 'until', to_char(s.expires_at AT TIME ZONE 'UTC', 'HH24:MI:SS'),
                'left_s', round(extract(epoch FROM s.expires_at - clock_timestamp())),
                'at', to_char(e.at AT TIME ZONE 'UTC', 'HH24:MI:SS'),
                'why', CASE WHEN strpos(e.text, ': ') > 0 THEN substr(e.text, strpos(e.text, ': ') + 2) END)
                ORDER BY s.key), '[]')
            FROM (SELECT DISTINCT ON (x.key) x.* FROM pgrollout.setting x
                  WHERE x.migration_id = m.id AND x.key LIKE 'guard.%'
                    AND (x.expires_at IS NULL OR x.expires_at > clock_timestamp())
                  ORDER BY x.key, x.timed DESC) s
            LEFT JOIN LATERAL (SELECT x.at, x.text FROM pgrollout.event x
                               WHERE x.migration_id = m.id AND x.kind = 'command'
                                 AND starts_with(x.text, format('set %s = ', s.key))
                               ORDER BY x.id DESC LIMIT 1) e ON true),
        'trips', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'kind', e.kind, 'text', e.text,
                'when', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                'who', coalesce(substring(e.text FROM '^held by guard ([^:]+):'),
                                substring(e.text FROM '^guard (.+) cleared:'))) ORDER BY e.id DESC), '[]')
            FROM (SELECT * FROM pgrollout.event x
                  WHERE x.migration_id = m.id AND x.kind = 'hold' AND x.who = 'guard'
                  ORDER BY x.id DESC LIMIT 60) e),
        'history', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('guard', g.name, 'values', (
                SELECT jsonb_agg(r.value ORDER BY b.bucket)
                FROM generate_series(n.bucket - 59, n.bucket) b (bucket)
                LEFT JOIN reading r ON r.name = g.name AND r.bucket = b.bucket))), '[]')
            FROM (SELECT DISTINCT r.name FROM reading r) g
            CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) / 10)::bigint AS bucket) n))
    FROM m
$$;

CREATE FUNCTION pgrollout.now_rows()
RETURNS TABLE (migration text, phase text, done text, harm text, pause text, abort text, people text,
               last text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    SELECT m.name,
        left(concat_ws(' · ', m.state, coalesce(m.phase, 'not begun'), (pgrollout.current_step(m.id)).name,
            'HELD by ' || (
                SELECT string_agg(btrim(h.kind || ' ' || h.key) ||
                    CASE WHEN h.kind IN ('operator', 'guard') THEN ': ' || left(h.reason, 30) ELSE '' END,
                    ', ' ORDER BY array_position(
                        '{operator,guard,ambiguous,gate,boundary,stepping,lock}', h.kind))
                FROM pgrollout.hold h WHERE h.migration_id = m.id),
            CASE WHEN m.state IN ('loaded', 'active', 'aborting') AND NOT pgrollout.engine_alive()
                 THEN 'nobody is driving' END), 80),
        left(coalesce(round((p ->> 'fraction')::numeric * 100, 1) || ' %, ' || (p ->> 'rows_done')
            || ' rows, ' || coalesce(p ->> 'rows_per_s', '0') || '/s'
            || CASE WHEN (p ->> 'quarantined')::bigint > 0
                    THEN format(', %s NOT FILLED', p ->> 'quarantined') ELSE '' END, '-'), 80),
        left(coalesce((SELECT string_agg(format('%s %s %s', g ->> 'name',
                                coalesce(g ->> 'value', '?') || coalesce(g ->> 'unit', ''), g ->> 'state'), ', ')
                       FROM jsonb_array_elements(pgrollout.guards_of(m.id)) g
                       WHERE g ->> 'state' <> 'off'), 'unknown: no engine has read the guards'), 80),
        left(pgrollout.pause_text(m.id), 80),
        left(pgrollout.abort_text(m.id), 80),
        left(concat_ws(' · ', m.owner, m.contact, m.ticket), 80),
        left((SELECT to_char(e.at, 'HH24:MI:SS') || ' ' || e.who || ': ' || e.text FROM pgrollout.event e
              WHERE e.migration_id = m.id ORDER BY e.id DESC LIMIT 1), 80)
    FROM pgrollout.migration m
    LEFT JOIN LATERAL pgrollout.progress_of(m.id) p ON true
    WHERE m.state NOT IN ('done', 'aborted')
       OR m.finished_at > clock_timestamp() - interval '1 hour'
    ORDER BY m.id
$$;
CREATE VIEW pgrollout.now AS SELECT * FROM pgrollout.now_rows();

CREATE FUNCTION pgrollout.health_row()
RETURNS TABLE (engine_alive boolean, heartbeat_age interval, host text, pid bigint, epoch bigint,
               migrations bigint, held bigint, failed bigint, schema_version int)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    SELECT pgrollout.engine_alive(), clock_timestamp() - b.at, l.holder ->> 'host',
        (l.holder ->> 'pid')::bigint, l.epoch,
        (SELECT count(*) FROM pgrollout.migration m WHERE m.state NOT IN ('done', 'aborted')),
        (SELECT count(DISTINCT h.migration_id) FROM pgrollout.hold h),
        (SELECT count(*) FROM pgrollout.migration m WHERE m.state = 'failed'),
        (SELECT max(v.version) FROM pgrollout.schema_version v)
    FROM pgrollout.lease l, pgrollout.heartbeat b
$$;
CREATE VIEW pgrollout.health AS SELECT * FROM pgrollout.health_row();

-- For forecasts: how the last backfill of a table went that ran for some batches; low_ms and high_ms: for all
-- its rows as the quickest and the slowest tenth of the remembered batches went.
CREATE FUNCTION pgrollout.forecast_earlier(p_table oid)
RETURNS TABLE (batches bigint, rows bigint, changed bigint, low_ms float8, high_ms float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT count(*), sum(p.batch_rows), sum(p.batch_changed),
           sum(p.batch_rows) * percentile_cont(0.1) WITHIN GROUP (ORDER BY p.batch_ms / p.batch_rows),
           sum(p.batch_rows) * percentile_cont(0.9) WITHIN GROUP (ORDER BY p.batch_ms / p.batch_rows)
    FROM pgrollout.position p
    JOIN pgrollout.step s ON s.migration_id = p.migration_id AND s.name = p.step
    WHERE s.kind = 'backfill' AND s.detail ->> 'relid' = p_table::text AND p.batch_changed > 0
    GROUP BY s.migration_id, s.ord
    HAVING count(*) >= 5
    ORDER BY max(p.at) DESC LIMIT 1
$$;

-- A figure of a forecast as people read it; p_unit: 'B', 's' or ''.
CREATE FUNCTION pgrollout.amount_text(p_amount float8, p_unit text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE p_unit
        WHEN 'B' THEN pg_size_pretty(p_amount::numeric)
        WHEN 's' THEN CASE WHEN p_amount < 90 THEN round(p_amount::numeric, 1) || ' s'
                           WHEN p_amount < 5400 THEN round(p_amount::numeric / 60) || ' min'
                           ELSE round(p_amount::numeric / 3600, 1) || ' h' END
        ELSE ltrim(to_char(p_amount, 'FM999,999,999,999,990')) END
$$;

-- A forecast's range as people read it.
CREATE FUNCTION pgrollout.range_text(p_range jsonb, p_unit text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT coalesce(string_agg(pgrollout.amount_text(v::float8, p_unit), ' to ' ORDER BY n), 'unknown')
    FROM jsonb_array_elements_text(CASE jsonb_typeof(p_range) WHEN 'array' THEN p_range ELSE '[]' END)
        WITH ORDINALITY u (v, n)
$$;

-- For how long a step was held from when to when: by people between pause and resume, by guards until they
-- cleared. Each told once.
CREATE FUNCTION pgrollout.held_s(p_migration bigint, p_from timestamptz, p_to timestamptz) RETURNS float8
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    WITH change AS (
        SELECT e.at, e.kind <> 'command' AND e.text LIKE 'held by %' OR e.kind = 'command' AND e.text LIKE 'pause%'
                   AS held,
               CASE WHEN e.kind = 'command' THEN 'operator'
                    ELSE coalesce(substring(e.text FROM '^held by (guard [^:]+):'),
                                  substring(e.text FROM '^(guard .+) cleared:')) END AS key
        FROM pgrollout.event e
        WHERE e.migration_id = p_migration AND e.at < p_to
          -- one after the step binds when it is done
          AND (e.kind = 'command' AND e.text ~ '^(pause|resume)\M' AND e.text NOT LIKE '%(after step %)%'
               OR e.kind = 'guard' AND e.text ~ '^(held by guard [^:]+:|guard .+ cleared:)')
    ), span AS (
        SELECT c.held, c.at, lead(c.at, 1, p_to) OVER (PARTITION BY c.key ORDER BY c.at) AS until
        FROM change c
    )
    SELECT coalesce(extract(epoch FROM sum(upper(r) - lower(r))), 0)::float8
    FROM (SELECT unnest(range_agg(tstzrange(greatest(s.at, p_from), greatest(s.until, p_from)))) AS r
          FROM span s WHERE s.held) x
$$;
