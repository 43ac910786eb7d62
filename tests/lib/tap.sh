# TAP for shell tests (bash): source it, call `plan N` first or `done_testing` last.
# shellcheck shell=bash

tap_count=0
tap_failed=0
tap_planned=
tap_status= # of a test that came to its end

# The tree and the build, absolute, also when a test is started by hand.
: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$PWD}"
: "${PGROLLOUT:=$top_builddir/pgrollout}"
export top_srcdir top_builddir PGROLLOUT

plan() {
    tap_planned=$1
    echo "1..$1"
}

diag() {
    printf '%s\n' "$*" | sed 's/^/# /'
}

bail() {
    echo "Bail out! $*"
    exit 1
}

tap_result() { # STATUS DESCRIPTION
    tap_count=$((tap_count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $tap_count - $2"
        return 0
    fi
    echo "not ok $tap_count - $2"
    tap_failed=$((tap_failed + 1))
    return 0
}

# ok DESCRIPTION COMMAND [ARGS]: the command must succeed. What it prints is shown when it fails.
ok() {
    local what=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    tap_result "$status" "$what"
    [ "$status" -eq 0 ] || diag "exit $status: $*"$'\n'"$output"
}

# exits STATUS DESCRIPTION COMMAND [ARGS]: the command must end with that status. Its output is kept
# in $out and $err.
exits() {
    local want=$1 what=$2 status=0 file
    shift 2
    file=$(mktemp)
    out=$("$@" 2>"$file" </dev/null) || status=$?
    err=$(cat "$file")
    rm -f "$file"
    is "$status" "$want" "$what"
    [ "$status" = "$want" ] || diag "$*"$'\n'"out: $out"$'\n'"err: $err"
}

is() { # GOT WANT DESCRIPTION
    if [ "$1" = "$2" ]; then
        tap_result 0 "$3"
    else
        tap_result 1 "$3"
        diag "got:  $1"$'\n'"want: $2"
    fi
}

isnt() { # GOT UNWANTED DESCRIPTION
    if [ "$1" != "$2" ]; then
        tap_result 0 "$3"
    else
        tap_result 1 "$3"
        diag "got: $1"
    fi
}

like() { # GOT EXTENDED-REGEX DESCRIPTION
    if [[ $1 =~ $2 ]]; then
        tap_result 0 "$3"
    else
        tap_result 1 "$3"
        diag "got:      $1"$'\n'"not like: $2"
    fi
}

unlike() { # GOT EXTENDED-REGEX DESCRIPTION
    if ! [[ $1 =~ $2 ]]; then
        tap_result 0 "$3"
    else
        tap_result 1 "$3"
        diag "got:  $1"$'\n'"like: $2"
    fi
}

# wait_until SECONDS COMMAND [ARGS]: polls until the command succeeds; 1 when the time is over.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

# gone PID: no such process, or a dead one that nobody has waited for yet.
gone() {
    ! grep -q . "/proc/$1/cmdline" 2>/dev/null
}

done_testing() {
    [ -n "$tap_planned" ] || echo "1..$tap_count"
    if [ "$tap_failed" -gt 0 ]; then
        diag "failed $tap_failed of $tap_count"
        tap_status=1
    fi
    exit "${tap_status:=0}"
}
