-- purpose: whom the gate that waits still asks for; no row: one answer serves
-- $1: migration; columns: application
SELECT app AS application
FROM pgrollout.hold h
JOIN pgrollout.migration m ON m.id = h.migration_id AND m.name = $1
JOIN pgrollout.step s ON s.migration_id = h.migration_id AND s.name = h.key
CROSS JOIN LATERAL pg_catalog.unnest(s.gate_each) app
WHERE h.kind = 'gate' AND NOT (h.detail ->> 'reverse')::boolean
  AND NOT EXISTS (SELECT FROM pgrollout.answer a WHERE a.migration_id = m.id AND a.step = s.name
                  AND a.application = app AND NOT a.reverse)
