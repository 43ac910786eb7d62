-- purpose: why the control schema may not go, as its owner; one row
-- columns: migrations, engine
SELECT (SELECT pg_catalog.string_agg(pg_catalog.format('%s is %s', m.name, m.state), ', ' ORDER BY m.id)
        FROM pgrollout.migration m WHERE m.state NOT IN ('done', 'aborted')) AS migrations,
       (SELECT pg_catalog.format('pid %s on host %s', l.holder ->> 'pid', l.holder ->> 'host')
        FROM pgrollout.lease l WHERE pgrollout.engine_alive()) AS engine
