-- purpose: all that the report of a run tells, as one document
-- $1: migration
SELECT pgrollout.report($1)
