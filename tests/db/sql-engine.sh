#!/bin/bash
# A small migration driven from load to done by an engine of plain psql, which shows that the protocol
# stands in the database. It is killed behind each of its messages and always finished by the next one;
# two engines in a deliberately wrong order (the position in a transaction of its own) are caught.
. "$(dirname "$0")/control.sh"

ROWS=90
TURNS=20
here=$top_srcdir/tests/db

cluster_start a
control_install a
cluster_psql a -c 'GRANT shop_owner TO lab_engine'
{
    cat "$here/engine.psql"
    for ((i = 0; i < TURNS; i++)); do cat "$here/engine-turn.psql"; done
} >"$CLUSTER_ROOT/engine.psql"

# A table whose rows count how often they were changed, and the migration anew.
start_over() {
    cluster_psql a >/dev/null <<SQL || bail "no table"
SET client_min_messages = warning;
DROP TABLE IF EXISTS public.users;
DELETE FROM pgrollout.migration;
CREATE TABLE public.users (id bigint PRIMARY KEY, name text NOT NULL, hits int NOT NULL DEFAULT 0);
INSERT INTO public.users (id, name) SELECT 3 * i, 'name ' || i FROM generate_series(1, $ROWS) i;
CREATE TABLE IF NOT EXISTS public.names (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO public.names SELECT id, name FROM public.users ON CONFLICT DO NOTHING;
CREATE OR REPLACE FUNCTION public.users_hit() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.hits := OLD.hits + 1; RETURN NEW; END';
CREATE TRIGGER users_hit BEFORE UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION public.users_hit();
ALTER TABLE public.users OWNER TO shop_owner;
SQL
    control_load a m
}

# One engine, until it waits or is killed. Prints how many messages it has sent when it waits.
engine() { # VARIANT N STOP
    cluster_psql_as a lab_engine -v variant="$1" -v n="$2" -v stop="$3" -f "$CLUSTER_ROOT/engine.psql"
}

# Says what a person says to the hold that stands; fails when there is none to answer.
person() {
    local state
    state=$(cluster_psql a -c "SELECT coalesce(
        (SELECT h.kind || ' ' || h.key FROM pgrollout.hold h), (SELECT m.state FROM pgrollout.migration m))")
    case $state in
        'boundary contract') state="contract('m', 'm')" ;;
        boundary*) state="advance('m')" ;;
        gate*) state="confirm('m', note => 'test')" ;;
        *) return 1 ;;
    esac
    cluster_psql_as a lab_approver -c "SELECT pgrollout.$state" >/dev/null
}

# The whole migration; the engine is killed once, behind message STOP. Prints the number of messages.
migrate() { # VARIANT STOP
    local n=0 got turn
    for ((turn = 0; turn < 12; turn++)); do
        got=$(engine "$1" "$n" "$2" 2>>"$CLUSTER_ROOT/engine.err" | sed -n 's,^sent ,,p')
        if [ -z "$got" ]; then
            n=1000 # killed; the next one is not
            continue
        fi
        n=$got
        person || break
    done
    echo "$n"
}

# What is wrong with rows and positions; "ok" when nothing is.
oracle() {
    cluster_psql a <<SQL
SELECT coalesce(nullif(concat_ws(', ',
    (SELECT 'state ' || state FROM pgrollout.migration WHERE state <> 'done'),
    (SELECT count(*) || ' rows wrong' FROM public.users u FULL JOIN public.names n USING (id)
     WHERE u.full_name IS DISTINCT FROM n.name HAVING count(*) > 0),
    (SELECT count(*) || ' rows not changed exactly once' FROM public.users WHERE hits <> 1 HAVING count(*) > 0),
    (SELECT 'positions have a gap' FROM (
        SELECT seq, key, from_key, lag(key) OVER w AS before, lag(seq) OVER w AS seq_before
        FROM pgrollout.position WINDOW w AS (ORDER BY seq)) p
     WHERE from_key IS DISTINCT FROM before OR seq <> coalesce(seq_before, 0) + 1 LIMIT 1),
    (SELECT format('positions count %s keys and %s changes', sum(batch_rows), sum(batch_changed))
     FROM pgrollout.position HAVING sum(batch_rows) <> $ROWS OR sum(batch_changed) <> $ROWS),
    (SELECT 'columns ' || string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute
     WHERE attrelid = 'public.users'::regclass AND attnum > 0 AND NOT attisdropped
     HAVING string_agg(attname, ' ' ORDER BY attnum) <> 'id hits full_name')), ''), 'ok')
SQL
}

start_over
messages=$(migrate right 0)
is "$(oracle)" ok "psql alone takes a migration from load to done"
diag "$messages messages"
[ "$messages" -ge 14 ] || bail "too few messages: $(cat "$CLUSTER_ROOT/engine.err")"

bad=
for ((stop = 1; stop <= messages; stop++)); do
    start_over
    [ "$(migrate right "$stop")" -ge 1000 ] || bad+=" $stop: was not killed;"
    got=$(oracle)
    [ "$got" = ok ] || bad+=" $stop: $got;"
done
is "$bad" "" "killed behind each of its $messages messages, the next one finishes it"

# where the backfill is: behind its start, two messages a batch
for variant in position-after position-before; do
    caught=
    for ((stop = 7; stop <= 10; stop++)); do
        start_over
        migrate "$variant" "$stop" >/dev/null
        got=$(oracle)
        [ "$got" = ok ] || caught+="killed behind $stop: $got; "
    done
    isnt "$caught" "" "$variant: an engine whose position is in another transaction is caught"
    diag "$caught"
done
# what stops a backend by its number is nobody's to call
is "$(cluster_psql a -c "SELECT string_agg(format('%s: %s', r.rolname, p.proname), ', ')
    FROM pg_roles r, pg_proc p
    WHERE r.rolname LIKE 'lab\_%' AND p.pronamespace = 'pgrollout'::regnamespace
      AND p.proname IN ('stop_backend', 'stop_work', 'stop_work_caught', 'fence_holder', 'fence_try')
      AND has_function_privilege(r.oid, p.oid, 'EXECUTE')")" "" "nobody but the owner may stop a backend by its pid"
done_testing
