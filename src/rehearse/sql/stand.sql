-- purpose: where the migration stands, and for whom it waits
-- $1: migration; columns: state, phase, step, kind, step_state, hold, key, error, others
--  hold: boundary, gate, operator or stepping where somebody must go on; NULL while it works, and while a phase
--  is being ended. others: further holds
SELECT m.state, m.phase, s.name AS step, s.kind, s.state AS step_state, w.kind AS hold, w.key,
       (SELECT concat_ws(': ', f.name, f.error, f.error_detail) FROM pgrollout.step f
        WHERE f.migration_id = m.id AND f.state = 'failed' LIMIT 1) AS error,
       (SELECT pg_catalog.string_agg(concat_ws(' ', h.kind, h.key, h.reason), '; ') FROM pgrollout.hold h
        WHERE h.migration_id = m.id AND h.kind NOT IN ('boundary', 'gate', 'operator', 'stepping')) AS others
FROM pgrollout.migration m
LEFT JOIN LATERAL (
    SELECT * FROM pgrollout.step x
    WHERE x.migration_id = m.id AND x.state NOT IN ('done', 'skipped', 'undone')
    ORDER BY x.state = 'pending', x.ord LIMIT 1) s ON true
LEFT JOIN LATERAL (
    SELECT h.kind, h.key FROM pgrollout.hold h
    WHERE h.migration_id = m.id
      AND (h.kind IN ('boundary', 'gate') OR h.kind = 'operator' AND (s.phase = m.phase OR m.state = 'aborting')
           OR h.kind = 'stepping' AND NOT h.permit AND (s.phase = m.phase OR m.state = 'aborting'))
    ORDER BY h.kind LIMIT 1) w ON true
WHERE m.name = $1
ORDER BY m.id DESC
LIMIT 1
