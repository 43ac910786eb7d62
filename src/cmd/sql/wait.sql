-- purpose: where a migration stands
-- $1: migration, $2: a phase or NULL
-- columns: state, phase_state, held (by what, without what goes on trying)
SELECT s.j ->> 'state' AS state,
       (SELECT p ->> 'state' FROM pg_catalog.jsonb_array_elements(s.j -> 'phases') p
        WHERE p ->> 'name' = $2) AS phase_state,
       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', h ->> 'kind', h ->> 'key'), ', ')
        FROM pg_catalog.jsonb_array_elements(s.j -> 'holds') h
        WHERE h ->> 'kind' NOT IN ('lock', 'no_engine')
          AND NOT coalesce((h ->> 'permit')::boolean, false)) AS held
FROM pgrollout.state_of($1) s (j)
