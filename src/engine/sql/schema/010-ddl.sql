-- Control schema, version 10: steps whose next statement the catalog decides, not the journal: indexes and
-- constraints. Each function is asked again after each act until it says `done`; it changes nothing itself.
-- What a step has made stands in its detail under `claimed`, written before it is made and only where nothing
-- had that name: whatever else has the name is somebody else's, and neither taken over nor dropped.

CREATE TYPE pgrollout.next_act AS (
    act text, -- run (outside a transaction, behind an intent), ddl (with a lock budget), last (ddl that ends the
              -- stage: both commit together), wait, fail, done
    sql text,
    what text, -- run: the intent's word
    note text, -- wait, fail, done: for people
    hint text, -- fail: what to do
    tables oid[], -- ddl: who holds them is looked at first
    remember jsonb -- goes into the step's detail before (run) or with (ddl) the statement
);

CREATE FUNCTION pgrollout.act_done(p_note text DEFAULT NULL) RETURNS pgrollout.next_act
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT ('done', NULL, NULL, p_note, NULL, NULL, NULL)::pgrollout.next_act
$$;

CREATE FUNCTION pgrollout.act_fail(p_note text, p_hint text) RETURNS pgrollout.next_act
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT ('fail', NULL, NULL, p_note, p_hint, NULL, NULL)::pgrollout.next_act
$$;

CREATE FUNCTION pgrollout.act_run(p_what text, p_sql text, p_remember jsonb DEFAULT '{}')
RETURNS pgrollout.next_act
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT ('run', p_sql, p_what, NULL, NULL, NULL, p_remember)::pgrollout.next_act
$$;

CREATE FUNCTION pgrollout.act_ddl(p_sql text, p_tables oid[], p_remember jsonb DEFAULT '{}')
RETURNS pgrollout.next_act
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT ('ddl', p_sql, NULL, NULL, NULL, p_tables, p_remember)::pgrollout.next_act
$$;

CREATE FUNCTION pgrollout.step_row(p_migration bigint, p_step text) RETURNS pgrollout.step
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT s FROM pgrollout.step s WHERE s.migration_id = p_migration AND s.name = p_step
$$;

