-- purpose: all settings in force
-- $1: migration
-- columns: setting, value, set_by
SELECT pg_catalog.split_part(r.receipt, ' = ', 1) AS setting,
       pg_catalog.split_part(r.receipt, ' = ', 2) AS value, coalesce(r.undo, 'the plan') AS set_by
FROM pgrollout.set(name => $1) r
