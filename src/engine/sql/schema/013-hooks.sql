-- Control schema, version 13: what the engine runs programs of its machine for (man pgrollout-hooks), and what it
-- writes into files.

-- Of each event a row, until its hook has ended or no engine wants one. It is written in the transaction of the change
-- itself, and found by being there: the journal's numbers would not do, since they become visible out of order.
CREATE TABLE pgrollout.hook (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    event text NOT NULL
        CHECK (event IN ('load', 'phase', 'hold', 'resume', 'failure', 'quarantine', 'done')),
    subject text NOT NULL, -- of the same event and subject only the newest waits
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    times int NOT NULL DEFAULT 1, -- how many it stands for
    facts jsonb NOT NULL,
    attempts int NOT NULL DEFAULT 0 -- how often an engine has begun it
);
CREATE INDEX hook_turn ON pgrollout.hook (migration_id, id);

-- The row of the same event that still waits gives way, so that a hold that comes and goes behind a slow hook piles
-- nothing up. Never waits for a lock: transitions and pauses write these.
CREATE FUNCTION pgrollout.hook_add(p_migration bigint, p_event text, p_subject text, p_facts jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_times int;
BEGIN
    WITH same AS (
        DELETE FROM pgrollout.hook h WHERE h.id IN (
            SELECT x.id FROM pgrollout.hook x
            WHERE x.migration_id = p_migration AND x.event = p_event AND x.subject = p_subject AND x.attempts = 0
            FOR UPDATE SKIP LOCKED)
        RETURNING h.times)
    SELECT coalesce(sum(s.times), 0) + 1 INTO v_times FROM same s;
    INSERT INTO pgrollout.hook (migration_id, event, subject, times, facts)
    SELECT p_migration, p_event, p_subject, v_times,
           jsonb_strip_nulls(jsonb_build_object('who', session_user, 'state', m.state, 'phase', m.phase) || p_facts)
    FROM pgrollout.migration m WHERE m.id = p_migration;
END
$$;

CREATE FUNCTION pgrollout.hook_of_hold() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_hold pgrollout.hold := CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END;
    v_facts jsonb := jsonb_build_object('hold', v_hold.kind, 'key', nullif(v_hold.key, ''), 'reason', v_hold.reason);
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM pgrollout.hook_add(v_hold.migration_id, 'hold', v_hold.kind || ' ' || v_hold.key, v_facts);
    ELSIF v_hold.kind <> 'boundary' -- the phase behind it tells that
          AND EXISTS (SELECT FROM pgrollout.migration m WHERE m.id = v_hold.migration_id
                      AND m.state NOT IN ('done', 'aborted')) THEN
        PERFORM pgrollout.hook_add(v_hold.migration_id, 'resume', v_hold.kind || ' ' || v_hold.key,
            v_facts || jsonb_build_object('holds', pgrollout.held_by(v_hold.migration_id)));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER hook_of_hold AFTER INSERT OR DELETE ON pgrollout.hold
    FOR EACH ROW EXECUTE FUNCTION pgrollout.hook_of_hold();

CREATE FUNCTION pgrollout.hook_of_phase() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM pgrollout.hook_add(NEW.migration_id, 'phase', NEW.name || ' ' || NEW.state,
        jsonb_build_object('phase', NEW.name,
                           'what', CASE NEW.state WHEN 'running' THEN 'begins' ELSE NEW.state END));
    RETURN NULL;
END
$$;
CREATE TRIGGER hook_of_phase AFTER UPDATE OF state ON pgrollout.phase
    FOR EACH ROW WHEN (NEW.state <> OLD.state AND NEW.state IN ('running', 'done', 'undone'))
    EXECUTE FUNCTION pgrollout.hook_of_phase();

CREATE FUNCTION pgrollout.hook_of_migration() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_event text := CASE NEW.state WHEN 'loaded' THEN 'load' WHEN 'failed' THEN 'failure' ELSE 'done' END;
    v_step pgrollout.step;
BEGIN
    IF v_event = 'failure' THEN
        SELECT * INTO v_step FROM pgrollout.step s
        WHERE s.migration_id = NEW.id AND s.state = 'failed' ORDER BY s.finished DESC NULLS LAST LIMIT 1;
    END IF;
    PERFORM pgrollout.hook_add(NEW.id, v_event, v_event,
        jsonb_build_object('step', v_step.name, 'sqlstate', v_step.sqlstate, 'reason', v_step.error));
    RETURN NULL;
END
$$;
CREATE TRIGGER hook_of_load AFTER INSERT ON pgrollout.migration
    FOR EACH ROW EXECUTE FUNCTION pgrollout.hook_of_migration();
CREATE TRIGGER hook_of_end AFTER UPDATE OF state ON pgrollout.migration
    FOR EACH ROW WHEN (NEW.state <> OLD.state AND NEW.state IN ('failed', 'done', 'aborted'))
    EXECUTE FUNCTION pgrollout.hook_of_migration();

CREATE FUNCTION pgrollout.hook_of_quarantine() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM pgrollout.hook_add(NEW.migration_id, 'quarantine', NEW.step,
        jsonb_build_object('step', NEW.step, 'sqlstate', NEW.sqlstate, 'reason', NEW.message,
                           'rows', pgrollout.unfilled(NEW.migration_id, NEW.step)));
    RETURN NULL;
END
$$;
CREATE TRIGGER hook_of_quarantine AFTER INSERT OR UPDATE OF attempts ON pgrollout.quarantine
    FOR EACH ROW WHEN (NEW.state = 'open') EXECUTE FUNCTION pgrollout.hook_of_quarantine();

-- What every hook is told of its migration.
CREATE FUNCTION pgrollout.hook_migration(p_migration bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT jsonb_build_object('database', current_database(), 'migration', m.name, 'title', m.title,
        'owner', m.owner, 'contact', m.contact, 'ticket', m.ticket, 'state', m.state, 'phase', m.phase,
        'plan_sha256', m.plan_sha256)
    FROM pgrollout.migration m WHERE m.id = p_migration
$$;

-- Each migration's next one, oldest first: {id, migration_id, attempts, facts}. Those of events that the engine has no
-- program for go. NULL facts of the plan stay out.
CREATE FUNCTION pgrollout.hooks_due(p_epoch bigint, p_token uuid, p_events text[]) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
BEGIN
    PERFORM pgrollout.lease_check(p_epoch, p_token);
    IF EXISTS (SELECT FROM pgrollout.hook h WHERE NOT h.event = ANY (p_events)) THEN
        DELETE FROM pgrollout.hook h WHERE h.id IN (
            SELECT x.id FROM pgrollout.hook x WHERE NOT x.event = ANY (p_events) FOR UPDATE SKIP LOCKED);
    END IF;
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('id', h.id, 'migration_id', h.migration_id,
                'attempts', h.attempts, 'facts', jsonb_strip_nulls(pgrollout.hook_migration(h.migration_id) || h.facts
                    || jsonb_build_object('event', h.event, 'id', h.id, 'times', h.times,
                        'at', to_char(h.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))) ORDER BY h.id), '[]')
            FROM (SELECT DISTINCT ON (x.migration_id) x.* FROM pgrollout.hook x
                  ORDER BY x.migration_id, x.id) h);
