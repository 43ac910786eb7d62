-- purpose: what an index built without CONCURRENTLY holds on {argument}
BEGIN;

SET LOCAL lock_timeout = '10s';

LOCK TABLE {argument} IN SHARE MODE
