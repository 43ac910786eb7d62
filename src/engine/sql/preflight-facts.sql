-- purpose: what else hangs on the tables in $1 (oid[]): rules, publications, subscriptions, and for each column what
-- keeps it from being dropped ("blocks") or goes with it ("vanishes")
SELECT r.ev_class AS relid, 'rule' AS kind, NULL::name AS column_name, r.rulename::text AS name
FROM pg_rewrite r
WHERE r.ev_class = ANY ($1::oid[]) AND r.rulename <> '_RETURN' AND r.ev_enabled <> 'D'
UNION ALL
SELECT c.oid, CASE WHEN p.pubupdate THEN 'publication of updates' ELSE 'publication' END, NULL,
       quote_ident(p.pubname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_publication_tables x ON x.schemaname = n.nspname AND x.tablename = c.relname
JOIN pg_publication p ON p.pubname = x.pubname
WHERE c.oid = ANY ($1::oid[])
UNION ALL
-- what a subscription writes fires no ordinary trigger
SELECT DISTINCT s.srrelid, 'subscription', NULL::name, quote_ident(u.subname)
FROM pg_subscription_rel s JOIN pg_stat_subscription u ON u.subid = s.srsubid
WHERE s.srrelid = ANY ($1::oid[])
UNION ALL
-- column lists came with 15; as JSON the column may be absent
SELECT pr.prrelid, 'column list', NULL, quote_ident(p.pubname)
FROM pg_publication_rel pr JOIN pg_publication p ON p.oid = pr.prpubid
WHERE pr.prrelid = ANY ($1::oid[]) AND to_jsonb(pr) ->> 'prattrs' IS NOT NULL
UNION ALL
SELECT DISTINCT a.attrelid,
       CASE WHEN NOT d.goes_along OR generated.name IS NOT NULL THEN 'blocks' ELSE 'vanishes' END,
       a.attname,
       coalesce(CASE WHEN v.oid IS NOT NULL
                    THEN format('%s %s', CASE v.relkind WHEN 'm' THEN 'materialized view'
                                         ELSE 'view' END, v.oid::regclass) END,
                'generated column ' || quote_ident(generated.name),
                pg_describe_object(d.classid, d.objid, d.objsubid))
-- a CHECK depends in both ways, and goes along
FROM (SELECT x.classid, x.objid, x.objsubid, x.refobjid, x.refobjsubid,
             bool_or(x.deptype = 'a') AS goes_along
      FROM pg_depend x
      WHERE x.refclassid = 'pg_class'::regclass AND x.refobjid = ANY ($1::oid[])
        AND x.refobjsubid > 0 AND x.deptype IN ('n', 'a')
      GROUP BY 1, 2, 3, 4, 5) d
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
LEFT JOIN pg_attrdef def ON d.classid = 'pg_attrdef'::regclass AND def.oid = d.objid
LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
LEFT JOIN pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm')
LEFT JOIN pg_constraint con ON d.classid = 'pg_constraint'::regclass AND con.oid = d.objid
-- before 16 the generated column itself depends, later its expression does
LEFT JOIN LATERAL (
    SELECT g.attname AS name FROM pg_attribute g
    WHERE g.attrelid = a.attrelid AND g.attgenerated <> '' AND g.attnum <> a.attnum
      AND g.attnum = CASE WHEN def.oid IS NOT NULL THEN def.adnum
                          WHEN d.classid = 'pg_class'::regclass AND d.objid = a.attrelid
                          THEN d.objsubid END) generated ON true
WHERE NOT (def.oid IS NOT NULL AND def.adrelid = a.attrelid AND def.adnum = a.attnum)
  AND coalesce(con.contype, 'c') <> 'n'
ORDER BY 1, 2, 3, 4
