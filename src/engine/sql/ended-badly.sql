-- Purpose: for --exit-when-idle: has one of these migrations been aborted since this engine began?
-- {names}: a text[] expression, empty for all. Column: 1 or 0.
SELECT pgrollout.ended_badly({names})
