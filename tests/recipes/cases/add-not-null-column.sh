# A column that may not be NULL, whose value comes from others.
# shellcheck shell=bash disable=SC2034
recipe_tables="CREATE TABLE items (id bigint PRIMARY KEY, price int NOT NULL, quantity int NOT NULL);
    CREATE TABLE shadow (id bigint PRIMARY KEY, total int NOT NULL);
    INSERT INTO items SELECT 3 * i, i, i % 7 FROM generate_series(1, $recipe_rows) i;
    INSERT INTO shadow SELECT id, price * quantity FROM items;
    GRANT SELECT, INSERT, UPDATE, DELETE ON items, shadow TO shop_web"
recipe_settings=(table=items column=total type=int 'value=price * quantity' 'applications=web=shop-web*')
recipe_gone='\[gate deployed\]'
recipe_old="\\set new random(1, 1000000000) * 3 + 1
WITH i AS (INSERT INTO items VALUES (:new, 5, 5) ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO shadow SELECT id, 25 FROM i;"
recipe_new="\\set id random(1, :rows) * 3
\\set new random(1, 1000000000) * 3 + 2
WITH i AS (INSERT INTO items (id, price, quantity, total) VALUES (:new, 5, 6, 30) ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO shadow SELECT id, 30 FROM i;
BEGIN;
UPDATE items SET quantity = 2, total = price * 2 WHERE id = :id;
UPDATE shadow s SET total = i.total FROM items i WHERE s.id = :id AND i.id = :id;
COMMIT;"
recipe_wrong="SELECT count(*) FROM items i FULL JOIN shadow s USING (id) WHERE i.total IS DISTINCT FROM s.total"
recipe_end="items.id bigint not null
items.price integer not null
items.quantity integer not null
items.total integer not null
UNIQUE INDEX items_pkey on items USING btree (id)"
