-- Control schema, version 2: lease, fence, enter, sessions. The protocol is "Lease, fence, enter" of
-- the engine's design: nothing changes but under a fence row that carries the lease's epoch and token.

-- The first half of enter: for what only places or clears the engine's own holds, records events or
-- an outcome found in the catalog. Does not look at holds.
CREATE FUNCTION pgrollout.fence(p_migration bigint, p_worker int, p_epoch bigint, p_token uuid)
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'a fenced transaction must be read committed' USING ERRCODE = 'PR004';
    END IF;
    PERFORM FROM pgrollout.fence f
      WHERE f.migration_id = p_migration AND f.worker = p_worker
        AND f.epoch = p_epoch AND f.token = p_token
      FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'superseded: the fence carries another epoch or token'
            USING ERRCODE = 'PR001';
    END IF;
END
$$;

-- What keeps the engine from acting, as text; NULL when nothing does. A permit lets one step or batch
-- through; a pause "after this step" lets its step finish.
CREATE FUNCTION pgrollout.held_by(p_migration bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT string_agg(h.kind || CASE WHEN h.key = '' THEN '' ELSE ' ' || h.key END, ', '
                      ORDER BY h.since)
    FROM pgrollout.hold h
    WHERE h.migration_id = p_migration
      AND h.kind <> 'lock'
      AND NOT (h.kind = 'stepping' AND h.permit)
      AND NOT (h.after_step IS NOT NULL AND EXISTS (
            SELECT FROM pgrollout.step s
            WHERE s.migration_id = p_migration AND s.name = h.after_step
              AND s.state IN ('running', 'undoing')))
$$;

-- Begins every changing transaction. The holds are read in a second statement, with a snapshot taken
-- after the lock was had: read in the locking statement, a batch committed after pause had returned.
CREATE FUNCTION pgrollout.enter(p_migration bigint, p_worker int, p_epoch bigint, p_token uuid)
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_held text;
BEGIN
    PERFORM pgrollout.fence(p_migration, p_worker, p_epoch, p_token);
    v_held := pgrollout.held_by(p_migration);
    IF v_held IS NOT NULL THEN
        RAISE EXCEPTION 'held: %', v_held USING ERRCODE = 'PR002';
    END IF;
END
$$;

CREATE FUNCTION pgrollout.timeline() RETURNS int
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (
    -- pg_control_checkpoint() still names the old timeline right after a promotion
    SELECT ('x' || lpad(left(pg_walfile_name(pg_current_wal_lsn()), 8), 8, '0'))::bit(32)::int);
END
$$;

CREATE FUNCTION pgrollout.my_backend_start() RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_start timestamptz := (SELECT a.backend_start FROM pg_stat_activity a
                            WHERE a.pid = pg_backend_pid());
BEGIN
    IF v_start IS NULL THEN
        RAISE EXCEPTION 'role pgrollout_owner may not see sessions' USING ERRCODE = 'PR004',
            HINT = 'As an administrator: GRANT pg_read_all_stats, pg_signal_backend TO pgrollout_owner;';
    END IF;
    RETURN v_start;
END
$$;

-- Is this very backend (not another one with its pid) still there? Where its start may not be seen
-- (pg_read_all_stats was taken away) it counts as there.
CREATE FUNCTION pgrollout.backend_lives(p_pid int, p_start timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RETURN (SELECT EXISTS (SELECT FROM pg_stat_activity a
                   WHERE a.pid = p_pid AND coalesce(a.backend_start = p_start, true)));
END
$$;

-- Registers the calling connection of the engine. FOR SHARE on the lease: a takeover either sees this
-- session and ends it, or this call sees the takeover and is refused.
CREATE FUNCTION pgrollout.register_session(p_epoch bigint, p_token uuid, p_purpose text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM FROM pgrollout.lease l WHERE l.epoch = p_epoch AND l.token = p_token FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'superseded: another engine holds the lease' USING ERRCODE = 'PR001';
    END IF;
    DELETE FROM pgrollout.session s WHERE NOT pgrollout.backend_lives(s.backend_pid, s.backend_start);
    INSERT INTO pgrollout.session (backend_pid, backend_start, epoch, purpose)
    VALUES (pg_backend_pid(), pgrollout.my_backend_start(), p_epoch, p_purpose)
    ON CONFLICT (backend_pid, backend_start) DO UPDATE SET epoch = p_epoch, purpose = p_purpose;
END
$$;

CREATE FUNCTION pgrollout.journal_event(p_migration bigint, p_kind text, p_who text, p_text text,
                                        p_detail jsonb DEFAULT '{}')
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    INSERT INTO pgrollout.event (migration_id, kind, who, client_addr, os_user, text, detail)
    VALUES (p_migration, p_kind, p_who, inet_client_addr(),
            left(nullif(current_setting('pgrollout.os_user', true), ''), 200),
            left(p_text, 4000), p_detail)
$$;

-- Who has a table in an open transaction and does not wait for a lock itself, for people:
-- "pid 4711 (psql, idle in transaction)". A row locked in a subtransaction tells nobody's name.
CREATE FUNCTION pgrollout.open_transactions(p_table regclass) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT string_agg(DISTINCT format('pid %s (%s, %s)', a.pid, a.application_name, a.state), ', ')
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.relation = p_table AND l.mode IN ('RowShareLock', 'RowExclusiveLock') AND l.granted
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
      AND a.wait_event_type IS DISTINCT FROM 'Lock' AND l.pid <> pg_backend_pid()
$$;

-- Who a session is, for people; no text of its query: viewers read this.
CREATE FUNCTION pgrollout.session_text(p_pid int) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT coalesce((SELECT format('pid %s (%s, %s%s)', a.pid, coalesce(nullif(a.application_name, ''), a.usename,
                                a.backend_type), coalesce(a.state, 'working'),
                            coalesce(', transaction of ' || round(extract(epoch FROM clock_timestamp() - a.xact_start))
                                     || ' s', ''))
                     FROM pg_stat_activity a WHERE a.pid = p_pid), format('pid %s', p_pid))
$$;

-- Builds an index for a client that may be gone: the work of hours is not thrown away because another engine takes
-- over. It changes nothing else: what its client would send next begins with the fence.
CREATE FUNCTION pgrollout.builds_index(p_pid int) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.pid = p_pid)
$$;

-- Becomes the engine. The lease row stays locked from the first look to the stamp. Refused (PR004)
-- while another engine's lease is fresh and its backend lives; else every session of the old holder is
-- ended and awaited first, and lease and fences get a new epoch and a new token.
CREATE FUNCTION pgrollout.lease_claim(p_holder jsonb, p_ttl interval DEFAULT '15 seconds')
RETURNS TABLE (epoch bigint, token uuid, timeline int, failover boolean, superseded jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_lease pgrollout.lease;
    v_system text := (SELECT c.system_identifier::text FROM pg_control_system() c);
    v_timeline int := pgrollout.timeline();
    v_deadline timestamptz := clock_timestamp() + interval '10 seconds';
    v_left int;
    v_failover boolean;
BEGIN
    PERFORM set_config('synchronous_commit', 'on', true);
    SELECT * INTO v_lease FROM pgrollout.lease FOR UPDATE;
    IF v_lease.holder IS NOT NULL
       AND v_lease.renewed_at > clock_timestamp() - p_ttl
       AND v_lease.system_identifier = v_system AND v_lease.timeline = v_timeline
       AND pgrollout.backend_lives(v_lease.backend_pid, v_lease.backend_start)
       AND v_lease.backend_pid <> pg_backend_pid() THEN
        RAISE EXCEPTION 'an engine already runs: pid % on host %, epoch %',
            v_lease.holder ->> 'pid', v_lease.holder ->> 'host', v_lease.epoch
            USING ERRCODE = 'PR004',
                  HINT = 'It drives every migration of this database; look with: pgrollout status';
    END IF;
    LOOP
        SELECT count(pg_terminate_backend(s.backend_pid)) INTO v_left
        FROM pgrollout.session s
        WHERE s.backend_pid <> pg_backend_pid()
          AND pgrollout.backend_lives(s.backend_pid, s.backend_start)
          AND NOT pgrollout.builds_index(s.backend_pid);
        EXIT WHEN v_left = 0;
        IF clock_timestamp() > v_deadline THEN
            RAISE EXCEPTION 'the sessions of the engine before do not end' USING ERRCODE = 'PR004';
        END IF;
        PERFORM pg_sleep(0.01);
        PERFORM pg_stat_clear_snapshot();
    END LOOP;
    v_failover := v_lease.system_identifier IS NOT NULL
        AND (v_lease.system_identifier <> v_system OR v_lease.timeline <> v_timeline);
    DELETE FROM pgrollout.session s
    WHERE NOT (pgrollout.builds_index(s.backend_pid) AND pgrollout.backend_lives(s.backend_pid, s.backend_start));
    UPDATE pgrollout.lease l
    SET epoch = l.epoch + 1, token = gen_random_uuid(), holder = p_holder,
        backend_pid = pg_backend_pid(), backend_start = pgrollout.my_backend_start(),
        system_identifier = v_system, timeline = v_timeline, renewed_at = clock_timestamp()
    RETURNING l.epoch, l.token INTO epoch, token;
    BEGIN
        UPDATE pgrollout.fence f SET epoch = lease_claim.epoch, token = lease_claim.token;
    EXCEPTION WHEN lock_not_available THEN
        RAISE EXCEPTION 'the fence is locked by an open transaction: %',
            coalesce(pgrollout.open_transactions('pgrollout.fence'), 'it has just ended')
            USING ERRCODE = 'PR004',
                  HINT = 'A pause or an abort that has not been committed? Let it commit, or end it (SELECT pg_terminate_backend(PID)), then start again.';
    END;
    UPDATE pgrollout.heartbeat h SET epoch = lease_claim.epoch, at = clock_timestamp();
    INSERT INTO pgrollout.session (backend_pid, backend_start, epoch, purpose)
    VALUES (pg_backend_pid(), pgrollout.my_backend_start(), lease_claim.epoch, 'control');
    IF v_failover THEN
        -- the lost WAL may have held a pause
        INSERT INTO pgrollout.hold AS h (migration_id, kind, reason)
        SELECT m.id, 'operator', format('failover to timeline %s', v_timeline)
        FROM pgrollout.migration m WHERE m.state IN ('loaded', 'active', 'failed', 'aborting')
        -- one that was to bind only after a step binds now
        ON CONFLICT (migration_id, kind, key) DO UPDATE
            SET after_step = NULL, reason = left(EXCLUDED.reason || '; before: ' || h.reason, 1000);
        PERFORM pgrollout.journal_event(m.id, 'hold', 'engine',
            format('failover to timeline %s: held until a person resumes', v_timeline))
        FROM pgrollout.migration m WHERE m.state IN ('loaded', 'active', 'failed', 'aborting');
    END IF;
    PERFORM pgrollout.journal_event(NULL, 'engine', 'engine',
        format('engine started: pid %s on host %s, epoch %s', p_holder ->> 'pid',
               p_holder ->> 'host', lease_claim.epoch));
    timeline := v_timeline;
    failover := v_failover;
    superseded := v_lease.holder;
    RETURN NEXT;
END
$$;

-- Every 5 s. PR001 when somebody else has it.
CREATE FUNCTION pgrollout.lease_renew(p_epoch bigint, p_token uuid) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    UPDATE pgrollout.lease l SET renewed_at = clock_timestamp()
    WHERE l.epoch = p_epoch AND l.token = p_token;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'superseded: another engine holds the lease' USING ERRCODE = 'PR001';
    END IF;
    RETURN pgrollout.timeline();
END
$$;

-- Raises PR001 when somebody else has it. For what is not fenced because it changes nothing of a migration.
CREATE FUNCTION pgrollout.lease_check(p_epoch bigint, p_token uuid) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pgrollout.lease l WHERE l.epoch = p_epoch AND l.token = p_token) THEN
        RAISE EXCEPTION 'superseded: another engine holds the lease' USING ERRCODE = 'PR001';
    END IF;
END
$$;

CREATE FUNCTION pgrollout.lease_release(p_epoch bigint, p_token uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    UPDATE pgrollout.lease l SET holder = NULL, renewed_at = NULL
    WHERE l.epoch = p_epoch AND l.token = p_token;
    IF FOUND THEN
        PERFORM pgrollout.journal_event(NULL, 'engine', 'engine', 'engine stopped');
    END IF;
END
$$;

-- Every second; NULL: the lease is not ours any more. Else what heartbeat_at says of it.
CREATE FUNCTION pgrollout.heartbeat(p_epoch bigint) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    UPDATE pgrollout.heartbeat h SET at = clock_timestamp() WHERE h.epoch = p_epoch
    RETURNING (extract(epoch FROM h.at) * 1000000)::bigint
$$;

-- The last heartbeat, in microseconds since 1970: on a standby, the last one that it has replayed.
CREATE FUNCTION pgrollout.heartbeat_at() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT (extract(epoch FROM h.at) * 1000000)::bigint FROM pgrollout.heartbeat h
$$;

-- Why a change of the working set may be made: rows of the fence come and go only here, under row 0
-- and with no hold (the caller has entered).
CREATE FUNCTION pgrollout.fence_add(p_migration bigint, p_worker int, p_epoch bigint, p_token uuid)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    INSERT INTO pgrollout.fence (migration_id, worker, epoch, token)
    VALUES (p_migration, p_worker, p_epoch, p_token) ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION pgrollout.fence_drop_workers(p_migration bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    DELETE FROM pgrollout.fence f WHERE f.migration_id = p_migration AND f.worker > 0
$$;

-- Raised where a decision was taken before an abort, a failure or a skip that was recorded meanwhile:
-- who waits for a fence row may get it behind an abort that has left no hold. PR002, as for a hold:
-- look again.
CREATE FUNCTION pgrollout.direction_check(p_migration bigint, p_undo boolean, p_step text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_state text := (SELECT m.state FROM pgrollout.migration m WHERE m.id = p_migration);
    v_step text := (SELECT s.state FROM pgrollout.step s
                    WHERE s.migration_id = p_migration AND s.name = p_step);
BEGIN
    IF p_undo IS NULL THEN
        p_undo := coalesce(v_step = 'undoing', false); -- as the step stands
    END IF;
    IF p_undo AND v_state = 'aborting'
       OR NOT p_undo AND v_state IN ('loaded', 'active')
          AND coalesce(v_step, 'running') IN ('pending', 'running', 'waiting') THEN
        RETURN;
    END IF;
    RAISE EXCEPTION 'held: it is % now', concat_ws(', step ', v_state, p_step || ' ' || v_step)
        USING ERRCODE = 'PR002';
END
$$;

-- Committed before a statement that holds no fence; the session that will run it calls this.
CREATE FUNCTION pgrollout.intent_begin(p_migration bigint, p_step text, p_what text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM pgrollout.direction_check(p_migration, NULL, p_step);
    DELETE FROM pgrollout.intent i WHERE NOT pgrollout.backend_lives(i.backend_pid, i.backend_start);
    INSERT INTO pgrollout.intent (backend_pid, backend_start, migration_id, step, what)
    VALUES (pg_backend_pid(), pgrollout.my_backend_start(), p_migration, p_step, p_what)
    ON CONFLICT (backend_pid, backend_start)
    DO UPDATE SET migration_id = p_migration, step = p_step, what = p_what, since = clock_timestamp();
END
$$;

CREATE FUNCTION pgrollout.intent_end() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    DELETE FROM pgrollout.intent i WHERE i.backend_pid = pg_backend_pid()
$$;

-- What the steps that make and drop indexes and constraints leave in the catalog; part of shape_of.
CREATE FUNCTION pgrollout.ddl_shape_of(p_step pgrollout.step) RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE p_step.kind
        WHEN 'index' THEN (
            SELECT jsonb_build_object('index ' || (p_step.detail ->> 'object'),
                (SELECT CASE WHEN i.indisvalid THEN '' ELSE 'invalid, ' END
                        || CASE WHEN i.indisunique THEN 'unique ' ELSE '' END
                        || substr(pg_get_indexdef(i.indexrelid), 1 + strpos(pg_get_indexdef(i.indexrelid), ' USING '))
                 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                 WHERE i.indrelid = (p_step.detail ->> 'relid')::oid AND c.relname = p_step.detail ->> 'object')))
        WHEN 'constraint' THEN (
            SELECT jsonb_build_object('constraint ' || (p_step.detail ->> 'object'),
                (SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c
                 WHERE c.conrelid = (p_step.detail ->> 'relid')::oid AND c.conname = p_step.detail ->> 'object')))
        WHEN 'drop_not_null' THEN (
            SELECT jsonb_build_object('NOT NULL of column ' || (p_step.detail ->> 'column'),
                (SELECT CASE WHEN a.attnotnull THEN 'set' ELSE 'not set' END FROM pg_attribute a
                 WHERE a.attrelid = (p_step.detail ->> 'relid')::oid AND NOT a.attisdropped
                   AND a.attname = p_step.detail ->> 'column')))
        END
$$;

-- Does the later step change what the earlier one left? An index or a constraint goes with a column of it, and it
-- is not known here which these are.
CREATE FUNCTION pgrollout.takes_away(p_later pgrollout.step, p_earlier pgrollout.step) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT p_later.kind = 'drop_table'
        OR p_later.kind = 'brown_out' AND NOT p_later.detail ? 'column'
        OR p_earlier.kind = 'sync' AND p_later.kind IN ('drop_sync', 'drop_column', 'brown_out')
        OR p_earlier.kind IN ('index', 'constraint') AND (p_later.kind = 'drop_column'
            OR p_later.kind = 'brown_out' -- their text names it
            OR p_later.kind IN ('drop_index', 'drop_constraint')
               AND p_later.detail ->> 'object' = p_earlier.detail ->> 'object')
        OR p_earlier.kind IN ('add_column', 'not_null', 'drop_not_null')
            AND p_later.kind IN ('drop_column', 'brown_out', 'not_null', 'drop_not_null')
            AND (p_later.kind IN ('drop_column', 'brown_out') OR p_earlier.kind <> 'add_column')
            AND p_later.detail ->> 'column' = p_earlier.detail ->> 'column'
$$;

-- The triggers of a sync across tables, on both of them.
CREATE FUNCTION pgrollout.across_shape(p_detail jsonb) RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT jsonb_object_agg(format('trigger %s of table %s', t.tgname, c.relname),
               format('%s, %s, %s', CASE WHEN t.tgenabled IN ('O', 'A') THEN 'on' ELSE 'disabled' END,
                      pg_get_triggerdef(t.oid), md5(concat_ws(' ', p.prosrc, p.proconfig, p.prosecdef, p.proowner))))
    FROM pg_trigger t
    JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE t.tgname IN (p_detail ->> 'trigger', p_detail ->> 'trigger' || '_r', p_detail ->> 'trigger' || '_l')
      AND (c.oid = (p_detail ->> 'relid')::oid
           OR c.relname = p_detail ->> 'into_table' AND n.nspname = p_detail ->> 'into_schema')
$$;

-- Values of the one type may stand in a column of the other and come back the same.
CREATE FUNCTION pgrollout.types_agree(p_one pg_attribute, p_other pg_attribute) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT p_one.atttypid = p_other.atttypid AND p_one.atttypmod = p_other.atttypmod
        OR p_one.atttypid = ANY ('{int2,int4,int8}'::regtype[]) AND p_other.atttypid = ANY ('{int2,int4,int8}'::regtype[])
        OR p_one.atttypid = ANY ('{text,varchar}'::regtype[]) AND p_other.atttypid = ANY ('{text,varchar}'::regtype[])
$$;

-- Has the table a unique index over exactly these columns that an ON CONFLICT may name?
CREATE FUNCTION pgrollout.unique_over(p_relid oid, p_columns text[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM pg_index i
        WHERE i.indrelid = p_relid AND i.indisunique AND i.indisvalid AND i.indimmediate
          AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnkeyatts = cardinality(p_columns)
          AND (SELECT bool_and(a.attname = ANY (p_columns))
               FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, n)
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
               WHERE k.n <= i.indnkeyatts))
$$;

-- Why rows of the table cannot be kept in step with, or filled into, the other one; NULL when they can.
-- {relid, into_schema, into_table, into_key: {new: old}, into_columns: {new: old}, into_filled: [new],
--  rows_both, synced}
CREATE FUNCTION pgrollout.across_of(p_detail jsonb) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    WITH there AS (
        SELECT o.oid AS old_oid, o.relname AS old_name, o.relowner AS old_owner, o.relkind AS old_kind, c.oid AS new_oid, c.relkind,
               c.relrowsecurity, c.relowner, c.relispartition, p_detail ->> 'into_table' AS new_name,
               coalesce((p_detail ->> 'synced')::boolean, false) AS synced,
               coalesce((p_detail ->> 'rows_both')::boolean, false) AS rows_both
        FROM pg_class o
        LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace)
            ON c.relname = p_detail ->> 'into_table' AND n.nspname = p_detail ->> 'into_schema'
               AND c.relkind NOT IN ('i', 'I', 'S', 't', 'c')
        WHERE o.oid = (p_detail ->> 'relid')::oid
    ), pairs AS (
        SELECT w.is_key, w.n AS new_column, w.o AS old_column, a AS new_attribute, b AS old_attribute, t.*
        FROM there t
        CROSS JOIN LATERAL (SELECT true AS is_key, k.key AS n, k.value AS o FROM jsonb_each_text(p_detail -> 'into_key') k
                            UNION ALL SELECT false, c.key, c.value FROM jsonb_each_text(p_detail -> 'into_columns') c) w
        LEFT JOIN pg_attribute a ON a.attrelid = t.new_oid AND a.attname = w.n AND NOT a.attisdropped
        LEFT JOIN pg_attribute b ON b.attrelid = t.old_oid AND b.attname = w.o AND NOT b.attisdropped
        WHERE t.relkind = 'r'
    ), filled AS (
        SELECT f.name, a AS attribute, t.new_name FROM there t
        CROSS JOIN LATERAL jsonb_array_elements_text(p_detail -> 'into_filled') f (name)
        LEFT JOIN pg_attribute a ON a.attrelid = t.new_oid AND a.attname = f.name AND NOT a.attisdropped
        WHERE t.relkind = 'r'
    ), wrong (text) AS (
        -- a row that moves to another partition is a DELETE and an INSERT to the triggers of its rows
        SELECT format('"%s" is partitioned: only a plain table is kept in step with another', t.old_name)
        FROM there t WHERE t.old_kind <> 'r'
        UNION ALL
        SELECT CASE WHEN t.new_oid IS NULL THEN format('table "%s" is not there', t.new_name)
                    WHEN t.relkind <> 'r' THEN format('"%s" is no plain table', t.new_name)
                    WHEN t.relispartition THEN format('"%s" is a partition', t.new_name)
                    WHEN t.relrowsecurity
                    THEN format('table "%s" has row level security: rows that are not seen would be taken for missing',
                                t.new_name)
                    WHEN t.relowner <> t.old_owner
                    THEN format('"%s" and "%s" have two owners: give them to one, as which the triggers act',
                                t.old_name, t.new_name) END
        FROM there t
        UNION ALL
        SELECT format('column "%s" of table "%s" does not exist', f.name, f.new_name) FROM filled f
        WHERE f.attribute IS NULL
        UNION ALL
        SELECT format('column "%s" of table "%s" does not exist', p.old_column, p.old_name) FROM pairs p
        WHERE p.old_attribute IS NULL
        UNION ALL
        SELECT format('nothing can be written to column "%s" of table "%s": it is generated', f.name, f.new_name)
        FROM filled f WHERE (f.attribute).attgenerated <> '' OR (f.attribute).attidentity = 'a'
        UNION ALL
        SELECT format('nothing can be written to column "%s" of table "%s": it is generated', p.old_column, p.old_name)
        FROM pairs p WHERE p.synced AND ((p.old_attribute).attgenerated <> '' OR p.rows_both
                                         AND (p.old_attribute).attidentity = 'a')
        UNION ALL
        SELECT format('"%s" of "%s" is %s and "%s" of "%s" is %s: values would not come back the same',
                   p.old_column, p.old_name, format_type((p.old_attribute).atttypid, (p.old_attribute).atttypmod),
                   p.new_column, p.new_name, format_type((p.new_attribute).atttypid, (p.new_attribute).atttypmod))
        FROM pairs p WHERE NOT pgrollout.types_agree(p.old_attribute, p.new_attribute)
        UNION ALL
        SELECT format('key columns "%s" and "%s" are sorted by different collations', p.old_column, p.new_column)
        FROM pairs p WHERE p.is_key AND (p.old_attribute).attcollation <> (p.new_attribute).attcollation
        UNION ALL
        SELECT format('"%s" of "%s" has a type without an equality: %s', p.old_column, p.old_name,
                      format_type((p.old_attribute).atttypid, NULL))
        FROM pairs p WHERE p.synced AND (p.old_attribute).atttypid = ANY ('{json,xml,point}'::regtype[])
        UNION ALL
        SELECT format('column "%s" of "%s" is NOT NULL, and "%s" of "%s" is not: what a release writes there would be refused',
                   p.new_column, p.new_name, p.old_column, p.old_name)
        FROM pairs p WHERE p.synced AND (p.new_attribute).attnotnull AND NOT (p.old_attribute).attnotnull
        UNION ALL
        SELECT format('column "%s" of "%s" is NOT NULL without a default, and nothing fills it', a.attname, t.new_name)
        FROM there t JOIN pg_attribute a ON a.attrelid = t.new_oid
        WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
          AND a.attname NOT IN (SELECT f.name FROM filled f) AND t.relkind = 'r'
        UNION ALL
        SELECT format('column "%s" of "%s" is NOT NULL without a default: a new row of "%s" could not make an old one',
                      a.attname, t.old_name, t.new_name)
        FROM there t JOIN pg_attribute a ON a.attrelid = t.old_oid
        WHERE t.rows_both AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef
          AND a.attidentity = '' AND a.attname NOT IN (SELECT p.old_column FROM pairs p)
        UNION ALL
        SELECT format('table "%s" has no unique index over exactly (%s)', t.new_name,
                      (SELECT string_agg(k, ', ') FROM jsonb_object_keys(p_detail -> 'into_key') k))
        FROM there t
        WHERE t.relkind = 'r'
          AND NOT pgrollout.unique_over(t.new_oid, ARRAY(SELECT jsonb_object_keys(p_detail -> 'into_key')))
        UNION ALL
        SELECT format('table "%s" has no unique index over exactly (%s)', t.old_name,
                      (SELECT string_agg(k.value, ', ') FROM jsonb_each_text(p_detail -> 'into_key') k))
        FROM there t
        WHERE NOT pgrollout.unique_over(t.old_oid, ARRAY(SELECT k.value FROM jsonb_each_text(p_detail -> 'into_key') k))
        UNION ALL
        -- its check comes before the sync trigger has deleted the new row
        SELECT format('foreign key %s of "%s" would refuse a DELETE from "%s" by a release that does not know "%s": '
                      'make it ON DELETE CASCADE', f.conname, t.new_name, t.old_name, t.new_name)
        FROM there t JOIN pg_constraint f ON f.conrelid = t.new_oid AND f.confrelid = t.old_oid
        WHERE f.contype = 'f' AND f.confdeltype <> 'c' AND t.synced)
    SELECT string_agg(w.text, '; ' ORDER BY w.text) FROM wrong w
$$;
