-- purpose: the document of `status --json`, indented; with a name that migration alone
-- spliced in: the name as a literal, then the statement of snapshot_sql
WITH asked (name) AS (SELECT %s::text)
SELECT jsonb_pretty(CASE WHEN a.name IS NULL THEN d.j
           ELSE jsonb_set(d.j, '{migrations}', jsonb_build_array(pgrollout.state_of(a.name))) END)
FROM asked a, (%s) d (j)
