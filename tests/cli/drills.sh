#!/bin/bash
# Each drill on autopilot: its own solution meets all goals, its wrong way does not. In make check one of
# them (and the tour, in drill.sh); all nine in the campaign.
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source=tests/lib/campaign.sh
. "$(dirname "$0")/../lib/campaign.sh"

dir=$(mktemp -d /tmp/pgrd.XXXXXX)
export PGROLLOUT_LAB_DIR=$dir/lab XDG_CONFIG_HOME=$dir/config
unset PGHOST PGPORT PGUSER PGDATABASE
trap '"$PGROLLOUT" lab stop --delete >/dev/null 2>&1; rm -rf "$dir"' EXIT
trap 'exit 143' TERM INT HUP
chmod 755 "$dir"

fly() { # DRILL [--wrong]: by the autopilot, with the time it took
    local from=$SECONDS
    exits 0 "$1${2:+, the wrong way}" "$PGROLLOUT" drill "$1" --autopilot --fast --keep $rows ${2:+"$2"}
    figure "drill $1 ${2:-}: $((SECONDS - from)) s"
}

for drill in $(sample idle-in-transaction "$("$PGROLLOUT" drill --list | sed 's/ .*//')"); do
    rows=$(sample '--rows 2000' '')
    [ "$drill" != rename-column ] || rows='--rows 20000'
    fly "$drill"
    unlike "$out" '(lost|not met)  ' "meets every goal"
    if [ -n "${PGROLLOUT_CAMPAIGN:-}" ]; then
        fly "$drill" --wrong
        like "$out" '(lost|not met)  .*Not passed, as it should be' "does not"
    fi
done

# brought before a phase, as a person would have, but at once
to=$(sample stop_old_writes "expand deploy backfill switch_reads stop_old_writes contract")
for phase in $to; do
    exits 0 "lab reset --to $phase" "$PGROLLOUT" lab reset --rows 2000 --to "$phase"
    is "$("$PGROLLOUT" lab psql --role postgres -XAtc "SELECT key FROM pgrollout.hold
        WHERE kind = 'boundary'")" "$phase" "it waits there"
done
exits 2 "lab reset --to nowhere" "$PGROLLOUT" lab reset --to nowhere
exits 0 "stop" "$PGROLLOUT" lab stop
ok "no process is left" wait_until 10 eval "! pgrep -f \"$dir\" >/dev/null"
done_testing
