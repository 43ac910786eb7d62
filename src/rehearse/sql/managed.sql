-- purpose: whether pgrollout has been at work here
-- columns: there
SELECT pg_catalog.to_regclass('pgrollout.migration') IS NOT NULL AS there
