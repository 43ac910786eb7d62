-- purpose: objects outside the control schema that use one of its objects; one row
-- columns: users
WITH RECURSIVE own (classid, objid) AS (
    SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
    WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
      AND d.refobjid = pg_catalog.to_regnamespace('pgrollout')::oid
    UNION
    -- parts of an own object: its row type, defaults, constraints, indexes, rules, triggers
    SELECT d.classid, d.objid FROM own o
    JOIN pg_catalog.pg_depend d ON d.refclassid = o.classid AND d.refobjid = o.objid
    WHERE d.deptype IN ('i', 'a', 'P', 'S')
)
SELECT pg_catalog.string_agg(DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, 0), ', ') AS users
FROM own o
JOIN pg_catalog.pg_depend d ON d.refclassid = o.classid AND d.refobjid = o.objid
WHERE d.deptype = 'n'
  AND NOT EXISTS (SELECT FROM own x WHERE x.classid = d.classid AND x.objid = d.objid)
