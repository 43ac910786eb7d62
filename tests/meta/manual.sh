#!/bin/bash
# The manual page says of each verb what the program says.
. "$(dirname "$0")/../lib/tap.sh"

page=$top_srcdir/man/pgrollout.1
verbs=$("$PGROLLOUT" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p')
isnt "$verbs" "" "there are verbs"
for verb in $verbs; do
    if [ "$verb" = lab ] || [ "$verb" = drill ]; then
        ok "$verb is in the manual" grep -q "^\.SS \"$verb" "$page"
        continue
    fi
    usage=$("$PGROLLOUT" "$verb" --help | sed -n "s/^ *pgrollout $verb \(\[OPTION…\]\)\? *//p")
    want=".SS \"$verb${usage:+ $usage}\""
    got=$(grep -E "^\.SS \"$verb( |\")" "$page" | sed 's/\\-/-/g; s/\\|/|/g')
    is "$got" "$want" "the manual has $verb with its arguments"
    summary=$("$PGROLLOUT" "$verb" --help | sed -n "s/^$verb: //p")
    ok "and some words" test -n "$summary"
done
while read -r verb; do
    is "$(grep -cx "$verb" <<<"$verbs")" 1 "the program has $verb"
done < <(sed -n '/^\.SH VERBS/,/^\.SH [A-UW-Z]/s/^\.SS "\([a-z]*\).*/\1/p' "$page")
if command -v man >/dev/null; then
    is "$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=100 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)" "" \
        "man has nothing to complain of"
fi
done_testing
