-- Purpose: which cluster this is, and on which timeline: one JSON object.
SELECT json_build_object(
    'system', (SELECT c.system_identifier::text FROM pg_control_system() c),
    'timeline', left(pg_walfile_name(pg_current_wal_lsn()), 8))
