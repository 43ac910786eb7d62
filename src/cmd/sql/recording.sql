-- purpose: a run as lines of JSON, to be looked at elsewhere
-- $1: migration
-- columns: line
SELECT * FROM pgrollout.recording($1)
