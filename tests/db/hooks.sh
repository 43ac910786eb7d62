#!/bin/bash
# Hooks of a real engine: each event with its facts, the veto before contract, hooks that hang, fail, fork, flood and
# are not to be trusted, and engines that die beside them.
. "$(dirname "$0")/driven.sh"
. "$(dirname "$0")/../lib/campaign.sh"

cluster_root
driven_start
# ours and not the servers' user's: the engine runs nothing that others could have put there
own=$(mktemp -d)
trap 'status=$?; rm -rf "$own"; (exit "$status"); driven_cleanup' EXIT
hooks=$own/hooks told=$own/told
mkdir "$hooks" "$told"
export PGROLLOUT_CONF=$own/pgrollout.conf PGPASSWORD=canary-of-the-hooks
printf '[hooks]\ndirectory=%s\ntimeout=2s\n' "$hooks" >"$PGROLLOUT_CONF"
chmod 600 "$PGROLLOUT_CONF"
hook() { # EVENT <SCRIPT: put there as a whole
    { echo '#!/bin/sh' && cat; } >"$hooks/$1.new"
    chmod 755 "$hooks/$1.new"
    mv "$hooks/$1.new" "$hooks/$1"
}
# what every hook does here: facts of the environment and of standard input, a file for each time
record() { # EVENT
    hook "$1" <<SH
env | sort >$told/\$PGROLLOUT_EVENT.\$PGROLLOUT_EVENT_ID.\$PGROLLOUT_ATTEMPT.env
cat >$told/\$PGROLLOUT_EVENT.\$PGROLLOUT_EVENT_ID.\$PGROLLOUT_ATTEMPT.json
echo "told of \$PGROLLOUT_EVENT"
SH
}
order() { # the events that were told, in order, with what tells them apart
    local file
    for file in $(cd "$told" && ls -- *.env 2>/dev/null | sort -t . -k 2,2n); do
        (unset PGROLLOUT_HOLD PGROLLOUT_KEY PGROLLOUT_WHAT PGROLLOUT_STEP PGROLLOUT_PHASE
            eval "$(grep -E '^PGROLLOUT_(EVENT|HOLD|KEY|WHAT|STEP|PHASE|STATE)=' "$told/$file" | sed "s/=\(.*\)/='\1'/")"
            case $PGROLLOUT_EVENT in
                phase) echo "phase $PGROLLOUT_PHASE $PGROLLOUT_WHAT" ;;
                hold | resume) echo "$PGROLLOUT_EVENT $PGROLLOUT_HOLD${PGROLLOUT_KEY:+ $PGROLLOUT_KEY}" ;;
                failure | quarantine) echo "$PGROLLOUT_EVENT $PGROLLOUT_STEP" ;;
                *) echo "$PGROLLOUT_EVENT $PGROLLOUT_STATE" ;;
            esac)
    done
}
due() { sql 'SELECT count(*) FROM pgrollout.hook'; }
none_due() { [ "$(due)" = 0 ]; }
file_of() { ls "$told/$1".*."$2" | head -n 1; }
hook_events_of() { sql "SELECT e.text FROM pgrollout.event e JOIN pgrollout.migration m ON m.id = e.migration_id
    WHERE m.name = '$1' AND e.kind = 'hook' ORDER BY e.id"; }
is_hook_event() { hook_events_of "$1" | grep -qE "$2"; }
told_of() { wait_until "${4:-15}" is_hook_event "$1" "$2"; like "$(hook_events_of "$1")" "$2" "$3"; }

owner 'CREATE TABLE people (id bigint PRIMARY KEY, name text NOT NULL, n int); INSERT INTO people
    SELECT i, CASE i WHEN 7 THEN $$no 7$$ ELSE i::text END FROM generate_series(1, 40) i;
    CREATE TABLE big (id bigint PRIMARY KEY, name text, full_name text); INSERT INTO big
    SELECT i, i::text FROM generate_series(1, 400000) i; ANALYZE big' >/dev/null
for event in load phase hold resume failure quarantine done; do record "$event"; done

# --- one of everything
migration m "title: \"It's a title\"
owner: payments
contact: \"#oncall\"
ticket: CHG-1" <<'YAML'
  expand:
    - add_column: {table: people, column: other, type: text}
  deploy:
    - confirm: Is it there?
      name: gate
  backfill:
    - backfill: {table: people, set: {n: name::integer}}
      name: fill
  contract:
    - drop_column: {table: people, column: name}
YAML
operator pause m --reason "before it begins" >/dev/null
operator resume m >/dev/null
engine_start
wait_until 10 none_due
is "$(order)" "$(printf '%s\n' 'load loaded' 'hold boundary expand' 'hold operator' 'resume operator')" \
    "what happened without an engine is told by the next one"
env=$(cat "$(file_of load env)")
is "$(cut -d = -f 1 <<<"$env" | tr '\n' ' ')" "HOME LC_ALL PATH PGROLLOUT_AT PGROLLOUT_ATTEMPT PGROLLOUT_CONTACT PGROLLOUT_DATABASE PGROLLOUT_EVENT PGROLLOUT_EVENT_ID PGROLLOUT_MIGRATION PGROLLOUT_OWNER PGROLLOUT_PLAN_SHA256 PGROLLOUT_STATE PGROLLOUT_TICKET PGROLLOUT_TIMES PGROLLOUT_TITLE PGROLLOUT_WHO PWD " \
    "the whole environment, and no password"
like "$env" "PGROLLOUT_TITLE=It's a title" "facts in it"
like "$(cat "$(file_of hold json)")" '^\{.*"event":"hold".*"contact":"#oncall".*\}$|^\{.*"contact":"#oncall".*"event":"hold".*\}$' \
    "and as JSON on standard input"
is "$(cluster_psql a -v j="$(cat "$(file_of hold json)")" <<<"SELECT :'j'::jsonb ->> 'title'")" "It's a title" "which is JSON"
told_of m 'hook hold: done in .* s: told of hold' "the journal has what it printed"

rm -f "$told"/*
drive m 'failed|\[gate gate\]'
operator confirm m >/dev/null
drive m 'failed' >/dev/null
comes_to m '^failed'
wait_until 10 none_due
is "$(order)" "$(printf '%s\n' 'phase expand begins' 'phase expand done' 'hold boundary deploy' 'phase deploy begins' \
    'hold gate gate' 'resume gate gate' 'phase deploy done' 'hold boundary backfill' 'phase backfill begins' \
    'quarantine fill' 'failure fill')" "phases, holds, gate, quarantine and failure in their order"
like "$(cat "$(file_of quarantine env)")" 'PGROLLOUT_REASON=invalid input syntax.*PGROLLOUT_ROWS=1' "which row could not be filled, and how many"
like "$(cat "$(file_of failure env)")" 'PGROLLOUT_STATE=failed' "failure: the state"

# the manual says of the same events and facts
page=$top_srcdir/man/pgrollout-hooks.7
events=$(sed -n '/^\.Sh EVENTS/,/^\.Sh FACTS/s/^\.It Li //p' "$page" | tr '\n' ' ')
is "$events" "load phase hold resume failure quarantine done before-contract " "the manual has the events"
facts=$(sed -n '/^\.Sh FACTS/,/^\.Sh RUNNING/s/^\.It Ev PGROLLOUT_//p' "$page")
for fact in $(cat "$told"/*.env | sed -n 's/^PGROLLOUT_\([A-Z_0-9]*\)=.*/\1/p' | sort -u); do
    is "$(grep -cx "$fact" <<<"$facts")" 1 "the manual has PGROLLOUT_$fact"
done

# --- the veto
owner 'UPDATE people SET name = $$7$$ WHERE name LIKE $$no%$$' >/dev/null
hook before-contract <<SH
cat >$told/asked.\$PGROLLOUT_WHO
cat $own/answer
exit \$(cat $own/status)
SH
echo 'the backup is too old' >"$own/answer"; echo 3 >"$own/status"
operator retry m >/dev/null
comes_to m 'boundary contract'
as approver contract m --confirm m >/dev/null
told_of m 'REFUSES: it ended with status 3: the backup is too old' "a program may say no"
reaches m 'boundary contract' "the boundary stands again"
like "$(operator status m)" 'the hook before-contract refuses \(it ended with status 3: the backup is too old\)' "people see why"
like "$(cat "$told/asked.lab_approver")" '"event":"before-contract"' "it was told who wants it"
if [ -n "$(sample '' all)" ]; then
    hook before-contract <<<'sleep 60'
    as approver contract m --confirm m >/dev/null
    told_of m 'REFUSES: no answer within 2s' "one that does not answer says no"
    reaches m 'boundary contract' "nothing was done"
    chmod 666 "$hooks/before-contract"
    as approver contract m --confirm m >/dev/null
    told_of m 'REFUSES: .*before-contract cannot be run: chmod u\+x' "one that cannot be run says no"
    comes_to m 'boundary contract'
    chmod 777 "$hooks/before-contract"
    as approver contract m --confirm m >/dev/null
    told_of m 'REFUSES: .*before-contract can be written by everybody: chmod go-w' "one that anybody can write says no"
    comes_to m 'boundary contract'
fi
hook before-contract <<SH
echo \$\$ >>$own/asked.pid
while [ -e $own/wait ]; do sleep 0.1; done
echo go
SH
touch "$own/wait"
as approver contract m --confirm m >/dev/null
wait_until 10 test -s "$own/asked.pid"
before=$(date +%s%N)
operator pause m >/dev/null
within $((($(date +%s%N) - before) / 1000000)) 400 "a pause does not wait for it (ms)"
wait_until 10 gone "$(tail -n 1 "$own/asked.pid")"
ok "and it is ended: its answer would be too old" gone "$(tail -n 1 "$own/asked.pid")"
if [ -n "$(sample '' all)" ]; then
    operator resume m >/dev/null
    asked() { [ "$(wc -l <"$own/asked.pid")" -ge "$1" ]; }
    wait_until 10 asked 2
    engine_kill
    wait_until 10 gone "$(tail -n 1 "$own/asked.pid")"
    ok "an engine that is killed takes it along" gone "$(tail -n 1 "$own/asked.pid")"
    is "$(sql "SELECT count(*) FROM information_schema.columns WHERE table_name = 'people' AND column_name = 'name'")" 1 "nothing was done"
    engine_start
    wait_until 15 asked 3
    ok "the next one asks again" asked 3
    operator pause m >/dev/null
fi
rm -f "$own/wait"
operator resume m >/dev/null
reaches m '^done' "with its consent contract is done"
told_of m 'agrees: go' "and the journal says so"
wait_until 10 none_due
like "$(order | tail -n 2)" $'phase contract done\ndone done' "the end is told last"
engine_stop

# --- hooks that misbehave, beside batches
rm -f "$told"/* "$hooks"/*
export big_pid=$own/pids
hook hold <<SH
echo \$\$ >>$big_pid
sleep 100 & sleep 100 & sleep 100
SH
hook phase <<<'exec yes flooding'
hook resume <<<'kill -9 $$'
hook done <<SH
mkfifo $own/x 2>/dev/null; exit 9
SH
migration b 'guards: {query_latency: {off: nobody asks}, lock_wait: {off: nobody}}' <<'YAML'
  backfill:
    - backfill: {table: big, set: {full_name: name}, batch: {start: 200, max: 200}}
YAML
engine_start
operator advance b >/dev/null
filled() { sql 'SELECT count(full_name) FROM big'; }
fills() { [ "$(filled)" -gt "$1" ]; }
wait_until 10 fills 0
at=$(filled)
wait_until 15 test -s "$big_pid"
wait_until 10 fills "$at"
ok "batches go on beside a hook that hangs" fills "$at"
before=$(date +%s%N)
operator pause b >/dev/null
within $((($(date +%s%N) - before) / 1000000)) 400 "a pause takes no longer beside it (ms)"
told_of b 'hook hold FAILED: no answer within 2s' "it is ended in its time"
wait_until 10 gone "$(head -n 1 "$big_pid")"
ok "and what it had started" test "$(ps -o pid= -g "$(head -n 1 "$big_pid")" | wc -l)" = 0
told_of b 'hook phase FAILED: it printed more than 64 kB: flooding flooding' "a flood ends"
ok "a bounded part of it is kept" test "$(sql "SELECT max(length(detail ->> 'output')) FROM pgrollout.event WHERE kind = 'hook'")" = 4000
operator resume b >/dev/null
told_of b 'hook resume FAILED: it was ended by signal 9' "one that is killed"

# --- what a person leaves open
if [ -n "$(sample '' all)" ]; then
    wait_until 10 none_due
    rm -f "$hooks"/*
    record hold
    hold_open "SELECT receipt FROM pgrollout.pause('b', 'in an open transaction')" lab_operator
    owner 'CREATE TABLE other (id bigint PRIMARY KEY)' >/dev/null
    migration o <<'YAML'
  expand:
    - add_column: {table: other, column: a, type: text}
YAML
    operator pause o >/dev/null
    told_of o 'hook hold: done' "hooks of others are run beside a transaction that is left open"
    sleep 16
    ok "and the lease is renewed" test "$(sql 'SELECT engine_alive FROM pgrollout.health')" = t
    release
    told_of b 'hook hold: done' "and its own when it has ended"
    operator resume b >/dev/null
fi

# --- not to be trusted (tests/unit/engine/test_hook_file has all that is not)
if [ -n "$(sample '' all)" ]; then
    chmod 775 "$hooks/hold"
    operator pause b >/dev/null
    told_of b 'hook hold NOT RUN: .*/hold can be written by its group: chmod go-w' "a file that others can write"
    chmod 755 "$hooks/hold"
    record resume
    chmod 777 "$hooks"
    operator resume b >/dev/null
    told_of b 'hook resume NOT RUN: .*/hooks can be written by everybody' "a folder that others can write"
    chmod 755 "$hooks"
fi

# --- engines that die: at least once, in order, and not for ever
wait_until 10 none_due
rm -f "$hooks"/* "$told"/*
hook hold <<SH
echo "\$PGROLLOUT_EVENT_ID \$PGROLLOUT_ATTEMPT \$PGROLLOUT_TIMES" >>$told/holds
while [ -e $own/wait ]; do sleep 0.05; done
SH
touch "$own/wait"
tries() { [ "$(cat "$told/holds" 2>/dev/null | wc -l)" -ge "$1" ]; }
operator pause b --reason told >/dev/null
wait_until 10 tries 1
engine_kill
is "$(due)" 1 "killed beside a hook: it is still due"
for ((i = 2; i <= $(sample 1 3); i++)); do
    engine_start
    wait_until 15 tries "$i"
    engine_kill
done
# what comes and goes meanwhile does not pile up
for i in 1 2 3; do operator resume b >/dev/null; operator pause b >/dev/null; done
is "$(due)" 3 "what comes and goes meanwhile does not pile up"
rm "$own/wait"
engine_start
[ "$(sample 1 3)" = 1 ] || told_of b 'hook hold NOT RUN: three engines have ended while it ran' "the fourth engine gives it up"
wait_until 10 none_due
is "$(cut -d ' ' -f 2- "$told/holds" | tr '\n' ' ')" "$(sample '1 1 2 1 1 3 ' '1 1 2 1 3 1 1 3 ')" \
    "each try was counted, and the next event told once for three"
is "$(cut -d ' ' -f 1 "$told/holds" | sort -u | wc -l)" 2 "by the number of its event it can be known again"
operator resume b >/dev/null
engine_stop
operator pause b >/dev/null
is "$(sql "SELECT count(*) FROM pgrollout.hook WHERE event = 'hold'")" 1 "what happens without an engine waits"

# an engine without hooks has nobody to tell
rm "$hooks"/*
engine_start
wait_until 10 none_due
is "$(due)" 0 "no file, nothing to tell"
engine_stop

# --- an engine that ends by itself tells first
rm -f "$told"/*
record done
owner 'CREATE TABLE small (id bigint PRIMARY KEY)' >/dev/null
migration s <<'YAML'
  expand:
    - add_column: {table: small, column: a, type: text}
YAML
operator advance s >/dev/null
exits 0 "run --exit-when-idle" "$PGROLLOUT" -U lab_engine run s --exit-when-idle
is "$(order)" "done done" "the end was told before it ended"

# --- migrations are offered by the completion
like "$("$PGROLLOUT" completion words -- -U lab_viewer pause "" | cut -f 1 | tr '\n' ' ')" 'b .*m .*s ' "names of migrations"
done_testing
