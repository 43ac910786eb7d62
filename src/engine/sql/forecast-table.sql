-- purpose: the table $1 (oid) as a forecast sees it; one row. Sizes wait for locks: the caller sets lock_timeout
WITH leaf AS (
    SELECT c.oid, c.relname, c.reltuples, c.relpages, c.reloptions, c.relfrozenxid,
           format('%I.%I', n.nspname, c.relname) AS named,
           pg_relation_size(c.oid) / current_setting('block_size')::int AS pages
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r'
      AND (c.oid = $1::oid OR c.oid IN (SELECT t.relid FROM pg_partition_tree($1::oid) t WHERE t.isleaf))
), stats AS (
    SELECT s.* FROM pg_stat_all_tables s JOIN leaf l ON l.oid = s.relid
), trigger AS (
    SELECT DISTINCT t.tgname, t.tgattr FROM pg_trigger t
    WHERE (t.tgrelid = $1::oid OR t.tgrelid IN (SELECT l.oid FROM leaf l))
      AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype & 16 <> 0
), index AS (
    SELECT i.indexrelid, c.relname, m.amname = 'brin' AS brin,
           pg_relation_size(i.indexrelid)
           + coalesce((SELECT sum(pg_relation_size(p.relid)) FROM pg_partition_tree(i.indexrelid) p
                       WHERE p.isleaf AND p.relid <> i.indexrelid), 0) AS bytes,
           -- keys, INCLUDE, and what expressions and the predicate depend on
           ARRAY(SELECT a.attnum FROM pg_attribute a
                 WHERE a.attrelid = i.indrelid AND a.attnum > 0 AND NOT a.attisdropped
                   AND (a.attnum = ANY (i.indkey::int2[])
                        OR (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
                           AND EXISTS (SELECT FROM pg_depend d
                                       WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                                         AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
                                         AND d.refobjsubid IN (0, a.attnum) AND d.deptype = 'a')))
               AS columns
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_am m ON m.oid = c.relam
    WHERE i.indrelid = $1::oid AND i.indislive
), attribute AS (
    SELECT a.attnum, a.attname, a.attlen, a.attstorage,
           EXISTS (SELECT FROM index i WHERE a.attnum = ANY (i.columns)) AS in_index
    FROM pg_attribute a
    WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
)
SELECT (SELECT json_agg(json_build_object('oid', l.oid::bigint, 'table', l.named, 'pages', l.pages) ORDER BY l.oid)
        FROM leaf l) AS leaves,
       (SELECT CASE WHEN min(l.reltuples) >= 0 THEN sum(l.reltuples)::float8 END FROM leaf l) AS reltuples,
       (SELECT sum(l.relpages) FROM leaf l) AS relpages,
       (SELECT CASE WHEN count(*) = count(greatest(s.last_analyze, s.last_autoanalyze))
           THEN extract(epoch FROM clock_timestamp() - min(greatest(s.last_analyze, s.last_autoanalyze))) END
        FROM stats s) AS analyzed_s,
       (SELECT sum(s.n_mod_since_analyze) FROM stats s) AS modified,
       (SELECT sum(s.n_dead_tup) FROM stats s) AS dead,
       (SELECT sum(s.n_live_tup) FROM stats s) AS live,
       (SELECT extract(epoch FROM clock_timestamp() - min(greatest(s.last_vacuum, s.last_autovacuum))) FROM stats s)
           AS vacuumed_s,
       (SELECT max(age(l.relfrozenxid)) FROM leaf l) AS frozen_age,
       (SELECT bool_or(o.option = 'autovacuum_enabled=false' OR o.option = 'autovacuum_enabled=off')
        FROM leaf l, unnest(l.reloptions) o (option)) AS autovacuum_off,
       (SELECT min(split_part(o.option, '=', 2)::int) FROM leaf l, unnest(l.reloptions) o (option)
        WHERE o.option LIKE 'fillfactor=%') AS fillfactor,
       (SELECT CASE c.relreplident WHEN 'f' THEN true ELSE false END FROM pg_class c WHERE c.oid = $1::oid)
           AS identity_full,
       has_table_privilege($1::oid, 'UPDATE') AS may_update,
       (SELECT json_agg(json_build_object('name', i.relname, 'bytes', i.bytes, 'brin', i.brin,
            'columns', (SELECT coalesce(json_agg(a.attname), '[]') FROM pg_attribute a
                        WHERE a.attrelid = $1::oid AND a.attnum = ANY (i.columns))) ORDER BY i.indexrelid)
        FROM index i) AS indexes,
       (SELECT json_agg(json_build_object('name', t.tgname,
            'columns', (SELECT json_agg(a.attname) FROM pg_attribute a
                        WHERE a.attrelid = $1::oid AND a.attnum = ANY (t.tgattr::int2[]))) ORDER BY t.tgname)
        FROM trigger t) AS triggers,
       (SELECT json_agg(json_build_object('name', a.attname, 'length', a.attlen, 'plain', a.attstorage = 'p')
                        ORDER BY a.attnum) FROM attribute a) AS columns,
       -- a column to write its own value into, where the one to be filled does not exist yet
       (SELECT a.attname FROM attribute a JOIN pg_attribute x ON x.attrelid = $1::oid AND x.attnum = a.attnum
        WHERE x.attgenerated = '' AND x.attidentity <> 'a'
          AND has_column_privilege($1::oid, a.attnum, 'UPDATE')
          AND NOT EXISTS (SELECT FROM trigger t WHERE a.attnum = ANY (t.tgattr::int2[]))
          AND NOT EXISTS (SELECT FROM pg_constraint k
                          WHERE k.contype = 'f' AND (k.conrelid = $1::oid AND a.attnum = ANY (k.conkey)
                                                     OR k.confrelid = $1::oid AND a.attnum = ANY (k.confkey)))
        ORDER BY a.in_index, a.attlen < 0, a.attlen, a.attnum LIMIT 1) AS substitute,
       (SELECT pg_tablespace_location(coalesce(nullif(c.reltablespace, 0), b.dattablespace))
        FROM pg_class c, pg_database b WHERE c.oid = $1::oid AND b.datname = current_database()) AS tablespace
