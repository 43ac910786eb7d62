# Columns of users move into addresses.
# shellcheck shell=bash disable=SC2034
recipe_tables="CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, street text, city text);
    CREATE TABLE shadow (id bigint PRIMARY KEY, street text, city text);
    INSERT INTO shadow SELECT 3 * i, 'street ' || i, CASE WHEN i % 5 > 0 THEN 'city ' || i END FROM generate_series(1, $recipe_rows) i;
    INSERT INTO users SELECT id, 'n', street, city FROM shadow;
    GRANT SELECT, INSERT, UPDATE, DELETE ON users, shadow TO shop_web"
recipe_settings=(table=users into=addresses columns=street:text,city:text into_key=user_id
    'applications=web=shop-web*' unused_for=1s)
recipe_old="\\set id random(1, :rows) * 3
\\set n random(1, 1000000)
\\set new random(1, 1000000000) * 3 + 1
BEGIN;
UPDATE users SET street = 'old ' || :n WHERE id = :id;
UPDATE shadow SET street = 'old ' || :n WHERE id = :id;
COMMIT;
WITH i AS (INSERT INTO users VALUES (:new, 'n', 's', 'c') ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO shadow SELECT id, 's', 'c' FROM i;
WITH d AS (DELETE FROM users WHERE id = :id + 3 RETURNING id) DELETE FROM shadow s USING d WHERE s.id = d.id;"
recipe_new="\\set id random(1, :rows) * 3
\\set n random(1, 1000000)
BEGIN;
UPDATE addresses SET city = 'new ' || :n WHERE user_id = :id AND :id % 2 = 0;
UPDATE shadow SET city = 'new ' || :n WHERE id = :id AND :id % 2 = 0 AND EXISTS (SELECT FROM addresses a WHERE a.user_id = :id);
COMMIT;"
recipe_wrong="SELECT count(*) FROM addresses a FULL JOIN shadow s ON s.id = a.user_id FULL JOIN users u ON u.id = s.id
    WHERE (a.street, a.city) IS DISTINCT FROM (s.street, s.city) OR u.id IS NULL OR a.user_id IS NULL"
recipe_end="addresses.user_id bigint not null
addresses.street text
addresses.city text
users.id bigint not null
users.name text not null
UNIQUE INDEX addresses_pkey on addresses USING btree (user_id)
UNIQUE INDEX users_pkey on users USING btree (id)
addresses_user_id_fkey: FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE"
