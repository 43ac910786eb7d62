#!/bin/bash
# The completion of shells: what the program answers, and the scripts in a real shell. That migrations of a
# database are offered is tried in tests/db/hooks.sh, where there is one.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/campaign.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export XDG_CONFIG_HOME=$tmp LC_ALL=C.UTF-8 PGHOST=/nowhere
answers() { "$PGROLLOUT" completion words -- "$@" | cut -f 1 | sort; }

# every verb, every option
verbs=$("$PGROLLOUT" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p')
is "$(answers "" | grep -vx help)" "$(sort <<<"$verbs")" "the verbs"
globals=$(answers "-" | grep '^--')
is "$globals" "$("$PGROLLOUT" --help | grep -oE '^  (-.,|   ) --[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u)" "the options of the program"
for verb in $(sample "run drill console" "$verbs"); do
    [ "$verb" != lab ] || continue
    of_help=$("$PGROLLOUT" "$verb" --help | grep -oE '^ +(-[a-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u)
    got=$(comm -13 <(echo "$globals") <(answers "$verb" - | grep '^--'))
    is "$got" "$of_help" "$verb: its options"
done

# what words stand for
is "$(answers run --until "")" "$(printf '%s\n' backfill contract deploy expand stop_old_writes switch_reads)" "phases"
is "$(answers run --until= | head -n 1)" "--until=backfill" "with an equals sign"
like "$(answers new "" | tr '\n' ' ')" 'change-type .*rename-column ' "recipes"
like "$(answers new rename-column table=x "" | tr '\n' ' ')" ' new= .*old= .*table= ' "their keys"
is "$(answers lint "")" ":files" "files"
is "$(answers theme "")" "$(printf '%s\n' check list show)" "words of a verb"
like "$(answers theme show "" | tr '\n' ' ')" 'harbor-dark ' "themes"
is "$(answers theme list "")" "" "nothing where nothing belongs"
like "$(answers lab "" | tr '\n' ' ')" 'psql .*start ' "commands of the lab"
like "$(answers -d shop --color=never wait x --for "" | tr '\n' ' ')" 'done .*phase:backfill ' "behind options of the program"
is "$(answers abort x --reason "")" "" "a reason is anybody's"
exits 0 "no server" "$PGROLLOUT" completion words -- pause ""
is "$out" "" "and no names"
exits 2 "a shell that is not known" "$PGROLLOUT" completion fish
like "$err" 'bash or zsh' "says which are"

# a server that does not answer
mkdir "$tmp/s" && if command -v perl >/dev/null; then
    perl -e 'use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => shift, Listen => 5)
        or die; sleep 20' "$tmp/s/.s.PGSQL.5432" &
    silent_pid=$!
    wait_until 5 test -S "$tmp/s/.s.PGSQL.5432"
    before=$(date +%s%N)
    PGHOST=$tmp/s "$PGROLLOUT" completion words -- pause "" >/dev/null
    took=$((($(date +%s%N) - before) / 1000000))
    kill "$silent_pid"
    ok "a server that does not answer is not waited for ($took ms)" test "$took" -lt 4000
fi

# in a real bash
"$PGROLLOUT" completion bash >"$tmp/bash"
complete_in_bash() { # WORD…, the last one being typed
    bash --norc -c '. "$1"; shift
        COMP_WORDBREAKS=$'"' \\t\\n\"\\'><=;|&(:'"'
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _pgrollout; printf "%s\n" "${COMPREPLY[@]}"' bash "$tmp/bash" "$PGROLLOUT" "$@" 2>&1
}
ok "bash reads the script" bash -n "$tmp/bash"
is "$(bash --norc -c '. "$1"; complete -p pgrollout' bash "$tmp/bash")" "complete -F _pgrollout pgrollout" "and completes by it"
is "$(complete_in_bash th)" "$(printf 'throttle\ntheme')" "bash: verbs"
is "$(complete_in_bash run --exit)" "--exit-when-idle" "bash: an option"
is "$(complete_in_bash run --until = con)" "contract" "bash: its value behind an equals sign"
is "$(complete_in_bash run --until "")" "$(printf '%s\n' expand deploy backfill switch_reads stop_old_writes contract)" "bash: or behind a blank"
is "$(complete_in_bash wait x --for phase : con)" "contract" "bash: behind a colon"
is "$(complete_in_bash new rename-column ta)" "table=" "bash: a key"
touch "$tmp/a plan.yaml"
is "$(cd "$tmp" && complete_in_bash load "a p")" "a plan.yaml" "bash: a file"

# zsh where there is one
"$PGROLLOUT" completion zsh >"$tmp/_pgrollout"
like "$(head -n 1 "$tmp/_pgrollout")" '^#compdef pgrollout$' "zsh finds out what it is for"
if command -v zsh >/dev/null; then
    ok "zsh reads the script" zsh -n "$tmp/_pgrollout"
fi
done_testing
