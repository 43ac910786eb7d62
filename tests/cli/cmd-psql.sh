#!/bin/bash
# With psql alone: pause, look, resume, with no engine and no program of ours running.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/sample.sh"

cluster_start a
cluster_env a
ok "install" "$PGROLLOUT" install --map responder=lab_responder --map operator=lab_operator \
    --map viewer=lab_viewer
sample_load a one
ok "advance" cluster_psql_as a lab_operator -c "SELECT * FROM pgrollout.advance('one')"

like "$(cluster_psql_as a lab_viewer -c 'SELECT migration, phase FROM pgrollout.now')" \
    '^one\|active' "now: where it stands"
is "$(cluster_psql_as a lab_viewer -c "SELECT count(*) FROM pgrollout.now n,
    LATERAL jsonb_each_text(to_jsonb(n)) c WHERE length(c.value) > 80")" 0 "80 columns"
is "$(cluster_psql_as a lab_viewer -c 'SELECT engine_alive, migrations FROM pgrollout.health')" \
    "f|1" "health: no engine"
is "$(cluster_psql_as a lab_responder -c "SELECT ok, receipt, undo FROM pgrollout.pause('one', 'INC-42')")" \
    "t|held: nothing more commits|SELECT * FROM pgrollout.resume('one')" "pause"
is "$(cluster_psql_as a lab_responder -F, -c "SELECT ok, migration FROM pgrollout.pause_all('INC-42')")" \
    "t,one" "pause_all"
like "$(cluster_psql_as a lab_viewer -c 'SELECT phase FROM pgrollout.now')" 'HELD by operator: INC-42' \
    "now: held, and why"
like "$(cluster_psql_as a lab_responder -c "BEGIN" -c "SELECT pg_sleep(0.01)" \
    -c "SELECT receipt FROM pgrollout.pause('one')" -c "COMMIT")" 'takes effect at COMMIT' \
    "inside a transaction block it says so"
sample_load a two
like "$(cluster_psql_as a lab_viewer -c "SELECT phase FROM pgrollout.now WHERE migration = 'two'")" \
    'HELD by .*operator' "what is loaded later is held"
exits 1 "a responder may not resume" cluster_psql_as a lab_responder -c "SELECT pgrollout.resume_all()"
ok "resume" cluster_psql_as a lab_operator -c "SELECT * FROM pgrollout.resume_all('over')"
unlike "$(cluster_psql_as a lab_viewer -c 'SELECT phase FROM pgrollout.now')" 'operator' "free again"
exits 3 "read-only" env PGOPTIONS='-c default_transaction_read_only=on' \
    "$CLUSTER_BIN/psql" -XAtq -v ON_ERROR_STOP=1 -U lab_responder \
    -f <(echo "SELECT pgrollout.pause('one');")
like "$err" 'SET default_transaction_read_only = off' "says what to type"
like "$(cluster_psql_as a lab_viewer -c "SELECT event FROM pgrollout.journal('one')" | tail -1)" \
    'resume: over' "the journal"

# somebody's pause that has not been committed: said within seconds, never waited for without end
exec 3> >("$CLUSTER_BIN/psql" -XAtq -d "$(cluster_conninfo a lab_responder)" >/dev/null)
echo "BEGIN; SELECT pgrollout.pause('one');" >&3
open_pause() { [ "$(cluster_psql a -c "SELECT count(*) FROM pg_stat_activity
    WHERE state = 'idle in transaction'")" = 1 ]; }
ok "a pause in an open transaction" wait_until 5 open_pause
exits 4 "another one" timeout 15 "$PGROLLOUT" -U lab_responder pause one
like "$err" 'an open transaction of pid' "says so"
echo "ROLLBACK;" >&3
exec 3>&-
exits 0 "and works when that is over" "$PGROLLOUT" -U lab_responder pause one
done_testing
