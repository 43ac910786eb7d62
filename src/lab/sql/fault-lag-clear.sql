-- purpose: the replica applies at once again (on the replica)
ALTER SYSTEM RESET recovery_min_apply_delay;

SELECT pg_reload_conf()
