#!/bin/bash
# The plan of every recipe, with what both releases send filled in, is rehearsed on a copy of its database and passes.
# Only in the campaign.
# shellcheck source=tests/recipes/recipe.sh
. "$(dirname "$0")/recipe.sh"

driven_start
trap recipe_cleanup EXIT
source_of=(-d "$(cluster_conninfo a postgres)")

# the plan of a recipe, with applications in the place of its own: STATEMENTS of web and next
applications() { # RECIPE YAML
    local plan=$CLUSTER_ROOT/$1.yaml
    awk -v text="$2" '/^applications:/ { skip = 1; next } skip && /^ / { next } { skip = 0 }
        /^phases:/ { print "applications:\n" text "\n" } { print }' "$plan" >"$plan.filled"
    mv "$plan.filled" "$plan"
}
rehearse() { # STATUS RECIPE DESCRIPTION [ARGS]
    local status=$1 plan=$CLUSTER_ROOT/$2.yaml what=$3
    shift 3
    exits "$status" "$what" "$PGROLLOUT" "${source_of[@]}" --color never rehearse "$plan" "$@"
    flat=$(tr -s ' \n' ' ' <<<"$out")
}
web() { # OLD NEW [WORKS]: lines of statements
    printf '  web:\n    role: shop_web\n    statements:\n'
    [ -z "$1" ] || printf '      old:\n%s\n' "$(sed 's/^/        - /' <<<"$1")"
    [ -z "$2" ] || printf '      new:\n%s\n' "$(sed 's/^/        - /' <<<"$2")"
    [ -z "${3:-}" ] || printf '    works: {%s}\n' "$3"
}
passes() { # RECIPE APPLICATIONS [ARGS]
    local name=$1 text=$2
    shift 2
    RECIPE_ROWS=60 recipe_take "$name"
    applications "$name" "$text"
    rehearse 0 "$name" "$name passes" "$@"
}

passes rename-column "$(web 'SELECT name FROM users WHERE id = -940
"UPDATE users SET name = '"'x'"' WHERE id = -940"
INSERT INTO users (id) VALUES (5)' 'SELECT coalesce(full_name, name) FROM users WHERE id = -940
"UPDATE users SET full_name = '"'x'"' WHERE id = -940"
INSERT INTO users (id) VALUES (5)' 'new: deploy..stop_old_writes')
  next: {role: shop_web, statements: {new: [SELECT full_name FROM users WHERE id = -940]}, works: {new: switch_reads..contract}}"
passes rename-column-dual "$(web 'SELECT name FROM users WHERE id = 9
"UPDATE users SET name = '"'x'"' WHERE id = 9"' 'SELECT name FROM users WHERE id = 9
"UPDATE users SET name = '"'x', full_name = 'x'"' WHERE id = 9"' 'old: expand..deploy, new: deploy..switch_reads')"
passes change-type "$(web 'SELECT status FROM orders WHERE id = 9
"UPDATE orders SET status = '"'failed'"' WHERE id = 9"
INSERT INTO orders (id) VALUES (5)' 'SELECT status_code FROM orders WHERE id = 9
UPDATE orders SET status_code = 2 WHERE id = 9
"INSERT INTO orders (id, status_code) VALUES (5, 1)"' 'new: switch_reads..contract')"
passes split-table "$(web '"SELECT street, city FROM users WHERE id = 9"
"UPDATE users SET street = '"'x'"' WHERE id = 9"' '"SELECT street, city FROM addresses WHERE user_id = 9"
"UPDATE addresses SET street = '"'x'"' WHERE user_id = 9"' 'new: switch_reads..contract')"
passes add-not-null-column "$(web 'SELECT price FROM items WHERE id = 9
"INSERT INTO items (id, price, quantity) VALUES (5, 5, 5)"' 'SELECT price * quantity FROM items WHERE id = 9
"INSERT INTO items (id, price, quantity, total) VALUES (5, 5, 5, 25)"' 'old: expand..deploy')"
passes create-index "$(web 'SELECT count(*) FROM events WHERE customer = 9
"UPDATE events SET kind = '"'x'"' WHERE id = 9"' '' 'old: expand..contract')"
passes rename-table "$(web 'SELECT name FROM customers WHERE id = 9
"UPDATE customers SET name = '"'x'"' WHERE id = 9"
INSERT INTO customers (id) VALUES (5)' 'SELECT name FROM clients WHERE id = 9
"UPDATE clients SET name = '"'x'"' WHERE id = 9"
INSERT INTO clients (id) VALUES (5)')"
passes add-foreign-key "$(web 'SELECT note FROM orders WHERE id = 9
"UPDATE orders SET note = '"'x'"' WHERE id = 9"' '"INSERT INTO orders (id, customer_id) VALUES (5, 5)"')"
passes add-unique "$(web 'SELECT email FROM accounts WHERE id = 9
"UPDATE accounts SET email = '"'x'"' WHERE id = 9"' '' 'old: expand..contract')"
passes drop-column "$(web '"INSERT INTO users (id, name, legacy) VALUES (5, '"'n', 'l'"')"' '"INSERT INTO users (id, name) VALUES (5, '"'n'"')"' \
    'old: expand..deploy, new: switch_reads..contract')"
passes replace-enum "$(web 'SELECT state FROM tickets WHERE id = 9
"UPDATE tickets SET state = '"'ok'"' WHERE id = 9"' 'SELECT status FROM tickets WHERE id = 9
"UPDATE tickets SET status = '"'cancelled'"' WHERE id = 9"' 'new: switch_reads..contract')" --allow-loss
like "$flat" 'dropped becomes cancelled, and canceled again' "what replace-enum takes on itself is told"
passes api-change "$(web 'SELECT name FROM things WHERE id = 9' 'SELECT id FROM things WHERE id = 9' 'old: expand..contract')"

done_testing
