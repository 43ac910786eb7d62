# A better index in the place of one.
# shellcheck shell=bash disable=SC2034
recipe_tables="CREATE TABLE events (id bigint PRIMARY KEY, customer int NOT NULL, at timestamptz NOT NULL DEFAULT now(), kind text);
    CREATE INDEX events_customer_idx ON events (customer);
    CREATE TABLE shadow (id bigint PRIMARY KEY, kind text);
    INSERT INTO shadow SELECT i, 'k' || i % 9 FROM generate_series(1, $recipe_rows) i;
    INSERT INTO events SELECT id, id % 100, '2026-01-01', kind FROM shadow;
    GRANT SELECT, INSERT, UPDATE, DELETE ON events, shadow TO shop_web"
recipe_settings=(table=events 'columns=customer, at DESC' name=events_customer_at_idx 'where=kind IS NOT NULL'
    replaces=events_customer_idx soak=1s)
recipe_switch='\[boundary (switch_reads|contract)\]' recipe_gone='\[boundary contract\]'
recipe_old="\\set id random(1, :rows)
BEGIN;
UPDATE events SET kind = 'x' WHERE id = :id;
UPDATE shadow SET kind = 'x' WHERE id = :id;
COMMIT;
SELECT count(*) FROM events WHERE customer = :id % 100;"
recipe_new=$recipe_old
recipe_wrong="SELECT count(*) FROM events e FULL JOIN shadow s USING (id) WHERE e.kind IS DISTINCT FROM s.kind"
recipe_end="events.id bigint not null
events.customer integer not null
events.at timestamp with time zone not null default now()
events.kind text
INDEX events_customer_at_idx on events USING btree (customer, at DESC) WHERE (kind IS NOT NULL)
UNIQUE INDEX events_pkey on events USING btree (id)"