END
$$;

-- Counted before the program is started: 1 at the first time, NULL where it is gone or locked.
CREATE FUNCTION pgrollout.hook_begin(p_epoch bigint, p_token uuid, p_id bigint) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_attempts int;
BEGIN
    PERFORM pgrollout.lease_check(p_epoch, p_token);
    UPDATE pgrollout.hook h SET attempts = h.attempts + 1
    WHERE h.id IN (SELECT x.id FROM pgrollout.hook x WHERE x.id = p_id FOR UPDATE SKIP LOCKED)
    RETURNING h.attempts INTO v_attempts;
    RETURN v_attempts;
END
$$;

-- It has ended, or will never be run: true where this is what ended it, false where it is gone, NULL where it is locked
-- (its migration is being forgotten): nothing here waits.
CREATE FUNCTION pgrollout.hook_end(p_epoch bigint, p_token uuid, p_id bigint, p_text text, p_output text)
RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration bigint;
BEGIN
    PERFORM pgrollout.lease_check(p_epoch, p_token);
    DELETE FROM pgrollout.hook h
    WHERE h.id IN (SELECT x.id FROM pgrollout.hook x WHERE x.id = p_id FOR UPDATE SKIP LOCKED)
    RETURNING h.migration_id INTO v_migration;
    IF v_migration IS NOT NULL THEN
        PERFORM pgrollout.journal_event(v_migration, 'hook', 'hook', p_text, jsonb_build_object('output', p_output));
        RETURN true;
    END IF;
    RETURN CASE WHEN EXISTS (SELECT FROM pgrollout.hook h WHERE h.id = p_id) THEN NULL ELSE false END;
END
$$;

