#!/bin/bash
# The manual page says of each verb what the program says.
. "$(dirname "$0")/../lib/tap.sh"

page=$top_srcdir/man/pgrollout.1
verbs=$("$PGROLLOUT" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p')
isnt "$verbs" "" "there are verbs"
listed=$(sed -n '/^\.Sh VERBS/,/^\.Sh ROLES/s/^\.Ss //p' "$page" | sed 's/\\-/-/g')
for verb in $verbs; do
    got=$(grep -E "^$verb( |$)" <<<"$listed")
    if [ "$verb" = lab ]; then # its commands have a help of their own
        isnt "$got" "" "the manual has lab"
        continue
    fi
    usage=$("$PGROLLOUT" "$verb" --help | sed -n "s/^ *pgrollout $verb//p" | sed 's/^ \[OPTION…\]//')
    is "$got" "$verb$usage" "the manual has $verb with its arguments"
done
for verb in $(cut -d ' ' -f 1 <<<"$listed"); do
    is "$(grep -cx "$verb" <<<"$verbs")" 1 "the program has $verb"
done
if command -v man >/dev/null; then
    for page in "$top_srcdir"/man/*.[157]; do
        is "$(LC_ALL=C.UTF-8 MANWIDTH=100 man --warnings -l "$page" 2>&1 >/dev/null)" "" \
            "man has nothing to complain of in ${page##*/}"
    done
fi
done_testing
