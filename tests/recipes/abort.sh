#!/bin/bash
# Abort --to start from every step of every recipe before its first irreversible one, stopped when the step had just
# begun and when it was done: the schema is what it was, to the letter of pg_dump, and so is every row. And what the
# rollback card said before is what the abort then did: the statements in their order, their locks, how often it asks,
# what is lost (some rows are written so that the new column alone has something), what stays, and the time within a
# factor. In `make check` the steps of one recipe, and a few of one that loses something.
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
# Every message that changes the schema, in order, and the strongest lock on a table of public that it holds then.
sql "CREATE TABLE test.sent (n bigint GENERATED ALWAYS AS IDENTITY, message text, rank int);
    CREATE TABLE test.card (d jsonb);
    CREATE FUNCTION test.sent() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS \$\$
    DECLARE
        v_rank int := (SELECT max(array_position('{AccessShareLock,RowShareLock,RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}', l.mode))
                       FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                       WHERE l.pid = pg_backend_pid() AND l.granted AND c.relnamespace = to_regnamespace('public')
                         AND c.relkind IN ('r', 'v', 'p'));
    BEGIN
        IF current_query() IS DISTINCT FROM (SELECT s.message FROM test.sent s ORDER BY s.n DESC LIMIT 1) THEN
            INSERT INTO test.sent (message, rank) VALUES (current_query(), v_rank);
        ELSE
            UPDATE test.sent s SET rank = greatest(s.rank, v_rank) WHERE s.n = (SELECT max(n) FROM test.sent);
        END IF;
    END
    \$\$;
    CREATE EVENT TRIGGER sent ON ddl_command_end EXECUTE FUNCTION test.sent()" >/dev/null
engine_start

# Writes that nothing but the new column holds, of recipes that have such, and how many values are lost with it.
declare -A only_new=(
    [rename-column-dual]="UPDATE users SET full_name = 'only ' || id WHERE id IN (3, 6)"
    [add-not-null-column]="UPDATE items SET total = 999999 WHERE id IN (3, 6)")
declare -A lost=(
    [rename-column-dual]="SELECT count(*) FROM users WHERE full_name IS NOT NULL AND full_name IS DISTINCT FROM name"
    [add-not-null-column]="SELECT count(*) FROM items WHERE total IS NOT NULL AND total IS DISTINCT FROM price * quantity")
low_s=0 high_s=0 took_s=0 runs=0

