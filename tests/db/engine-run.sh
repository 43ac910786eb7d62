#!/bin/bash
# `run`: who may be an engine, how far it goes by itself, how it ends, and in the background.
. "$(dirname "$0")/driven.sh"

driven_start
cluster_replica b a
cluster_env a
users_table u 300

# --- refused
exits 4 "a superuser is refused" "$PGROLLOUT" -U postgres run
like "$err" 'superuser' "by name"
like "$err" 'pgrollout_engine' "with what to use instead"
exits 4 "who is no engine" as operator run
like "$err" 'GRANT pgrollout_engine TO "lab_operator"' "with what to grant"
exits 4 "a database without the control schema" as engine run -d postgres
like "$err" 'pgrollout install' "with what to run"
exits 4 "a standby" as engine run -p "$(cluster_port b)"
like "$err" 'standby' "by name"
sql 'ALTER ROLE lab_engine SET session_replication_role = replica' >/dev/null
exits 4 "a login whose triggers would not fire" timeout 20 "$PGROLLOUT" -U lab_engine run --exit-when-idle
like "$err" '"session_replication_role" reads back as "replica"' "by the name of the setting"
sql 'ALTER ROLE lab_engine RESET session_replication_role' >/dev/null
exits 2 "an unknown migration" timeout 20 "$PGROLLOUT" -U lab_engine run nope --exit-when-idle
like "$err" 'no migration is named "nope"' "by name"
exits 2 "an unknown phase" as engine run --until somewhere
exits 2 "an unknown mode" as engine run --advance often
exits 3 "no server" as engine run -p 1
exits 0 "nothing is loaded: idle" timeout 20 "$PGROLLOUT" -U lab_engine run --exit-when-idle

# --- how far by itself
cat >"$CLUSTER_ROOT/phases" <<'YAML'
  expand:
    - add_column: {table: u, column: full_name, type: text}
    - sync: {table: u, old: name, new: full_name}
  backfill:
    - backfill: {table: u, set: {full_name: name}, batch: {start: 30, max: 30}, rate: 200/s}
      name: copy
    - verify: copy
  switch_reads:
    - check: SELECT count(*) FROM u WHERE note = 'stop'
      expect: 0
      name: fine
  contract:
    - drop_column: {table: u, column: name}
YAML
run() { timeout 60 "$PGROLLOUT" -U lab_engine run "$@"; }
# shellcheck disable=SC2119
migration m <"$CLUSTER_ROOT/phases"
exits 0 "idle at the first boundary" run m --exit-when-idle
is "$(where m)" "loaded add-column:pending [boundary expand]" "nothing passes it by itself"
exits 0 "the same file twice" operator load "$CLUSTER_ROOT/m.yaml"
echo '# edited' >>"$CLUSTER_ROOT/m.yaml"
exits 4 "an edited one is another plan" operator load "$CLUSTER_ROOT/m.yaml"
operator advance m >/dev/null
exits 0 "by default it ends at the next boundary" run m --exit-when-idle
is "$(where m)" "active expand copy:pending [boundary backfill]" "which is that of the backfill"
exits 0 "auto until a phase" run m --exit-when-idle --advance auto --until backfill
is "$(where m)" "active backfill fine:pending [boundary switch_reads]" "ends behind it"
like "$out" 'm: copy: 1?[0-9.]+ %, [0-9]+ rows' "progress on a pipe is lines"
owner "UPDATE u SET note = 'stop' WHERE id = 1" >/dev/null
exits 1 "a failure" run m --exit-when-idle --advance auto
like "$err" 'failed' "is said"
is "$(where m)" "failed switch_reads fine:failed" "and stands"
like "$(cluster_psql a -c "SELECT pgrollout.pause_text(m.id) FROM pgrollout.migration m")" 'nothing runs; .* retry' \
    "and a pause is not said to undo anything"
owner "UPDATE u SET note = 'go' WHERE id = 1" >/dev/null
operator retry m >/dev/null
exits 0 "auto goes on" run m --exit-when-idle --advance auto
is "$(where m)" "active switch_reads drop-column:pending [boundary contract]" "never into contract"
operator abort m --to start >/dev/null
exits 0 "idle at a reverse gate" run m --exit-when-idle
operator confirm m --reason test >/dev/null
exits 1 "an aborted one" run m --exit-when-idle
like "$err" 'aborted' "is not what it was run for"

