# status TEXT becomes status_code INT, as in the guide.
# shellcheck shell=bash disable=SC2034
recipe_tables="CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL DEFAULT 'pending', amount numeric);
    CREATE INDEX orders_status_idx ON orders (status, id DESC);
    CREATE TABLE shadow (id bigint PRIMARY KEY, status text NOT NULL);
    INSERT INTO shadow SELECT 3 * i, (ARRAY['pending', 'paid', 'failed'])[i % 3 + 1] FROM generate_series(1, $recipe_rows) i;
    INSERT INTO orders (id, status) SELECT id, status FROM shadow;
    GRANT SELECT, INSERT, UPDATE, DELETE ON orders, shadow TO shop_web"
recipe_settings=(table=orders old=status new=status_code type=int values=pending:1,paid:2,failed:3
    'applications=web=shop-web*' unused_for=1s)
recipe_old="\\set id random(1, :rows) * 3
\\set new random(1, 1000000000) * 3 + 1
BEGIN;
UPDATE orders SET status = 'paid' WHERE id = :id;
UPDATE shadow SET status = 'paid' WHERE id = :id;
COMMIT;
WITH i AS (INSERT INTO orders (id) VALUES (:new) ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO shadow SELECT id, 'pending' FROM i;"
recipe_new="\\set id random(1, :rows) * 3
\\set new random(1, 1000000000) * 3 + 2
BEGIN;
UPDATE orders SET status_code = 3 WHERE id = :id;
UPDATE shadow SET status = 'failed' WHERE id = :id;
COMMIT;
WITH i AS (INSERT INTO orders (id, status_code) VALUES (:new, 2) ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO shadow SELECT id, 'paid' FROM i;"
recipe_wrong="SELECT count(*) FROM orders o FULL JOIN shadow s USING (id) WHERE o.status_code IS DISTINCT FROM
    CASE s.status WHEN 'pending' THEN 1 WHEN 'paid' THEN 2 WHEN 'failed' THEN 3 END"
recipe_end="orders.id bigint not null
orders.amount numeric
orders.status_code integer not null
UNIQUE INDEX orders_pkey on orders USING btree (id)
INDEX orders_status_code_idx on orders USING btree (status_code, id DESC)"
