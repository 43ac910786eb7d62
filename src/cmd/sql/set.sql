-- purpose: tunes while it runs, all settings or none
-- $1: migration, $2: [[key, value], …], $3: for how long, $4: reason; columns: those of pgrollout.receipt
SELECT r.*
FROM pg_catalog.jsonb_array_elements($2::pg_catalog.jsonb) WITH ORDINALITY s (pair, n),
     LATERAL pgrollout.set(name => $1, key => s.pair ->> 0, value => s.pair ->> 1,
                           duration => $3, reason => $4) r
ORDER BY s.n
