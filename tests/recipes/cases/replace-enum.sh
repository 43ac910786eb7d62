# An enum whose values are renamed and merged.
# shellcheck shell=bash disable=SC2034
recipe_tables="CREATE TYPE mood AS ENUM ('ok', 'canceled', 'dropped');
    CREATE TABLE tickets (id bigint PRIMARY KEY, state mood);
    CREATE TABLE shadow (id bigint PRIMARY KEY, state text);
    INSERT INTO shadow SELECT 3 * i, (ARRAY['ok', 'cancelled', NULL])[i % 3 + 1] FROM generate_series(1, $recipe_rows) i;
    INSERT INTO tickets SELECT id, CASE state WHEN 'ok' THEN 'ok'::mood WHEN 'cancelled' THEN
        (CASE WHEN id % 2 = 0 THEN 'canceled' ELSE 'dropped' END)::mood END FROM shadow;
    GRANT SELECT, INSERT, UPDATE, DELETE ON tickets, shadow TO shop_web"
recipe_settings=(table=tickets old=state new=status old_type=mood type=ticket_status lossy=yes not_null=no
    values=ok:ok,canceled:cancelled,dropped:cancelled drop_type=yes 'applications=web=shop-web*' unused_for=1s)
recipe_old="\\set id random(1, :rows) * 3
BEGIN;
UPDATE tickets SET state = 'dropped' WHERE id = :id;
UPDATE shadow SET state = 'cancelled' WHERE id = :id;
COMMIT;"
recipe_new="\\set id random(1, :rows) * 3
BEGIN;
UPDATE tickets SET status = 'ok' WHERE id = :id;
UPDATE shadow SET state = 'ok' WHERE id = :id;
COMMIT;
BEGIN;
UPDATE tickets SET status = 'cancelled' WHERE id = :id + 3;
UPDATE shadow SET state = 'cancelled' WHERE id = :id + 3;
COMMIT;"
recipe_wrong="SELECT count(*) FROM tickets o FULL JOIN shadow s USING (id) WHERE o.status::text IS DISTINCT FROM s.state"
recipe_end="tickets.id bigint not null
tickets.status ticket_status
UNIQUE INDEX tickets_pkey on tickets USING btree (id)"
