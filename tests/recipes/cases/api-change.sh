# Gates only: nothing happens in the database.
# shellcheck shell=bash disable=SC2034
recipe_tables="CREATE TABLE things (id bigint PRIMARY KEY, name text);
    INSERT INTO things SELECT i, 'n' FROM generate_series(1, $recipe_rows) i;
    GRANT SELECT, INSERT, UPDATE, DELETE ON things TO shop_web"
recipe_settings=('what=v2 of GET /things' soak=1s 'applications=web=shop-web*')
recipe_old="\\set id random(1, :rows)
UPDATE things SET name = 'n' WHERE id = :id;"
recipe_new=$recipe_old
recipe_wrong="SELECT count(*) FROM things WHERE name <> 'n'"
recipe_end="things.id bigint not null
things.name text
UNIQUE INDEX things_pkey on things USING btree (id)"
