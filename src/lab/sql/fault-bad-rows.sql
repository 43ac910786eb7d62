-- purpose: {argument} users get names of 200 characters, spread over the table; what they were called is kept
SET lock_timeout = '5s';

CREATE TABLE lab.bad_rows AS
    SELECT id, name FROM public.users
    WHERE id IN (SELECT (max(id) * k) / ({argument} + 1) FROM public.users,
                 generate_series(1, {argument}) AS k GROUP BY k)
    FOR UPDATE;

WITH made AS (
    UPDATE public.users AS u SET name = rpad(b.name || ' ', 200, 'de la ') FROM lab.bad_rows AS b
    WHERE u.id = b.id RETURNING u.id, u.name
)
UPDATE lab.users_shadow AS s SET expected_name = made.name FROM made WHERE s.id = made.id