-- The before-contract hook has nothing against it. Counts for this confirmation of contract only.
CREATE FUNCTION pgrollout.contract_agreed(p_migration bigint, p_text text, p_output text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM pgrollout.direction_check(p_migration, false);
    UPDATE pgrollout.phase p SET agreed_at = clock_timestamp()
    WHERE p.migration_id = p_migration AND p.name = 'contract' AND p.state = 'running';
    PERFORM pgrollout.journal_event(p_migration, 'hook', 'hook', p_text, jsonb_build_object('output', p_output));
    PERFORM pgrollout.wake(p_migration);
END
$$;

-- Contract waits for the answer of the before-contract hook: what it is told.
CREATE FUNCTION pgrollout.contract_asks(p_migration bigint, p_text text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM pgrollout.journal_event(p_migration, 'hook', 'hook', p_text);
    RETURN (SELECT jsonb_strip_nulls(pgrollout.hook_migration(p_migration)
        || jsonb_build_object('event', 'before-contract', 'who', p.passed_by,
            'at', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
        FROM pgrollout.phase p WHERE p.migration_id = p_migration AND p.name = 'contract');
END
$$;

-- Under fence: it refuses, or could not be asked. A person must ask for contract again.
CREATE FUNCTION pgrollout.contract_refused(p_migration bigint, p_text text, p_output text, p_why text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    PERFORM pgrollout.journal_event(p_migration, 'hook', 'hook', p_text, jsonb_build_object('output', p_output));
    PERFORM pgrollout.boundary_restore(p_migration, 'contract', p_why);
END
$$;

-- The journal of all migrations from a number on, and single numbers that were not visible before it.
CREATE FUNCTION pgrollout.events_after(p_after bigint, p_missing bigint[], p_limit int)
RETURNS TABLE (id bigint, at text, migration text, kind text, who text, os_user text, client inet, event text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), m.name, e.kind, e.who, e.os_user,
           e.client_addr, e.text
    FROM (SELECT * FROM pgrollout.event x WHERE x.id = ANY (p_missing)
          UNION ALL
          (SELECT * FROM pgrollout.event x WHERE x.id > p_after ORDER BY x.id LIMIT p_limit)) e
    LEFT JOIN pgrollout.migration m ON m.id = e.migration_id ORDER BY e.id
$$;

-- Where a file of events goes on that ends with this one: there, when it is of this journal (the event itself, or a
-- younger one where its migration was forgotten); else with the start of the engine.
CREATE FUNCTION pgrollout.events_place(p_id bigint, p_at text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE WHEN p_id > 0 AND coalesce(
            (SELECT to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') = p_at
             FROM pgrollout.event e WHERE e.id = p_id),
            (SELECT max(e.id) FROM pgrollout.event e) > p_id)
        THEN p_id
        ELSE coalesce((SELECT max(e.id) - 1 FROM pgrollout.event e
                       WHERE e.migration_id IS NULL AND e.kind = 'engine' AND starts_with(e.text, 'engine started')), 0)
        END
$$;

-- What the metrics file has of the migrations that live, or ended within the last hour.
CREATE FUNCTION pgrollout.metrics_state() RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
BEGIN
    RETURN (SELECT jsonb_build_object('migrations', coalesce(jsonb_agg(jsonb_build_object(
        'name', m.name, 'state', m.state, 'phase', m.phase, 'progress', pgrollout.progress_of(m.id),
        'quarantined', pgrollout.unfilled(m.id),
        'guards', CASE WHEN m.state IN ('done', 'aborted') THEN '[]' ELSE pgrollout.guards_of(m.id) END,
        'holds', (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', h.kind, 'key', h.key,
                      'since', extract(epoch FROM h.since))), '[]')
                  FROM pgrollout.hold h WHERE h.migration_id = m.id)) ORDER BY m.id), '[]'))
        -- of the same name only the last
        FROM (SELECT DISTINCT ON (x.name) x.* FROM pgrollout.migration x
              WHERE x.state NOT IN ('done', 'aborted') OR x.finished_at > clock_timestamp() - interval '1 hour'
              ORDER BY x.name, x.id DESC) m);
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pgrollout FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgrollout.hooks_due(bigint, uuid, text[]), pgrollout.hook_begin(bigint, uuid, bigint),
    pgrollout.hook_end(bigint, uuid, bigint, text, text), pgrollout.hook_migration(bigint),
    pgrollout.contract_agreed(bigint, text, text), pgrollout.contract_asks(bigint, text),
    pgrollout.contract_refused(bigint, text, text, text), pgrollout.events_after(bigint, bigint[], int),
    pgrollout.events_place(bigint, text), pgrollout.metrics_state() TO pgrollout_engine;
