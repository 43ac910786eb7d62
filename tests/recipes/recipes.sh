#!/bin/bash
# Each recipe of the guide from `new` to done, with both releases writing: nobody gets an error, every row is what
# was written, the schema is the one that was wanted. In `make check` a part of them.
# shellcheck source=tests/recipes/recipe.sh
. "$(dirname "$0")/recipe.sh"

driven_start
trap recipe_cleanup EXIT
engine_start

run() { # NAME
    recipe_take "$1"
    exits 0 "$1: the plan has nothing to complain of" "$PGROLLOUT" lint "$CLUSTER_ROOT/$1.yaml"
    is "$err" "" "$1: not even a warning"
    recipe_load
    [ -z "$recipe_start" ] || drives m "$recipe_start" "$1: the release before can live with the schema"
    recipe_write old
    drives m "$recipe_switch" "$1: the schema is ready for the next release"
    recipe_write new
    if [ "$recipe_gone" = "$recipe_switch" ] && [ -n "$recipe_start" ]; then
        sleep 0.3
    elif [ "$recipe_gone" != "$recipe_switch" ]; then
        drives m "$recipe_gone" "$1: both releases run" 60
    fi
    recipe_silence old
    is "$(recipe_errors old)" "" "$1: the release before got no error"
    ok "$1: and has written" recipe_wrote old
    drives m '^done' "$1: done" 60
    sleep 0.3
    recipe_silence new
    is "$(recipe_errors new)" "" "$1: the release after got no error"
    ok "$1: and has written" recipe_wrote new
    is "$(sql "$recipe_wrong")" 0 "$1: every row is what was written"
    is "$(recipe_describe)" "$recipe_end" "$1: the schema is the one that was wanted"
}

if [ $# -gt 0 ]; then
    names=$*
else
    names=$(sample "change-type rename-column rename-table create-index" "$(recipe_names)")
fi
for name in $names; do
    run "$name"
done
for name in $("$PGROLLOUT" new --list | cut -d ' ' -f 1); do
    ok "$name has a case" grep -qx "$name" <<<"$(recipe_names)"
done
engine_stop
done_testing
