#!/bin/bash
# The engine killed at random moments while the applications write: both releases, inserts, deletes and
# key moves. Not one row is wrong at the end.
. "$(dirname "$0")/../lib/rollout.sh"
. "$(dirname "$0")/../lib/load.sh"

RANDOM=4711
kills=${KILLS:-$(sample 8 100)}
ROLLOUT_ROWS=$(sample 20000 40000)
RATE=700/s
BATCH=40
rollout_start
rollout_table a
rollout_load
load_run a shop_web 150 read@2 41@6 keys@1

done=0
for ((i = 0; i < kills * 3 && done < kills; i++)); do
    rollout_engine_start
    sleep "0.$((RANDOM % 900 + 100))"
    if kill -KILL "$ROLLOUT_ENGINE" 2>/dev/null; then
        done=$((done + 1))
    fi
    wait "$ROLLOUT_ENGINE" 2>/dev/null
    rollout_person 'boundary contract'
    if [ "${#LOAD_PIDS[@]}" -eq 1 ] && [ "$(cluster_psql a -c \
        "SELECT state FROM pgrollout.step WHERE name = 'sync'")" = done ]; then
        load_run a shop_web 50 42@1
    fi
done
is "$done" "$kills" "the engine was killed $kills times"
rollout set m rate=50000/s >/dev/null 2>&1
ok "it comes to its last boundary" rollout_finish 'boundary contract'
ok "the applications live" load_alive
load_stop
is "$(load_errors)" "" "no statement of the applications was refused"
is "$(load_verify a name full_name)" ok "old and new column agree with the truth in every row"
is "$(cluster_psql a -c "SELECT count(*) FROM (SELECT seq, from_key, lag(key) OVER w AS before,
    lag(seq) OVER w AS seq_before FROM pgrollout.position WHERE step = 'copy'
    WINDOW w AS (PARTITION BY worker ORDER BY seq)) p
    WHERE seq_before IS NOT NULL AND (from_key IS DISTINCT FROM before OR seq <> seq_before + 1)")" 0 \
    "the batches tile the keys"
ok "contract" rollout_finish
is "$(load_verify a full_name)" ok "and so it is after contract"
figure "$done random kills under load, $(load_latency | cut -d' ' -f3) transactions of the applications: 0 rows wrong"
done_testing
