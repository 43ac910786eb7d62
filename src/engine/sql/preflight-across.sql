-- purpose: why two tables cannot be kept in step, or filled one from the other; NULL when they can. $1: as of a
-- step's detail
SELECT pgrollout.across_of($1::jsonb) AS wrong
