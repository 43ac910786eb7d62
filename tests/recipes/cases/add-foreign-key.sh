# orders.customer_id references customers, after the orphans have been mended.
# shellcheck shell=bash disable=SC2034
recipe_tables="CREATE TABLE customers (id bigint PRIMARY KEY);
    CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    CREATE TABLE shadow (id bigint PRIMARY KEY, note text);
    INSERT INTO customers SELECT generate_series(1, 100);
    INSERT INTO shadow SELECT 3 * i, 'note ' || i FROM generate_series(1, $recipe_rows) i;
    INSERT INTO orders SELECT id, id % 100 + 1, note FROM shadow;
    GRANT SELECT, INSERT, UPDATE, DELETE ON customers, orders, shadow TO shop_web"
recipe_settings=(table=orders column=customer_id references=customers on_delete=cascade 'applications=web=shop-web*')
recipe_gone='\[gate deployed\]'
recipe_old="\\set id random(1, :rows) * 3
BEGIN;
UPDATE orders SET note = 'old' WHERE id = :id;
UPDATE shadow SET note = 'old' WHERE id = :id;
COMMIT;"
recipe_new="\\set new random(1, 1000000000) * 3 + 2
\\set id random(1, :rows) * 3
WITH i AS (INSERT INTO orders VALUES (:new, :new % 100 + 1, 'n') ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO shadow SELECT id, 'n' FROM i;
WITH d AS (DELETE FROM orders WHERE id = :id RETURNING id) DELETE FROM shadow s USING d WHERE s.id = d.id;"
recipe_wrong="SELECT count(*) FROM orders o FULL JOIN shadow s USING (id) WHERE o.note IS DISTINCT FROM s.note"
recipe_end="customers.id bigint not null
orders.id bigint not null
orders.customer_id bigint
orders.note text
UNIQUE INDEX customers_pkey on customers USING btree (id)
INDEX orders_customer_id_idx on orders USING btree (customer_id)
UNIQUE INDEX orders_pkey on orders USING btree (id)
orders_customer_id_fkey: FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE CASCADE"
