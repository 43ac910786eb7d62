#!/bin/bash
# Connections that end while nothing is under way on them: the engine notices within a heartbeat or two,
# not when its lease runs out.
. "$(dirname "$0")/driven.sh"

plan 6
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
engine_stop

sql 'REVOKE pg_read_all_stats FROM pgrollout_owner' >/dev/null
exits 4 "an engine whose schema's owner may not see sessions" as engine run --exit-when-idle
like "$err" 'GRANT pg_read_all_stats' "says what an administrator must do"