# --- step by step
migration s <"$CLUSTER_ROOT/phases"
operator advance s >/dev/null
exits 0 "step by step" run s --exit-when-idle --advance step
is "$(where s)" "active expand sync:pending [stepping]" "waits after one step"
operator step s >/dev/null
exits 0 "the last step of a phase" run s --exit-when-idle --advance step
like "$(where s)" '^active expand copy:pending \[boundary backfill\]' "is followed by the boundary"

# --- defaults of the login that would disturb, and a schema whose name needs quotes
sql "ALTER ROLE lab_engine SET search_path = nowhere; ALTER ROLE lab_engine SET lock_timeout = '1ms';
    ALTER ROLE lab_engine SET statement_timeout = '1h'; ALTER ROLE lab_engine SET default_transaction_read_only = on" >/dev/null
owner 'CREATE SCHEMA "order"; GRANT USAGE ON SCHEMA "order" TO PUBLIC' >/dev/null
users_table '"order".q' 30
migration q 'schema: order' <<'YAML'
  expand:
    - add_column: {table: q, column: full_name, type: text}
  backfill:
    - backfill: {table: q, set: {full_name: name}}
YAML
operator advance q >/dev/null
exits 0 "with settings of its own" run q --exit-when-idle --advance auto
like "$(where q)" '^done' "it is done"
unlike "$err" 'refused|sensor connection' "and no connection was refused"
sql 'ALTER ROLE lab_engine RESET ALL' >/dev/null

# --- another engine
engine_start
exits 4 "a second engine" as engine run
like "$err" "pid $engine_pid on host" "is told who runs"
exits 4 "in the background, too" as engine run --detach --log "$CLUSTER_ROOT/second.log"
like "$err" "pid $engine_pid on host" "by the parent"
sql "UPDATE pgrollout.lease SET epoch = epoch + 1, token = gen_random_uuid()" >/dev/null
wait_until 15 gone "$engine_pid"
wait "$engine_pid"
is $? 4 "superseded: 4"
like "$(cat "$engine_log")" 'superseded.*' "and says so"

# --- in the background
exits 0 "in the background" "$PGROLLOUT" -U lab_engine run --detach --log "$CLUSTER_ROOT/detached.log"
like "$out" "pid [0-9]+, epoch [0-9]+, log $CLUSTER_ROOT/detached.log" "says where"
pid=$(sed 's/.*pid \([0-9]*\),.*/\1/' <<<"$out")
is "$(ps -o ppid= -p "$pid" | tr -d ' ')" 1 "it is nobody's child"
operator advance s >/dev/null
operator resume s >/dev/null
reaches s 'boundary switch_reads' "and works"
like "$(cat "$CLUSTER_ROOT/detached.log")" 's: copy: it is the step' "its log says what it does"
like "$(as viewer status)" "pid $pid .*" "status says where it runs"
kill -TERM "$pid"
ok "it ends when told to" wait_until 10 gone "$pid"
is "$(sql "SELECT holder IS NULL FROM pgrollout.lease")" t "and gives the lease back"

# --- pause before anything is loaded, and all at once
ok "pause all" as responder pause --all --reason INC-1
users_table p 10
migration p <<'YAML'
  expand:
    - add_column: {table: p, column: full_name, type: text}
YAML
is "$(where p)" "loaded add-column:pending [boundary expand] [operator]" "what is loaded later is held, too"
operator advance p >/dev/null
engine_start
sleep 1.5
is "$(where p)" "active expand add-column:pending [operator]" "and stays so"
ok "resume all" operator resume --all
reaches p '^done' "goes on"
# --- a statement outside a transaction has no lock timeout: whom it waits for is told
owner 'ALTER TABLE p ADD CONSTRAINT named CHECK (name IS NOT NULL) NOT VALID' >/dev/null
migration v <<'YAML'
  expand:
    - sql: ALTER TABLE p VALIDATE CONSTRAINT named
      undo: SELECT 1
      transaction: none
      name: validate
YAML
hold_open 'LOCK TABLE p IN SHARE UPDATE EXCLUSIVE MODE'
operator advance v >/dev/null
holder=$(sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'holder'")
ok "a validation that waits for a lock says so" \
    wait_until 10 eval '[ "$(step_field v validate "detail ->> '"'waits_for'"'")" = "a lock, behind pid $holder" ]'
like "$(as viewer status v)" "a lock, behind pid $holder" "status shows it"
release
reaches v '^done' "it goes on"
unlike "$(as viewer status v)" 'a lock' "and nothing is said of a lock any more"
exits 4 "what runs cannot be forgotten" operator forget s
exits 0 "what is done can" operator forget p
exits 2 "once" operator forget p
engine_stop
done_testing
