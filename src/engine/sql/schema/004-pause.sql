-- Control schema, version 4: pause. When it returns, nothing more of the migration commits, whoever
-- asked and whatever became of the engine. The protocol is "Pause" of the engine's design.

-- The live migration of that name, else the newest ended one.
CREATE FUNCTION pgrollout.migration_find(p_name text) RETURNS pgrollout.migration
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_known text;
BEGIN
    SELECT * INTO v_migration FROM pgrollout.migration m WHERE m.name = p_name
    ORDER BY m.state IN ('done', 'aborted'), m.id DESC LIMIT 1;
    IF NOT FOUND THEN
        SELECT string_agg(DISTINCT m.name, ', ') INTO v_known FROM pgrollout.migration m
        WHERE m.state NOT IN ('done', 'aborted');
        RAISE EXCEPTION 'no migration is named "%"', left(p_name, 100) USING ERRCODE = 'PR003',
            HINT = coalesce('Known: ' || v_known, 'None is loaded; see: pgrollout load');
    END IF;
    RETURN v_migration;
END
$$;

-- What a command saw is what it changes: the number of the last event that moved the migration.
CREATE FUNCTION pgrollout.version_of(p_migration bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT coalesce(max(e.id), 0) FROM pgrollout.event e
    WHERE e.migration_id = p_migration AND e.kind IN ('command', 'phase', 'step', 'hold'));
END
$$;

