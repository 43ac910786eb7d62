-- purpose: compares users with the shadow table, whichever of name and full_name there are (a row
-- read as JSON has no key for a column that is gone). A full_name that is NULL beside a right name
-- is not filled yet; without a name it is wrong.
-- gives has_name, has_full_name, rows, missing, extra, wrong, unfilled, first wrong id
WITH columns AS (
    SELECT bool_or(attname = 'name') AS has_name, bool_or(attname = 'full_name') AS has_full_name
    FROM pg_attribute WHERE attrelid = 'public.users'::regclass AND NOT attisdropped
), pairs AS (
    SELECT coalesce(u.id, s.id) AS id, u.id IS NULL AS missing, s.id IS NULL AS extra,
           s.expected_name, row_to_json(u) ->> 'name' AS name,
           row_to_json(u) ->> 'full_name' AS full_name
    FROM public.users AS u FULL JOIN lab.users_shadow AS s ON s.id = u.id
), judged AS (
    SELECT p.id, p.missing, p.extra,
           NOT p.missing AND NOT p.extra AND
               (c.has_name AND p.name IS DISTINCT FROM p.expected_name
                OR c.has_full_name AND p.full_name IS DISTINCT FROM p.expected_name
                   AND (p.full_name IS NOT NULL OR NOT c.has_name)) AS wrong,
           NOT p.missing AND c.has_name AND c.has_full_name AND p.full_name IS NULL AS unfilled
    FROM pairs AS p CROSS JOIN columns AS c
)
SELECT c.has_name, c.has_full_name, count(*) FILTER (WHERE NOT missing),
       count(*) FILTER (WHERE missing), count(*) FILTER (WHERE extra),
       count(*) FILTER (WHERE wrong), count(*) FILTER (WHERE unfilled),
       min(id) FILTER (WHERE wrong OR missing OR extra)
FROM columns AS c LEFT JOIN judged ON true GROUP BY 1, 2
