# The guide's first example as the guide tells it: the application writes both columns, and no trigger does.
# shellcheck shell=bash disable=SC2034
recipe_of=rename-column
recipe_tables="CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);
    CREATE TABLE shadow (id bigint PRIMARY KEY, name text NOT NULL);
    INSERT INTO shadow SELECT 3 * i, 'name ' || i FROM generate_series(1, $recipe_rows) i;
    INSERT INTO users SELECT id, name FROM shadow;
    GRANT SELECT, INSERT, UPDATE, DELETE ON users, shadow TO shop_web"
recipe_settings=(table=users old=name new=full_name dual_writes=application 'applications=web=shop-web*')
# the one before writes both, the one after only the new one
recipe_switch='\[boundary stop_old_writes\]'
recipe_start='\[gate deployed\]'
recipe_old="\\set id random(1, :rows) * 3
\\set n random(1, 1000000)
\\set new random(1, 1000000000) * 3 + 1
BEGIN;
UPDATE users SET name = 'old ' || :n, full_name = 'old ' || :n WHERE id = :id;
UPDATE shadow SET name = 'old ' || :n WHERE id = :id;
COMMIT;
WITH i AS (INSERT INTO users VALUES (:new, 'n', 'n') ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO shadow SELECT id, 'n' FROM i;"
recipe_new="\\set id random(1, :rows) * 3
\\set new random(1, 1000000000) * 3 + 2
BEGIN;
UPDATE users SET full_name = 'new' WHERE id = :id;
UPDATE shadow SET name = 'new' WHERE id = :id;
COMMIT;
WITH i AS (INSERT INTO users (id, full_name) VALUES (:new, 'n') ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO shadow SELECT id, 'n' FROM i;"
recipe_wrong="SELECT count(*) FROM users u FULL JOIN shadow s USING (id) WHERE u.full_name IS DISTINCT FROM s.name"
recipe_end="users.id bigint not null
users.full_name text not null
UNIQUE INDEX users_pkey on users USING btree (id)"
