#!/bin/bash
# The tests have teeth: each patch of tests/crash/teeth seeds one defect in a copy of the source. The
# program built from it must turn one line of one test of ours red, for the reason that the patch names;
# with the right program the same line is green. TEETH='NAME…' runs only these.
#
# A patch says in front of its hunks:
#   Breaks: what it breaks
#   Test:   the test, as the tree names it
#   Line:   extended regular expression, the description of the test's line that must turn red
#   Says:   the same, what must stand in the lines below that one
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/campaign.sh"

here=$top_srcdir/tests/crash/teeth
running= # the process group of the test under way
builder= # and of what builds the programs
root=$(mktemp -d /tmp/pgrt-teeth.XXXXXX) || bail "no temporary directory"
cleanup() {
    local status=$?
    test_stop
    [ -z "$builder" ] || kill -TERM -- "-$builder" 2>/dev/null
    [ -z "$builder" ] || wait "$builder" 2>/dev/null
    rm -rf "$root"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
# servers refuse root, and so their user must get there
chmod 755 "$root"

# --- programs

# What the program is built from and what has been built of it. Without what gcc wrote down about headers,
# which names files of the right tree, only what a patch changes is built again.
copy_right() {
    local deps
    mkdir "$root/right" "$root/right/tree" "$root/right/build"
    (cd "$top_srcdir" && cp -Rp src include themes build-aux "$root/right/tree") || return 1
    cp -Rp "$top_builddir"/{Makefile,config.h,stamp-h1,config.status,src} "$top_builddir"/lib*.a \
        "$root/right/build" || return 1
    chmod -R u+w "$root/right"
    (cd "$top_builddir" && find . -name '*.Po' ! -path './sanitize*') | while read -r deps; do
        mkdir -p "$root/right/build/${deps%/*}"
        : >"$root/right/build/$deps"
    done
}

build() { # NAME: the program with its defect in $root/NAME/pgrollout
    local at=$root/$1
    cp -Rp "$root/right" "$at" || return 1
    patch -s -f -p1 -d "$at/tree" --no-backup-if-mismatch <"$here/$1.patch" || {
        echo "the patch does not apply any more: make it anew against src"
        return 1
    }
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL "${MAKE:-make}" -s -C "$at/build" -o Makefile \
        srcdir="$at/tree" top_srcdir="$at/tree" VPATH="$at/tree" abs_srcdir="$at/tree" \
        abs_top_srcdir="$at/tree" abs_builddir="$at/build" abs_top_builddir="$at/build" pgrollout || return 1
    mv "$at/build/pgrollout" "$at/pgrollout"
    rm -rf "$at/tree" "$at/build"
    ! cmp -s "$PGROLLOUT" "$at/pgrollout" || {
        echo "the program is the same as without it"
        return 1
    }
}

# Beside the tests of the right program.
build_all() { # NAME…
    local name
    for name in "$@"; do
        if build "$name" >"$root/$name.out" 2>&1; then touch "$root/$name.built"; else touch "$root/$name.failed"; fi
    done
}
built() { # NAME: waits for it
    until [ -e "$root/$1.built" ] || [ -e "$root/$1.failed" ]; do sleep 0.1; done
    [ -e "$root/$1.built" ]
}

# --- tests

# bash takes an ended child off the table; while one starts, its command line may still be empty
ended() { ! kill -0 "$running" 2>/dev/null; }
test_stop() {
    [ -n "$running" ] || return 0
    kill -TERM -- "-$running" 2>/dev/null
    wait_until 60 ended || kill -KILL -- "-$running" 2>/dev/null
    wait "$running" 2>/dev/null
    running=
}

# The test in a group of its own, until every line has come, or it has ended. What it prints is in $out.
test_run() { # TEST PROGRAM LINE…
    local test=$1 program=$2 line deadline=$((SECONDS + 300))
    shift 2
    out=$root/out
    : >"$out" # here: the one in the background may come late
    PGROLLOUT=$program setsid bash "$top_srcdir/$test" >"$out" 2>&1 </dev/null &
    running=$!
    for line in "$@"; do
        until came "$line" || ended || [ "$SECONDS" -ge "$deadline" ]; do sleep 0.1; done
    done
    sleep 0.3 # what it says below the line
    test_stop
}
came() { grep -qE "^(not )?ok [0-9]+ - ($1)\$" "$out"; }
green() { grep -qE "^ok [0-9]+ - ($1)\$" "$out"; }
# What stands below the line that is red; 1 when it is not.
red() {
    awk -v line="^not ok [0-9]+ - ($1)\$" '
        found && !/^#/ { exit }
        found { sub(/^# /, ""); print }
        $0 ~ line { found = 1 }
        END { exit !found }' "$out"
}

header() { sed -n "/^--- /q; s/^$2: *//p" "$here/$1.patch"; } # NAME FIELD

# The right program, once for each test: all lines that the patches name are green.
right_is_green() { # TEST NAME…
    local test=$1 name lines=()
    shift
    for name in "$@"; do lines+=("$(header "$name" Line)"); done
    test_run "$test" "$PGROLLOUT" "${lines[@]}"
    for name in "$@"; do
        green "$(header "$name" Line)" && tap_result 0 "$name: green without it" && continue
        tap_result 1 "$name: green without it"
        diag "$(tail -n 20 "$out")"
    done
}

broken_is_red() { # NAME
    local name=$1 line says below
    if ! built "$name"; then
        tap_result 1 "$name: is built"
        diag "$(cat "$root/$name.out")"
        return
    fi
    line=$(header "$name" Line) says=$(header "$name" Says)
    test_run "$(header "$name" Test)" "$root/$name/pgrollout" "$line"
    if below=$(red "$line") && [[ $below =~ $says ]]; then
        tap_result 0 "$name: caught by $(header "$name" Test)"
        diag "$line"$'\n'"$below"
        caught=$((caught + 1))
    else
        tap_result 1 "$name: caught by $(header "$name" Test)"
        diag "$(header "$name" Breaks)"$'\n'"red was wanted: $line"$'\n'"which says: $says"
        diag "$(tail -n 20 "$out")"
    fi
}

names() {
    if [ -n "${TEETH:-}" ]; then
        printf '%s\n' $TEETH
    elif [ -n "${PGROLLOUT_CAMPAIGN:-}" ]; then
        (cd "$here" && ls -- *.patch) | sed 's/\.patch$//'
    else
        printf '%s\n' skip-locked first-key-zero
    fi
}

command -v patch >/dev/null || bail "no patch: install Debian's package of that name"
copy_right || bail "no copy of the tree"
stale=
for patch in "$here"/*.patch; do
    patch -s -f -p1 --dry-run -d "$root/right/tree" <"$patch" >/dev/null || stale+=" ${patch##*/}"
done
is "$stale" "" "every patch applies to the source as it is"
declare -A of=() # test → its defects
seeded=0 caught=0 good=()
for name in $(names); do
    seeded=$((seeded + 1))
    if [ -n "$(header "$name" Breaks)" ] && [ -n "$(header "$name" Line)" ] && [ -n "$(header "$name" Says)" ] &&
        [ -f "$top_srcdir/$(header "$name" Test)" ]; then
        of[$(header "$name" Test)]+=" $name"
    else
        tap_result 1 "$name: says what it breaks, and which line of which test must see it"
    fi
done
for test in "${!of[@]}"; do
    # shellcheck disable=SC2206 # a list
    good+=(${of[$test]})
done
set -m # a group of its own
build_all "${good[@]}" &
builder=$!
set +m
for test in "${!of[@]}"; do
    # shellcheck disable=SC2086 # a list
    right_is_green "$test" ${of[$test]}
    for name in ${of[$test]}; do broken_is_red "$name"; done
done
figure "$caught of $seeded seeded defects caught"
is "$caught" "$seeded" "every seeded defect is caught"
done_testing
