# customers becomes clients.
# shellcheck shell=bash disable=SC2034
recipe_tables="CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL DEFAULT 'nobody');
    CREATE TABLE shadow (id bigint PRIMARY KEY, name text NOT NULL);
    INSERT INTO shadow SELECT 3 * i, 'name ' || i FROM generate_series(1, $recipe_rows) i;
    INSERT INTO customers SELECT id, name FROM shadow;
    GRANT SELECT, INSERT, UPDATE, DELETE ON customers, shadow TO shop_web"
recipe_settings=(table=customers new=clients soak=1s 'applications=web=shop-web*')
recipe_old="\\set id random(1, :rows) * 3
\\set new random(1, 1000000000) * 3 + 1
BEGIN;
UPDATE customers SET name = 'old' WHERE id = :id;
UPDATE shadow SET name = 'old' WHERE id = :id;
COMMIT;
WITH i AS (INSERT INTO customers (id) VALUES (:new) ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO shadow SELECT id, 'nobody' FROM i;"
recipe_new="\\set id random(1, :rows) * 3
\\set new random(1, 1000000000) * 3 + 2
BEGIN;
UPDATE clients SET name = 'new' WHERE id = :id;
UPDATE shadow SET name = 'new' WHERE id = :id;
COMMIT;
WITH i AS (INSERT INTO clients (id) VALUES (:new) ON CONFLICT (id) DO UPDATE SET name = 'nobody' RETURNING id)
INSERT INTO shadow SELECT id, 'nobody' FROM i ON CONFLICT (id) DO UPDATE SET name = 'nobody';
WITH d AS (DELETE FROM clients WHERE id = :id + 3 RETURNING id) DELETE FROM shadow s USING d WHERE s.id = d.id;"
recipe_wrong="SELECT count(*) FROM clients c FULL JOIN shadow s USING (id) WHERE c.name IS DISTINCT FROM s.name"
recipe_end="clients.id bigint not null
clients.name text not null default 'nobody'::text
UNIQUE INDEX customers_pkey on clients USING btree (id)"
