# No two accounts of one e-mail in one country.
# shellcheck shell=bash disable=SC2034
recipe_tables="CREATE TABLE accounts (id bigint PRIMARY KEY, country text, email text);
    CREATE TABLE shadow (id bigint PRIMARY KEY, email text);
    INSERT INTO shadow SELECT 3 * i, 'mail ' || i FROM generate_series(1, $recipe_rows) i;
    INSERT INTO accounts SELECT id, 'pt', email FROM shadow;
    GRANT SELECT, INSERT, UPDATE, DELETE ON accounts, shadow TO shop_web"
recipe_settings=(table=accounts 'columns=country, email' 'applications=web=shop-web*')
recipe_gone='\[gate deployed\]'
recipe_old="\\set id random(1, :rows) * 3
BEGIN;
UPDATE accounts SET email = 'old ' || :id WHERE id = :id;
UPDATE shadow SET email = 'old ' || :id WHERE id = :id;
COMMIT;"
recipe_new="\\set id random(1, :rows) * 3
BEGIN;
UPDATE accounts SET email = 'new ' || :id WHERE id = :id;
UPDATE shadow SET email = 'new ' || :id WHERE id = :id;
COMMIT;"
recipe_wrong="SELECT count(*) FROM accounts o FULL JOIN shadow s USING (id) WHERE o.email IS DISTINCT FROM s.email"
recipe_end="accounts.id bigint not null
accounts.country text
accounts.email text
UNIQUE INDEX accounts_country_email_key on accounts USING btree (country, email)
UNIQUE INDEX accounts_pkey on accounts USING btree (id)"
