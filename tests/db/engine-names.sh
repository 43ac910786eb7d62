#!/bin/bash
# A table under two names: the view that stands for it, and the rename in contract.
# shellcheck source=tests/db/driven.sh
. "$(dirname "$0")/driven.sh"
driven_start

users_table users 500
owner "GRANT SELECT, INSERT ON users TO shop_web; GRANT UPDATE (note) ON users TO shop_web WITH GRANT OPTION;
    CREATE TABLE \"it's\" (id bigint PRIMARY KEY, name text)" >/dev/null
before=$(dump)
web() { cluster_psql_as a shop_web -v ON_ERROR_STOP=1 -c "$1"; }
names_plan() {
    migration "$1" <<YAML
  expand:
    - add_view: {table: $2, name: $3}
  deploy:
    - confirm: The release that knows both names is out.
      name: deployed
  contract:
    - rename_table: {table: $2, to: $3}
YAML
}
engine_start

names_plan m users clients
drives m '\[gate deployed\]' "the view is there"
is "$(web "INSERT INTO clients (id, name, note) VALUES (9000, 'new', 'n') RETURNING name")" "new" "it can be written by whoever may write the table"
is "$(web 'SELECT name FROM users WHERE id = 9000')" "new" "which has the row"
like "$(web 'DELETE FROM clients' 2>&1)" 'permission denied' "no right is more than it was"
is "$(web "UPDATE clients SET note = 'x' WHERE id = 9000 RETURNING id")" 9000 "rights to columns are there too"
exits 0 "abort" operator abort m --to start
drives m '^aborted' "aborted"
is "$(dump)" "$before" "the schema is what it was"

names_plan m users clients
drives m '^done' "renamed"
is "$(web "SELECT note FROM clients WHERE id = 9000")" x "the table has the new name, and its privileges"
like "$(web 'SELECT 1 FROM users' 2>&1)" 'does not exist' "the old name is gone"

# contract can be taken back here: nothing is lost
migration back <<'YAML'
  contract:
    - rename_table: {table: clients, to: users}
    - check: SELECT 1 / (random() * 0)::int
      expect: 1
      name: fails
YAML
drive back '^failed'
exits 0 "abort behind the rename" operator abort back --to start
drives back '^aborted' "aborted"
is "$(web "SELECT count(*) FROM clients")" 501 "the name is back"

names_plan odd "it's" 'Weird "name'
drives odd '^done' "names that SQL must quote"
is "$(owner 'SELECT count(*) FROM "Weird ""name"')" 0 "are what was written"

cat >"$CLUSTER_ROOT/taken.yaml" <<'YAML'
pgrollout: 1
migration: taken
phases:
  expand:
    - add_view: {table: clients, name: Weird "name}
YAML
exits 4 "a name that is taken" operator load "$CLUSTER_ROOT/taken.yaml"
like "$err" 'there is a table "public.Weird "name" already' "is refused by name"
engine_stop
done_testing
