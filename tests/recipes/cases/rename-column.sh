# The guide's first example, with what hangs on the column.
# shellcheck shell=bash disable=SC2034
recipe_tables="CREATE TABLE users (id bigint PRIMARY KEY, name varchar(80) NOT NULL DEFAULT 'nobody', city text,
        CONSTRAINT name_not_empty CHECK (name <> ''));
    CREATE INDEX users_name_idx ON users (lower(name)) WHERE city IS NOT NULL;
    ALTER TABLE users ALTER name SET STATISTICS 300;
    CREATE TABLE shadow (id bigint PRIMARY KEY, name text NOT NULL);
    INSERT INTO shadow SELECT 3 * i - 1000, 'name ' || i FROM generate_series(1, $recipe_rows) i;
    INSERT INTO users (id, name) SELECT id, name FROM shadow;
    GRANT SELECT (id, name), INSERT (id, name), UPDATE (name), DELETE ON users TO shop_web;
    GRANT SELECT, INSERT, UPDATE, DELETE ON shadow TO shop_web"
recipe_settings=(table=users old=name new=full_name 'applications=web=shop-web*' unused_for=1s)
recipe_old="\\set id random(1, :rows) * 3 - 1000
\\set n random(1, 1000000)
\\set new random(1, 1000000000) * 3 + 1
BEGIN;
UPDATE users SET name = 'old ' || :n WHERE id = :id;
UPDATE shadow SET name = 'old ' || :n WHERE id = :id;
COMMIT;
WITH i AS (INSERT INTO users (id) VALUES (:new) ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO shadow SELECT id, 'nobody' FROM i;
WITH d AS (DELETE FROM users WHERE id = :id + 3 RETURNING id) DELETE FROM shadow s USING d WHERE s.id = d.id;"
recipe_new="\\set id random(1, :rows) * 3 - 1000
\\set n random(1, 1000000)
BEGIN;
UPDATE users SET full_name = 'new ' || :n WHERE id = :id;
UPDATE shadow SET name = 'new ' || :n WHERE id = :id;
COMMIT;"
recipe_wrong="SELECT count(*) FROM users u FULL JOIN shadow s USING (id) WHERE u.full_name IS DISTINCT FROM s.name"
recipe_end="users.id bigint not null
users.city text
users.full_name character varying(80) not null default 'nobody'::character varying
INDEX users_full_name_idx on users USING btree (lower((full_name)::text)) WHERE (city IS NOT NULL)
UNIQUE INDEX users_pkey on users USING btree (id)
full_name_not_empty: CHECK (((full_name)::text <> ''::text))"