-- Begins every command: refuses where it could not work, with what to type instead.
CREATE FUNCTION pgrollout.command_begin(p_verb text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION 'this is a standby: % must be typed on the primary', p_verb
            USING ERRCODE = 'PR004',
                  HINT = format('Connect to the primary (primary_conninfo: %s) and repeat it.',
                      coalesce((SELECT r.sender_host FROM pg_stat_wal_receiver r), 'see its settings'));
    END IF;
    IF current_setting('transaction_read_only') = 'on' THEN
        RAISE EXCEPTION 'this session is read-only' USING ERRCODE = 'PR004',
            HINT = format('SET default_transaction_read_only = off; then repeat %s', p_verb);
    END IF;
    PERFORM set_config('synchronous_commit', 'on', true);
END
$$;

CREATE FUNCTION pgrollout.check_version(p_migration pgrollout.migration, p_expect bigint) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_moved text;
BEGIN
    IF p_expect IS NULL OR p_expect = pgrollout.version_of(p_migration.id) THEN
        RETURN;
    END IF;
    SELECT string_agg(e.text, '; ' ORDER BY e.id) INTO v_moved
    FROM (SELECT * FROM pgrollout.event x
          WHERE x.migration_id = p_migration.id AND x.id > p_expect
            AND x.kind IN ('command', 'phase', 'step', 'hold') ORDER BY x.id DESC LIMIT 3) e;
    RAISE EXCEPTION 'the migration has moved on since you looked: %', v_moved
        USING ERRCODE = 'PR004', HINT = 'Look again, then repeat it.';
END
$$;

-- Locks one fence row if that can be had at once; else false.
CREATE FUNCTION pgrollout.fence_try_row(p_migration bigint, p_worker int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM FROM pgrollout.fence f
      WHERE f.migration_id = p_migration AND f.worker = p_worker
      FOR UPDATE NOWAIT;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;

-- Locks the fence rows of these migrations that can be had at once; returns those that could not.
-- Rows 0 come first, and the others are looked for only behind them, in a snapshot of their own: a
-- worker's row comes under row 0, so one that came between the look and the lock would be missed.
CREATE FUNCTION pgrollout.fence_try(p_migrations bigint[])
RETURNS TABLE (migration_id bigint, worker int, holder xid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_row record;
BEGIN
    FOR v_row IN SELECT f.migration_id, f.worker FROM pgrollout.fence f
                 WHERE f.migration_id = ANY (p_migrations) AND f.worker = 0
                 ORDER BY f.migration_id LOOP
        IF NOT pgrollout.fence_try_row(v_row.migration_id, 0) THEN
            RETURN QUERY SELECT f.migration_id, f.worker, f.xmax FROM pgrollout.fence f
                WHERE f.migration_id = v_row.migration_id AND f.worker = 0;
        END IF;
    END LOOP;
    FOR v_row IN SELECT f.migration_id, f.worker FROM pgrollout.fence f
                 WHERE f.migration_id = ANY (p_migrations) AND f.worker > 0
                 ORDER BY f.migration_id, f.worker LOOP
        IF NOT pgrollout.fence_try_row(v_row.migration_id, v_row.worker) THEN
            RETURN QUERY SELECT f.migration_id, f.worker, f.xmax FROM pgrollout.fence f
                WHERE f.migration_id = v_row.migration_id AND f.worker = v_row.worker;
        END IF;
    END LOOP;
END
$$;

-- The backend that holds a transaction, with what stopping it needs to know.
CREATE FUNCTION pgrollout.fence_holder(p_xid xid)
RETURNS TABLE (pid int, ours boolean, state text, wait_event text, application text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT a.pid, s.backend_pid IS NOT NULL, a.state, a.wait_event, a.application_name
    FROM pg_locks l
    JOIN pg_stat_activity a ON a.pid = l.pid
    LEFT JOIN pgrollout.session s ON s.backend_pid = a.pid AND s.backend_start = a.backend_start
    WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
      AND l.transactionid = p_xid AND a.pid <> pg_backend_pid()
$$;

-- Cancels or ends a backend. Why it may not be done, where that is so; NULL when it was done.
CREATE FUNCTION pgrollout.stop_backend(p_pid int, p_end boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    IF p_end THEN
        PERFORM pg_terminate_backend(p_pid);
    ELSE
        PERFORM pg_cancel_backend(p_pid);
    END IF;
    RETURN NULL;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN format('it may not be stopped (%s)', SQLERRM);
END
$$;

-- Locks every fence row of the migrations, stopping our own sessions that are in the way, and ends the
-- sessions with an intent. Only a backend in pgrollout.session is ever stopped. Where the right to stop
-- is missing it still waits: most transactions end by themselves.
CREATE FUNCTION pgrollout.stop_work(p_migrations bigint[], OUT proven boolean, OUT stopped text,
                                    OUT remains text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_deadline timestamptz := clock_timestamp() + interval '3 seconds';
    v_hard timestamptz := NULL; -- when a cancel is followed by a termination
    v_signalled int[] := '{}';
    v_acts text[] := '{}';
    v_denied text;
    v_in_way text;
    v_end boolean;
    v_row record;
BEGIN
    proven := false;
    -- one shared wait: a batch that is about to end ends by itself
    PERFORM FROM pgrollout.fence_try(p_migrations);
    IF FOUND THEN
        PERFORM pg_sleep(0.04);
    END IF;
    LOOP
        v_in_way := NULL;
        PERFORM pg_stat_clear_snapshot();
        FOR v_row IN SELECT t.migration_id, t.worker, h.* FROM pgrollout.fence_try(p_migrations) t
                     LEFT JOIN LATERAL pgrollout.fence_holder(t.holder) h ON true LOOP
            v_in_way := CASE WHEN v_row.pid IS NULL
                THEN coalesce(pgrollout.open_transactions('pgrollout.fence'), 'an unknown transaction')
                ELSE format('pid %s (%s, %s)', v_row.pid, v_row.application, v_row.state) END
                || ' holds the fence';
            IF v_row.ours IS NOT TRUE OR v_row.state = 'idle' OR v_denied IS NOT NULL THEN
                -- a person or another pause is never stopped by us; an idle one has just ended
                CONTINUE;
            END IF;
            -- a cancel does nothing to a transaction that waits for its client
            v_end := v_row.state <> 'active' OR coalesce(v_row.wait_event = 'ClientRead', false)
                     OR coalesce(clock_timestamp() > v_hard, false);
            IF v_end OR NOT v_row.pid = ANY (v_signalled) THEN
                v_denied := pgrollout.stop_backend(v_row.pid, v_end);
                v_hard := coalesce(v_hard, clock_timestamp() + interval '100 milliseconds');
                v_signalled := v_signalled || v_row.pid;
                v_acts := v_acts || CASE WHEN v_denied IS NULL THEN
                    format('%s pid %s', CASE WHEN v_end THEN 'ended' ELSE 'cancelled' END, v_row.pid) END;
            END IF;
        END LOOP;
        EXIT WHEN v_in_way IS NULL OR clock_timestamp() > v_deadline;
        PERFORM pg_sleep(0.003);
    END LOOP;
    -- behind row 0, what has said that it runs without the fence
    WHILE v_in_way IS NULL LOOP
        PERFORM pg_stat_clear_snapshot();
        FOR v_row IN SELECT i.backend_pid, i.what, a.backend_start IS NOT NULL AS seen
                     FROM pgrollout.intent i
                     JOIN pg_stat_activity a ON a.pid = i.backend_pid
                                            AND coalesce(a.backend_start = i.backend_start, true)
                     WHERE i.migration_id = ANY (p_migrations) LOOP
            v_in_way := format('pid %s (%s) runs outside a transaction', v_row.backend_pid, v_row.what);
            IF v_row.seen AND v_denied IS NULL THEN
                v_denied := pgrollout.stop_backend(v_row.backend_pid, true);
                v_acts := v_acts || CASE WHEN v_denied IS NULL THEN
                    format('ended pid %s (%s)', v_row.backend_pid, v_row.what) END;
            END IF;
        END LOOP;
        EXIT WHEN v_in_way IS NULL OR clock_timestamp() > v_deadline;
        v_in_way := NULL;
        PERFORM pg_sleep(0.003);
    END LOOP;
    SELECT nullif(string_agg(DISTINCT act, ', '), '') INTO stopped FROM unnest(v_acts) act;
    proven := v_in_way IS NULL;
    remains := v_in_way || coalesce('; ' || v_denied, '');
END
$$;

-- stop_work, with whatever goes wrong in it as an answer: the hold of the caller must stand.
CREATE FUNCTION pgrollout.stop_work_caught(p_migrations bigint[], OUT proven boolean,
                                           OUT stopped text, OUT remains text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        -- the snapshot is older than a worker's row may be
        proven := false;
        remains := 'not proven: call again in READ COMMITTED';
        RETURN;
    END IF;
    SELECT w.proven, w.stopped, w.remains INTO proven, stopped, remains
    FROM pgrollout.stop_work(p_migrations) w;
EXCEPTION
    WHEN query_canceled THEN
        proven := false;
        remains := 'not proven: this call was cut short (statement_timeout?); call again';
    WHEN OTHERS THEN
        proven := false;
        remains := 'not proven: ' || SQLERRM;
END
$$;

-- Places the operator's hold on a migration. It waits for who is changing that hold in an open
-- transaction, but not without end, and then says who that is; NULL when the hold stands.
CREATE FUNCTION pgrollout.hold_operator(p_migration bigint, p_reason text, p_after text DEFAULT NULL)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
    INSERT INTO pgrollout.hold AS h (migration_id, kind, reason, placed_by, after_step)
    VALUES (p_migration, 'operator', left(p_reason, 1000), session_user, p_after)
    ON CONFLICT (migration_id, kind, key)
    DO UPDATE SET after_step = CASE WHEN p_after IS NULL THEN NULL ELSE h.after_step END;
    RETURN NULL;
EXCEPTION WHEN lock_not_available THEN
    RETURN format('the hold could not be placed: an open transaction of %s is changing it',
        coalesce(pgrollout.open_transactions('pgrollout.hold'), 'another session'));
END
$$;

-- The extended protocol gives a statement of its own two times as well: hence the careful words.
CREATE FUNCTION pgrollout.in_block_note() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE WHEN transaction_timestamp() <> statement_timestamp()
                THEN '; inside a transaction block it takes effect at COMMIT' END
$$;

CREATE FUNCTION pgrollout.pause(name text, reason text DEFAULT NULL, after_step boolean DEFAULT false,
                                expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_step text;
    v_unheld text;
    v_work record;
    v_receipt pgrollout.receipt;
BEGIN
    PERFORM pgrollout.command_begin('pause');
    v_migration := pgrollout.migration_find(pause.name);
    IF v_migration.state IN ('done', 'aborted') THEN
        RAISE EXCEPTION 'migration "%" is %: there is nothing to pause', pause.name, v_migration.state
            USING ERRCODE = 'PR004';
    END IF;
    PERFORM pgrollout.check_version(v_migration, expect);
    IF after_step THEN
        SELECT s.name INTO v_step FROM pgrollout.step s
        WHERE s.migration_id = v_migration.id AND s.state IN ('running', 'undoing')
        ORDER BY s.ord LIMIT 1;
    END IF;
    v_unheld := pgrollout.hold_operator(v_migration.id, coalesce(pause.reason, 'paused'), v_step);
    IF v_unheld IS NOT NULL THEN
        RAISE EXCEPTION '%', v_unheld USING ERRCODE = 'PR004',
            HINT = 'Let it commit, or end it (SELECT pg_terminate_backend(PID)), then repeat.';
    END IF;
    IF v_step IS NULL THEN
        SELECT * INTO v_work FROM pgrollout.stop_work_caught(ARRAY[v_migration.id]);
    ELSE
        SELECT true AS proven, NULL::text AS stopped, NULL::text AS remains INTO v_work;
    END IF;
    PERFORM pgrollout.journal_event(v_migration.id, 'command', session_user,
        'pause' || coalesce(': ' || pause.reason, '') || coalesce(' (after step ' || v_step || ')', '')
        || CASE WHEN v_work.proven THEN '' ELSE '; ' || v_work.remains END);
    PERFORM pgrollout.wake(v_migration.id);
    v_receipt.ok := v_work.proven;
    v_receipt.migration := v_migration.name;
    v_receipt.version := pgrollout.version_of(v_migration.id);
    SELECT h.since INTO v_receipt.since FROM pgrollout.hold h
    WHERE h.migration_id = v_migration.id AND h.kind = 'operator' AND h.key = '';
    v_receipt.stopped := v_work.stopped;
    v_receipt.remains := v_work.remains;
    v_receipt.undo := format('SELECT * FROM pgrollout.resume(%L)', v_migration.name);
    v_receipt.receipt := CASE
        WHEN NOT v_work.proven THEN 'the hold stands, but: ' || v_work.remains
        WHEN v_step IS NOT NULL THEN format('will hold after step %s', v_step)
        ELSE 'held: nothing more commits' || coalesce('; ' || v_work.stopped, '') END
        || coalesce(pgrollout.in_block_note(), '');
    RETURN v_receipt;
END
$$;

-- Makes load hold what it loads from now on. load locks this row FOR SHARE: it either sees the pause, or
-- its migration is seen here. Waits for an open load, but not without end; what is left to say then.
CREATE FUNCTION pgrollout.everything_pause(p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp SET lock_timeout = '1s' AS $$
BEGIN
    UPDATE pgrollout.everything e
    SET paused_by = coalesce(e.paused_by, session_user), paused_at = coalesce(e.paused_at, clock_timestamp()),
        reason = CASE WHEN e.paused_at IS NULL THEN left(p_reason, 1000) ELSE e.reason END;
    RETURN NULL;
EXCEPTION WHEN lock_not_available THEN
    RETURN 'an open transaction loads a migration, or pauses or resumes all: call again when it has ended';
END
$$;

-- What one migration's open transaction keeps from being held does not keep the others.
CREATE FUNCTION pgrollout.pause_all(reason text DEFAULT NULL) RETURNS SETOF pgrollout.receipt
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_held bigint[];
    v_unheld jsonb; -- id -> why
    v_work record;
    v_loading text;
BEGIN
    PERFORM pgrollout.command_begin('pause_all');
    v_loading := pgrollout.everything_pause(pause_all.reason);
    SELECT coalesce(array_agg(h.id) FILTER (WHERE h.why IS NULL), '{}'),
           coalesce(jsonb_object_agg(h.id, h.why) FILTER (WHERE h.why IS NOT NULL), '{}')
    INTO v_held, v_unheld
    FROM (SELECT m.id, pgrollout.hold_operator(m.id, coalesce(pause_all.reason, 'paused (all)')) AS why
          FROM (SELECT x.id FROM pgrollout.migration x
                WHERE x.state NOT IN ('done', 'aborted') ORDER BY x.id) m) h;
    SELECT * INTO v_work FROM pgrollout.stop_work_caught(v_held);
    IF v_loading IS NOT NULL THEN
        v_work.proven := false;
        v_work.remains := concat_ws('; ', v_work.remains, v_loading);
    END IF;
    PERFORM pgrollout.journal_event(m.id, 'command', session_user,
        'pause all' || coalesce(': ' || pause_all.reason, '')
        || coalesce('; ' || coalesce(v_unheld ->> m.id::text, v_work.remains), ''))
    FROM pgrollout.migration m WHERE m.id = ANY (v_held) OR v_unheld ? m.id::text;
    PERFORM pgrollout.wake();
    IF v_held = '{}' AND v_unheld = '{}' THEN
        RETURN NEXT ROW(v_work.proven, 'nothing runs; '
            || coalesce(v_loading, 'what is loaded from now on is held')
            || coalesce(pgrollout.in_block_note(), ''), NULL, NULL, clock_timestamp(), NULL, v_loading,
            'SELECT * FROM pgrollout.resume_all()')::pgrollout.receipt;
        RETURN;
    END IF;
    RETURN QUERY SELECT u.why IS NULL AND v_work.proven,
        CASE WHEN u.why IS NOT NULL THEN 'NOT held: ' || u.why
             WHEN v_work.proven THEN 'held: nothing more commits' || coalesce('; ' || v_work.stopped, '')
             ELSE 'the hold stands, but: ' || v_work.remains END
        || coalesce(pgrollout.in_block_note(), ''),
        m.name, pgrollout.version_of(m.id), h.since, v_work.stopped, coalesce(u.why, v_work.remains),
        'SELECT * FROM pgrollout.resume_all()'
    FROM pgrollout.migration m
    CROSS JOIN LATERAL (SELECT v_unheld ->> m.id::text AS why) u
    LEFT JOIN pgrollout.hold h ON h.migration_id = m.id AND h.kind = 'operator' AND h.key = ''
    WHERE m.id = ANY (v_held) OR u.why IS NOT NULL
    ORDER BY m.id;
END
$$;
