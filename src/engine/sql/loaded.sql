-- purpose: a migration of this name ($1) is loaded and has not ended
SELECT EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(pgrollout.state() -> 'migrations') m
               WHERE m ->> 'name' = $1 AND m ->> 'state' NOT IN ('done', 'aborted'))
