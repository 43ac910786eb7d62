#!/bin/bash
# Connections that end while nothing is under way on them: the engine notices within a heartbeat or two,
# not when its lease runs out.
. "$(dirname "$0")/driven.sh"

plan 13
driven_start
engine_start
epoch() { sql 'SELECT epoch FROM pgrollout.lease'; }
end_of() { sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = '$1'" >/dev/null; }
another_epoch() { [ "$(epoch)" -gt "$before" ]; }
senses() { [ "$(sql "SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'pgrollout/engine/sensor'")" = 1 ]; }

before=$(epoch)
end_of pgrollout/engine/control
ok "the idle control connection: a new claim within 5 s" wait_until 5 another_epoch
ok "and a sensor" wait_until 5 senses
end_of pgrollout/engine/sensor
ok "the idle sensor connection: another within 5 s" wait_until 5 senses
is "$(sql 'SELECT engine_alive FROM pgrollout.health')" t "the engine is alive"

# it must claim anew while somebody's pause is open in a transaction: longer than any patience
users_table users 10
migration m <<'YAML'
  expand:
    - add_column: {table: users, column: full_name, type: text}
YAML
exec {pause_in}> >(PGAPPNAME=holder cluster_psql a >/dev/null 2>&1)
echo "BEGIN; SELECT * FROM pgrollout.fence FOR UPDATE;" >&"$pause_in"
wait_until 5 eval '[ "$(sql "SELECT count(*) FROM pg_stat_activity
    WHERE application_name = '"'holder'"' AND state LIKE '"'idle in%'"'")" = 1 ]' || bail "nobody holds the fence"
before=$(epoch)
end_of pgrollout/engine/control
ok "a claim that is refused is told" wait_until 20 grep -q 'cannot be claimed, again in .*fence' "$engine_log"
sleep 8
ok "and the engine stays" kill -0 "$engine_pid"
is "$(epoch)" "$before" "without the lease"
echo "COMMIT;" >&"$pause_in"
exec {pause_in}>&-
ok "until it has it" wait_until 20 another_epoch
ok "and a sensor" wait_until 5 senses

# a server that has not noticed yet that the connection is gone: what it takes to run is this very engine
hold_open 'SELECT 1'
before=$(epoch)
sql "UPDATE pgrollout.lease l SET (backend_pid, backend_start) = (SELECT a.pid, a.backend_start
    FROM pg_stat_activity a WHERE a.application_name = 'holder')" >/dev/null
end_of pgrollout/engine/control
ok "it is told that it runs itself" wait_until 10 grep -q "again in .*already runs: pid $engine_pid" "$engine_log"
ok "and waits until its lease is over" wait_until 30 another_epoch
release
engine_stop

sql 'REVOKE pg_read_all_stats FROM pgrollout_owner' >/dev/null
exits 4 "an engine whose schema's owner may not see sessions" as engine run --exit-when-idle
like "$err" 'GRANT pg_read_all_stats' "says what an administrator must do"
