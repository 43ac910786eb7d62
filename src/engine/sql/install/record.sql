-- purpose: writes down that a script of the control schema has been applied, as its owner
-- $1: its number
INSERT INTO pgrollout.schema_version (version) VALUES ($1)
