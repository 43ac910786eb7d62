#!/bin/bash
# The command line without a server: options, help, unknown words, no server, an old server.
. "$(dirname "$0")/../lib/tap.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export PGHOST=$tmp PGPORT=5999 PGUSER=nobody PGDATABASE=none PGCONNECT_TIMEOUT=5
unset PGSERVICE PGPASSWORD PGOPTIONS PGAPPNAME PGHOSTADDR

exits 0 "--version" "$PGROLLOUT" --version
like "$out" '^pgrollout [0-9]+\.[0-9]+' "names the program and its version"
exits 0 "--help" "$PGROLLOUT" --help
like "$out" 'Exit status: 0 done' "explains the exit status"
verbs=$(sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$out")
like "$verbs" 'pause' "lists the verbs"
for verb in $verbs; do
    [ "$verb" != lab ] || continue
    exits 0 "$verb --help" "$PGROLLOUT" "$verb" --help
    like "$out" "pgrollout $verb" "$verb: help names it"
    exits 0 "help $verb" "$PGROLLOUT" help "$verb"
    exits 2 "$verb: an unknown option" "$PGROLLOUT" "$verb" --nonsense
    like "$err" 'nonsense' "$verb: the option is named"
done

exits 2 "an unknown verb" "$PGROLLOUT" puase
like "$err" 'nearest: pause' "the nearest one is named"
exits 2 "an unknown global option" "$PGROLLOUT" --bogus
exits 2 "an option without its value" "$PGROLLOUT" pause x --host
export G_DEBUG=fatal-criticals # what is typed wrong is no fault of the program
for call in '-p' 'status --port' 'lab start --rows abc' 'lab stop --delet' 'lab env --rol x' \
    'journal x --lines abc'; do
    # shellcheck disable=SC2086
    exits 2 "$call" "$PGROLLOUT" $call
    like "$err" '^pgrollout: .*hint: usage: pgrollout ' "$call: says how it is used"
    unlike "$err" 'CRITICAL' "$call: and nothing else"
done
unset G_DEBUG
exits 2 "a bad --color" "$PGROLLOUT" --color=pink status
like "$err" 'auto, always, never, 16, 256 or true' "says what there is"

# something is missing, or too much
for call in advance contract step pause resume throttle confirm retry skip abort card wait journal \
    note forget set load; do
    exits 2 "$call without its arguments" "$PGROLLOUT" "$call"
    like "$err" "$call" "$call: the message names the verb"
done
exits 2 "two names for advance" "$PGROLLOUT" advance a b
exits 2 "pause with a name and --all" "$PGROLLOUT" pause a --all
exits 2 "pause --all --after-step" "$PGROLLOUT" pause --all --after-step
exits 2 "resume with a name and --all" "$PGROLLOUT" resume a --all
exits 2 "contract without --confirm" "$PGROLLOUT" contract a
like "$err" '--confirm a' "says what to add"
exits 2 "skip without a reason" "$PGROLLOUT" skip a b
exits 2 "throttle for nonsense" "$PGROLLOUT" throttle a --for soon
like "$err" '10ms' "shows a duration"
exits 2 "wait for nothing" "$PGROLLOUT" wait a
exits 2 "wait for an unknown state" "$PGROLLOUT" wait a --for dune
like "$err" 'done' "the nearest state is named"
exits 2 "wait for an unknown phase" "$PGROLLOUT" wait a --for phase:later
exits 2 "wait with a bad time-out" "$PGROLLOUT" wait a --for done --timeout x
exits 2 "set without a value" "$PGROLLOUT" set a batch.max
exits 2 "journal with a bad number" "$PGROLLOUT" journal a --lines 0
exits 2 "load of a file that is not there" "$PGROLLOUT" load "$tmp/none.yaml"

# no server
for call in 'advance a' 'contract a --confirm a' 'step a' 'pause a' 'pause --all' 'resume a' \
    'throttle a' 'confirm a' 'retry a' 'skip a b --reason c' 'abort a' 'card a' 'wait a --for done' \
    'journal a' 'note a b' 'forget a' 'set a' 'status' 'install' 'uninstall'; do
    # shellcheck disable=SC2086
    exits 3 "$call without a server" "$PGROLLOUT" $call
    like "$err" 'hint: ' "$call: what to do is said"
done
exits 3 "status --check without a server" "$PGROLLOUT" status --check
like "$out" '^PGROLLOUT UNKNOWN - ' "one line for the monitoring system"
exits 3 "options before the verb" "$PGROLLOUT" -h "$tmp" -p 5998 --dbname other pause a
like "$err" '5998' "are heeded"
exits 3 "options after the verb" "$PGROLLOUT" pause a -h "$tmp" --port=5997
like "$err" '5997' "are heeded"
exits 3 "a conninfo string" "$PGROLLOUT" pause a -d "host=$tmp port=5996 dbname=x"

# an old server
"$top_builddir/tests/cli/old_server" "$tmp/.s.PGSQL.5990" 13.4 &
old=$!
wait_until 5 test -S "$tmp/.s.PGSQL.5990"
exits 4 "a server of version 13" "$PGROLLOUT" pause a -p 5990
like "$err" 'version 13\.4 is too old' "says so"
like "$err" 'PostgreSQL 14 or newer' "and what is needed"
exits 3 "status --check on it" "$PGROLLOUT" status --check -p 5990
exits 4 "install on it" "$PGROLLOUT" install -p 5990
kill "$old"

# hostile text stays text
exits 3 "an escape sequence in a name" "$PGROLLOUT" pause a -d "dbname=x host=$tmp$(printf '\033')[31m"
unlike "$err" $'\033' "does not reach the terminal"
done_testing
