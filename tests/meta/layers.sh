#!/bin/bash
# Who may include what: the table of src/README.md against the #include lines.
. "$(dirname "$0")/../lib/tap.sh"
cd "$top_srcdir" || bail "no source tree"

# layer: the layers it may include, and the foreign headers it must not
allowed() {
    case $1 in
    base) echo base ;;
    pg) echo base pg ;;
    plan) echo base plan ;;
    lint) echo base plan lint ;;
    engine) echo base pg plan lint engine ;;
    lab) echo base pg lab ;;
    rehearse) echo base pg plan lint engine lab rehearse ;;
    report) echo base report ;;
    console) echo base engine report console ;;
    cmd) echo base pg plan lint engine lab rehearse report console cmd ;;
    esac
}
forbidden() {
    case $1 in
    base | plan | report) echo 'libpq|postgres_ext|curses|panel\.h|readline|pg_query' ;;
    lint) echo 'libpq-fe|postgres_ext|curses|panel\.h|readline' ;;
    pg | lab | engine | rehearse) echo 'curses|panel\.h|readline|pg_query' ;;
    console) echo 'libpq|postgres_ext|pg_query' ;;
    cmd) echo 'curses|panel\.h|pg_query' ;;
    esac
}

for layer in base pg plan lint engine lab rehearse report console cmd; do
    files=$(find "src/$layer" "include/pgrollout/$layer" -name '*.[ch]' 2>/dev/null)
    [ -n "$files" ] || continue
    wrong=
    for file in $files; do
        for include in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file"); do
            case $include in
            pgrollout/pg/target.h) continue ;; # plain data, part of the client half
            pgrollout/*/*) other=${include#pgrollout/} other=${other%%/*} ;;
            src/resources.h) other=base ;;
            */*) other=${include%%/*} ;;
            *) continue ;; # config.h, or of the same folder
            esac
            # a folder inside the layer
            [ ! -d "src/$layer/$other" ] || continue
            case " $(allowed $layer) " in
            *" $other "*) ;;
            *) wrong="$wrong$file includes $include"$'\n' ;;
            esac
        done
        match=$(grep -nE "^#include <.*($(forbidden $layer))" "$file") && wrong="$wrong$file: $match"$'\n'
    done
    is "$wrong" "" "$layer includes only what it may"
done

# of the layers below it the console sees the client half alone, and where to connect
wrong=$(grep -nE '#include "pgrollout/(pg|plan|lint|lab)/' -r src/console include/pgrollout/console 2>/dev/null |
    grep -v 'pgrollout/pg/target.h')
is "$wrong" "" "the console knows no connection"
wrong=$(grep -rnE '"[^"]*\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b [^"]*"' src/console --include='*.c' |
    grep -vF '"SELECT * FROM pgrollout.pause(' || true) # shown to people, to type elsewhere
is "$wrong" "" "the console has no SQL"
wrong=$(grep -rnwE 'printf|puts|putchar|stdout|g_print' src/base src/pg src/plan src/lint src/engine src/rehearse src/report --include='*.c')
is "$wrong" "" "only cmd, console and lab print"
wrong=$(for file in $(find src -name '*.c'); do
    grep -m1 '^#include' "$file" | grep -q '"config.h"' || echo "$file"
done)
is "$wrong" "" "config.h comes first in every .c"

# the engine's half links without curses
objects=$(ar t "$top_builddir/libengine.a" | wc -l)
isnt "$objects" 0 "there is an engine"
is "$(nm -u "$top_builddir/libengine.a" | grep -wE 'initscr|newwin|wrefresh|readline|rl_[a-z_]*|puts|printf')" "" \
    "the engine needs neither curses nor readline nor standard output"
done_testing
