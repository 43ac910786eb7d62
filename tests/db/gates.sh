#!/bin/bash
# Steps that wait for evidence, with a real engine: soak.
. "$(dirname "$0")/driven.sh"

driven_start
waits_for() { step_field "$1" "$2" "detail ->> 'waits_for'"; }
says() { [[ $(waits_for "$1" "$2") =~ $3 ]]; }
# tells NAME STEP REGEX DESCRIPTION
tells() {
    wait_until 20 says "$1" "$2" "$3"
    like "$(waits_for "$1" "$2")" "$3" "$4"
}

# --- soak
owner "CREATE TABLE errors (n int); INSERT INTO errors VALUES (0)" >/dev/null
users_table calm 10
migration calm 'guards:
  errors: {sql: SELECT n FROM errors, pause: 5, resume: 1, samples: 1}' <<'YAML'
  stop_old_writes:
    - soak: {for: 3s}
  contract:
    - drop_column: {table: calm, column: note}
YAML
engine_start
operator advance calm >/dev/null
tells calm soak 'no guard tripped for [12]s of 3s' "soak says how far it is"
owner 'UPDATE errors SET n = 9' >/dev/null
reaches calm '\[guard errors\]' "a guard trips"
tells calm soak 'guard errors holds' "and soak says so under the hold"
owner 'UPDATE errors SET n = 0' >/dev/null
reaches calm '\[boundary contract\]' "it begins anew when the guard has cleared, and ends" 30
like "$(events calm)" 'soak: done, no guard tripped for 3s; guards watched: .*errors' \
    "the journal has the evidence and where was looked"
as approver contract calm --confirm calm >/dev/null
reaches calm '^done' "contract begins when it has been read afresh"
like "$(events calm)" 'soak: still true before contract, no guard tripped' "which the journal says"
engine_stop
done_testing
