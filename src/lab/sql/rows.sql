-- purpose: the first users, about 157 bytes each, the same ones every time
-- $1 how many
WITH made AS (
    INSERT INTO public.users (id, email, name, city, created_at, bio)
    SELECT i,
           lower(first || '.' || last) || i || '@example.com',
           first || ' ' || last || ' ' || to_hex(i),
           city,
           timestamptz '2024-01-01 00:00Z' + i * interval '3 minutes',
           rpad('likes ' || city || ', joined as number ' || i || '; ', 52 + i % 17, 'lorem ipsum ')
    FROM generate_series(1, $1::int) AS i,
         LATERAL (SELECT
             (ARRAY['Ada', 'Zoë', 'Grace', 'Linus', 'Edsger', 'Barbara', 'Ken', 'Radia', 'José',
                    'Frances'])[1 + i % 10] AS first,
             (ARRAY['Moreno', 'O''Brien', 'Müller', 'Nakamura', 'Okafor', 'de la Cruz', 'Smith',
                    'Ivanova', 'Haddad'])[1 + i / 10 % 9] AS last,
             (ARRAY['Lisbon', 'Osaka', 'Lagos', 'Bogotá', 'Leeds', 'Gdańsk', 'Montreal'])[1 + i % 7 * 7919 % 7]
             AS city) AS words
    RETURNING id, name
), shadow AS (
    INSERT INTO lab.users_shadow SELECT id, name FROM made RETURNING 1
)
SELECT setval('public.users_id_seq', greatest($1::int, 1)) FROM (SELECT count(*) FROM shadow) AS c
