#!/bin/bash
# Themes on a pty: which one is taken, how it is changed, how many colours are sent. Without a server: the
# first picture needs none.
. "$(dirname "$0")/pty.sh"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
export HOME=$root XDG_STATE_HOME=$root XDG_CONFIG_HOME=$root/config PGHOST=$root PGUSER=nobody PGDATABASE=none
unset COLORFGBG
themes=$XDG_CONFIG_HOME/pgrollout/themes
mkdir -p "$themes"

script 'the terminal says that it is light' <<EOF2
start 80x24 -- $PGROLLOUT console
ground rgb:fafa/fafa/fafa
wait 3 : command
type :theme\\r
wait 2 theme is harbor-light; there are amber-crt, deuteran,
clean
type q
end 0 3
restored
EOF2

script 'an answer that comes late changes nothing, and no key is pressed by it' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 3 : command
sleep 0.3
type \\e]11;rgb:fafa/fafa/fafa\\e\\\\
type :th
type \\e]11;rgb:fafa/fafa/fafa\\x07
type eme\\r
wait 2 theme is harbor-dark
clean
type q
end 0 3
EOF2

script 'half an answer, and keys that look like the start of one' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 3 : command
type \\e]\\ex
type \\e]11;rgb:fa\\e[A
type :theme\\r
wait 2 theme is harbor-dark
type q
end 0 3
restored
EOF2

script 'COLORFGBG is believed, and nothing is asked' <<EOF2
start 80x24 COLORFGBG=0;15 -- $PGROLLOUT console
wait 3 : command
type :theme\\r
wait 2 theme is harbor-light
type q
end 0 3
EOF2

script 'changed while it runs; what is wrong is said' <<EOF2
start 80x24 COLORFGBG=15;0 -- $PGROLLOUT console
wait 3 : command
type :theme paper\\r
sleep 0.2
type :theme\\r
wait 2 theme is paper
type :theme papre\\r
wait 2 there is no theme "papre"; did you mean "paper"?
type q
end 0 3
EOF2

printf 'pgrollout-theme 1\n[tokens]\nok skyy\n' >"$themes/broken.theme"
script 'a broken theme does not keep the console from starting' <<EOF2
start 80x24 COLORFGBG=15;0 -- $PGROLLOUT console --theme broken
wait 3 broken.theme:3: "skyy" is neither a colour
type a
type :theme\\r
wait 2 theme is harbor-dark
type q
end 0 3
EOF2

printf 'pgrollout-theme 1\nname default\ninherits tritan\n[tokens]\nwrn bold\n' >"$themes/default.theme"
script 'an own theme that is called default is the default; what it does not know is passed over' <<EOF2
start 80x24 -- $PGROLLOUT console
wait 3 default.theme:5: unknown token "wrn" is passed over: did you mean "warn"?
type :theme\\r
wait 2 theme is default
type q
end 0 3
EOF2
rm "$themes"/*

script 'COLORTERM alone is not believed of a terminal that has no entry for it' <<EOF2
start 80x24 TERM=screen-256color COLORTERM=truecolor -- $PGROLLOUT console
wait 3 : command
colours yes
direct no
type q
end 0 3
restored
EOF2

script '--color=16, and no colours where they are not wanted' <<EOF2
start 80x24 COLORTERM=truecolor NO_COLOR=1 -- $PGROLLOUT console
wait 3 : command
colours no
direct no
type q
end 0 3
start 80x24 NO_COLOR=1 -- $PGROLLOUT console --color=always
wait 3 : command
colours yes
type q
end 0 3
start 80x24 -- $PGROLLOUT console --color=never
wait 3 : command
colours no
type q
end 0 3
EOF2

if infocmp xterm-direct >/dev/null 2>&1; then
    script 'direct colour by TERM, by COLORTERM with such an entry, and by --color' <<EOF2
start 80x24 TERM=xterm-direct -- $PGROLLOUT console
wait 3 : command
direct yes
type q
end 0 3
restored
start 80x24 COLORTERM=truecolor -- $PGROLLOUT console
wait 3 : command
direct yes
type q
end 0 3
restored
start 80x24 -- $PGROLLOUT console --color=true
wait 3 : command
direct yes
type q
end 0 3
start 80x24 COLORTERM=truecolor -- $PGROLLOUT console --color=256
wait 3 : command
colours yes
direct no
type q
end 0 3
EOF2
fi
done_testing
