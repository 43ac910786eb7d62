-- purpose: the replica applies what it receives {argument} seconds later (on the replica)
ALTER SYSTEM SET recovery_min_apply_delay = '{argument}s';

SELECT pg_reload_conf()
