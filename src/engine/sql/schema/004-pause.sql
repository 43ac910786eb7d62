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
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT coalesce(max(e.id), 0) FROM pgrollout.event e
    WHERE e.migration_id = p_migration AND e.kind IN ('command', 'phase', 'step', 'hold')
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

-- Locks the fence rows of these migrations that can be had at once; returns those that could not.
-- Row 0 comes first: behind it no worker's row can appear.
CREATE FUNCTION pgrollout.fence_try(p_migrations bigint[])
RETURNS TABLE (migration_id bigint, worker int, holder xid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_row record;
BEGIN
    FOR v_row IN SELECT f.migration_id, f.worker FROM pgrollout.fence f
                 WHERE f.migration_id = ANY (p_migrations)
                 ORDER BY f.worker > 0, f.migration_id, f.worker LOOP
        BEGIN
            PERFORM FROM pgrollout.fence f
              WHERE f.migration_id = v_row.migration_id AND f.worker = v_row.worker
              FOR UPDATE NOWAIT;
        EXCEPTION WHEN lock_not_available THEN
            migration_id := v_row.migration_id;
            worker := v_row.worker;
            SELECT f.xmax INTO holder FROM pgrollout.fence f
            WHERE f.migration_id = v_row.migration_id AND f.worker = v_row.worker;
            RETURN NEXT;
        END;
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

-- Locks every fence row of the migrations, stopping our own sessions that are in the way, and ends the
-- sessions with an intent. Only a backend in pgrollout.session is ever stopped.
CREATE FUNCTION pgrollout.stop_work(p_migrations bigint[], OUT proven boolean, OUT stopped text,
                                    OUT remains text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_deadline timestamptz := clock_timestamp() + interval '3 seconds';
    v_hard timestamptz := NULL; -- when a cancel is followed by a termination
    v_cancelled int[] := '{}';
    v_acts text[] := '{}';
    v_in_way text;
    v_left int;
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
            v_in_way := coalesce(format('pid %s (%s, %s)', v_row.pid, v_row.application, v_row.state),
                                 'an unknown transaction');
            IF v_row.ours IS NOT TRUE THEN
                CONTINUE; -- a person or another pause: never stopped by us
            END IF;
            IF v_row.state = 'active' AND v_row.wait_event IS DISTINCT FROM 'ClientRead'
               AND NOT v_row.pid = ANY (v_cancelled) THEN
                PERFORM pg_cancel_backend(v_row.pid);
                v_cancelled := v_cancelled || v_row.pid;
                v_acts := v_acts || format('cancelled pid %s', v_row.pid);
                v_hard := coalesce(v_hard, clock_timestamp() + interval '100 milliseconds');
            ELSIF v_row.state <> 'active' OR v_row.wait_event = 'ClientRead'
                  OR clock_timestamp() > v_hard THEN
                -- a cancel does nothing to a transaction that waits for its client
                PERFORM pg_terminate_backend(v_row.pid);
                v_acts := v_acts || format('ended pid %s', v_row.pid);
            END IF;
        END LOOP;
        EXIT WHEN v_in_way IS NULL;
        IF clock_timestamp() > v_deadline THEN
            stopped := array_to_string(v_acts, ', ');
            remains := format('%s holds the fence', v_in_way);
            RETURN;
        END IF;
        PERFORM pg_sleep(0.003);
    END LOOP;
    -- behind row 0, what has said that it runs without the fence
    LOOP
        PERFORM pg_stat_clear_snapshot();
        v_left := 0;
        FOR v_row IN SELECT i.backend_pid, i.what FROM pgrollout.intent i
                     JOIN pg_stat_activity a ON a.pid = i.backend_pid
                                            AND a.backend_start = i.backend_start
                     WHERE i.migration_id = ANY (p_migrations) LOOP
            PERFORM pg_terminate_backend(v_row.backend_pid);
            IF NOT v_row.backend_pid = ANY (v_cancelled) THEN
                v_cancelled := v_cancelled || v_row.backend_pid;
                v_acts := v_acts || format('ended pid %s (%s)', v_row.backend_pid, v_row.what);
            END IF;
            v_left := v_left + 1;
        END LOOP;
        EXIT WHEN v_left = 0;
        IF clock_timestamp() > v_deadline THEN
            stopped := array_to_string(v_acts, ', ');
            remains := 'a statement that runs outside a transaction does not end';
            RETURN;
        END IF;
        PERFORM pg_sleep(0.003);
    END LOOP;
    proven := true;
    stopped := nullif(array_to_string(v_acts, ', '), '');
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

CREATE FUNCTION pgrollout.in_block_note() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE WHEN transaction_timestamp() <> statement_timestamp()
                THEN '; takes effect at COMMIT, you are inside a transaction block' END
$$;

CREATE FUNCTION pgrollout.pause(name text, reason text DEFAULT NULL, after_step boolean DEFAULT false,
                                expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration;
    v_step text;
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
    INSERT INTO pgrollout.hold AS h (migration_id, kind, reason, placed_by, after_step)
    VALUES (v_migration.id, 'operator', coalesce(left(pause.reason, 1000), 'paused'), session_user,
            v_step)
    ON CONFLICT (migration_id, kind, key)
    DO UPDATE SET after_step = CASE WHEN v_step IS NULL THEN NULL ELSE h.after_step END;
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

CREATE FUNCTION pgrollout.pause_all(reason text DEFAULT NULL) RETURNS SETOF pgrollout.receipt
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_ids bigint[];
    v_work record;
BEGIN
    PERFORM pgrollout.command_begin('pause_all');
    UPDATE pgrollout.everything e
    SET paused_by = session_user, paused_at = clock_timestamp(), reason = left(pause_all.reason, 1000)
    WHERE e.paused_at IS NULL;
    INSERT INTO pgrollout.hold AS h (migration_id, kind, reason, placed_by)
    SELECT m.id, 'operator', coalesce(left(pause_all.reason, 1000), 'paused (all)'), session_user
    FROM pgrollout.migration m WHERE m.state NOT IN ('done', 'aborted') ORDER BY m.id
    ON CONFLICT (migration_id, kind, key) DO UPDATE SET after_step = NULL;
    SELECT array_agg(m.id ORDER BY m.id) INTO v_ids
    FROM pgrollout.migration m WHERE m.state NOT IN ('done', 'aborted');
    SELECT * INTO v_work FROM pgrollout.stop_work_caught(coalesce(v_ids, '{}'));
    PERFORM pgrollout.journal_event(m.id, 'command', session_user,
        'pause all' || coalesce(': ' || pause_all.reason, '')
        || CASE WHEN v_work.proven THEN '' ELSE '; ' || v_work.remains END)
    FROM pgrollout.migration m WHERE m.id = ANY (v_ids);
    PERFORM pgrollout.wake();
    IF v_ids IS NULL THEN
        RETURN NEXT ROW(true, 'nothing runs; what is loaded from now on is held'
            || coalesce(pgrollout.in_block_note(), ''), NULL, NULL, clock_timestamp(), NULL, NULL,
            'SELECT * FROM pgrollout.resume_all()')::pgrollout.receipt;
        RETURN;
    END IF;
    RETURN QUERY SELECT v_work.proven,
        CASE WHEN v_work.proven THEN 'held: nothing more commits' || coalesce('; ' || v_work.stopped, '')
             ELSE 'the hold stands, but: ' || v_work.remains END
        || coalesce(pgrollout.in_block_note(), ''),
        m.name, pgrollout.version_of(m.id), h.since, v_work.stopped, v_work.remains,
        'SELECT * FROM pgrollout.resume_all()'
    FROM pgrollout.migration m
    JOIN pgrollout.hold h ON h.migration_id = m.id AND h.kind = 'operator' AND h.key = ''
    WHERE m.id = ANY (v_ids);
END
$$;
