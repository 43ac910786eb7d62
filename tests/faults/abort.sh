#!/bin/bash
# Abort --to start from every step before contract, stopped when the step had just begun and when it was
# done: the schema is what it was before, to the letter of pg_dump. Where the sync step is done, the
# opposite gate is waited for first.
. "$(dirname "$0")/../lib/rollout.sh"

ROLLOUT_ROWS=200
BATCH=100
rollout_start

# A person who pauses at the very moment when a step gets into a state.
cluster_psql a >/dev/null <<'SQL'
CREATE TABLE public.stop_at (step text, state text);
CREATE FUNCTION public.stop_at() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF EXISTS (SELECT FROM public.stop_at s WHERE s.step = NEW.name AND s.state = NEW.state) THEN
        DELETE FROM public.stop_at;
        INSERT INTO pgrollout.hold (migration_id, kind, reason, placed_by)
        VALUES (NEW.migration_id, 'operator', 'test', 'test') ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER stop_at AFTER UPDATE OF state ON pgrollout.step
    FOR EACH ROW EXECUTE FUNCTION public.stop_at();
SQL

reached() { # STEP STATE
    rollout_person 'boundary contract'
    [ "$(cluster_psql a -c 'SELECT count(*) FROM public.stop_at')" = 0 ]
}

# How often a person was asked is kept in $asked.
abort_from() { # STEP STATE
    local turn before promised
    rollout_table a
    before=$(rollout_dump a)
    rollout_load
    cluster_psql a -c "INSERT INTO public.stop_at VALUES ('$1', '$2')" >/dev/null
    rollout_engine_start
    wait_until 30 reached "$@" || diag "$1 was never $2: $(tail -n 3 "$CLUSTER_ROOT/engine.out")"
    rollout_engine_stop KILL
    cluster_psql a -c 'DELETE FROM public.stop_at' >/dev/null
    promised=$(cluster_psql a -c "SELECT count(*) FROM pgrollout.card('m') c
        WHERE c.target = 'start' AND c.action LIKE '%asks you%'")
    ok "abort from $1 $2" rollout abort m --to start
    asked=0
    for ((turn = 0; turn < 6; turn++)); do
        rollout_engine
        case $(rollout_state) in
            gate*) asked=$((asked + 1)) && rollout confirm m --reason test >/dev/null ;;
            *) break ;;
        esac
    done
    is "$(rollout_state)" aborted "it is undone"
    is "$asked" "$promised" "the card had said how often it asks"
    is "$(diff <(echo "$before") <(rollout_dump a))" "" "and the schema is what it was"
    is "$(cluster_psql a -c 'SELECT count(*) FROM public.users u FULL JOIN public.shadow s USING (id)
        WHERE u.name IS DISTINCT FROM s.name')" 0 "and so is the data"
}

if [ -n "${PGROLLOUT_CAMPAIGN:-}" ]; then
    cases='add-column:running add-column:done sync:running sync:done deployed:waiting deployed:done
        copy:running copy:done verify:running verify:done not-null:running not-null:done
        analyze:running analyze:done'
else
    cases='add-column:done sync:done deployed:waiting copy:running not-null:running analyze:done'
fi
for case in $cases; do
    abort_from "${case%:*}" "${case#*:}"
    case $case in
        add-column* | sync:running) is "$asked" 0 "nobody was asked" ;;
        *) is "$asked" 1 "the opposite gate was asked first" ;;
    esac
done
figure "aborted from $(echo "$cases" | wc -w) moments: pg_dump -s equal"
done_testing
