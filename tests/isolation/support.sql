-- What the isolation specs call: one migration "m" in the middle of its backfill, and sessions that act
-- as engines with the lease's epoch and token, or with those that they once had.
CREATE ROLE iso LOGIN;
GRANT pgrollout_approver, pgrollout_engine TO iso;
CREATE SCHEMA iso;
GRANT USAGE ON SCHEMA iso TO iso;
GRANT SELECT, UPDATE ON public.users TO iso;
CREATE TABLE iso.plan (plan jsonb PRIMARY KEY);
INSERT INTO iso.plan VALUES (:'plan');

CREATE PROCEDURE iso.reset() LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    DELETE FROM pgrollout.migration;
    DELETE FROM pgrollout.session;
    UPDATE pgrollout.everything SET paused_by = NULL, paused_at = NULL, reason = NULL;
    UPDATE pgrollout.lease SET epoch = 1, token = '11111111-1111-1111-1111-111111111111',
        holder = NULL, backend_pid = NULL, backend_start = NULL, renewed_at = NULL;
    PERFORM pgrollout.load(plan) FROM iso.plan;
    UPDATE pgrollout.migration SET state = 'active', phase = 'backfill';
    UPDATE pgrollout.phase SET state = CASE name WHEN 'contract' THEN 'pending'
        WHEN 'backfill' THEN 'running' ELSE 'done' END;
    UPDATE pgrollout.step SET state = CASE name WHEN 'drop' THEN 'pending'
        WHEN 'copy' THEN 'running' ELSE 'done' END;
    DELETE FROM pgrollout.hold;
    TRUNCATE public.users;
    INSERT INTO public.users (id, name) SELECT i, 'name ' || i FROM generate_series(1, 30) i;
END
$$;

CREATE FUNCTION iso.id() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS
    $$ SELECT id FROM pgrollout.migration WHERE name = 'm' $$;
CREATE FUNCTION iso.epoch() RETURNS bigint LANGUAGE sql AS
    $$ SELECT coalesce(nullif(current_setting('iso.epoch', true), ''), '1')::bigint $$;
CREATE FUNCTION iso.token() RETURNS uuid LANGUAGE sql AS
    $$ SELECT coalesce(nullif(current_setting('iso.token', true), ''),
                       '11111111-1111-1111-1111-111111111111')::uuid $$;

CREATE PROCEDURE iso.register() LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pgrollout.register_session(iso.epoch(), iso.token(), 'work');
END
$$;

-- Remembers what it got, as an engine does.
CREATE FUNCTION iso.claim(ttl interval DEFAULT '15 s') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_lease record;
BEGIN
    SELECT * INTO v_lease FROM pgrollout.lease_claim('{"pid": 1, "host": "h"}', ttl);
    PERFORM set_config('iso.epoch', v_lease.epoch::text, false),
            set_config('iso.token', v_lease.token::text, false);
    RETURN format('epoch %s', v_lease.epoch);
END
$$;

CREATE PROCEDURE iso.age_lease() LANGUAGE sql SECURITY DEFINER AS
    $$ UPDATE pgrollout.lease SET renewed_at = renewed_at - interval '1 minute' $$;

CREATE FUNCTION iso.enter(worker int) RETURNS void LANGUAGE sql AS
    $$ SELECT pgrollout.enter(iso.id(), worker, iso.epoch(), iso.token()) $$;
CREATE FUNCTION iso.add_worker(worker int) RETURNS void LANGUAGE sql AS
    $$ SELECT pgrollout.fence_add(iso.id(), worker, iso.epoch(), iso.token()) $$;

