#!/bin/bash
# Sizes, words, names of functions, embedded files.
. "$(dirname "$0")/../lib/tap.sh"
cd "$top_srcdir" || bail "no source tree"

sources=$(find src include tests bench build-aux -name '*.[ch]' -o -name '*.sql' -o -name '*.sh' |
    grep -vE '/(resources\.[ch]|.*-registry\.c)$' | grep -vE '^build-aux/(tap-driver|install-sh|missing)')
long=$(for file in $sources; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 800 ] || echo "$file: $lines lines"
done)
is "$long" "" "no file is longer than 800 lines"
median=$(find src -name '*.c' -exec wc -l {} \; | awk '{print $1}' | sort -n | awk '{a[NR]=$1} END {print a[int((NR+1)/2)]}')
ok "half of the files have at most 250 lines (median $median)" test "$median" -le 250
long=$(for file in $(find src -name '*.c' ! -name '*-registry.c' ! -name resources.c); do
    awk -v file="$file" '/^[a-z].*\)$/ || /^[a-z].*\($/ { name = $0 }
        /^\{/ { from = NR } /^\}/ { if (from && NR - from > 80) print file ": " name " " NR - from; from = 0 }' "$file"
done)
is "$long" "" "no function is longer than 80 lines"
words=$(grep -nwE 'TODO|FIXME|XXX|HACK' $sources | grep -v '^tests/meta/shapes.sh')
is "$words" "" "no unfinished business"

# every .sql file is compiled in
manifest=$top_builddir/src/resources.gresource.xml
missing=$(find src -name '*.sql' | while read -r file; do
    grep -qF ">$file<" "$manifest" || echo "$file"
done)
is "$missing" "" "every .sql file is listed as a resource"
is "$(find src -name '*.sql' | while read -r f; do head -n 1 "$f" | grep -q '^--' || echo "$f"; done)" "" \
    "every .sql file begins with what it is for"

# names
ours=$(nm -g --defined-only "$top_builddir"/lib*.a 2>/dev/null | awk '$2 ~ /[TDBRV]/ {print $3}' | sort)
isnt "$ours" "" "there are names"
is "$(uniq -d <<<"$ours")" "" "no name is defined twice"
is "$(grep -E '^(pg_|PQ|Pg_)' <<<"$ours")" "" "none looks like PostgreSQL's"
library=$(${CC:-cc} -print-file-name=libpg_query.so)
[ -e "$library" ] || library=$(${CC:-cc} -print-file-name=libpg_query.a)
ok "libpg_query is found" test -e "$library"
case $library in
*.so) theirs=$(nm -D --defined-only "$library") ;;
*) theirs=$(nm -g --defined-only "$library" 2>/dev/null) ;;
esac
theirs=$(awk 'NF == 3 {print $3}' <<<"$theirs" | sed 's/@.*//' | sort -u)
isnt "$theirs" "" "it has names"
is "$(comm -12 <(uniq <<<"$ours") <(echo "$theirs"))" "" "and none of them is ours"
done_testing
