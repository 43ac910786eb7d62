#!/bin/bash
# What an abort takes away, and who uses it, with a real engine: shown before anybody decides, looked for while
# the opposite gate asks, and an answer against it needs a reason.
. "$(dirname "$0")/driven.sh"

driven_start
sql 'GRANT pg_read_all_stats TO lab_operator' >/dev/null
gate() { sql "SELECT pgrollout.state_of('$1') #>> '{gate,$2}'"; }
says() { [[ $(gate "$1" evidence) =~ $2 ]]; }
tells() { # NAME REGEX DESCRIPTION
    wait_until 20 says "$1" "$2"
    like "$(gate "$1" evidence)" "$2" "$3"
}
clear() { [ "$(gate "$1" clear)" = true ]; }
web() { cluster_psql_as a shop_web -c "$1" >/dev/null; }
deployed() { # NAME: up to the end of deploy
    users_table "$1" 20
    owner "GRANT SELECT, UPDATE ON $1 TO shop_web" >/dev/null
    migration "$1" <<YAML
  expand:
    - add_column: {table: $1, column: full_name, type: text}
    - add_column: {table: $1, column: nick, type: text}
      name: nick
    - sync: {table: $1, old: name, new: full_name}
  deploy:
    - confirm: The release is out.
      name: deployed
  backfill:
    - backfill: {table: $1, set: {full_name: name}, rest: 0}
  contract:
    - drop_column: {table: $1, column: name}
YAML
}

deployed used
deployed quiet
engine_start
drive used 'boundary backfill'
drive quiet 'boundary backfill'
web "SELECT full_name FROM used WHERE id = 1"
exits 0 "the card" operator card used
like "$out" 'public\.used\.full_name: in use' "tells that what it takes away is in use"
like "$out" '1 call, .* shop_web on primary: reads' "by whom"
exits 0 "abort without a target" operator abort quiet
like "$out" 'public\.quiet\.full_name: nothing uses it' "tells what nobody uses"

# a session of the new release is still there
hold_open "UPDATE used SET full_name = 'x' WHERE id = 2" shop_web
echo "UPDATE used SET full_name = 'x' WHERE id = 3;" >&"$holder_in"
exits 0 "abort is the way out, used or not" operator abort used --to start
like "$out" 'public\.used\.full_name: in use' "and says so"
operator abort quiet --to start >/dev/null
comes_to used '\[gate '
comes_to quiet '\[gate '
tells used '^session [0-9]+ of shop_web on primary (reads and )?writes it' "the session is named at the gate"
exits 4 "an answer without a reason is refused" operator confirm used
like "$err" 'session [0-9]+ of shop_web' "with who it is"
like "$err" 'confirm used [-]-reason' "and what to type"
like "$(cluster_psql_as a lab_operator -c "SELECT pgrollout.confirm('used')" 2>&1)" 'not confirmed without a reason' \
    "through SQL, too"
exits 0 "status" operator status used
like "$out" 'session [0-9]+ of shop_web' "shows it, too"
release ROLLBACK
tells used 'nothing has used used\.full_name for' "when it has gone the time begins"
web "SELECT full_name FROM used WHERE id = 1"
tells used 'begun anew: 1 call by shop_web on primary: SELECT full_name' "and a call begins it anew"
exits 0 "with a reason it is confirmed" operator confirm used --reason 'the report may fail'
reaches used '^aborted' "and taken back"
like "$(events used)" 'confirm .*: the report may fail \(against the evidence: .*1 call by shop_web' \
    "the journal keeps why, and against what"

# nobody uses it
wait_until 30 clear quiet
like "$(gate quiet evidence)" '^nothing has used quiet\.full_name for [0-9]+s; nothing has used quiet\.nick for [0-9]+s; coverage 100\.0 %' \
    "where nobody comes it is clear, of every column that goes"
exits 0 "and no reason is needed" operator confirm quiet
like "$(events quiet)" 'confirm .* \(the evidence: nothing has used quiet\.full_name' "the journal keeps that"
reaches quiet '^aborted' "and it is taken back"

# nobody looks
deployed alone
drive alone 'boundary backfill'
operator abort alone --to start >/dev/null
comes_to alone '\[gate '
engine_stop
sql "UPDATE pgrollout.step SET detail = detail - '{evidence}'::text[]" >/dev/null
exits 4 "what nobody has looked at is no evidence" operator confirm alone
like "$err" 'cannot tell: nobody has looked yet who uses alone\.full_name, alone\.nick' "says so"
exits 0 "but no dead end" operator confirm alone --reason 'the engine is down'
done_testing
