#!/bin/bash
# Abort --to start from every step of every recipe before its first irreversible one, stopped when the step had just
# begun and when it was done: the schema is what it was, to the letter of pg_dump, and so is every row. In `make
# check` the steps of one recipe.
# shellcheck source=tests/recipes/recipe.sh
. "$(dirname "$0")/recipe.sh"

driven_start
trap recipe_cleanup EXIT

# A person who pauses at the very moment when a step gets into a state.
sql "CREATE SCHEMA test; CREATE TABLE test.stop_at (step text, state text);
    CREATE FUNCTION test.stop_at() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS \$\$
    BEGIN
        IF EXISTS (SELECT FROM test.stop_at s WHERE s.step = NEW.name AND s.state = NEW.state) THEN
            DELETE FROM test.stop_at;
            INSERT INTO pgrollout.hold (migration_id, kind, reason, placed_by)
            VALUES (NEW.migration_id, 'operator', 'test', 'test') ON CONFLICT DO NOTHING;
        END IF;
        RETURN NULL;
    END
    \$\$;
    CREATE TRIGGER stop_at AFTER UPDATE OF state ON pgrollout.step FOR EACH ROW EXECUTE FUNCTION test.stop_at()" >/dev/null
engine_start

# Every row of schema public, whatever its columns.
fingerprint() {
    sql "SELECT string_agg(t || ':' || n, ' ' ORDER BY t) FROM (
        SELECT c.relname AS t, (xpath('/row/n/text()', query_to_xml(format(
            'SELECT coalesce(sum(hashtextextended(x::text, 0)), 0) AS n FROM public.%I x', c.relname), false, true, '')))[1]::text AS n
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r') f"
}
stopped() { [ "$(sql 'SELECT count(*) FROM test.stop_at')" = 0 ]; }
# Says what a person says until the step is there; 1 when it never comes to it.
go_to() { # STEP STATE
    local deadline=$((SECONDS + 40))
    sql "DELETE FROM test.stop_at; INSERT INTO test.stop_at VALUES ('$1', '$2')" >/dev/null
    until stopped; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        case $(where m) in
            done* | failed* | aborted*) return 1 ;;
            *'[boundary contract]'*) as approver contract m --confirm m ;;
            *'[boundary '*) operator advance m --reason test ;;
            *'[gate '*) confirm_all m ;;
        esac >/dev/null 2>&1
        sleep 0.03
    done
}

abort_from() { # RECIPE STEP STATE
    local before rows
    recipe_clear
    owner "$recipe_tables" >/dev/null
    before=$(dump) rows=$(fingerprint)
    recipe_load
    go_to "$2" "$3" || diag "$1: $2 was never $3: $(where m)"
    exits 0 "$1: abort from $2 $3" operator abort m --to start
    drive m '^aborted' 40
    like "$(where m)" '^aborted' "$1: it is undone"
    is "$(diff <(echo "$before") <(echo "$(dump)"))" "" "$1: and the schema is what it was"
    is "$(fingerprint)" "$rows" "$1: and so is every row"
}

run() { # RECIPE
    local step steps
    RECIPE_ROWS=60 recipe_take "$1"
    recipe_load
    # up to the first that nothing takes back
    steps=$(sql "SELECT name FROM pgrollout.step s WHERE s.ord < coalesce((SELECT min(i.ord) FROM pgrollout.step i
        WHERE i.migration_id = s.migration_id AND i.irreversible), 1000) ORDER BY ord")
    for step in $steps; do
        [ -z "$(sql "SELECT 1 FROM pgrollout.step WHERE name = '$step' AND kind <> 'confirm'")" ] ||
            abort_from "$1" "$step" running
        abort_from "$1" "$step" done
    done
}

if [ $# -gt 0 ]; then
    names=$*
else
    names=$(sample "$(recipe_names | sed -n 1p)" "$(recipe_names)")
fi
for name in $names; do
    run "$name"
done
engine_stop
done_testing
