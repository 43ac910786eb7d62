#!/bin/bash
# What the engine does while others are in its way: an open transaction on the table while expand waits,
# and an autovacuum that runs on it. No statement of the application waits longer than the lock timeout
# and a little, and the migration goes on by itself when the way is free.
. "$(dirname "$0")/../lib/rollout.sh"
. "$(dirname "$0")/../lib/load.sh"

LIMIT=150 # ms: the lock timeout and 50
ROLLOUT_ROWS=2000
BATCH=500
rollout_start autovacuum_naptime=1s

step_is() { [ "$(cluster_psql a -c "SELECT state FROM pgrollout.step WHERE name = '$1'")" = "$2" ]; }

# A session with an open transaction; its psql reads from a pipe that stays open.
open_transaction() { # SQL
    mkfifo "$CLUSTER_ROOT/open"
    "$CLUSTER_BIN/psql" -XAtq -d "$(cluster_conninfo a shop_web)" <"$CLUSTER_ROOT/open" >/dev/null &
    opener=$!
    exec 7>"$CLUSTER_ROOT/open"
    echo "BEGIN; $1" >&7
}
end_transaction() {
    echo 'COMMIT; \q' >&7 # others have inherited the pipe
    exec 7>&-
    wait "$opener" 2>/dev/null
    rm -f "$CLUSTER_ROOT/open"
}

for what in 'SELECT count(*) FROM public.users' "INSERT INTO public.shadow VALUES (-7, 'mine')"; do
    rollout_table a
    rollout_load
    load_forget
    open_transaction "$what;"
    load_run a shop_web 200 read@3 41@1
    rollout advance m >/dev/null
    rollout_engine_start
    sleep "$(sample 4 20)"
    case $what in
        SELECT*) ok "the column waits for the open transaction" step_is add-column running ;;
        *) ok "a transaction on another table does not matter" step_is sync done ;;
    esac
    # transactions that come and go: the look finds none, and yet the lock has to wait
    for ((i = 0; i < $(sample 3 20); i++)); do
        cluster_psql_as a shop_web -c 'BEGIN' -c 'SELECT 1 FROM public.users LIMIT 1' -c 'SELECT pg_sleep(0.3)' \
            -c COMMIT >/dev/null
    done
    end_transaction
    ok "it goes on when the transaction has ended" wait_until 30 step_is sync done
    load_stop
    read -r worst p99 count < <(load_latency)
    within "$worst" "$LIMIT" "longest wait of the application, ms (${what%% *})"
    figure "expand behind an open transaction (${what%% *}): longest wait of $count statements $worst ms, p99 $p99 ms"
    is "$(load_errors)" "" "no statement of the application was refused"
    rollout_engine_stop
done

# a pause while the lock is tried for
rollout_table a
rollout_load
open_transaction 'SELECT count(*) FROM public.users;'
rollout advance m >/dev/null
rollout_engine_start
ok "the column waits" wait_until 20 step_is add-column running
sleep 0.5
exits 0 "a pause succeeds at once" rollout pause m
end_transaction
sleep 2.5
ok "and binds though the way is free" step_is add-column running
is "$(cluster_psql a -c "SELECT count(*) FROM pg_attribute WHERE attrelid = 'public.users'::regclass
    AND attname = 'full_name'")" 0 "no column came to be"
ok "resume" rollout resume m
ok "it goes on" wait_until 30 step_is sync done
rollout_engine_stop

# a slow autovacuum on the table
rollout_table a
rollout_load
load_forget
cluster_psql a >/dev/null <<'SQL'
ALTER TABLE public.users SET (autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1, autovacuum_vacuum_insert_threshold = 50);
INSERT INTO public.users (id, name) SELECT -3 * i, repeat('v', 200) FROM generate_series(1, 20000) i;
INSERT INTO public.shadow SELECT id, name FROM public.users WHERE id < 0;
UPDATE public.users SET name = name WHERE id < 0;
SQL
vacuumed() {
    cluster_psql a -c "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'
        AND query LIKE '%public.users%'" | grep -qx 1
}
ok "an autovacuum runs on the table" wait_until 60 vacuumed
load_run a shop_web 200 read@3 41@1
rollout advance m >/dev/null
before=$SECONDS
rollout_engine_start
ok "expand displaces it" wait_until 40 step_is sync done
took=$((SECONDS - before))
like "$(cat "$(cluster_log a)")" "canceling autovacuum task" "by a lock that it gives way to"
load_stop
read -r worst p99 count < <(load_latency)
within "$worst" "$LIMIT" "longest wait of the application, ms (autovacuum)"
is "$(load_errors)" "" "no statement of the application was refused"
figure "autovacuum displaced after $took s, longest wait of $count statements $worst ms, p99 $p99 ms"
rollout_engine_stop
done_testing
