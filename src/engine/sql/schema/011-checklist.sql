-- Control schema, version 11: the two checklists of a rollout, kept with the migration. Evidence first: what these
-- tables and the catalog show decides; where they cannot, a named person does. What evidence contradicts is never
-- ticked, whoever has confirmed it.

-- One standing answer an item; all that was ever said is in the journal.
CREATE TABLE pgrollout.checklist_answer (
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    item text NOT NULL,
    answered_by text NOT NULL DEFAULT session_user,
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    note text NOT NULL,
    PRIMARY KEY (migration_id, item)
);

-- The last rehearsal of the very plan that is loaded, as somebody has handed it in.
CREATE TABLE pgrollout.rehearsal (
    migration_id bigint PRIMARY KEY REFERENCES pgrollout.migration ON DELETE CASCADE,
    passed boolean NOT NULL,
    states int NOT NULL,
    trials int NOT NULL,
    failures text, -- the first of them
    handed_in_by text NOT NULL DEFAULT session_user,
    handed_in_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION pgrollout.checklist_items() RETURNS TABLE (list text, n int, item text, words text, phase text)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    VALUES ('before shipping', 1, 'compatible', 'the change is backward-compatible', NULL),
           ('before shipping', 2, 'users', 'all readers and writers are known, jobs and secondary services too', NULL),
           ('before shipping', 3, 'phases', 'expansion, compatibility, backfill, read switch and contraction are planned separately', NULL),
           ('before shipping', 4, 'pause', 'how to pause safely if metrics worsen is decided', NULL),
           ('before shipping', 5, 'mixed-state', 'mixed-state data is tested, not just the final state', NULL),
           ('during rollout', 1, 'expand', 'the schema is expanded first', 'expand'),
           ('during rollout', 2, 'deploy', 'compatibility code is deployed', 'deploy'),
           ('during rollout', 3, 'backfill', 'history is backfilled gradually', 'backfill'),
           ('during rollout', 4, 'switch-reads', 'reads are switched with monitoring', 'switch_reads'),
           ('during rollout', 5, 'stop-old-writes', 'old writes are stopped', 'stop_old_writes'),
           ('during rollout', 6, 'contract', 'contract comes only after stability is proven', 'contract')
$$;

-- A glob of the plan as a regular expression.
CREATE FUNCTION pgrollout.glob_regex(p_glob text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT '^' || replace(replace(regexp_replace(p_glob, '([.\\+(){}|^$])', '\\\1', 'g'), '*', '.*'), '?', '.') || '$'
$$;

-- A session that holds a lock on one of the plan's tables and is none of the applications that the plan names;
-- NULL: none now, or an application without a pattern might be it.
CREATE FUNCTION pgrollout.stranger_of(p_migration pgrollout.migration) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT format('%s works on %s now and is none of them', pgrollout.session_text(a.pid), l.relation::regclass)
    FROM pg_locks l
    JOIN pg_stat_activity a ON a.pid = l.pid AND a.backend_type = 'client backend'
    WHERE l.relation = ANY (p_migration.tables::oid[]) AND l.granted AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
      AND a.application_name NOT LIKE 'pgrollout%'
      AND NOT EXISTS (SELECT FROM jsonb_array_elements(p_migration.facts -> 'applications') x (app)
                      WHERE app ->> 'sessions' IS NULL AND app ->> 'slot' IS NULL
                         OR a.application_name ~ pgrollout.glob_regex(app ->> 'sessions'))
    ORDER BY l.pid LIMIT 1
$$;

-- Steps of evidence or gates that were skipped, by whom and why; NULL: none.
CREATE FUNCTION pgrollout.skipped_text(p_migration bigint, p_phase text, p_kinds text[]) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT string_agg(format('%s was skipped%s', s.name, coalesce(format(' by %s: %s', e.who, e.why), '')), '; ' ORDER BY s.ord)
    FROM pgrollout.step s
    LEFT JOIN LATERAL (SELECT x.who, substr(x.text, length(format('skip %s: ', s.name)) + 1) AS why
                       FROM pgrollout.event x
                       WHERE x.migration_id = s.migration_id AND x.kind = 'command'
                         AND starts_with(x.text, format('skip %s: ', s.name))
                       ORDER BY x.id DESC LIMIT 1) e ON true
    WHERE s.migration_id = p_migration AND s.state = 'skipped' AND s.kind = ANY (p_kinds)
      AND (p_phase IS NULL OR s.phase = p_phase)
$$;

-- Who has answered the gates of a phase, and what steps that waited for evidence have found; NULL: nothing yet.
CREATE FUNCTION pgrollout.proofs_text(p_migration bigint, p_phase text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT nullif(concat_ws('; ',
        (SELECT string_agg(format('%s%s: %s at %s%s', a.step, coalesce(' for ' || nullif(a.application, ''), ''), a.answered_by,
                    to_char(a.answered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), coalesce(' ("' || a.note || '")', '')),
                '; ' ORDER BY s.ord, a.answered_at)
         FROM pgrollout.answer a JOIN pgrollout.step s ON s.migration_id = a.migration_id AND s.name = a.step
         WHERE a.migration_id = p_migration AND s.phase = p_phase AND NOT a.reverse),
        (SELECT string_agg(format('%s: %s', s.name, coalesce(s.detail #>> '{evidence,reread_text}', s.detail #>> '{evidence,text}')),
                '; ' ORDER BY s.ord)
         FROM pgrollout.step s
         WHERE s.migration_id = p_migration AND s.phase = p_phase AND s.state = 'done'
           AND coalesce(s.detail #>> '{evidence,reread_text}', s.detail #>> '{evidence,text}') IS NOT NULL)), '')
$$;

-- What the tables show of the items before shipping. verdict: met, contradicted, or person (it takes one).
CREATE FUNCTION pgrollout.checklist_before(m pgrollout.migration) RETURNS TABLE (item text, verdict text, words text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
DECLARE
    v_warnings jsonb := coalesce(m.facts -> 'lint', '[]');
    v_beyond text := (SELECT string_agg(format('%s (%s)', s.name, s.phase), ', ' ORDER BY s.ord) FROM pgrollout.step s
                      WHERE s.migration_id = m.id AND s.irreversible AND s.phase <> 'contract');
    v_first jsonb := (SELECT s.detail FROM pgrollout.step s WHERE s.migration_id = m.id ORDER BY s.ord LIMIT 1);
    v_phases text := (SELECT string_agg(p.name, ', ' ORDER BY p.ord) FROM pgrollout.phase p WHERE p.migration_id = m.id);
    v_proofs bigint := (SELECT count(*) FROM pgrollout.step s WHERE s.migration_id = m.id AND s.phase <> 'contract'
                        AND s.kind IN ('confirm', 'unused', 'no_sessions', 'soak', 'check', 'replicas_caught_up'));
    v_contract boolean := EXISTS (SELECT FROM pgrollout.phase p WHERE p.migration_id = m.id AND p.name = 'contract');
    v_stranger text := CASE WHEN m.state NOT IN ('done', 'aborted') THEN pgrollout.stranger_of(m) END;
    v_limits text := (SELECT string_agg(format('%s at %s', split_part(t.key, '.', 2),
                                pgrollout.setting_text(t.key, pgrollout.tuning_of(m.id, t.key))), ', ' ORDER BY t.key)
                      FROM jsonb_object_keys(v_first -> 'tuning') t (key) WHERE t.key ~ '^guard\..*\.pause$');
    v_blind text := CASE WHEN m.state IN ('active', 'aborting') AND pgrollout.engine_alive() THEN (
                        SELECT string_agg(g ->> 'name', ', ') FROM jsonb_array_elements(pgrollout.guards_of(m.id)) g
                        WHERE g ->> 'state' = 'blind') END;
BEGIN
    RETURN QUERY VALUES
        ('compatible', CASE WHEN v_beyond IS NOT NULL THEN 'contradicted'
                            WHEN m.facts IS NULL OR v_warnings <> '[]' THEN 'person' ELSE 'met' END,
         concat_ws('; ', 'cannot be taken back, and comes before contract: ' || v_beyond,
            CASE WHEN m.facts IS NULL THEN 'what lint found is not known: it was not loaded by pgrollout load'
                 WHEN v_warnings = '[]' THEN format('lint found nothing when %s loaded it', m.loaded_by)
                 ELSE format('lint found no error when %s loaded it, but %s: %s', m.loaded_by,
                             pgrollout.counted(jsonb_array_length(v_warnings), '1 warning', 'warnings'),
                             (SELECT string_agg(w, '; ') FROM jsonb_array_elements_text(v_warnings) w)) END,
            CASE WHEN v_beyond IS NOT NULL THEN NULL
                 WHEN v_contract THEN 'every step before contract can be taken back' ELSE 'every step can be taken back' END)),
        ('users', CASE WHEN v_stranger IS NOT NULL AND m.facts -> 'applications' <> '[]' THEN 'contradicted' ELSE 'person' END,
         concat_ws('; ', coalesce((SELECT 'the plan names ' || string_agg(concat_ws(' ', a ->> 'name',
                                format('(%s)', a ->> 'sessions'), 'runs ' || (a ->> 'runs'), 'slot ' || (a ->> 'slot')), ', ')
                                   FROM jsonb_array_elements(m.facts -> 'applications') a), 'the plan names no application'),
            v_stranger)),
        ('phases', CASE WHEN v_contract AND v_proofs = 0 OR v_beyond IS NOT NULL THEN 'contradicted' ELSE 'met' END,
         v_phases || CASE WHEN v_contract AND v_proofs = 0 THEN '; nobody and nothing is asked before contract'
             WHEN (SELECT l.holder ->> 'advance' FROM pgrollout.lease l) = 'auto' AND m.state NOT IN ('done', 'aborted')
                 THEN '; the engine passes the boundaries itself, but for contract'
             ELSE '; a person passes each boundary' END),
        ('pause', CASE WHEN v_limits IS NULL OR v_blind IS NOT NULL THEN 'contradicted' ELSE 'met' END,
         concat_ws('; ', 'cannot be read now: ' || v_blind, coalesce('it pauses by itself: ' || v_limits, 'no guard is on'),
            (SELECT 'off: ' || string_agg(format('%s (%s)', g ->> 'name', g ->> 'why'), ', ')
             FROM jsonb_array_elements(m.facts -> 'guards_off') g),
            (SELECT 'replicas watched: ' || string_agg(k, ', ' ORDER BY k)
             FROM jsonb_object_keys(substring(v_first ->> 'replicas' FROM '\{.*\}')::jsonb) k))),
        ('mixed-state', coalesce((SELECT CASE WHEN r.passed THEN 'met' ELSE 'contradicted' END FROM pgrollout.rehearsal r
                                  WHERE r.migration_id = m.id), 'person'),
         coalesce((SELECT format('rehearsed in %s states with %s trials: %s (handed in by %s at %s)', r.states, r.trials,
                          CASE WHEN r.passed THEN 'every application passed' ELSE coalesce(r.failures, 'it did not pass') END,
                          r.handed_in_by, to_char(r.handed_in_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'))
                   FROM pgrollout.rehearsal r WHERE r.migration_id = m.id), 'no rehearsal of this plan has been handed in'));
END
$$;

-- Of a phase: pending, running or done, with the time; NULL: the plan has none.
CREATE FUNCTION pgrollout.phase_text(p pgrollout.phase) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE p.state WHEN 'pending' THEN 'not reached yet'
        WHEN 'done' THEN 'done ' || to_char(p.finished AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')
        WHEN 'running' THEN 'runs since ' || to_char(p.started AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')
        WHEN 'undoing' THEN 'is being taken back' ELSE 'was taken back' END
$$;

-- What speaks against a phase having been done as it should; NULL: nothing.
CREATE FUNCTION pgrollout.phase_against(m pgrollout.migration, p_phase text) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT nullif(concat_ws('; ',
        (SELECT string_agg(format('%s has failed: %s', s.name, s.error), '; ' ORDER BY s.ord) FROM pgrollout.step s
         WHERE s.migration_id = m.id AND s.phase = p_phase AND s.state = 'failed'),
        -- what was skipped in any phase has not been proven at contract
        pgrollout.skipped_text(m.id, CASE WHEN p_phase <> 'contract' THEN p_phase END, CASE p_phase
            WHEN 'contract' THEN '{unused,no_sessions,soak,replicas_caught_up,check}'::text[]
            ELSE '{confirm,unused,no_sessions,soak,replicas_caught_up,check,verify,backfill,sql}' END),
        CASE p_phase
            WHEN 'expand' THEN CASE WHEN m.state IN ('active', 'failed') THEN pgrollout.drift_of(m.id) END
            WHEN 'backfill' THEN pgrollout.counted(pgrollout.unfilled(m.id), '1 row is not filled', 'rows are not filled')
            WHEN 'switch_reads' THEN (
                SELECT e.text FROM pgrollout.event e
                WHERE e.migration_id = m.id AND e.kind = 'command' AND e.text LIKE 'advance into % (although %'
                ORDER BY e.id DESC LIMIT 1) END), '')
$$;

-- What there is to show for a phase; met: it is enough.
CREATE FUNCTION pgrollout.phase_for(m pgrollout.migration, p pgrollout.phase, OUT met boolean, OUT words text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_proofs text := pgrollout.proofs_text(m.id, p.name);
    v_verified bigint := (SELECT count(*) FROM pgrollout.step s
                          WHERE s.migration_id = m.id AND s.kind = 'verify' AND s.state = 'done');
BEGIN
    met := v_proofs IS NOT NULL;
    words := v_proofs;
    IF p.name = 'expand' THEN
        met := true;
        words := (SELECT string_agg(s.name, ', ' ORDER BY s.ord) FROM pgrollout.step s
                  WHERE s.migration_id = m.id AND s.phase = p.name AND s.state = 'done');
    ELSIF p.name = 'backfill' THEN
        met := v_verified > 0 OR NOT EXISTS (SELECT FROM pgrollout.step s WHERE s.migration_id = m.id AND s.kind = 'backfill');
        words := concat_ws('; ',
            (SELECT string_agg(format('%s: %s rows changed', s.name, x.changed), '; ' ORDER BY s.ord)
             FROM pgrollout.step s
             CROSS JOIN LATERAL (SELECT coalesce(sum(w.rows_changed), 0) + coalesce((s.detail ->> 'changed_before')::bigint, 0) AS changed
                                 FROM (SELECT DISTINCT ON (q.worker) q.rows_changed FROM pgrollout.position q
                                       WHERE q.migration_id = m.id AND q.step = s.name ORDER BY q.worker, q.seq DESC) w) x
             WHERE s.migration_id = m.id AND s.kind = 'backfill' AND s.state = 'done'),
            CASE WHEN v_verified > 0 THEN (
                SELECT 'every row compared: ' || string_agg(s.name, ', ' ORDER BY s.ord) FROM pgrollout.step s
                WHERE s.migration_id = m.id AND s.kind = 'verify' AND s.state = 'done')
            WHEN met THEN NULL ELSE 'nothing has compared the rows' END, v_proofs);
    ELSIF p.name = 'switch_reads' THEN
        words := concat_ws('; ', v_proofs, coalesce((
            SELECT pgrollout.counted(count(*), 'a guard held once meanwhile', 'times a guard held meanwhile') FROM pgrollout.event e
            WHERE e.migration_id = m.id AND e.kind = 'hold' AND e.who = 'guard' AND e.text LIKE 'held by guard %'
              AND e.at BETWEEN p.started AND coalesce(p.finished, clock_timestamp())), 'no guard held meanwhile'));
    ELSIF p.name = 'contract' THEN
        words := concat_ws('; ', format('begun by %s', p.passed_by), (
            SELECT string_agg(pgrollout.proofs_text(m.id, x.name), '; ' ORDER BY x.ord) FROM pgrollout.phase x
            WHERE x.migration_id = m.id AND x.name IN ('stop_old_writes', 'contract')));
        met := EXISTS (SELECT FROM pgrollout.step s WHERE s.migration_id = m.id AND s.state = 'done'
                       AND s.kind IN ('unused', 'no_sessions', 'soak', 'confirm', 'check'));
    END IF;
END
$$;

-- The same of the items during the rollout; open: its time has not come, or is not over.
CREATE FUNCTION pgrollout.checklist_during(m pgrollout.migration) RETURNS TABLE (item text, verdict text, words text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
DECLARE
    i record;
    p pgrollout.phase;
    f record;
    v_against text;
BEGIN
    FOR i IN SELECT * FROM pgrollout.checklist_items() x WHERE x.phase IS NOT NULL ORDER BY x.n LOOP
        SELECT * INTO p FROM pgrollout.phase x WHERE x.migration_id = m.id AND x.name = i.phase;
        IF NOT FOUND THEN
            RETURN QUERY SELECT i.item, 'not needed'::text, 'the plan has no such phase'::text;
            CONTINUE;
        END IF;
        v_against := CASE WHEN p.state IN ('running', 'done') OR i.phase = 'contract' THEN pgrollout.phase_against(m, p.name) END;
        SELECT * INTO f FROM pgrollout.phase_for(m, p);
        RETURN QUERY SELECT i.item,
            CASE WHEN v_against IS NOT NULL THEN 'contradicted' WHEN p.state <> 'done' THEN 'open'
                 WHEN f.met THEN 'met' ELSE 'person' END,
            concat_ws('; ', v_against, pgrollout.phase_text(p), CASE WHEN p.state <> 'pending' THEN nullif(f.words, '') END,
                CASE WHEN i.phase = 'contract' AND p.state = 'pending' AND m.state NOT IN ('done', 'aborted')
                     THEN 'in its way: ' || pgrollout.contract_obstacle(m) END);
    END LOOP;
END
$$;

-- The lists of a migration. list: before shipping, during rollout. state: met (the evidence shows it), confirmed (a
-- person says so, and nothing speaks against it), open, contradicted (by the evidence), not needed.
CREATE FUNCTION pgrollout.checklist(name text)
RETURNS TABLE (list text, n int, item text, words text, state text, evidence text, answered_by text,
               answered_at timestamptz, note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
    m pgrollout.migration := pgrollout.migration_find(checklist.name);
    v_started timestamptz := (SELECT min(p.started) FROM pgrollout.phase p WHERE p.migration_id = m.id);
BEGIN
    RETURN QUERY
    SELECT i.list, i.n, i.item, i.words,
           CASE WHEN f.verdict IN ('met', 'contradicted', 'not needed') THEN f.verdict
                WHEN a.item IS NOT NULL AND f.verdict = 'person' THEN 'confirmed' ELSE 'open' END,
           concat_ws('; ', f.words, CASE WHEN i.phase IS NULL AND a.answered_at > v_started
                                         THEN 'confirmed only when it had been started' END),
           a.answered_by, a.answered_at, a.note
    FROM pgrollout.checklist_items() i
    JOIN (SELECT * FROM pgrollout.checklist_before(m) UNION ALL SELECT * FROM pgrollout.checklist_during(m)) f
        ON f.item = i.item
    LEFT JOIN pgrollout.checklist_answer a ON a.migration_id = m.id AND a.item = i.item
    ORDER BY i.phase IS NOT NULL, i.n;
END
$$;

CREATE FUNCTION pgrollout.checklist_find(p_item text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_words text := (SELECT i.words FROM pgrollout.checklist_items() i WHERE i.item = p_item);
BEGIN
    IF v_words IS NULL THEN
        RAISE EXCEPTION 'the checklists have no item "%"', left(p_item, 100) USING ERRCODE = 'PR003',
            HINT = 'Items: ' || (SELECT string_agg(i.item, ', ' ORDER BY i.phase IS NOT NULL, i.n)
                                 FROM pgrollout.checklist_items() i);
    END IF;
    RETURN v_words;
END
$$;

CREATE FUNCTION pgrollout.checklist_confirm(name text, item text, note text, expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration := pgrollout.command_target('checklist', checklist_confirm.name,
        '{loaded,active,failed,aborting,aborted,done}', expect);
    v_words text := pgrollout.checklist_find(checklist_confirm.item);
    v_found record;
BEGIN
    IF coalesce(btrim(checklist_confirm.note), '') = '' THEN
        RAISE EXCEPTION 'an item is not confirmed without a note: how do you know?' USING ERRCODE = 'PR003';
    END IF;
    SELECT * INTO v_found FROM pgrollout.checklist(checklist_confirm.name) c WHERE c.item = checklist_confirm.item;
    IF v_found.answered_by IS NOT NULL THEN
        RAISE EXCEPTION '"%" was confirmed by % at %', checklist_confirm.item, v_found.answered_by,
            to_char(v_found.answered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') USING ERRCODE = 'PR004',
            HINT = format('To answer it anew: pgrollout checklist %s --withdraw %s --note "…"', checklist_confirm.name,
                          checklist_confirm.item);
    ELSIF v_found.state = 'not needed' THEN
        RAISE EXCEPTION '"%" is not needed: %', checklist_confirm.item, v_found.evidence USING ERRCODE = 'PR004';
    ELSIF v_found.list = 'during rollout' AND v_found.state = 'open' AND NOT EXISTS (
            SELECT FROM pgrollout.checklist_items() i JOIN pgrollout.phase p ON p.name = i.phase AND p.migration_id = v_migration.id
            WHERE i.item = checklist_confirm.item AND p.state = 'done') THEN
        RAISE EXCEPTION '"%" cannot be confirmed yet: %', checklist_confirm.item, v_found.evidence USING ERRCODE = 'PR004',
            HINT = 'Its phase must be done.';
    END IF;
    INSERT INTO pgrollout.checklist_answer (migration_id, item, note)
    VALUES (v_migration.id, checklist_confirm.item, left(checklist_confirm.note, 1000));
    PERFORM pgrollout.journal_event(v_migration.id, 'note', session_user,
        format('checklist: confirms %s: %s', checklist_confirm.item, left(checklist_confirm.note, 1000))
        || CASE v_found.state WHEN 'contradicted' THEN format(' (against the evidence: %s)', v_found.evidence) ELSE '' END);
    PERFORM pgrollout.wake(v_migration.id);
    RETURN pgrollout.receipt_of(v_migration, CASE v_found.state
        WHEN 'contradicted' THEN format('kept, but %s stays contradicted: %s', checklist_confirm.item, v_found.evidence)
        WHEN 'met' THEN format('kept; %s is met already: %s', checklist_confirm.item, v_found.evidence)
        ELSE format('confirmed: %s', v_words) END,
        format('SELECT * FROM pgrollout.checklist_withdraw(%L, %L, %L)', v_migration.name, checklist_confirm.item, 'why'));
END
$$;

CREATE FUNCTION pgrollout.checklist_withdraw(name text, item text, note text, expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration := pgrollout.command_target('checklist', checklist_withdraw.name,
        '{loaded,active,failed,aborting,aborted,done}', expect);
    v_by text;
BEGIN
    PERFORM pgrollout.checklist_find(checklist_withdraw.item);
    IF coalesce(btrim(checklist_withdraw.note), '') = '' THEN
        RAISE EXCEPTION 'an answer is not withdrawn without a note: why?' USING ERRCODE = 'PR003';
    END IF;
    DELETE FROM pgrollout.checklist_answer a
    WHERE a.migration_id = v_migration.id AND a.item = checklist_withdraw.item
    RETURNING a.answered_by INTO v_by;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nobody has confirmed "%"', checklist_withdraw.item USING ERRCODE = 'PR004';
    END IF;
    PERFORM pgrollout.journal_event(v_migration.id, 'note', session_user,
        format('checklist: withdraws what %s confirmed of %s: %s', v_by, checklist_withdraw.item,
               left(checklist_withdraw.note, 1000)));
    PERFORM pgrollout.wake(v_migration.id);
    RETURN pgrollout.receipt_of(v_migration, format('withdrawn: %s', checklist_withdraw.item));
END
$$;

-- Keeps the result of `pgrollout rehearse --json`; only of the plan that is loaded, to the letter.
CREATE FUNCTION pgrollout.checklist_rehearsal(name text, plan_sha256 text, passed boolean, states int, trials int,
                                              failures text DEFAULT NULL, expect bigint DEFAULT NULL)
RETURNS pgrollout.receipt LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_migration pgrollout.migration := pgrollout.command_target('checklist', checklist_rehearsal.name,
        '{loaded,active,failed,aborting,aborted,done}', expect);
    v_words text := format('rehearsed in %s states with %s trials: %s', states, trials,
        CASE WHEN passed THEN 'passed' ELSE 'did not pass' END || coalesce(': ' || left(failures, 500), ''));
BEGIN
    IF checklist_rehearsal.plan_sha256 IS DISTINCT FROM v_migration.plan_sha256 THEN
        RAISE EXCEPTION 'that is the rehearsal of another plan (%)', coalesce(left(checklist_rehearsal.plan_sha256, 7), 'it does not say which')
            USING ERRCODE = 'PR004', HINT = format('Loaded is %s: rehearse that one.', left(v_migration.plan_sha256, 7));
    END IF;
    INSERT INTO pgrollout.rehearsal AS r (migration_id, passed, states, trials, failures)
    VALUES (v_migration.id, passed, states, trials, left(checklist_rehearsal.failures, 1000))
    ON CONFLICT (migration_id) DO UPDATE SET passed = excluded.passed, states = excluded.states, trials = excluded.trials,
        failures = excluded.failures, handed_in_by = session_user, handed_in_at = clock_timestamp();
    PERFORM pgrollout.journal_event(v_migration.id, 'note', session_user, 'checklist: ' || v_words);
    PERFORM pgrollout.wake(v_migration.id);
    RETURN pgrollout.receipt_of(v_migration, v_words);
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pgrollout FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgrollout.checklist(text) TO pgrollout_viewer;
GRANT EXECUTE ON FUNCTION pgrollout.checklist_confirm(text, text, text, bigint),
    pgrollout.checklist_withdraw(text, text, text, bigint),
    pgrollout.checklist_rehearsal(text, text, boolean, int, int, text, bigint) TO pgrollout_operator;
