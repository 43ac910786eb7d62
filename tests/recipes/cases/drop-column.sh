# users.legacy, NOT NULL, goes.
# shellcheck shell=bash disable=SC2034
recipe_tables="CREATE TABLE users (id bigint PRIMARY KEY, name text, legacy text NOT NULL);
    CREATE TABLE shadow (id bigint PRIMARY KEY, name text);
    INSERT INTO shadow SELECT 3 * i, 'name ' || i FROM generate_series(1, $recipe_rows) i;
    INSERT INTO users SELECT id, name, 'l' FROM shadow;
    GRANT SELECT, INSERT, UPDATE, DELETE ON users, shadow TO shop_web"
recipe_settings=(table=users column=legacy unused_for=1s hide_for=1s 'applications=web=shop-web*')
recipe_old="\\set new random(1, 1000000000) * 3 + 1
WITH i AS (INSERT INTO users VALUES (:new, 'n', 'l') ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO shadow SELECT id, 'n' FROM i;"
recipe_new="\\set new random(1, 1000000000) * 3 + 2
WITH i AS (INSERT INTO users (id, name) VALUES (:new, 'n') ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO shadow SELECT id, 'n' FROM i;"
recipe_wrong="SELECT count(*) FROM users o FULL JOIN shadow s USING (id) WHERE o.name IS DISTINCT FROM s.name"
recipe_end="users.id bigint not null
users.name text
UNIQUE INDEX users_pkey on users USING btree (id)"
