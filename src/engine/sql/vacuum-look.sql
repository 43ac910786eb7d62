-- Purpose: whether a VACUUM is worth it now. {migration}, {step}, {since}: number of the first batch since the
-- last one. Column: worth it.
SELECT pgrollout.vacuum_worth({migration}, {step}, {since})