CREATE FUNCTION pgrollout.claim_of(p_step pgrollout.step, p_name text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT jsonb_build_object('claimed',
        coalesce(p_step.detail -> 'claimed', '{}') || jsonb_build_object(p_name, true))
$$;

CREATE FUNCTION pgrollout.is_claimed(p_step pgrollout.step, p_name text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT coalesce(p_step.detail -> 'claimed' ? p_name, false)
$$;

-- An index or constraint of a partition is named after both; at most 63 bytes.
CREATE FUNCTION pgrollout.fitted_name(p_name text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE WHEN octet_length(p_name) <= 63 THEN p_name
        ELSE left(p_name, 12) || '_' || left(md5(p_name), 12) END
$$;

-- The table and, where it is partitioned, all below it. By pg_inherits: pg_partition_tree would wait for locks.
CREATE FUNCTION pgrollout.table_tree(p_table oid)
RETURNS TABLE (relid oid, parent oid, level int, kind "char", table_name name, qualified text, nsp oid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    WITH RECURSIVE tree AS (
        SELECT p_table AS relid, NULL::oid AS parent, 0 AS level
        UNION ALL
        SELECT h.inhrelid, h.inhparent, t.level + 1
        FROM tree t JOIN pg_class c ON c.oid = t.relid AND c.relkind = 'p'
        JOIN pg_inherits h ON h.inhparent = t.relid)
    SELECT t.relid, t.parent, t.level, c.relkind, c.relname, format('%I.%I', n.nspname, c.relname), n.oid
    FROM tree t JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
$$;

-- What follows the table in an index' definition, alike for the same index on any table.
CREATE FUNCTION pgrollout.index_body(p_index oid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT substr(r.rest, 2 + length(CASE
               WHEN starts_with(r.rest, r.qualified || ' ') THEN r.qualified
               -- so is one's own temporary table written
               WHEN starts_with(r.rest, 'pg_temp.' || r.bare || ' ') THEN 'pg_temp.' || r.bare
               ELSE r.bare END))
    FROM (SELECT CASE WHEN starts_with(h.rest, 'ONLY ') THEN substr(h.rest, 6) ELSE h.rest END AS rest,
                 h.qualified, h.bare
          FROM (SELECT substr(pg_get_indexdef(i.indexrelid), 1 + length(format('CREATE %sINDEX %I ON ',
                           CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, c.relname))) AS rest,
                       format('%I.%I', n.nspname, t.relname) AS qualified, quote_ident(t.relname) AS bare
                FROM pg_index i
                JOIN pg_class c ON c.oid = i.indexrelid
                JOIN pg_class t ON t.oid = i.indrelid
                JOIN pg_namespace n ON n.oid = t.relnamespace
                WHERE i.indexrelid = p_index) h) r
$$;

CREATE FUNCTION pgrollout.index_text(p_index oid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || pgrollout.index_body(i.indexrelid)
    FROM pg_index i WHERE i.indexrelid = p_index
$$;

-- The tables of the tree, and the index of each: the one that belongs to the root's, else the one that is named
-- as it will be. `taken`: something else has that name.
CREATE FUNCTION pgrollout.index_nodes(p_root oid, p_name text)
RETURNS TABLE (relid oid, parent oid, level int, kind "char", qualified text, index_name text, index_qualified text,
               index oid, attached boolean, valid boolean, taken boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    WITH root AS (
        SELECT i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = p_root AND c.relname = p_name)
    SELECT t.relid, t.parent, t.level, t.kind, t.qualified, w.name,
           coalesce((SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
                     JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = x.oid),
                    (SELECT format('%I.%I', n.nspname, w.name) FROM pg_namespace n WHERE n.oid = t.nsp)),
           x.oid, coalesce(x.oid = a.indexrelid, false),
           (SELECT i.indisvalid AND i.indisready AND i.indislive FROM pg_index i WHERE i.indexrelid = x.oid),
           x.oid IS NULL AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = t.nsp AND c.relname = w.name)
    FROM pgrollout.table_tree(p_root) t
    CROSS JOIN LATERAL (SELECT CASE t.level WHEN 0 THEN p_name
        ELSE pgrollout.fitted_name(t.table_name || '_' || p_name) END AS name) w
    LEFT JOIN LATERAL (
        SELECT i.indexrelid FROM pg_index i, root r
        WHERE t.level > 0 AND i.indrelid = t.relid
          AND r.indexrelid IN (SELECT p.relid FROM pg_partition_ancestors(i.indexrelid) p)
          LIMIT 1) a ON true
    CROSS JOIN LATERAL (SELECT coalesce(a.indexrelid::oid, (
        SELECT i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = t.relid AND c.relnamespace = t.nsp AND c.relname = w.name)) AS oid) x
$$;

-- Another session that builds an index there: ours of a client that is gone, or somebody else's.
CREATE FUNCTION pgrollout.builds_there(p_table oid, p_index oid) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT format('the index build of %s', pgrollout.session_text(p.pid))
    FROM pg_stat_progress_create_index p
    WHERE p.relid = p_table AND p.pid <> pg_backend_pid()
      AND p.datid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
      AND (p.index_relid = p_index
           OR EXISTS (SELECT FROM pgrollout.intent i WHERE i.backend_pid = p.pid
                      AND pgrollout.backend_lives(i.backend_pid, i.backend_start)))
    LIMIT 1
$$;

-- The next thing towards the index: p_body is what follows the table in CREATE INDEX.
CREATE FUNCTION pgrollout.index_make(p_migration bigint, p_step text, p_name text, p_unique boolean, p_body text,
                                     p_adopt boolean DEFAULT false) RETURNS pgrollout.next_act
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    s pgrollout.step := pgrollout.step_row(p_migration, p_step);
    v_unique text := CASE WHEN p_unique THEN 'UNIQUE ' ELSE '' END;
    v_wanted text := s.detail ->> 'definition';
    v_root record;
    n record;
BEGIN
    SELECT * INTO v_root FROM pgrollout.index_nodes((s.detail ->> 'relid')::oid, p_name) r WHERE r.level = 0;
    IF v_root IS NULL THEN
        RETURN pgrollout.act_fail('its table is gone', 'Put it back, then retry; or abort.');
    END IF;
    IF v_root.index IS NOT NULL AND NOT pgrollout.is_claimed(s, v_root.index_qualified) THEN
        IF pgrollout.builds_there(v_root.relid, v_root.index) IS NOT NULL THEN
            RETURN pgrollout.act_fail(format('%s makes an index of that name', pgrollout.builds_there(v_root.relid, v_root.index)),
                'Let it end, then retry with "existing: adopt" in a new plan; or name the index otherwise.');
        ELSIF NOT v_root.valid THEN
            RETURN pgrollout.act_fail(format('an invalid index %s stands there, which this step has not made', v_root.index_qualified),
                format('It is not touched: a person drops it (DROP INDEX CONCURRENTLY %s), then retry.', v_root.index_qualified));
        ELSIF NOT p_adopt THEN
            RETURN pgrollout.act_fail(format('index %s exists already', v_root.index_qualified),
                'Take the step out, drop the index if it is a left-over, or write "existing: adopt".');
        ELSIF v_wanted IS NULL OR v_wanted <> pgrollout.index_text(v_root.index) THEN
            RETURN pgrollout.act_fail(format('index %s is another one: it is %s, the plan makes %s', v_root.index_qualified,
                pgrollout.index_text(v_root.index), coalesce(v_wanted, 'what could not be compared with it')),
                'Name the index of the plan otherwise, or write what stands there.');
        END IF;
        RETURN pgrollout.act_done('it was there already and is taken over');
    END IF;
    FOR n IN SELECT * FROM pgrollout.index_nodes(v_root.relid, p_name) x ORDER BY x.kind = 'p' DESC, x.level, x.relid LOOP
        IF n.kind = 'f' THEN
            RETURN pgrollout.act_fail(format('partition %s is a foreign table: no index can be built on it', n.qualified),
                'Detach it, then retry; or abort.');
        ELSIF pgrollout.builds_there(n.relid, n.index) IS NOT NULL THEN
            RETURN ('wait', NULL, NULL, pgrollout.builds_there(n.relid, n.index), NULL, NULL, NULL)::pgrollout.next_act;
        ELSIF n.taken THEN
            RETURN pgrollout.act_fail(format('%s exists already, and is no index of %s', n.index_qualified, n.qualified),
                'Name the index otherwise, or take the other out of the way and retry.');
        ELSIF n.index IS NULL AND n.kind = 'p' THEN
            RETURN pgrollout.act_ddl(format('CREATE %sINDEX %I ON ONLY %s %s', v_unique, n.index_name, n.qualified, p_body),
                ARRAY[n.relid], pgrollout.claim_of(s, n.index_qualified));
        ELSIF n.index IS NULL THEN
            RETURN pgrollout.act_run('index build', format('CREATE %sINDEX CONCURRENTLY %I ON %s %s', v_unique,
                n.index_name, n.qualified, p_body), pgrollout.claim_of(s, n.index_qualified));
        ELSIF NOT n.attached AND NOT pgrollout.is_claimed(s, n.index_qualified) THEN
            RETURN pgrollout.act_fail(format('index %s exists already, and this step has not made it', n.index_qualified),
                'Drop it or rename it, then retry.');
        ELSIF n.kind <> 'p' AND NOT n.valid AND NOT n.attached THEN
            RETURN pgrollout.act_run('index drop', format('DROP INDEX CONCURRENTLY %s', n.index_qualified));
        END IF;
    END LOOP;
    SELECT x.index_qualified, p.index_qualified AS above, x.relid INTO n
    FROM pgrollout.index_nodes(v_root.relid, p_name) x
    JOIN pgrollout.index_nodes(v_root.relid, p_name) p ON p.relid = x.parent
    WHERE x.level > 0 AND NOT x.attached
      -- one below another that is not attached itself yet counts as soon as it is
      AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = x.index AND h.inhparent = p.index)
    ORDER BY x.level DESC, x.relid LIMIT 1;
    IF FOUND THEN
        RETURN pgrollout.act_ddl(format('ALTER INDEX %s ATTACH PARTITION %s', n.above, n.index_qualified), ARRAY[n.relid]);
    ELSIF NOT v_root.valid THEN
        RETURN pgrollout.act_fail(format('index %s is not valid although every partition has its part', v_root.index_qualified),
            'Look at pg_index; then retry, or abort.');
    ELSIF v_wanted <> pgrollout.index_text(v_root.index) AND s.kind = 'index' THEN
        RETURN pgrollout.act_fail(format('index %s is another one than the plan makes: it is %s', v_root.index_qualified,
            pgrollout.index_text(v_root.index)), 'Somebody has replaced it: drop it, then retry.');
    END IF;
    RETURN pgrollout.act_done();
END
$$;

-- The next thing on the way to no such index; p_own: only what the step itself has made.
CREATE FUNCTION pgrollout.index_drop(p_migration bigint, p_step text, p_name text, p_own boolean)
RETURNS pgrollout.next_act
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    s pgrollout.step := pgrollout.step_row(p_migration, p_step);
    v_was jsonb;
    n record;
BEGIN
    FOR n IN SELECT * FROM pgrollout.index_nodes((s.detail ->> 'relid')::oid, p_name) x
             WHERE x.index IS NOT NULL ORDER BY x.level, x.relid LOOP
        CONTINUE WHEN p_own AND NOT pgrollout.is_claimed(s, n.index_qualified) OR NOT p_own AND n.level > 0;
        IF EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = n.index AND c.contype IN ('p', 'u', 'x')) THEN
            RETURN pgrollout.act_fail(format('index %s belongs to a constraint', n.index_qualified),
                'Drop the constraint instead (drop_constraint): the index goes with it.');
        ELSIF pgrollout.builds_there(n.relid, n.index) IS NOT NULL THEN
            RETURN ('wait', NULL, NULL, pgrollout.builds_there(n.relid, n.index), NULL, NULL, NULL)::pgrollout.next_act;
        END IF;
        -- what an abort makes again; a drop that was cut off has left it invalid, not another one
        v_was := CASE WHEN p_own THEN '{}' ELSE jsonb_build_object('was', coalesce(nullif(s.detail -> 'was', 'null'),
            (SELECT jsonb_build_object('unique', i.indisunique, 'body', pgrollout.index_body(n.index))
             FROM pg_index i WHERE i.indexrelid = n.index))) END;
        IF n.kind = 'p' THEN
            RETURN pgrollout.act_ddl(format('DROP INDEX %s', n.index_qualified),
                ARRAY(SELECT t.relid FROM pgrollout.table_tree(n.relid) t), v_was);
        END IF;
        RETURN pgrollout.act_run('index drop', format('DROP INDEX CONCURRENTLY %s', n.index_qualified), v_was);
    END LOOP;
    RETURN pgrollout.act_done();
END
$$;

-- The undo of drop_index: the definition was written down with the drop.
CREATE FUNCTION pgrollout.index_remake(p_migration bigint, p_step text, p_name text) RETURNS pgrollout.next_act
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    s pgrollout.step := pgrollout.step_row(p_migration, p_step);
    v_root record;
BEGIN
    IF jsonb_typeof(s.detail -> 'was') IS DISTINCT FROM 'object' THEN
        RETURN pgrollout.act_done();
    END IF;
    SELECT * INTO v_root FROM pgrollout.index_nodes((s.detail ->> 'relid')::oid, p_name) r WHERE r.level = 0;
    IF v_root.index IS NOT NULL AND NOT pgrollout.is_claimed(s, v_root.index_qualified) THEN
        IF v_root.valid THEN
            RETURN pgrollout.act_done('it still stands');
        END IF;
        -- the drop was cut off half-way: what it has left is of no use
        RETURN pgrollout.act_run('index drop', format('DROP INDEX CONCURRENTLY %s', v_root.index_qualified));
    END IF;
    RETURN pgrollout.index_make(p_migration, p_step, p_name, (s.detail -> 'was' ->> 'unique')::boolean,
                                s.detail -> 'was' ->> 'body');
END
$$;

CREATE FUNCTION pgrollout.constraint_text(p_constraint oid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT regexp_replace(pg_get_constraintdef(p_constraint), ' NOT VALID$', '')
$$;

-- Tables that a lock on this one through its foreign keys falls on, too.
CREATE FUNCTION pgrollout.referenced_by(p_table oid, p_name text DEFAULT NULL) RETURNS oid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT ARRAY(SELECT DISTINCT c.confrelid FROM pg_constraint c
                 WHERE c.conrelid = p_table AND c.contype = 'f' AND (p_name IS NULL OR c.conname = p_name))
$$;

-- A table by the two parts of its name; NULL. Not by to_regclass: the owner of this function may not have USAGE.
CREATE FUNCTION pgrollout.table_named(p_schema text, p_table text) RETURNS oid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = p_schema AND c.relname = p_table AND c.relkind IN ('r', 'p')
$$;

-- The next thing towards a constraint: p_def as in ADD CONSTRAINT, without NOT VALID. p_index_body: it is a UNIQUE
-- or PRIMARY KEY, over an index with this definition. p_other: the table that a foreign key references.
CREATE FUNCTION pgrollout.constraint_make(p_migration bigint, p_step text, p_name text, p_def text,
                                          p_index_body text DEFAULT NULL, p_adopt boolean DEFAULT false,
                                          p_other oid DEFAULT NULL, p_validate boolean DEFAULT true)
RETURNS pgrollout.next_act
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    s pgrollout.step := pgrollout.step_row(p_migration, p_step);
    v_root oid := (s.detail ->> 'relid')::oid;
    v_wanted text := s.detail ->> 'definition';
    v_quoted text := quote_ident(p_name);
    v_leaves boolean := starts_with(p_def, 'FOREIGN KEY') AND EXISTS (
        SELECT FROM pg_class c WHERE c.oid = v_root AND c.relkind = 'p');
    v_found pg_constraint;
    v_next pgrollout.next_act;
    n record;
BEGIN
    SELECT * INTO v_found FROM pg_constraint c WHERE c.conrelid = v_root AND c.conname = p_name;
    IF v_found.oid IS NOT NULL AND NOT pgrollout.is_claimed(s, 'constraint ' || v_quoted) THEN
        IF NOT p_adopt THEN
            RETURN pgrollout.act_fail(format('constraint %s exists already', v_quoted),
                'Take the step out, drop the constraint if it is a left-over, or write "existing: adopt".');
        ELSIF v_wanted IS DISTINCT FROM pgrollout.constraint_text(v_found.oid) THEN
            RETURN pgrollout.act_fail(format('constraint %s is another one: it is %s, the plan makes %s', v_quoted,
                pgrollout.constraint_text(v_found.oid), coalesce(v_wanted, 'what could not be compared with it')),
                'Name the constraint of the plan otherwise, or write what stands there.');
        ELSIF v_found.convalidated THEN
            RETURN pgrollout.act_done('it was there already and is taken over');
        END IF;
    END IF;
    FOR n IN SELECT t.*, c.oid AS found, c.convalidated, format('constraint %s of %s', v_quoted, t.qualified) AS claim
             FROM pgrollout.table_tree(v_root) t
             LEFT JOIN pg_constraint c ON c.conrelid = t.relid AND c.conname = p_name
             -- a foreign key of a partitioned table cannot be NOT VALID: its partitions get theirs first
             WHERE CASE WHEN v_leaves THEN t.kind <> 'p' AND v_found.oid IS NULL ELSE t.level = 0 END
             ORDER BY t.relid LOOP
        IF n.found IS NULL AND p_index_body IS NOT NULL THEN
            v_next := pgrollout.index_make(p_migration, p_step, p_name, true, p_index_body, false);
            IF v_next.act <> 'done' THEN
                RETURN v_next;
            END IF;
            RETURN pgrollout.act_ddl(format('ALTER TABLE %s ADD CONSTRAINT %s %s', n.qualified, v_quoted, p_def),
                ARRAY[n.relid], pgrollout.claim_of(s, 'constraint ' || v_quoted));
        ELSIF n.found IS NULL THEN
            RETURN pgrollout.act_ddl(format('ALTER TABLE %s ADD CONSTRAINT %s %s NOT VALID', n.qualified, v_quoted, p_def),
                ARRAY[n.relid] || coalesce(ARRAY[p_other], '{}'),
                pgrollout.claim_of(s, CASE WHEN v_leaves THEN n.claim ELSE 'constraint ' || v_quoted END));
        ELSIF v_leaves AND NOT pgrollout.is_claimed(s, n.claim) THEN
            RETURN pgrollout.act_fail(format('%s exists already, and this step has not made it', n.claim),
                'Drop it or rename it, then retry.');
        ELSIF NOT n.convalidated AND p_validate THEN
            RETURN pgrollout.act_run('validate', format('ALTER TABLE %s VALIDATE CONSTRAINT %s', n.qualified, v_quoted));
        END IF;
    END LOOP;
    IF v_leaves AND v_found.oid IS NULL THEN
        -- each partition has it: nothing is scanned again, they become parts of it
        RETURN pgrollout.act_ddl(format('ALTER TABLE %s ADD CONSTRAINT %s %s',
                (SELECT t.qualified FROM pgrollout.table_tree(v_root) t WHERE t.level = 0), v_quoted, p_def),
            ARRAY(SELECT t.relid FROM pgrollout.table_tree(v_root) t) || coalesce(ARRAY[p_other], '{}'),
            pgrollout.claim_of(s, 'constraint ' || v_quoted));
    END IF;
    RETURN pgrollout.act_done();
END
$$;

-- The next thing on the way to no such constraint; p_own: only what the step itself has made.
CREATE FUNCTION pgrollout.constraint_drop(p_migration bigint, p_step text, p_name text, p_own boolean)
RETURNS pgrollout.next_act
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    s pgrollout.step := pgrollout.step_row(p_migration, p_step);
    n record;
BEGIN
    FOR n IN SELECT t.*, c.oid AS found, c.contype, c.convalidated, c.conindid
             FROM pgrollout.table_tree((s.detail ->> 'relid')::oid) t
             JOIN pg_constraint c ON c.conrelid = t.relid AND c.conname = p_name
             WHERE c.conparentid = 0 ORDER BY t.level, t.relid LOOP
        CONTINUE WHEN NOT p_own AND n.level > 0;
        CONTINUE WHEN p_own AND NOT pgrollout.is_claimed(s, 'constraint ' || quote_ident(p_name)
            || CASE n.level WHEN 0 THEN '' ELSE ' of ' || n.qualified END);
        RETURN pgrollout.act_ddl(format('ALTER TABLE %s DROP CONSTRAINT %I', n.qualified, p_name),
            ARRAY(SELECT t.relid FROM pgrollout.table_tree(n.relid) t) || pgrollout.referenced_by(n.relid, p_name),
            CASE WHEN p_own THEN '{}' ELSE jsonb_build_object('was', jsonb_build_object(
                'def', pgrollout.constraint_text(n.found), 'valid', n.convalidated,
                'body', CASE WHEN n.contype IN ('p', 'u') THEN pgrollout.index_body(n.conindid) END,
                'using', (SELECT format('%s USING INDEX %I%s', CASE n.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END,
                              p_name, CASE WHEN c.condeferrable THEN ' DEFERRABLE' || CASE WHEN c.condeferred
                              THEN ' INITIALLY DEFERRED' ELSE '' END ELSE '' END)
                          FROM pg_constraint c WHERE c.oid = n.found AND c.contype IN ('p', 'u')))) END);
    END LOOP;
    -- an index that has not become a constraint yet
    RETURN CASE WHEN p_own THEN pgrollout.index_drop(p_migration, p_step, p_name, true) ELSE pgrollout.act_done() END;
END
$$;

-- The undo of drop_constraint: the definition was written down with the drop.
CREATE FUNCTION pgrollout.constraint_remake(p_migration bigint, p_step text, p_name text)
RETURNS pgrollout.next_act
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    s pgrollout.step := pgrollout.step_row(p_migration, p_step);
    v_was jsonb := s.detail -> 'was';
BEGIN
    IF jsonb_typeof(v_was) IS DISTINCT FROM 'object' OR EXISTS (
            SELECT FROM pg_constraint c WHERE c.conrelid = (s.detail ->> 'relid')::oid AND c.conname = p_name
            AND NOT pgrollout.is_claimed(s, 'constraint ' || quote_ident(p_name))) THEN
        RETURN pgrollout.act_done();
    END IF;
    RETURN pgrollout.constraint_make(p_migration, p_step, p_name, coalesce(v_was ->> 'using', v_was ->> 'def'),
        v_was ->> 'body', false, NULL, (v_was ->> 'valid')::boolean);
END
$$;

-- What would keep a table from being dropped, for people; NULL: nothing.
CREATE FUNCTION pgrollout.table_dependents(p_table oid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    WITH tree AS (SELECT t.relid FROM pgrollout.table_tree(p_table) t),
    own AS ( -- with the sequences that it owns, and its row types
        SELECT 'pg_class'::regclass AS classid, t.relid AS objid FROM tree t
        UNION ALL
        SELECT 'pg_class'::regclass, d.objid FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
          AND d.refobjid IN (SELECT t.relid FROM tree t) AND d.deptype IN ('a', 'i')
        UNION ALL
        SELECT 'pg_type'::regclass, y.oid FROM pg_type y WHERE y.typrelid IN (SELECT t.relid FROM tree t)
        UNION ALL
        SELECT 'pg_type'::regclass, y.typarray FROM pg_type y WHERE y.typrelid IN (SELECT t.relid FROM tree t)
        UNION ALL
        SELECT 'pg_constraint'::regclass, c.oid FROM pg_constraint c WHERE c.conrelid IN (SELECT t.relid FROM tree t)
        UNION ALL
        SELECT 'pg_class'::regclass, i.indexrelid FROM pg_index i WHERE i.indrelid IN (SELECT t.relid FROM tree t))
    SELECT string_agg(DISTINCT CASE
               WHEN v.oid IS NOT NULL THEN format('%s %s', CASE v.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END,
                                                  v.oid::regclass)
               ELSE pg_describe_object(d.classid, d.objid, 0) END, ', ')
    FROM own o
    JOIN pg_depend d ON d.refclassid = o.classid AND d.refobjid = o.objid AND d.deptype = 'n'
    LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
    LEFT JOIN pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm')
    LEFT JOIN pg_attrdef def ON d.classid = 'pg_attrdef'::regclass AND def.oid = d.objid
    LEFT JOIN pg_trigger g ON d.classid = 'pg_trigger'::regclass AND g.oid = d.objid
    LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
    LEFT JOIN pg_constraint c ON d.classid = 'pg_constraint'::regclass AND c.oid = d.objid
    WHERE NOT EXISTS (SELECT FROM own x WHERE x.classid = d.classid AND x.objid = d.objid)
      AND coalesce(w.ev_class, def.adrelid, g.tgrelid, p.polrelid, 0) NOT IN (SELECT t.relid FROM tree t)
      -- the internal triggers of a foreign key tell of the same
      AND NOT coalesce(g.tgisinternal, false)
$$;

-- The next thing towards the table of an add_table step.
CREATE FUNCTION pgrollout.table_make(p_migration bigint, p_step text, p_schema text, p_table text, p_sql text,
                                     p_adopt boolean) RETURNS pgrollout.next_act
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    s pgrollout.step := pgrollout.step_row(p_migration, p_step);
    v_name text := format('%I.%I', p_schema, p_table);
    v_found oid := pgrollout.table_named(p_schema, p_table);
BEGIN
    IF v_found IS NULL THEN
        RETURN ('last', p_sql, NULL, NULL, NULL, '{}', pgrollout.claim_of(s, v_name))::pgrollout.next_act;
    ELSIF pgrollout.is_claimed(s, v_name) THEN
        RETURN pgrollout.act_done();
    ELSIF NOT p_adopt THEN
        RETURN pgrollout.act_fail(format('table %s exists already', v_name),
            'Take the step out, drop the table if it is a left-over, or write "existing: adopt".');
    ELSIF pgrollout.columns_text(v_found) IS DISTINCT FROM s.detail ->> 'definition' THEN
        RETURN pgrollout.act_fail(format('table %s is another one: it has %s, the plan makes %s', v_name,
            pgrollout.columns_text(v_found), coalesce(s.detail ->> 'definition', 'what could not be compared with it')),
            'Name the table of the plan otherwise, or write what stands there.');
    END IF;
    RETURN pgrollout.act_done('it was there already and is taken over');
END
$$;

-- The columns of a table, with their types, as a comparison needs them.
CREATE FUNCTION pgrollout.columns_text(p_table oid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp
SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'iso_8601' AS $$
    SELECT string_agg(format('%I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
               CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
               CASE WHEN a.attidentity <> '' THEN ' IDENTITY'
                    WHEN a.attgenerated <> '' THEN ' GENERATED'
                    -- a default by a sequence names it, and each table has its own
                    WHEN pg_get_expr(d.adbin, d.adrelid) ~ '^nextval\(' THEN ' DEFAULT nextval'
                    ELSE coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') END), ', ' ORDER BY a.attname)
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = p_table AND a.attnum > 0 AND NOT a.attisdropped
$$;

-- The next thing on the way to no such table; p_own: only what the step itself has made.
CREATE FUNCTION pgrollout.table_drop(p_migration bigint, p_step text, p_sql text, p_own boolean)
RETURNS pgrollout.next_act
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    s pgrollout.step := pgrollout.step_row(p_migration, p_step);
    v_table oid := (SELECT c.oid FROM pg_class c WHERE c.oid = (s.detail ->> 'relid')::oid);
    v_needed text := pgrollout.table_dependents(v_table);
BEGIN
    IF v_table IS NULL OR p_own AND NOT s.detail ? 'claimed' THEN
        RETURN pgrollout.act_done();
    ELSIF p_own AND pgrollout.table_named(s.detail ->> 'schema', s.detail ->> 'table') IS DISTINCT FROM v_table THEN
        RETURN pgrollout.act_fail(format('the table that this step has made is %s now', v_table::regclass),
            format('Give it its name again (%I.%I), or drop it by hand; then retry. Whatever has that name now is not touched.',
                   s.detail ->> 'schema', s.detail ->> 'table'));
    ELSIF v_needed IS NOT NULL THEN
        RETURN pgrollout.act_fail(format('the table is used by %s', v_needed),
            'Drop or change that first, then retry; nothing is dropped by CASCADE.');
    END IF;
    RETURN ('last', p_sql, NULL, NULL, NULL, ARRAY(SELECT t.relid FROM pgrollout.table_tree(v_table) t)
            || pgrollout.referenced_by(v_table), '{}')::pgrollout.next_act;
END
$$;

-- The table of an add_table step is there, or gone: the steps that work on it learn which one it is.
CREATE FUNCTION pgrollout.table_came(p_migration bigint, p_step text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    UPDATE pgrollout.step x
    SET detail = x.detail || jsonb_build_object('relid', t.oid::text, 'owner', coalesce(
        (SELECT r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = t.oid), x.detail ->> 'owner'))
    FROM pgrollout.step s
    CROSS JOIN LATERAL (SELECT pgrollout.table_named(s.detail ->> 'schema', s.detail ->> 'table') AS oid) t
    WHERE s.migration_id = p_migration AND s.name = p_step AND x.migration_id = p_migration
      AND x.detail ->> 'schema' = s.detail ->> 'schema' AND x.detail ->> 'table' = s.detail ->> 'table'
$$;

-- The next thing towards the column of an add_column step that may be there already.
CREATE FUNCTION pgrollout.column_make(p_migration bigint, p_step text, p_column text, p_sql text)
RETURNS pgrollout.next_act
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
DECLARE
    s pgrollout.step := pgrollout.step_row(p_migration, p_step);
    v_stands text := (SELECT pgrollout.column_text(a.attrelid, a.attname) FROM pg_attribute a
                      WHERE a.attrelid = (s.detail ->> 'relid')::oid AND a.attname = p_column AND NOT a.attisdropped);
BEGIN
    IF v_stands IS NULL THEN
        RETURN ('last', p_sql, NULL, NULL, NULL, ARRAY[(s.detail ->> 'relid')::oid],
                pgrollout.claim_of(s, p_column))::pgrollout.next_act;
    ELSIF NOT pgrollout.is_claimed(s, p_column) AND v_stands IS DISTINCT FROM s.detail ->> 'definition' THEN
        RETURN pgrollout.act_fail(format('column %I is another one: it is %s, the plan makes %s', p_column, v_stands,
            coalesce(s.detail ->> 'definition', 'what could not be compared with it')),
            'Name the column of the plan otherwise, or write what stands there.');
    END IF;
    RETURN pgrollout.act_done('it was there already and is taken over');
END
$$;

-- The undo: what was taken over stays.
CREATE FUNCTION pgrollout.column_drop(p_migration bigint, p_step text, p_column text, p_sql text)
RETURNS pgrollout.next_act
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    SELECT CASE WHEN pgrollout.is_claimed(s, p_column)
        THEN ('last', p_sql, NULL, NULL, NULL, ARRAY[(s.detail ->> 'relid')::oid], '{}')::pgrollout.next_act
        ELSE pgrollout.act_done() END
    FROM pgrollout.step_row(p_migration, p_step) s
$$;

CREATE FUNCTION pgrollout.column_text(p_table oid, p_column text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp
SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'iso_8601' AS $$
    SELECT format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
           || CASE WHEN a.attidentity <> '' THEN ' IDENTITY' WHEN a.attgenerated <> '' THEN ' GENERATED'
                   ELSE coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') END
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = p_table AND a.attname = p_column AND NOT a.attisdropped
$$;

-- Seconds until the time of a step has passed; the first call is its beginning.
CREATE FUNCTION pgrollout.time_left(p_migration bigint, p_step text, p_for_us bigint) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    UPDATE pgrollout.step s
    SET detail = s.detail || jsonb_build_object('passing_since', clock_timestamp())
    WHERE s.migration_id = p_migration AND s.name = p_step AND NOT s.detail ? 'passing_since';
    SELECT ceil(p_for_us / 1e6 - extract(epoch FROM clock_timestamp()
                    - (s.detail ->> 'passing_since')::timestamptz))::bigint
    FROM pgrollout.step s WHERE s.migration_id = p_migration AND s.name = p_step
$$;

-- What the first release that reads the new column of a sync would miss of the old one: an index that is valid,
-- statistics. NULL when nothing. Asked before the first phase behind the backfill: the missing index is the outage
-- that people really have.
CREATE FUNCTION pgrollout.readers_obstacle(p_migration bigint, p_next text) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pgrollout, pg_temp AS $$
    WITH pairs AS (
        SELECT s.name, o.attrelid AS relid, o.attname AS old_name, n.attname AS new_name, o.attnum AS old, n.attnum AS new,
               s.finished
        FROM pgrollout.step s
        JOIN pg_attribute o ON o.attrelid = (s.detail ->> 'relid')::oid AND o.attname = s.detail ->> 'old'
        JOIN pg_attribute n ON n.attrelid = o.attrelid AND n.attname = s.detail ->> 'new'
        WHERE s.migration_id = p_migration AND s.kind = 'sync' AND s.state = 'done'
          AND NOT o.attisdropped AND NOT n.attisdropped
          -- only once, before people switch
          AND p_next IN ('switch_reads', 'stop_old_writes', 'contract')
          AND NOT EXISTS (SELECT FROM pgrollout.phase p WHERE p.migration_id = p_migration
                          AND p.name IN ('switch_reads', 'stop_old_writes') AND p.state = 'done')
    ), indexes AS (
        SELECT p.name, p.old_name, p.new_name, p.old, i.indexrelid, i.indrelid,
               -- without its own name; with the new column in the place of the old one
               regexp_replace(regexp_replace(pg_get_indexdef(i.indexrelid), '^.*? USING ', ''),
                   '(^|[^[:alnum:]_"])' || quote_ident(p.old_name) || '(?![[:alnum:]_"])',
                   '\1' || quote_ident(p.new_name), 'g') AS wanted
        FROM pairs p
        JOIN pg_index i ON i.indrelid = p.relid AND i.indisvalid AND i.indislive
        WHERE EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = p.relid AND d.refobjsubid = p.old)
           -- that of a constraint depends on the constraint
           OR p.old = ANY (i.indkey::int2[])
    )
    SELECT string_agg(t.text, '; ' ORDER BY t.ord, t.text) FROM (
        SELECT 1 AS ord, format('no index on %s does what %s does for %s', quote_ident(x.new_name),
                                quote_ident(c.relname), quote_ident(x.old_name)) AS text
        FROM indexes x JOIN pg_class c ON c.oid = x.indexrelid
        WHERE NOT EXISTS (SELECT FROM pg_index k WHERE k.indrelid = x.indrelid AND k.indisvalid AND k.indislive
                          AND regexp_replace(pg_get_indexdef(k.indexrelid), '^.*? USING ', '') = x.wanted)
        UNION ALL
        SELECT 2, format('%s has no statistics since it was filled: ANALYZE', quote_ident(p.new_name))
        FROM pairs p
        WHERE p_next <> 'contract' -- then they have switched already
          -- a small table is read as a whole in any case
          AND (SELECT c.reltuples FROM pg_class c WHERE c.oid = p.relid) >= 10000
          AND coalesce(greatest(pg_stat_get_last_analyze_time(p.relid), pg_stat_get_last_autoanalyze_time(p.relid)),
                       '-infinity') < (SELECT max(b.finished) FROM pgrollout.step b WHERE b.migration_id = p_migration
                           AND b.kind = 'backfill' AND (b.detail ->> 'relid')::oid = p.relid)
          AND NOT EXISTS (SELECT FROM pgrollout.step a
                          JOIN pgrollout.step b ON b.migration_id = a.migration_id AND b.kind = 'backfill'
                              AND b.detail ->> 'relid' = a.detail ->> 'relid' AND b.ord < a.ord
                          WHERE a.migration_id = p_migration AND a.kind = 'analyze' AND a.state = 'done'
                            AND (a.detail ->> 'relid')::oid = p.relid)
    ) t
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pgrollout FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    pgrollout.index_make(bigint, text, text, boolean, text, boolean), pgrollout.index_drop(bigint, text, text, boolean),
    pgrollout.index_remake(bigint, text, text),
    pgrollout.constraint_make(bigint, text, text, text, text, boolean, oid, boolean),
    pgrollout.constraint_drop(bigint, text, text, boolean), pgrollout.constraint_remake(bigint, text, text),
    pgrollout.table_make(bigint, text, text, text, text, boolean), pgrollout.table_drop(bigint, text, text, boolean),
    pgrollout.table_came(bigint, text), pgrollout.column_make(bigint, text, text, text),
    pgrollout.column_drop(bigint, text, text, text), pgrollout.build_of(bigint), pgrollout.table_named(text, text), pgrollout.time_left(bigint, text, bigint) TO pgrollout_engine;
-- the preflight compares what a plan makes with what stands
GRANT EXECUTE ON FUNCTION pgrollout.index_text(oid), pgrollout.constraint_text(oid), pgrollout.columns_text(oid),
    pgrollout.column_text(oid, text), pgrollout.table_dependents(oid) TO pgrollout_operator;
