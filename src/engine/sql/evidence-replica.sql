-- Purpose: asked of a standby itself: how many bytes it has yet to replay up to {lsn} (a literal). One JSON object.
SELECT json_build_object(
    'system', (SELECT c.system_identifier::text FROM pg_control_system() c),
    'standby', pg_is_in_recovery(),
    'behind', pg_wal_lsn_diff({lsn}, pg_last_wal_replay_lsn()))