# What the card says now, of an abort to the start.
card_take() {
    sql "DELETE FROM test.card; INSERT INTO test.card SELECT pgrollout.card_document('m'); DELETE FROM test.sent" >/dev/null
}
card_counted() { [ "$(sql "SELECT count(*) FROM pgrollout.loss l WHERE l.at > '$1' AND l.found ? 'only_new'")" -gt 0 ]; }
start="test.card c CROSS JOIN LATERAL (SELECT c.d #> '{targets,0}') t (j)"
# The statements that were promised, and whether each was sent at its place.
card_kept() {
    sql "WITH promised AS (
            SELECT row_number() OVER (ORDER BY (u ->> 'n')::int, s.k) AS n, s.sql, u ->> 'step' AS step, u ->> 'locks' AS locks
            FROM $start, jsonb_array_elements(t.j -> 'undo') u, jsonb_array_elements_text(u -> 'statements') WITH ORDINALITY s (sql, k)),
        sent AS (SELECT row_number() OVER (ORDER BY n) AS n, message, rank FROM test.sent)
        -- of each step the strongest lock that it takes is the one that was said
        SELECT string_agg(x.wrong, E'\\n' ORDER BY x.wrong) FROM (SELECT CASE
            WHEN p.n IS NULL THEN 'not promised: ' || right(s.message, 300)
            WHEN s.n IS NULL THEN 'not sent: ' || p.sql
            WHEN strpos(s.message, p.sql) = 0 THEN format('promised %s: %s; sent: %s', p.step, p.sql, s.message)
            WHEN p.locks !~ '^what' AND max(s.rank) OVER (PARTITION BY p.step) <> CASE WHEN p.locks ~ '^ACCESS EXCLUSIVE' THEN 8
                WHEN p.locks ~ '^SHARE ROW EXCLUSIVE' THEN 6 WHEN p.locks ~ '^SHARE UPDATE EXCLUSIVE' THEN 4 ELSE 0 END
                THEN format('lock of %s: said %s, was %s', p.step, p.locks, s.rank) END AS wrong
        FROM promised p FULL JOIN sent s USING (n)) x"
}
# The time it took, without people's answers, beside what was said.
card_time() {
    sql "SELECT round(coalesce(sum((e.detail ->> 'ms')::numeric), 0) / 1000, 2) || ' '
            || (SELECT coalesce(round(sum((u #>> '{seconds,0}')::numeric), 2), 0) || ' ' || coalesce(round(sum((u #>> '{seconds,1}')::numeric), 2)::text, 'unknown')
                FROM $start, jsonb_array_elements(t.j -> 'undo') u)
        FROM pgrollout.event e WHERE e.kind = 'step' AND e.detail ? 'undo'
          AND e.id > (SELECT max(x.id) FROM pgrollout.event x WHERE x.text LIKE 'abort to%')"
}

# Every row of the tables that there were before, in the columns that they had (test.shape), by names of now.
shape_take() {
    sql "DROP TABLE IF EXISTS test.shape; CREATE TABLE test.shape AS
        SELECT a.attrelid AS t, a.attnum AS n FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped" >/dev/null
}
fingerprint() {
    sql "SELECT string_agg(t || ':' || n, ' ' ORDER BY t) FROM (
        SELECT c.oid AS t, (xpath('/row/n/text()', query_to_xml(format(
            'SELECT coalesce(sum(hashtextextended(ROW(%s)::text, 0)), 0) AS n FROM public.%I x',
            (SELECT string_agg(format('x.%I', a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
             JOIN test.shape s ON s.t = a.attrelid AND s.n = a.attnum WHERE a.attrelid = c.oid),
            c.relname), false, true, '')))[1]::text AS n
        FROM pg_class c WHERE c.oid IN (SELECT s.t FROM test.shape s)) f"
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
    local before rows asks since said='' time
    recipe_clear
    owner "$recipe_tables" >/dev/null
    shape_take
    before=$(dump)
    recipe_load
    go_to "$2" "$3" || diag "$1: $2 was never $3: $(where m)"
    # what only the new release writes; not every state has the column yet
    if [ -n "${only_new[$1]:-}" ] && owner "${only_new[$1]}" >/dev/null 2>&1; then
        since=$(sql "SELECT clock_timestamp() + interval '500 ms'") # a count may be under way
        wait_until 30 card_counted "$since" || diag "$1: nothing was counted"
        said=$(sql "${lost[$1]}")
    fi
    rows=$(fingerprint)
    card_take
    [ -z "$said" ] || is "$(sql "SELECT sum((x ->> 'n')::numeric) FROM $start, jsonb_array_elements(t.j -> 'data') x
        WHERE x ->> 'sort' = 'lost'")" "$said" "$1 $2 $3: the card has counted what is lost ($said)"
    asks=$(sql "SELECT count(*) FROM $start, jsonb_array_elements(t.j -> 'undo') u WHERE u ->> 'asks' IS NOT NULL")
    is "$(sql "SELECT string_agg(step || ': ' || error, '; ') FROM pgrollout.loss WHERE error IS NOT NULL")" '' "$1 $2 $3: every count was made"
    exits 0 "$1: abort from $2 $3" operator abort m --to start
    drive m '^aborted' 40
    like "$(where m)" '^aborted' "$1: it is undone"
    is "$(diff <(echo "$before") <(echo "$(dump)"))" "" "$1: and the schema is what it was"
    is "$(fingerprint)" "$rows" "$1: every row has what it had, and what was written meanwhile stays"
    is "$(card_kept)" "" "$1 $2 $3: what the card said is what was sent, in order, with its locks"
    is "$(sql "SELECT count(*) FROM pgrollout.event e WHERE e.text LIKE 'waits at gate%'
        AND e.id > (SELECT max(x.id) FROM pgrollout.event x WHERE x.text LIKE 'abort to%')")" "$asks" "$1: it asked as often as said"
    read -r -a time <<<"$(card_time)"
    took_s=$(awk "BEGIN { print $took_s + ${time[0]} }") low_s=$(awk "BEGIN { print $low_s + ${time[1]} }")
    high_s=$(awk "BEGIN { print $high_s + ${time[2]} }") runs=$((runs + 1))
    # three times the end of the range and a second for the engine's turns
    within "${time[0]}" "$(awk "BEGIN { print 1 + 3 * ${time[2]} }")" "$1 $2 $3: seconds, said ${time[1]} to ${time[2]}"
}

# Statements, locks and questions on the card, of a phase to come or (without one) of now.
promised() { # [PHASE]
    sql "SELECT string_agg(concat_ws(' | ', u ->> 'step', u ->> 'asks', u ->> 'locks', u ->> 'statements'), E'\\n' ORDER BY (u ->> 'n')::int)
        FROM pgrollout.card_document('m', nullif('${1:-}', '')) d, jsonb_array_elements(d #> '{targets,0,undo}') u"
}
# What is said of each phase before anything is done is what is said when it has been reached.
forecast() { # RECIPE
    local phase step phases
    declare -A said=()
    recipe_clear
    owner "$recipe_tables" >/dev/null
    recipe_load
    phases=$(sql "SELECT p.name FROM pgrollout.phase p WHERE NOT EXISTS (
        SELECT FROM pgrollout.step s WHERE s.phase = p.name AND s.irreversible) ORDER BY p.ord")
    for phase in $phases; do said[$phase]=$(promised "$phase"); done
    for phase in $phases; do
        step=$(sql "SELECT name FROM pgrollout.step WHERE phase = '$phase' ORDER BY ord DESC LIMIT 1")
        operator resume m >/dev/null 2>&1 # from where the last one has stopped it
        go_to "$step" done || diag "$1: $step was never done: $(where m)"
        is "$(promised)" "${said[$phase]}" "$1: the card of the end of $phase, said before it was reached"
    done
}

run() { # RECIPE
    local step steps
    RECIPE_ROWS=60 recipe_take "$1"
    [ -z "${PGROLLOUT_CAMPAIGN:-}" ] || forecast "$1"
    recipe_clear
    owner "$recipe_tables" >/dev/null
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
if [ $# = 0 ] && [ -z "${PGROLLOUT_CAMPAIGN:-}" ]; then
    RECIPE_ROWS=60 recipe_take rename-column-dual
    abort_from rename-column-dual add-column running
    abort_from rename-column-dual readers done
fi
figure "$runs aborts took $took_s s, the cards had said $low_s to $high_s s"
engine_stop
done_testing
