-- purpose: says who asks, for the journal; the only setting that is left in the session
-- $1: operating-system user
SELECT pg_catalog.set_config('pgrollout.os_user', $1, false)
