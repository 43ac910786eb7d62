-- Control schema, version 14: the rollback card. One document holds all of it, computed from the rows, the catalog
-- and what the engine has counted; rows, lines and screens are made from that document. With a phase it tells what
-- going back would mean once that phase is done.

-- What the engine has counted in the plan's tables of what a step has made (losses.c).
CREATE TABLE pgrollout.loss (
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    step text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    found jsonb,
    error text, -- why it could not be counted
    PRIMARY KEY (migration_id, step)
);

CREATE FUNCTION pgrollout.losses_keep(p_migration bigint, p_step text, p_found text, p_error text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    INSERT INTO pgrollout.loss AS l (migration_id, step, found, error)
    SELECT m.id, p_step, p_found::jsonb, left(p_error, 500) FROM pgrollout.migration m WHERE m.id = p_migration
    ON CONFLICT (migration_id, step) DO UPDATE SET at = clock_timestamp(), found = excluded.found, error = excluded.error
$$;

-- --- one step

-- On the card of a phase that has not been reached, what comes until its end counts as done.
CREATE FUNCTION pgrollout.card_assumed(p_step pgrollout.step, p_phase text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT p_phase IS NOT NULL AND p_step.state NOT IN ('done', 'skipped') AND
        (SELECT p.ord FROM pgrollout.phase p WHERE p.migration_id = p_step.migration_id AND p.name = p_step.phase)
        <= (SELECT p.ord FROM pgrollout.phase p WHERE p.migration_id = p_step.migration_id AND p.name = p_phase)
$$;

CREATE FUNCTION pgrollout.card_stands(p_step pgrollout.step, p_phase text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT p_step.state IN ('done', 'undoing') OR p_step.state = 'failed' AND p_step.detail ? 'undoing'
        OR pgrollout.card_assumed(p_step, p_phase)
$$;

-- The engine's rule (decide.c): what was confirmed is asked back; where nobody confirmed anything after it, the last
-- sync or new table asks, once.
CREATE FUNCTION pgrollout.card_asks(p_step pgrollout.step, p_phase text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT pgrollout.card_stands(p_step, p_phase)
        AND NOT EXISTS (SELECT FROM pgrollout.answer a WHERE a.migration_id = p_step.migration_id AND a.reverse
                        AND (p_step.kind <> 'confirm' OR a.step = p_step.name))
        AND (p_step.kind = 'confirm' OR p_step.kind IN ('sync', 'add_table') AND NOT EXISTS (
            SELECT FROM pgrollout.step s
            WHERE s.migration_id = p_step.migration_id AND s.ord > p_step.ord
              AND s.kind IN ('confirm', 'sync', 'add_table') AND pgrollout.card_stands(s, p_phase)))
$$;

-- The n-th literal of a list of arguments.
CREATE FUNCTION pgrollout.literal_of(p_args text, p_n int) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT replace(m[1], '''''', '''') FROM regexp_matches(p_args, '''((?:[^'']|'''')*)''', 'g') WITH ORDINALITY r (m, n)
    WHERE n = p_n
$$;

-- What one of the functions that look at the catalog (version 10) would have sent, one after the other, until
-- nothing is left. p_assumed: the step has not made it yet.
CREATE FUNCTION pgrollout.card_acts(s pgrollout.step, p_what text, p_args text, p_assumed boolean) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_table oid := (s.detail ->> 'relid')::oid;
    v_name text := s.detail ->> 'object';
    v_qualified text := coalesce((SELECT t.qualified FROM pgrollout.table_tree(v_table) t WHERE t.level = 0),
                                 format('%I.%I', s.detail ->> 'schema', s.detail ->> 'table'));
    v_schema text := coalesce((SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = v_table),
                              s.detail ->> 'schema');
    v_was jsonb := s.detail -> 'was';
BEGIN
    IF p_what = 'table_drop' THEN
        RETURN QUERY SELECT pgrollout.literal_of(p_args, 1)
        WHERE p_assumed OR s.detail ? 'claimed' AND EXISTS (SELECT FROM pg_class c WHERE c.oid = v_table);
    ELSIF p_what = 'column_drop' THEN
        RETURN QUERY SELECT pgrollout.literal_of(p_args, 2)
        WHERE p_assumed OR pgrollout.is_claimed(s, s.detail ->> 'column');
    ELSIF p_assumed AND p_what = 'index_drop' THEN
        RETURN NEXT format('DROP INDEX CONCURRENTLY %I.%I', v_schema, v_name);
    ELSIF p_assumed AND p_what = 'constraint_drop' THEN
        RETURN NEXT format('ALTER TABLE %s DROP CONSTRAINT %I', v_qualified, v_name);
    ELSIF p_what = 'index_drop' OR p_what = 'constraint_drop' THEN
        IF p_what = 'constraint_drop' THEN
            RETURN QUERY SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', t.qualified, v_name)
            FROM pgrollout.table_tree(v_table) t
            JOIN pg_constraint c ON c.conrelid = t.relid AND c.conname = v_name AND c.conparentid = 0
            WHERE pgrollout.is_claimed(s, 'constraint ' || quote_ident(v_name)
                || CASE t.level WHEN 0 THEN '' ELSE ' of ' || t.qualified END)
            ORDER BY t.level, t.relid;
        END IF;
        RETURN QUERY SELECT format(CASE x.kind WHEN 'p' THEN 'DROP INDEX %s' ELSE 'DROP INDEX CONCURRENTLY %s' END, x.index_qualified)
        FROM pgrollout.index_nodes(v_table, v_name) x
        WHERE x.index IS NOT NULL AND pgrollout.is_claimed(s, x.index_qualified)
          AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.index AND c.contype IN ('p', 'u', 'x'))
          -- what belongs to an index that is dropped before it goes with it
          AND NOT EXISTS (SELECT FROM pgrollout.index_nodes(v_table, v_name) o
                          JOIN pg_inherits h ON h.inhparent = o.index AND h.inhrelid = x.index
                          WHERE pgrollout.is_claimed(s, o.index_qualified))
        ORDER BY x.level, x.relid;
    ELSIF p_what = 'index_remake' THEN
        RETURN QUERY SELECT format('CREATE %sINDEX CONCURRENTLY %I ON %s %s',
            CASE WHEN (v_was ->> 'unique')::boolean THEN 'UNIQUE ' ELSE '' END, v_name, v_qualified, v_was ->> 'body')
        WHERE jsonb_typeof(v_was) = 'object'
        UNION ALL
        SELECT format('CREATE %sINDEX CONCURRENTLY %I ON %s %s', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, v_name,
                      v_qualified, pgrollout.index_body(i.indexrelid))
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE p_assumed AND i.indrelid = v_table AND c.relname = v_name;
    ELSIF p_what = 'constraint_remake' THEN
        IF p_assumed THEN
            SELECT jsonb_build_object('def', pgrollout.constraint_text(c.oid), 'valid', c.convalidated) INTO v_was
            FROM pg_constraint c WHERE c.conrelid = v_table AND c.conname = v_name;
        END IF;
        IF v_was ->> 'body' IS NOT NULL THEN
            RETURN NEXT format('CREATE UNIQUE INDEX CONCURRENTLY %I ON %s %s', v_name, v_qualified, v_was ->> 'body');
            RETURN NEXT format('ALTER TABLE %s ADD CONSTRAINT %I %s', v_qualified, v_name, v_was ->> 'using');
        ELSIF jsonb_typeof(v_was) = 'object' THEN
            RETURN NEXT format('ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID', v_qualified, v_name, v_was ->> 'def');
            IF (v_was ->> 'valid')::boolean THEN
                RETURN NEXT format('ALTER TABLE %s VALIDATE CONSTRAINT %I', v_qualified, v_name);
            END IF;
        END IF;
    END IF;
END
$$;

-- The statements that taking a step back sends, in order.
CREATE FUNCTION pgrollout.card_statements(s pgrollout.step, p_phase text) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_assumed boolean := pgrollout.card_assumed(s, p_phase);
    u record;
BEGIN
    IF NOT v_assumed AND (s.state IN ('pending', 'undone') OR pgrollout.nothing_done(s)) THEN
        RETURN;
    END IF;
    FOR u IN SELECT j ->> 'how' AS how, j ->> 'what' AS what, j ->> 'sql' AS sql
             FROM jsonb_array_elements(s.detail -> 'undo') WITH ORDINALITY x (j, n)
             WHERE n > coalesce((s.detail ->> 'undo_stage')::int, 0) ORDER BY n LOOP
        IF u.how = 'catalog' THEN
            RETURN QUERY SELECT * FROM pgrollout.card_acts(s, u.what, u.sql, v_assumed);
        ELSIF u.how IN ('ddl', 'loose') THEN
            RETURN NEXT u.sql;
        END IF;
    END LOOP;
END
$$;

CREATE FUNCTION pgrollout.seconds_text(p_low float8, p_high float8) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE WHEN p_high IS NULL THEN 'not known' ELSE
        CASE WHEN p_high < 10 THEN format('%s to %s s', round(p_low::numeric, 2), round(p_high::numeric, 2))
             ELSE pgrollout.amount_text(p_low, 's') || ' to ' || pgrollout.amount_text(p_high, 's') END END
$$;

-- How long taking a step back will take, without people's answers, and what that rests on. high NULL: not known.
CREATE FUNCTION pgrollout.card_time(s pgrollout.step, p_statements bigint, OUT low float8, OUT high float8, OUT basis text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_table oid := (s.detail ->> 'relid')::oid;
    v_bytes float8 := (SELECT sum(c.relpages) * 8192.0 FROM pgrollout.table_tree(v_table) t JOIN pg_class c ON c.oid = t.relid);
    v_open float8 := (SELECT extract(epoch FROM clock_timestamp() - min(a.xact_start)) FROM pg_stat_activity a
                      WHERE a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
                        AND (a.backend_xid IS NOT NULL OR a.backend_xmin IS NOT NULL));
    v_scans boolean := s.kind IN ('drop_not_null', 'drop_constraint', 'drop_index');
    v_there float8 := extract(epoch FROM s.finished - s.started);
    v_fill record;
    e record;
BEGIN
    low := 0;
    high := 0;
    SELECT count(*) AS n, min((x.detail ->> 'ms')::float8) / 1000 AS least, max((x.detail ->> 'ms')::float8) / 1000 AS most
    INTO e FROM (SELECT v.detail FROM pgrollout.event v WHERE v.kind = 'step' AND v.detail ->> 'undo' = s.kind
                 ORDER BY v.id DESC LIMIT 20) x;
    IF p_statements = 0 AND s.kind <> 'drop_sync' THEN -- only the engine's turn
        high := coalesce(e.most, 0.1);
        basis := 'nothing is sent';
    ELSIF s.kind = 'sql' THEN
        -- the engine itself ends what runs inside a transaction after this time
        low := 0.005;
        high := CASE WHEN s.detail #>> '{undo,0,how}' = 'ddl' THEN least(5.1, greatest(0.5, v_there * 10)) END;
        basis := 'a statement of the plan' || coalesce(format(', the way there took %s s', round(v_there::numeric, 2)), '')
            || CASE WHEN high IS NULL THEN '' ELSE '; no statement may take longer than 5 s' END;
    ELSIF s.kind = 'drop_sync' THEN
        SELECT f.low_ms / 1000 * 1.5 AS least, f.high_ms / 1000 * 4 AS most, f.rows INTO v_fill
        FROM pgrollout.forecast_earlier(v_table) f;
        low := coalesce(v_fill.least, 0);
        high := v_fill.most + 1;
        basis := coalesce(format('by the batches that have filled %s rows of it', v_fill.rows), 'it fills all rows again');
    ELSIF v_scans THEN
        low := v_bytes / 1e9;
        high := 0.5 + v_bytes / 5e7;
        basis := format('reads %s once, at 50 MB to 1 GB a second: a rule of thumb', pg_size_pretty(v_bytes::bigint));
    ELSIF e.n > 0 THEN
        low := e.least / 2;
        high := 0.1 + e.most * 2;
        basis := format('%s took %s', pgrollout.counted(e.n, 'the last one of its kind', 'earlier ones of its kind'),
                        pgrollout.seconds_text(e.least, e.most));
    ELSE
        low := 0.01 * p_statements;
        high := 0.5 * p_statements;
        basis := 'only the catalog changes: a rule of thumb';
    END IF;
    IF s.kind IN ('index', 'drop_index') OR s.kind = 'constraint' AND s.does LIKE '%CONCURRENTLY%' THEN
        high := high + coalesce(v_open, 0);
        basis := basis || '; it waits for open transactions' || coalesce(', the oldest now of ' || round(v_open::numeric, 1) || ' s', ', of which there are none now');
    END IF;
END
$$;

-- Who would be waited for now; NULL: nobody.
CREATE FUNCTION pgrollout.card_in_way(s pgrollout.step) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT coalesce(pgrollout.open_transactions(c.oid::regclass),
        CASE WHEN s.kind = 'add_table' THEN 'it would stop: the table is used by ' || pgrollout.table_dependents(c.oid) END)
    FROM pg_class c WHERE c.oid = (s.detail ->> 'relid')::oid
$$;

-- --- what is counted

CREATE FUNCTION pgrollout.grouped(p_n numeric) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT ltrim(to_char(p_n, 'FM999,999,999,999,990'))
$$;

-- A figure of the last count, made whole where only a share was looked at; NULL: none.
CREATE FUNCTION pgrollout.loss_of(p_migration bigint, p_step text, p_key text) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT round((l.found ->> p_key)::numeric * 100 / greatest((l.found ->> 'share')::numeric, 0.000001))
    FROM pgrollout.loss l WHERE l.migration_id = p_migration AND l.step = p_step
$$;

-- How it was counted: "counted 3 s ago", "from a sample of 0.8 %, 3 s ago", "not counted: why".
CREATE FUNCTION pgrollout.loss_basis(p_migration bigint, p_step text) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT coalesce((
        SELECT CASE WHEN l.found IS NULL THEN format('not counted: %s', l.error)
            WHEN (l.found ->> 'share')::numeric < 100 THEN format('from a sample of %s %%, %s s ago',
                round((l.found ->> 'share')::numeric, 2), greatest(0, round(extract(epoch FROM clock_timestamp() - l.at))))
            ELSE format('counted %s s ago', greatest(0, round(extract(epoch FROM clock_timestamp() - l.at)))) END
        FROM pgrollout.loss l WHERE l.migration_id = p_migration AND l.step = p_step),
        'not counted: ' || CASE WHEN pgrollout.engine_alive() THEN 'the engine has not come to it yet' ELSE 'no engine runs' END)
$$;

-- The table of a step and its column, as people write them.
CREATE FUNCTION pgrollout.step_thing(s pgrollout.step) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT coalesce(coalesce((SELECT c.relname::text FROM pg_class c WHERE c.oid = (s.detail ->> 'relid')::oid), s.detail ->> 'table')
        || coalesce('.' || (s.detail ->> 'column'), ''), s.title)
$$;

-- What an abort would lose (sort `lost`), what it takes away but can be had again (`again`), what stays and must be
-- tolerated (`stays`) or set right first (`repair`). n NULL: not known.
CREATE FUNCTION pgrollout.card_data(m pgrollout.migration, p_target int, p_phase text)
RETURNS TABLE (sort text, step text, n numeric, words text, basis text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    WITH x AS (
        SELECT s AS s_row, s.*, pgrollout.step_thing(s) AS thing, pgrollout.card_assumed(s, p_phase) AS assumed,
               p.ord > p_target AS goes, pgrollout.loss_basis(s.migration_id, s.name) AS how
        FROM pgrollout.step s JOIN pgrollout.phase p ON p.migration_id = s.migration_id AND p.name = s.phase
        WHERE s.migration_id = m.id AND (s.state IN ('done', 'running', 'failed', 'undoing') AND NOT pgrollout.nothing_done(s)
                                         OR pgrollout.card_assumed(s, p_phase)))
    SELECT r.sort, r.name, r.n, r.words, CASE WHEN r.assumed THEN 'not there yet' ELSE r.how END FROM (
        SELECT 'lost' AS sort, x.name, x.ord, x.assumed, x.how, pgrollout.loss_of(m.id, x.name, 'only_new') AS n,
               format(CASE WHEN x.kind = 'add_table' THEN 'rows of %s that the old table does not have so'
                           ELSE 'values of %s that nothing else has' END, x.thing) AS words
        FROM x WHERE x.goes AND x.kind IN ('add_column', 'add_table')
          -- what was taken over stays
          AND (x.assumed OR NOT x.detail ? 'undo' OR EXISTS (SELECT FROM pgrollout.card_statements(x.s_row, p_phase)))
        UNION ALL
        SELECT 'again', x.name, x.ord, x.assumed, x.how,
               pgrollout.loss_of(m.id, x.name, 'filled') - pgrollout.loss_of(m.id, x.name, 'only_new'),
               format('values of %s that can be copied again', x.thing)
        FROM x WHERE x.goes AND x.kind = 'add_column'
        UNION ALL
        SELECT 'stays', x.name, x.ord, x.assumed, x.how, pgrollout.loss_of(m.id, x.name, 'rows') - pgrollout.loss_of(m.id, x.name, 'filled'),
               format('rows of %s are not filled: a release must fall back there', x.thing)
        FROM x WHERE NOT x.goes AND x.kind = 'add_column'
        UNION ALL
        SELECT 'stays', x.name, x.ord, x.assumed, x.how, pgrollout.loss_of(m.id, x.name, 'conflicts'),
               format('writes changed %s and %s at once and did not agree: the old one follows the new one', x.detail ->> 'old', x.detail ->> 'new')
        FROM x WHERE x.kind = 'sync' AND x.detail ->> 'old' IS NOT NULL AND coalesce(pgrollout.loss_of(m.id, x.name, 'conflicts'), 0) > 0
        UNION ALL
        SELECT 'repair', x.name, x.ord, x.assumed, x.how, pgrollout.loss_of(m.id, x.name, 'nulls'),
               format('rows have no %s: fill them before, or the abort stops at %s', x.thing, x.name)
        FROM x WHERE x.goes AND x.kind = 'drop_not_null'
        UNION ALL
        SELECT 'lost', x.name, x.ord, x.assumed, x.how, pgrollout.loss_of(m.id, x.name, 'parted'),
               format('rows in which the old column was written since %s: it is made from the new one again', x.name)
        FROM x WHERE x.goes AND x.kind = 'drop_sync'
        UNION ALL
        -- a backfill has no undo: what it has changed goes with its column, or stays
        SELECT 'stays', x.name, x.ord, false, 'by its batches', b.changed,
               format('rows that %s has changed stay changed', x.name)
        FROM x CROSS JOIN LATERAL (
            SELECT coalesce(sum(w.rows_changed), 0) + coalesce((x.detail ->> 'changed_before')::bigint, 0) AS changed
            FROM (SELECT DISTINCT ON (q.worker) q.rows_changed FROM pgrollout.position q
                  WHERE q.migration_id = m.id AND q.step = x.name ORDER BY q.worker, q.seq DESC) w) b
        WHERE x.kind = 'backfill' AND x.goes AND NOT x.assumed
          AND NOT EXISTS (SELECT FROM x a WHERE a.goes AND a.kind IN ('add_column', 'add_table')
              AND (a.detail ->> 'relid' = x.detail ->> 'relid' AND a.kind = 'add_column'
                   OR a.detail ->> 'table' = x.detail ->> 'into_table'))
        ) r
    WHERE r.n IS DISTINCT FROM 0 OR r.sort IN ('lost', 'repair')
    ORDER BY array_position('{lost,repair,stays,again}', r.sort), r.ord
$$;

-- --- the answers

-- What keeps the release before from running against the schema as it is (or will be): verdict `no`, or `mind`.
CREATE FUNCTION pgrollout.card_previous(m pgrollout.migration, p_phase text) RETURNS TABLE (verdict text, words text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    WITH x AS (
        SELECT s AS s_row, s.*, pgrollout.step_thing(s) AS thing, pgrollout.card_assumed(s, p_phase) AS assumed
        FROM pgrollout.step s
        WHERE s.migration_id = m.id AND (s.state IN ('done', 'undoing') OR s.state IN ('running', 'failed') AND NOT pgrollout.nothing_done(s)
                                         OR pgrollout.card_assumed(s, p_phase)))
    SELECT 'no', format('%s is gone', coalesce(x.detail ->> 'dropped', x.title)) FROM x
    WHERE x.irreversible AND (x.assumed OR x.state = 'done' OR coalesce((x.detail ->> 'sent')::int, 0) > 0)
    UNION ALL
    SELECT 'no', format('%s hides what it uses', x.title) FROM x
    WHERE x.kind = 'brown_out' AND NOT EXISTS (SELECT FROM x d WHERE d.irreversible AND d.state = 'done')
    UNION ALL
    SELECT 'no', format('the old column is not kept in step since %s%s', x.name, coalesce(': it is behind in '
               || nullif(pgrollout.loss_of(m.id, x.name, 'parted'), 0) || ' rows', ''))
    FROM x WHERE x.kind = 'drop_sync'
    UNION ALL
    SELECT 'no', format('%s has another name, and no view bears the old one', x.thing) FROM x
    WHERE x.kind = 'rename_table' AND x.does NOT LIKE '%CREATE VIEW%'
    UNION ALL
    -- its inserts leave the new column out
    SELECT 'no', format('%s is NOT NULL, has no default, and nothing fills it for a release that does not know it', x.thing)
    FROM x LEFT JOIN pg_attribute a ON a.attrelid = (x.detail ->> 'relid')::oid AND a.attname = x.detail ->> 'column'
    WHERE x.kind = 'not_null' AND (x.assumed OR a.attnotnull) AND NOT coalesce(a.atthasdef, false)
      AND NOT EXISTS (SELECT FROM x y WHERE y.kind = 'sync' AND y.detail ->> 'relid' = x.detail ->> 'relid'
                      AND y.detail ->> 'new' = x.detail ->> 'column'
                      AND NOT EXISTS (SELECT FROM x d WHERE d.kind = 'drop_sync'))
    UNION ALL
    SELECT 'no', 'the ground has changed: ' || d.text FROM pgrollout.drift_of(m.id) d (text)
    WHERE d.text IS NOT NULL AND m.state IN ('active', 'failed')
    UNION ALL
    SELECT 'mind', format('%s holds for it too: writes that break it fail', x.title) FROM x
    WHERE x.kind = 'constraint' OR x.kind = 'index' AND x.does LIKE 'CREATE UNIQUE%'
    UNION ALL
    SELECT 'mind', format('it meets %s rows of %s that have none', pgrollout.grouped(l.n), x.thing)
    FROM x CROSS JOIN LATERAL (SELECT pgrollout.loss_of(m.id, x.name, 'nulls') AS n) l
    WHERE x.kind = 'drop_not_null' AND l.n > 0
    UNION ALL
    -- where the application keeps both columns itself
    SELECT 'mind', format('%s rows hold in %s what the release before does not see', pgrollout.grouped(l.n), x.thing)
    FROM x CROSS JOIN LATERAL (SELECT pgrollout.loss_of(m.id, x.name, 'only_new') AS n) l
    WHERE x.kind IN ('add_column', 'add_table') AND l.n > 0
$$;

-- The first step that nothing takes back, as long as it stands before us.
CREATE FUNCTION pgrollout.card_end(m pgrollout.migration) RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT jsonb_build_object('phase', s.phase, 'step', s.name, 'title', s.title,
        'steps_away', (SELECT count(*) FROM pgrollout.step x WHERE x.migration_id = m.id AND x.ord < s.ord
                       AND x.state NOT IN ('done', 'skipped')),
        'gates_away', (SELECT count(*) FROM pgrollout.step x WHERE x.migration_id = m.id AND x.ord < s.ord
                       AND x.kind = 'confirm' AND x.state NOT IN ('done', 'skipped')),
        'gone', (SELECT jsonb_agg(x.title ORDER BY x.ord) FROM pgrollout.step x WHERE x.migration_id = m.id AND x.irreversible))
    FROM pgrollout.step s WHERE s.migration_id = m.id AND s.irreversible ORDER BY s.ord LIMIT 1
$$;

-- Of each phase: where it is, and what going back from its end would mean in a word.
CREATE FUNCTION pgrollout.card_way(m pgrollout.migration, p_phase text) RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('phase', p.name, 'state', p.state,
        'here', p.name = coalesce(p_phase, CASE WHEN m.state = 'loaded' THEN NULL ELSE m.phase END),
        'back', CASE
            WHEN f.ord IS NOT NULL AND p.ord >= f.ord THEN 'none but a restore'
            WHEN EXISTS (SELECT FROM pgrollout.step s JOIN pgrollout.phase q ON q.migration_id = s.migration_id AND q.name = s.phase
                         WHERE s.migration_id = m.id AND q.ord <= p.ord AND s.kind = 'drop_sync') THEN 'refills the old'
            WHEN EXISTS (SELECT FROM pgrollout.step s JOIN pgrollout.phase q ON q.migration_id = s.migration_id AND q.name = s.phase
                         WHERE s.migration_id = m.id AND q.ord <= p.ord AND s.kind IN ('confirm', 'sync', 'add_table')) THEN 'asks you'
            ELSE 'free' END) ORDER BY p.ord), '[]')
    FROM pgrollout.phase p
    LEFT JOIN LATERAL (SELECT min(q.ord) AS ord FROM pgrollout.step s
                       JOIN pgrollout.phase q ON q.migration_id = s.migration_id AND q.name = s.phase
                       WHERE s.migration_id = m.id AND s.irreversible) f ON true
    WHERE p.migration_id = m.id
$$;

-- What an abort to p_target does, in order.
CREATE FUNCTION pgrollout.card_undo(m pgrollout.migration, p_target int, p_phase text) RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('n', u.n, 'step', u.name, 'kind', u.kind, 'asks', u.asks, 'does', u.undo, 'statements', to_jsonb(u.statements),
        'locks', u.locks, 'seconds', jsonb_build_array(t.low, t.high), 'rests_on', t.basis, 'in_way', u.in_way,
        'loses', u.loses) ORDER BY u.n), '[]')
    FROM (
        SELECT row_number() OVER (ORDER BY s.ord DESC)::int AS n, s AS s_row, s.name, s.kind, s.loses,
               CASE WHEN a.asks THEN s.reverse_text END AS asks,
               CASE WHEN s.kind = 'backfill' THEN 'stops, when it runs; what it has filled is not taken back by itself'
                    WHEN c.sends OR s.kind = 'drop_sync' THEN s.undo END AS undo,
               c.statements, CASE WHEN c.sends THEN coalesce(s.detail ->> 'undo_locks', s.locks) ELSE 'none' END AS locks,
               CASE WHEN c.sends THEN pgrollout.card_in_way(s) END AS in_way
        FROM pgrollout.step s
        JOIN pgrollout.phase p ON p.migration_id = s.migration_id AND p.name = s.phase
        CROSS JOIN LATERAL (SELECT ARRAY(SELECT pgrollout.card_statements(s, p_phase)) AS statements) k
        -- of rows that pgrollout load has not made the statements are not known
        CROSS JOIN LATERAL (SELECT k.statements, cardinality(k.statements) > 0 OR NOT s.detail ? 'undo' AND s.undo IS NOT NULL
                            AND NOT pgrollout.nothing_done(s) AS sends) c
        CROSS JOIN LATERAL (SELECT pgrollout.card_asks(s, p_phase) AS asks) a
        WHERE s.migration_id = m.id AND p.ord > p_target
          AND (s.state IN ('done', 'running', 'waiting', 'failed', 'skipped', 'undoing') OR pgrollout.card_assumed(s, p_phase))
          AND (a.asks OR c.sends OR s.kind = 'backfill' AND s.state IN ('running', 'failed'))) u
    CROSS JOIN LATERAL pgrollout.card_time(u.s_row, cardinality(u.statements)) t
$$;

-- All of it. targets[0] is the start, unless there is no way back (`closed` says why).
CREATE FUNCTION pgrollout.card_document(name text, phase text DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
DECLARE
    m pgrollout.migration := pgrollout.migration_find(card_document.name);
    v_phase text := card_document.phase;
    v_closed text := CASE m.state WHEN 'done' THEN 'it is done: there is no way back' WHEN 'aborted' THEN 'it has been aborted'
                     ELSE 'no way back: ' || pgrollout.abort_obstacle(m.id) END;
    v_end jsonb := pgrollout.card_end(m);
    v_previous jsonb;
    v_targets jsonb := '[]';
    t record;
BEGIN
    IF v_phase IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM pgrollout.phase p WHERE p.migration_id = m.id AND p.name = v_phase) THEN
            RAISE EXCEPTION 'the plan has no phase "%"', left(v_phase, 100) USING ERRCODE = 'PR003',
                HINT = 'Phases: ' || (SELECT string_agg(p.name, ', ' ORDER BY p.ord) FROM pgrollout.phase p WHERE p.migration_id = m.id);
        ELSIF m.state IN ('done', 'aborted', 'aborting') OR EXISTS (
                SELECT FROM pgrollout.phase p WHERE p.migration_id = m.id AND p.name = v_phase AND p.state = 'done') THEN
            v_phase := NULL; -- it has been reached: the card of now tells it
        ELSIF EXISTS (SELECT FROM pgrollout.step s WHERE s.migration_id = m.id AND s.irreversible
                      AND pgrollout.card_assumed(s, v_phase)) THEN
            v_closed := format('no way back: %s will have gone for good', (SELECT string_agg(g, ', ')
                FROM jsonb_array_elements_text(v_end -> 'gone') g));
        END IF;
    END IF;
    IF v_closed IS NULL THEN
        FOR t IN SELECT x.name, x.ord FROM pgrollout.abort_targets(m.id) x
                 UNION SELECT p.name, p.ord FROM pgrollout.phase p
                 WHERE p.migration_id = m.id AND v_phase IS NOT NULL
                   AND p.ord < (SELECT q.ord FROM pgrollout.phase q WHERE q.migration_id = m.id AND q.name = v_phase)
                 ORDER BY 2 LOOP
            v_targets := v_targets || jsonb_build_object('target', t.name, 'undo', pgrollout.card_undo(m, t.ord, v_phase),
                'data', (SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]') FROM pgrollout.card_data(m, t.ord, v_phase) d));
        END LOOP;
    END IF;
    SELECT jsonb_build_object('can', CASE WHEN bool_or(p.verdict = 'no') THEN 'no' WHEN count(*) > 0 THEN 'mind' ELSE 'yes' END,
        'why', coalesce(jsonb_agg(p.words ORDER BY p.verdict DESC), '[]')) INTO v_previous
    FROM pgrollout.card_previous(m, v_phase) p;
    RETURN jsonb_build_object('migration', m.name, 'state', m.state, 'phase', m.phase, 'step', (pgrollout.current_step(m.id)).name,
        'of_phase', v_phase, 'checked', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'closed', v_closed, 'answer', pgrollout.abort_text(m.id), 'previous_release', v_previous, 'way', pgrollout.card_way(m, v_phase), 'end', v_end, 'targets', v_targets,
        'takes', (SELECT coalesce(jsonb_agg(jsonb_build_object('schema', k.schema, 'relation', k.relation, 'column', k.col,
                      'there', EXISTS (SELECT FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
                                       WHERE n.nspname = k.schema AND r.relname = k.relation AND (k.col IS NULL OR EXISTS (
                                           SELECT FROM pg_attribute a WHERE a.attrelid = r.oid AND a.attname = k.col
                                           AND NOT a.attisdropped))))), '[]') FROM pgrollout.card_takes(m.name) k));
END
$$;

-- What an abort now, to its target or the start, takes away: rows of schema, table and column (NULL: all of it).
CREATE FUNCTION pgrollout.card_takes(name text) RETURNS TABLE (schema text, relation text, col text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
DECLARE
    v_migration pgrollout.migration := pgrollout.migration_find(card_takes.name);
BEGIN
    IF v_migration.state NOT IN ('done', 'aborted') AND pgrollout.abort_obstacle(v_migration.id) IS NULL THEN
        RETURN QUERY SELECT t ->> 'schema', t ->> 'table', t ->> 'column'
        FROM jsonb_array_elements(pgrollout.undo_takes(v_migration.id, coalesce(v_migration.abort_to, 'start'))) t;
    END IF;
END
$$;

-- --- the document as rows, and as lines

-- For psql: of each target what an abort does, in order. statements: what is sent; low_s and high_s: how long it
-- takes, NULL where that is not known.
CREATE FUNCTION pgrollout.card(name text, phase text DEFAULT NULL)
RETURNS TABLE (target text, n int, action text, locks text, loses text, statements text[], low_s float8, high_s float8)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    SELECT x.* FROM (SELECT pgrollout.card_document(card.name, card.phase) AS d) c
    CROSS JOIN LATERAL (
        SELECT 'none'::text AS target, 1 AS n, c.d ->> 'closed' AS action, NULL::text AS locks, NULL::text AS loses, NULL::text[] AS statements,
               NULL::float8 AS low_s, NULL::float8 AS high_s
        WHERE c.d ->> 'closed' IS NOT NULL
        UNION ALL
        SELECT t.j ->> 'target', coalesce((u ->> 'n')::int, 1),
               CASE WHEN u IS NULL THEN 'nothing to take back' ELSE format('%s: %s', u ->> 'step',
                   concat_ws(' Then ', 'asks you: ' || (u ->> 'asks'), u ->> 'does')) END,
               coalesce(u ->> 'locks', 'none'), u ->> 'loses',
               ARRAY(SELECT jsonb_array_elements_text(u -> 'statements')),
               (u #>> '{seconds,0}')::float8, (u #>> '{seconds,1}')::float8
        FROM jsonb_array_elements(c.d -> 'targets') WITH ORDINALITY t (j, o)
        LEFT JOIN LATERAL jsonb_array_elements(t.j -> 'undo') u ON true) x
$$;

-- The short form, for a question.
CREATE FUNCTION pgrollout.card_text(name text) RETURNS SETOF text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    WITH c AS MATERIALIZED (SELECT * FROM pgrollout.card(card_text.name) WITH ORDINALITY
                            x (target, n, action, locks, loses, statements, low_s, high_s, place))
    SELECT y.line FROM (
        SELECT c.target, min(c.place) AS place, 0 AS n, CASE c.target WHEN 'none' THEN 'Abort is not possible now.'
            WHEN 'start' THEN 'abort --to start: everything is taken back, in this order'
            ELSE format('abort --to %s: back to the end of %s', c.target, c.target) END AS line
        FROM c GROUP BY c.target
        UNION ALL
        SELECT c.target, c.place, c.n, format('  %s  %s%s%s', c.n, c.action,
            CASE WHEN c.locks IS NULL OR c.locks = 'none' THEN '' ELSE '  [' || c.locks || ']' END,
            coalesce('  loses: ' || c.loses, ''))
        FROM c) y
    ORDER BY y.place, y.n
$$;

-- A line about data: how many, of what, and how that is known.
CREATE FUNCTION pgrollout.data_text(d jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT format('%s %s (%s)', CASE WHEN d ->> 'n' IS NULL THEN 'an unknown number of' WHEN d ->> 'n' = '0' THEN 'no' ELSE pgrollout.grouped((d ->> 'n')::numeric) END,
                  d ->> 'words', d ->> 'basis')
$$;

-- The lines of one target. kind: answer, title, text, sql, ok, warn, danger, gate, dim; hang: where a line that is broken goes on.
CREATE FUNCTION pgrollout.card_target_lines(t jsonb, p_whole boolean) RETURNS TABLE (kind text, line text, hang int)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    u jsonb;
    d jsonb;
    v_low float8 := 0;
    v_high float8 := 0;
    v_asks int := 0;
    v_sends boolean := EXISTS (SELECT FROM jsonb_array_elements(t -> 'undo') x WHERE x ->> 'locks' <> 'none');
BEGIN
    kind := 'title';
    hang := 2;
    line := CASE t ->> 'target' WHEN 'start' THEN 'abort --to start: everything is taken back, in this order'
            ELSE format('abort --to %1$s: back to the end of %1$s', t ->> 'target') END;
    RETURN NEXT;
    FOR u IN SELECT * FROM jsonb_array_elements(t -> 'undo') LOOP
        v_low := v_low + (u #>> '{seconds,0}')::float8;
        v_high := v_high + (u #>> '{seconds,1}')::float8;
        v_asks := v_asks + CASE WHEN u ->> 'asks' IS NOT NULL THEN 1 ELSE 0 END;
        RETURN QUERY SELECT 'text', format('  %s  %s: %s', u ->> 'n', u ->> 'step',
            concat_ws(' Then ', 'asks you: ' || (u ->> 'asks'), u ->> 'does')), 5;
        CONTINUE WHEN NOT p_whole OR u -> 'statements' = '[]';
        RETURN QUERY SELECT 'sql', '       ' || l, 9
        FROM jsonb_array_elements_text(u -> 'statements') WITH ORDINALITY s (x, n),
             regexp_split_to_table(s.x || CASE WHEN s.x ~ ';\s*$' THEN '' ELSE ';' END, '\n') WITH ORDINALITY p (l, k) WHERE l <> '' ORDER BY s.n, p.k;
        RETURN QUERY SELECT 'text', format('     lock: %s', u ->> 'locks'), 7;
        RETURN QUERY SELECT 'text', format('     time: %s (%s)', pgrollout.seconds_text((u #>> '{seconds,0}')::float8, (u #>> '{seconds,1}')::float8),
            u ->> 'rests_on'), 7;
        -- of the others it is counted below
        RETURN QUERY SELECT 'warn', format('     loses: %s', u ->> 'loses'), 7
        WHERE u ->> 'loses' IS NOT NULL AND u ->> 'kind' NOT IN ('add_column', 'add_table');
        RETURN QUERY SELECT 'warn', format('     now in the way: %s', u ->> 'in_way'), 7 WHERE u ->> 'in_way' IS NOT NULL;
    END LOOP;
    IF t -> 'undo' = '[]' THEN
        RETURN QUERY SELECT 'text', '  nothing to take back', 2;
    ELSE
        RETURN QUERY SELECT 'text', CASE WHEN NOT v_sends THEN '  in all no statement is sent' || CASE v_asks WHEN 0 THEN '' ELSE ', once you have answered' END ELSE format('  in all %s once the locks are had%s', CASE WHEN v_high IS NULL
            THEN format('more than %s s, how long is not known,', round(v_low::numeric, 2)) ELSE pgrollout.seconds_text(v_low, v_high) END,
            CASE v_asks WHEN 0 THEN '' WHEN 1 THEN ', and the time until you answer' ELSE format(', and the time until you answer %s times', v_asks) END) END, 4;
    END IF;
    RETURN QUERY SELECT CASE x ->> 'sort' WHEN 'lost' THEN CASE WHEN x ->> 'n' = '0' THEN 'ok' ELSE 'warn' END WHEN 'repair'
            THEN CASE WHEN x ->> 'n' = '0' THEN 'ok' ELSE 'danger' END ELSE 'text' END,
        format('  %s %s', CASE x ->> 'sort' WHEN 'lost' THEN 'lost:     ' WHEN 'repair' THEN 'set right:' WHEN 'stays' THEN 'stays:    '
               ELSE 'removed:  ' END, pgrollout.data_text(x)), 13
    FROM jsonb_array_elements(t -> 'data') x;
    IF p_whole AND NOT EXISTS (SELECT FROM jsonb_array_elements(t -> 'data') x WHERE x ->> 'sort' = 'lost') THEN
        RETURN QUERY SELECT 'ok', '  lost:      nothing', 13;
    END IF;
    RETURN QUERY SELECT 'text', '  kept:      what was there before the migration: only contract takes it away', 13 WHERE p_whole;
END
$$;

-- The whole card as lines, the same for a terminal and for the console's screen.
CREATE FUNCTION pgrollout.card_lines(d jsonb) RETURNS TABLE (kind text, line text, hang int)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    v_can text := d #>> '{previous_release,can}';
    v_there int := (SELECT count(*) FROM jsonb_array_elements(d -> 'takes') k WHERE (k ->> 'there')::boolean);
    t record;
BEGIN
    RETURN QUERY SELECT 'dim', format('of the end of phase %s, which has not been reached: what comes until then counts as done', d ->> 'of_phase'), 2
    WHERE d ->> 'of_phase' IS NOT NULL;
    -- a screen that says it already leaves this one out
    RETURN QUERY SELECT 'answer', CASE WHEN d ->> 'of_phase' IS NULL THEN 'Can we go back now?  ' ELSE 'Can we go back then?  ' END
        || CASE WHEN d ->> 'closed' IS NOT NULL THEN '╫ NO: ' || (d ->> 'closed') WHEN d ->> 'of_phase' IS NOT NULL THEN 'YES'
           ELSE 'YES: ' || regexp_replace(d ->> 'answer', '^way back open: ', '') END, 2;
    RETURN QUERY SELECT CASE v_can WHEN 'no' THEN 'danger' WHEN 'mind' THEN 'warn' ELSE 'ok' END,
        CASE WHEN d ->> 'of_phase' IS NULL THEN 'Can the previous release run now?  ' ELSE 'Can the previous release run then?  ' END
        || CASE v_can WHEN 'no' THEN 'NO: ' WHEN 'mind' THEN 'YES, but mind: ' ELSE 'YES: what it uses is there, and kept in step' END
        || coalesce((SELECT string_agg(w, '; ') FROM jsonb_array_elements_text(d #> '{previous_release,why}') w), ''), 2
    WHERE d ->> 'state' <> 'aborted';
    RETURN QUERY SELECT 'text', 'The way back:  ' || string_agg(CASE WHEN w ->> 'back' = 'none but a restore' THEN '╫ ' ELSE '' END
        || (w ->> 'phase') || CASE WHEN (w ->> 'here')::boolean THEN ' (HERE)' ELSE '' END || ' ' || (w ->> 'back'), ' · ' ORDER BY n), 2
    FROM jsonb_array_elements(d -> 'way') WITH ORDINALITY x (w, n);
    RETURN QUERY SELECT 'gate', CASE WHEN d -> 'end' = 'null' THEN 'No step of this plan is beyond return.' ELSE format(
        '╫ The last free moment is before %s in %s, %s and %s away; gone then: %s', d #>> '{end,step}', d #>> '{end,phase}',
        coalesce(pgrollout.counted((d #>> '{end,steps_away}')::bigint, '1 step', 'steps'), 'no step'),
        coalesce(pgrollout.counted((d #>> '{end,gates_away}')::bigint, '1 gate', 'gates'), 'no gate'),
        (SELECT string_agg(g, ', ') FROM jsonb_array_elements_text(d #> '{end,gone}') g)) END, 2
    WHERE d ->> 'closed' IS NULL;
    FOR t IN SELECT x.j, x.n FROM jsonb_array_elements(d -> 'targets') WITH ORDINALITY x (j, n) ORDER BY x.n LOOP
        RETURN QUERY SELECT 'text', '', 0;
        RETURN QUERY SELECT * FROM pgrollout.card_target_lines(t.j, t.n = 1);
    END LOOP;
    IF d ->> 'of_phase' IS NOT NULL OR d ->> 'closed' IS NOT NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT 'text', '', 0;
    RETURN QUERY SELECT CASE WHEN v_there = jsonb_array_length(d -> 'takes') THEN 'dim' ELSE 'danger' END,
        format('checked %s against the live catalog%s', substr(d ->> 'checked', 12, 8), CASE WHEN d -> 'takes' = '[]' THEN
            ': it takes no column and no table away' ELSE format(': %s of %s things it takes away are there', v_there, jsonb_array_length(d -> 'takes')) END), 2;
    RETURN QUERY SELECT 'danger', format('  %s is not there: somebody else has taken it away', concat_ws('.', k ->> 'schema', k ->> 'relation', k ->> 'column')), 4
    FROM jsonb_array_elements(d -> 'takes') k WHERE NOT (k ->> 'there')::boolean;
END
$$;

CREATE FUNCTION pgrollout.card_page(name text, phase text DEFAULT NULL) RETURNS TABLE (kind text, line text, hang int)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp SET jit = off AS $$
    SELECT l.* FROM pgrollout.card_document(card_page.name, card_page.phase) d
    CROSS JOIN LATERAL pgrollout.card_lines(d) l
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pgrollout FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgrollout.card(text, text), pgrollout.card_text(text), pgrollout.card_takes(text),
    pgrollout.card_document(text, text), pgrollout.card_page(text, text), pgrollout.card_lines(jsonb),
    pgrollout.card_target_lines(jsonb, boolean), pgrollout.data_text(jsonb), pgrollout.grouped(numeric),
    pgrollout.seconds_text(float8, float8), pgrollout.amount_text(float8, text), pgrollout.counted(bigint, text, text) TO pgrollout_viewer;
GRANT EXECUTE ON FUNCTION pgrollout.losses_keep(bigint, text, text, text) TO pgrollout_engine;
