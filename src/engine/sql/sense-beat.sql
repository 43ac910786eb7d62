-- What a standby shows of the engine's heartbeat: whether it is a standby; microseconds since 1970, NULL:
-- none was replayed.
SELECT pg_catalog.pg_is_in_recovery() AS standby, pgrollout.heartbeat_at() AS beat
