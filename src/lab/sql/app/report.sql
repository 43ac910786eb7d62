-- purpose: how the application fares; $1 name, $2 release, $3 generation, $4 paused, $5 operations,
-- $6 errors, $7 mismatches, $8 blank reads, $9 reconnects, $10 max_ms, $11 p99_ms, $12 sqlstates,
-- $13 last error
INSERT INTO lab.app_status AS s (app, release, generation, paused, updated_at, operations, errors,
    mismatches, blank_reads, reconnects, max_ms, p99_ms, sqlstates, last_error)
VALUES ($1, $2, $3, $4, clock_timestamp(), $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (app) DO UPDATE SET (release, generation, paused, updated_at, operations, errors,
    mismatches, blank_reads, reconnects, max_ms, p99_ms, sqlstates, last_error) =
    (excluded.release, excluded.generation, excluded.paused, excluded.updated_at,
     excluded.operations, excluded.errors, excluded.mismatches, excluded.blank_reads,
     excluded.reconnects, excluded.max_ms, excluded.p99_ms, excluded.sqlstates,
     excluded.last_error)
