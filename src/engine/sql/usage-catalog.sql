-- All that stands on column of namespace.table (column NULL: on the table), as one value of JSON;
-- NULL where the table, or the column, is not there. What leaves together with a column has "goes".
WITH RECURSIVE target AS (
    SELECT c.oid, c.reltype, c.relname, c.relkind, n.nspname, a.attnum
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_attribute a
        ON a.attrelid = c.oid AND a.attname = @column@ AND a.attnum > 0 AND NOT a.attisdropped
     WHERE n.nspname = @namespace@ AND c.relname = @table@
       AND (@column@::text IS NULL OR a.attnum IS NOT NULL)
), family AS ( -- the table, its partitions and its children
    SELECT t.oid, t.attnum, t.reltype FROM target t
    UNION
    SELECT c.oid, a.attnum, c.reltype
      FROM family f
      JOIN pg_catalog.pg_inherits i ON i.inhparent = f.oid
      JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
      LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = @column@
), direct AS (
    SELECT DISTINCT d.classid, d.objid, d.objsubid, d.deptype, d.refobjid, d.refobjsubid, f.attnum
      FROM family f
      JOIN pg_catalog.pg_depend d
        ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = f.oid
     WHERE f.attnum IS NULL OR d.refobjsubid = f.attnum
), views AS (
    SELECT r.ev_class AS oid
      FROM direct d
      JOIN pg_catalog.pg_rewrite r
        ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
     WHERE r.ev_class NOT IN (SELECT f.oid FROM family f)
    UNION
    SELECT r.ev_class
      FROM views v
      JOIN pg_catalog.pg_depend d
        ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = v.oid
       AND d.classid = 'pg_catalog.pg_rewrite'::regclass
      JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
     WHERE r.ev_class NOT IN (SELECT f.oid FROM family f)
), named AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind
      FROM views v
      JOIN pg_catalog.pg_class c ON c.oid = v.oid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
), words AS (
    SELECT pg_catalog.array_agg(DISTINCT pg_catalog.lower(pg_catalog.replace(w.name, '"', '""')))
               AS names
      FROM (SELECT c.relname::text AS name
              FROM family f JOIN pg_catalog.pg_class c ON c.oid = f.oid
            UNION ALL SELECT v.relname FROM named v) w
), dependents AS (
    SELECT CASE d.classid
               WHEN 'pg_catalog.pg_class'::regclass THEN
                   (SELECT CASE c.relkind WHEN 'i' THEN 'index' WHEN 'I' THEN 'index'
                                          WHEN 'S' THEN 'sequence' ELSE 'relation' END
                      FROM pg_catalog.pg_class c WHERE c.oid = d.objid)
               WHEN 'pg_catalog.pg_constraint'::regclass THEN
                   (SELECT CASE WHEN c.contype = 'f' AND c.confrelid = d.refobjid
                                     AND c.conrelid <> d.refobjid THEN 'foreign key'
                                ELSE 'constraint' END
                      FROM pg_catalog.pg_constraint c WHERE c.oid = d.objid)
               WHEN 'pg_catalog.pg_attrdef'::regclass THEN
                   CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_attrdef x WHERE x.oid = d.objid
                                        AND x.adrelid = d.refobjid AND x.adnum = d.refobjsubid)
                        THEN 'default' ELSE 'generated column' END
               WHEN 'pg_catalog.pg_policy'::regclass THEN 'policy'
               WHEN 'pg_catalog.pg_trigger'::regclass THEN 'trigger'
               WHEN 'pg_catalog.pg_statistic_ext'::regclass THEN 'statistics'
               WHEN 'pg_catalog.pg_publication_rel'::regclass THEN 'publication'
               WHEN 'pg_catalog.pg_proc'::regclass THEN 'function'
               WHEN 'pg_catalog.pg_rewrite'::regclass THEN 'rule'
               ELSE 'object' END AS kind,
           d.classid, d.objid, d.objsubid
      FROM direct d
     WHERE d.deptype IN ('n', 'a', 'i')
       AND NOT (d.classid = 'pg_catalog.pg_rewrite'::regclass
                AND EXISTS (SELECT FROM pg_catalog.pg_rewrite r
                             WHERE r.oid = d.objid AND (r.rulename = '_RETURN'
                                   OR r.ev_class IN (SELECT v.oid FROM named v))))
       AND NOT (d.classid = 'pg_catalog.pg_class'::regclass
                AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = d.objid
                               AND (c.relkind = 't' OR c.oid IN (SELECT f.oid FROM family f))))
       AND d.classid <> 'pg_catalog.pg_type'::regclass
       AND (d.classid <> 'pg_catalog.pg_trigger'::regclass
            OR EXISTS (SELECT FROM pg_catalog.pg_trigger g
                        WHERE g.oid = d.objid AND NOT g.tgisinternal))
), functions AS (
    SELECT n.nspname, p.proname, p.oid, l.lanname, p.prosrc,
           EXISTS (SELECT FROM pg_catalog.pg_trigger g
                    WHERE g.tgfoid = p.oid AND g.tgrelid IN (SELECT f.oid FROM family f)) AS fires,
           p.prorettype IN (SELECT f.reltype FROM family f WHERE f.reltype <> 0)
               OR EXISTS (SELECT FROM pg_catalog.unnest(p.proargtypes) y
                           WHERE y IN (SELECT f.reltype FROM family f WHERE f.reltype <> 0)) AS rows,
           EXISTS (SELECT FROM direct d WHERE d.classid = 'pg_catalog.pg_proc'::regclass
                      AND d.objid = p.oid) AS stands,
           EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgfoid = p.oid
                      AND pg_catalog.obj_description(g.oid, 'pg_trigger') LIKE 'pgrollout, migration %') AS ours
      FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      JOIN pg_catalog.pg_language l ON l.oid = p.prolang
     WHERE p.prokind IN ('f', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pgrollout')
       AND l.lanname NOT IN ('c', 'internal')
)
SELECT pg_catalog.jsonb_build_object(
    'schema', t.nspname, 'table', t.relname, 'kind', t.relkind,
    'oids', (SELECT pg_catalog.jsonb_agg(f.oid::bigint) FROM family f),
    'words', (SELECT w.names FROM words w),
    'columns', (SELECT pg_catalog.jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'family', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(n.nspname, c.relname))
                 FROM family f JOIN pg_catalog.pg_class c ON c.oid = f.oid
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace),
    'views', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('schema', v.nspname,
                  'name', v.relname, 'stored', v.relkind = 'm') ORDER BY v.nspname, v.relname)
                FROM named v),
    'constraints', (SELECT pg_catalog.jsonb_agg(c.conname) FROM pg_catalog.pg_constraint c
                     WHERE c.conrelid IN (SELECT f.oid FROM family f)
                       AND (t.attnum IS NULL OR EXISTS (SELECT FROM family f
                             WHERE f.oid = c.conrelid AND f.attnum = ANY (c.conkey)))),
    'dependents', (SELECT pg_catalog.jsonb_agg(DISTINCT pg_catalog.jsonb_build_object(
                       'kind', d.kind,
                       'text', pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid),
                       'goes', d.kind IN ('index', 'constraint', 'default', 'sequence', 'statistics')
                           OR t.attnum IS NULL AND d.kind IN ('trigger', 'policy', 'publication',
                               'rule', 'generated column'),
                       'ours', d.kind = 'trigger'
                           AND coalesce(pg_catalog.obj_description(d.objid, 'pg_trigger')
                                        LIKE 'pgrollout, migration %', false)))
                     FROM dependents d),
    'functions', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                      'schema', f.nspname, 'name', f.proname,
                      'word', pg_catalog.lower(pg_catalog.replace(f.proname, '"', '""')), 'language', f.lanname,
                      'definition', CASE WHEN f.lanname = 'plpgsql'
                                         THEN pg_catalog.pg_get_functiondef(f.oid) END,
                      'body', f.prosrc, 'fires', f.fires, 'rows', f.rows, 'stands', f.stands, 'ours', f.ours)
                      ORDER BY f.nspname, f.proname)
                    FROM functions f, words w
                   WHERE f.fires OR f.rows OR f.stands OR pg_catalog.strpos(pg_catalog.lower(f.prosrc), 'u&"') > 0
                      OR EXISTS (SELECT FROM pg_catalog.unnest(w.names) x
                                  WHERE pg_catalog.strpos(pg_catalog.lower(f.prosrc), x) > 0)),
    'published', (SELECT pg_catalog.jsonb_agg(DISTINCT p.pubname)
                    FROM pg_catalog.pg_publication_tables p
                   WHERE (p.schemaname, p.tablename) IN (SELECT n.nspname, c.relname
                          FROM family f JOIN pg_catalog.pg_class c ON c.oid = f.oid
                          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace)),
    'subscribed', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_subscription_rel s
                    WHERE s.srrelid IN (SELECT f.oid FROM family f)),
    'slots', (SELECT pg_catalog.jsonb_agg(s.slot_name) FROM pg_catalog.pg_replication_slots s
               WHERE s.slot_type = 'logical' AND s.database = pg_catalog.current_database()),
    'stats', (SELECT n.nspname FROM pg_catalog.pg_extension e
                JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
               WHERE e.extname = 'pg_stat_statements'),
    'standbys', (SELECT pg_catalog.jsonb_agg(DISTINCT coalesce(nullif(r.application_name, ''),
                            pg_catalog.host(r.client_addr), 'pid ' || r.pid))
                   FROM pg_catalog.pg_stat_replication r
                   JOIN pg_catalog.pg_stat_get_activity(r.pid) a ON a.datid IS NULL
                  WHERE r.state IS DISTINCT FROM 'backup'))
  FROM target t
