#!/bin/bash
# pgrollout theme: what there is, what it looks like, and what a check finds.
. "$(dirname "$0")/../lib/tap.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export XDG_CONFIG_HOME=$tmp LC_ALL=C.UTF-8
unset NO_COLOR COLORTERM
own=$tmp/pgrollout/themes
mkdir -p "$own"

exits 0 "list" "$PGROLLOUT" theme list
list=$'\n'$out
for name in amber-crt deuteran harbor-dark harbor-light mono mono-high paper sixteen tritan; do
    like "$list" $'\n'"$name " "there is $name"
    exits 0 "check $name" "$PGROLLOUT" theme check "$name"
    like "$out" 'nothing is below its limit' "$name: says so"
done

exits 0 "show" "$PGROLLOUT" theme show harbor-dark
like "$out" ' danger +#ff7043 bold' "a token with its look"
unlike "$out" $'\033' "no colours into a pipe"
exits 0 "show --color=256" "$PGROLLOUT" --color=256 theme show harbor-dark
like "$out" $'\033\\[0;1;38;5;209m danger' "colours where they were asked for"

printf 'pgrollout-theme 1\nname weak\n[palette]\nfog #303840\n[tokens]\nok fog\nhue bold\n' >"$own/weak.theme"
exits 1 "check a theme that nobody can read" "$PGROLLOUT" theme check "$own/weak.theme"
like "$out" 'ok \(true\): contrast 1\.6 with its background is below 4\.5: take a lighter colour' "and why"
like "$err" 'weak\.theme:7: unknown token "hue"' "what it does not know is a warning"
exits 1 "the same as JSON" "$PGROLLOUT" --json theme check weak
like "$out" '"problems" *: *\[[^]]*ok \(true\)' "the problems are in it"
exits 0 "list has it" "$PGROLLOUT" theme list
like "$out" 'weak +dark +yours' "as yours"

printf 'pgrollout-theme 1\n[tokens]\nok blu\n' >"$own/wrong.theme"
exits 2 "check a theme that is wrong" "$PGROLLOUT" theme check "$own/wrong.theme"
like "$err" 'wrong\.theme:3: "blu" is neither a colour' "file and line"
exits 2 "an unknown name" "$PGROLLOUT" theme show harbour-dark
like "$err" 'did you mean "harbor-dark"' "the nearest one is named"
exits 2 "no word" "$PGROLLOUT" theme
exits 2 "an unknown word" "$PGROLLOUT" theme chek mono
like "$err" 'list, check FILE or show' "what there is"

cp "$own/weak.theme" "$own/mono.theme"
exits 0 "list with an own file of a shipped name" "$PGROLLOUT" theme list
like "$err" 'mono\.theme is not used' "says that it is not used"
done_testing
