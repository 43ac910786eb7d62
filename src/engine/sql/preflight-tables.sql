-- purpose: the plan's tables. $1: [{"schema", "table"}], $2: the plan's role, or NULL. One row each
WITH RECURSIVE wanted AS (
    SELECT w.ord, w.j ->> 'schema' AS schema_name, w.j ->> 'table' AS table_name
    FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY w (j, ord)
), found AS (
    SELECT w.ord, n.oid AS nspoid, c.*, o.rolname AS owner, o.rolsuper AS owner_super,
           d.oid AS ddl_oid, d.rolname AS ddl_role,
           coalesce(n.nspname ~ '^pg_' OR n.nspname IN ('information_schema', 'pgrollout'), false)
               AS is_system
    FROM wanted w
    LEFT JOIN pg_namespace n ON n.nspname = w.schema_name
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.table_name
        AND c.relkind NOT IN ('i', 'I', 'S', 't', 'c')
    LEFT JOIN pg_roles o ON o.oid = c.relowner
    LEFT JOIN pg_roles d ON d.rolname = coalesce($2::text, o.rolname)
), parts AS (
    SELECT f.oid AS root, h.inhrelid AS relid FROM found f JOIN pg_inherits h ON h.inhparent = f.oid
    WHERE f.relkind = 'p'
    UNION ALL
    SELECT p.root, h.inhrelid FROM parts p JOIN pg_inherits h ON h.inhparent = p.relid
), leaves AS (
    SELECT p.root, c.*, format('%I.%I', n.nspname, c.relname) AS name FROM parts p
    JOIN pg_class c ON c.oid = p.relid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind <> 'p'
), keys AS (
    -- every unique index that a batch could walk along; "fit" says whether all its types are known to compare
    -- the same way everywhere, and whether it is sorted as ORDER BY sorts, forwards or backwards
    SELECT i.indrelid, i.indexrelid, i.indisprimary, i.indnkeyatts, k.refused IS NULL AS fit, k.columns,
           k.refused
    FROM pg_index i
    CROSS JOIN LATERAL (
        SELECT bool_and(a.attnotnull) AS not_null,
               jsonb_agg(jsonb_build_object('name', a.attname,
                   'type', format_type(a.atttypid, a.atttypmod),
                   'collation', CASE WHEN i.indcollation[k.n - 1] <> a.attcollation
                       THEN (SELECT format('%I.%I', cn.nspname, co.collname)
                             FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
                             WHERE co.oid = i.indcollation[k.n - 1]) END) ORDER BY k.n) AS columns,
               string_agg(CASE
                   WHEN a.atttypid <> ALL ('{int2,int4,int8,uuid,text,varchar,date,timestamp,
                                             timestamptz,numeric}'::regtype[])
                       THEN format('"%s" is %s', a.attname, format_type(a.atttypid, a.atttypmod))
                   WHEN NOT EXISTS (
                       SELECT FROM pg_opclass d JOIN pg_am m ON m.oid = d.opcmethod AND m.amname = 'btree'
                       WHERE d.opcfamily = o.opcfamily AND d.opcintype = o.opcintype AND d.opcdefault)
                       THEN format('"%s" is sorted by %s', a.attname, o.opcname)
                   WHEN i.indoption[k.n - 1] NOT IN (0, 3) -- ASC NULLS LAST, DESC NULLS FIRST
                       THEN format('"%s" is sorted with NULLs at the other end', a.attname)
                   WHEN i.indoption[k.n - 1] <> i.indoption[0]
                       THEN format('"%s" is sorted in another direction', a.attname)
                   END, ', ' ORDER BY k.n) AS refused
        FROM generate_series(1, i.indnkeyatts) k (n)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.n - 1]
        JOIN pg_opclass o ON o.oid = i.indclass[k.n - 1]
    ) k
    WHERE i.indrelid IN (SELECT f.oid FROM found f)
      AND i.indisunique AND i.indisvalid AND i.indisready AND i.indislive AND i.indimmediate
      AND i.indpred IS NULL AND i.indexprs IS NULL AND k.not_null
)
SELECT f.nspoid IS NOT NULL AS schema_exists, f.oid AS relid, f.relkind, f.relpersistence,
       f.relispartition, f.is_system, f.relrowsecurity,
       EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = f.oid) AS has_children,
       EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = f.oid) AS has_parent,
       f.owner, f.owner_super, f.ddl_role,
       coalesce(pg_has_role(f.ddl_oid, f.relowner, 'USAGE'), false) AS role_owns,
       coalesce(has_schema_privilege(f.ddl_oid, f.nspoid, 'USAGE'), false) AS schema_usage,
       coalesce(has_schema_privilege(f.ddl_oid, f.nspoid, 'CREATE'), false) AS schema_create,
       -- which login will run the engine is not known yet: one of them must be able to
       EXISTS (
           SELECT FROM pg_roles e
           WHERE NOT e.rolsuper
             AND pg_has_role(e.oid, (SELECT g.oid FROM pg_roles g
                                     WHERE g.rolname = 'pgrollout_engine'), 'MEMBER')
             AND pg_has_role(e.oid, f.ddl_oid, 'USAGE')
             AND pg_has_role(e.oid, f.ddl_oid,
                     CASE WHEN current_setting('server_version_num')::int >= 160000
                     THEN 'SET' ELSE 'MEMBER' END)) AS engine_member,
       CASE WHEN f.relkind = 'p'
            THEN (SELECT CASE WHEN bool_and(l.reltuples >= 0) THEN sum(l.reltuples)::bigint END
                  FROM leaves l WHERE l.root = f.oid)
            WHEN f.reltuples >= 0 AND f.relpages > 0 THEN f.reltuples::bigint END AS rows_total,
       -- DDL on a partitioned table asks for the ownership of each partition
       (SELECT string_agg(CASE WHEN l.relkind = 'f' THEN l.name || ' is a foreign table'
                               ELSE format('%s belongs to "%s"', l.name, o.rolname) END, ', ' ORDER BY l.name)
        FROM leaves l JOIN pg_roles o ON o.oid = l.relowner
        WHERE l.root = f.oid AND (l.relkind = 'f' OR NOT coalesce(pg_has_role(f.ddl_oid, l.relowner, 'USAGE'), true))
       ) AS odd_parts,
       (SELECT k.columns FROM keys k WHERE k.indrelid = f.oid AND k.fit
        ORDER BY k.indisprimary DESC, k.indnkeyatts, k.indexrelid LIMIT 1) AS key,
       (SELECT k.refused FROM keys k WHERE k.indrelid = f.oid
        ORDER BY k.indisprimary DESC, k.indnkeyatts, k.indexrelid LIMIT 1) AS key_refused,
       (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = f.oid AND a.attnum > 0) AS attributes,
       (SELECT bool_and(CASE x.relreplident
           WHEN 'n' THEN false
           WHEN 'f' THEN true
           ELSE EXISTS (SELECT FROM pg_index i WHERE i.indrelid = x.oid AND i.indisvalid
                        AND CASE x.relreplident WHEN 'd' THEN i.indisprimary
                            ELSE i.indisreplident END)
           END)
        FROM (SELECT f.oid, f.relreplident UNION ALL SELECT l.oid, l.relreplident FROM leaves l WHERE l.root = f.oid) x
       ) AS has_replica_identity
FROM found f
ORDER BY f.ord
