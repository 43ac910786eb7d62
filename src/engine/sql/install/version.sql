-- purpose: the version of the control schema that is there, as its owner; one row
-- columns: version
SELECT coalesce(max(v.version), 0) AS version FROM pgrollout.schema_version v