-- Deliberately wrong: the holds read in the locking statement, with the snapshot from before the wait.
CREATE FUNCTION iso.enter_one_statement(p_worker int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM FROM pgrollout.fence f
    WHERE f.migration_id = iso.id() AND f.worker = p_worker
      AND f.epoch = iso.epoch() AND f.token = iso.token()
      AND NOT EXISTS (SELECT FROM pgrollout.hold h WHERE h.migration_id = f.migration_id)
    FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'held or superseded';
    END IF;
END
$$;

-- Deliberately wrong: the fence is looked at, not locked.
CREATE FUNCTION iso.enter_unlocked(p_worker int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM FROM pgrollout.fence f
    WHERE f.migration_id = iso.id() AND f.worker = p_worker
      AND f.epoch = iso.epoch() AND f.token = iso.token();
    IF NOT FOUND OR EXISTS (SELECT FROM pgrollout.hold h WHERE h.migration_id = iso.id()) THEN
        RAISE EXCEPTION 'held or superseded';
    END IF;
END
$$;

-- A batch of n keys behind the last position, as the engine's: keys, change and position at once.
CREATE FUNCTION iso.batch(p_worker int, n int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    v_last record;
    v_seq bigint;
BEGIN
    SELECT * INTO v_last FROM pgrollout.position_last(iso.id(), 'copy', p_worker);
    WITH keys AS (
        SELECT id FROM public.users WHERE id > coalesce(v_last.key[1]::bigint, 0) ORDER BY id LIMIT n),
    bound AS (SELECT max(id) AS hi, count(*)::int AS n FROM keys),
    changed AS (
        UPDATE public.users u SET full_name = name FROM bound b
        WHERE u.id > coalesce(v_last.key[1]::bigint, 0) AND u.id <= b.hi AND u.full_name IS NULL
        RETURNING u.id)
    SELECT pgrollout.position_append(iso.id(), 'copy', p_worker, coalesce(v_last.seq, 0) + 1, v_last.key,
        ARRAY[b.hi::text], b.n, (SELECT count(*)::int FROM changed), coalesce(v_last.rows_done, 0),
        coalesce(v_last.rows_changed, 0), iso.epoch())
    INTO v_seq FROM bound b WHERE b.hi IS NOT NULL;
    RETURN v_seq;
END
$$;

CREATE FUNCTION iso.fence_epoch(name text DEFAULT 'm') RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT format('fence %s, lease %s, same token %s', f.epoch, l.epoch, f.token = l.token)
    FROM pgrollout.fence f JOIN pgrollout.migration m ON m.id = f.migration_id, pgrollout.lease l
    WHERE m.name = fence_epoch.name AND f.worker = 0
$$;
CREATE PROCEDURE iso.other_token() LANGUAGE sql SECURITY DEFINER AS
    $$ UPDATE pgrollout.fence SET token = '22222222-2222-2222-2222-222222222222' $$;
CREATE PROCEDURE iso.lock_fence() LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM FROM pgrollout.fence FOR UPDATE;
END
$$;
-- An abort to the end of expand that has nothing left to undo.
CREATE PROCEDURE iso.aborted_to_expand() LANGUAGE sql SECURITY DEFINER AS $$
    UPDATE pgrollout.migration SET state = 'aborting', abort_to = 'expand';
    UPDATE pgrollout.step SET state = 'undone' WHERE name IN ('gate', 'copy');
    UPDATE pgrollout.phase SET state = 'undone' WHERE name IN ('deploy', 'backfill');
$$;

CREATE FUNCTION iso.stable(text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT regexp_replace($1, 'pid [0-9]+', 'pid N', 'g') $$;
CREATE FUNCTION iso.pause(name text DEFAULT 'm') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT iso.stable(format('%s: %s', r.ok, r.receipt)) FROM pgrollout.pause(name) r);
EXCEPTION WHEN SQLSTATE 'PR004' THEN
    RETURN iso.stable('refused: ' || SQLERRM);
END
$$;
CREATE FUNCTION iso.pause_all() RETURNS SETOF text LANGUAGE sql AS
    $$ SELECT iso.stable(format('%s %s: %s', r.migration, r.ok, r.receipt)) FROM pgrollout.pause_all() r $$;
CREATE FUNCTION iso.abort(target text) RETURNS text LANGUAGE sql AS
    $$ SELECT iso.stable(format('%s: %s', r.ok, r.receipt)) FROM pgrollout.abort('m', target) r $$;
CREATE FUNCTION iso.load(name text) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS
    $$ SELECT (pgrollout.load(plan || jsonb_build_object('name', name))).ok FROM iso.plan $$;

-- What is durable, as everybody sees it.
CREATE FUNCTION iso.look() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT format('%s rows changed, %s twice; positions %s; %s; held by %s',
        count(*) FILTER (WHERE u.hits > 0), count(*) FILTER (WHERE u.hits > 1),
        (SELECT count(*) FROM pgrollout.position),
        (SELECT m.state FROM pgrollout.migration m WHERE m.name = 'm'),
        coalesce((SELECT string_agg(m.name || ' ' || h.kind, ', ' ORDER BY m.name, h.kind)
                  FROM pgrollout.hold h JOIN pgrollout.migration m ON m.id = h.migration_id), 'nobody'))
    FROM public.users u
$$;
CREATE FUNCTION iso.sessions() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT format('%s engine session lives, of epoch %s', count(*), max(s.epoch))
    FROM pgrollout.session s WHERE pgrollout.backend_lives(s.backend_pid, s.backend_start)
$$;
