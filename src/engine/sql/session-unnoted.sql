-- The same for a login that may not look into the control schema: only where there is none is nothing
-- to be written.
SELECT pg_catalog.to_regnamespace('pgrollout') IS NULL OR pg_catalog.pg_is_in_recovery()
