#!/bin/bash
# What make install puts where, and that make uninstall takes all of it away again.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/campaign.sh"

# in the sample only what make all has made for it: each make takes its time
if [ -z "$(sample '' all)" ]; then
    for file in pgrollout _pgrollout pgrollout.conf systemd/pgrollout@.service systemd/pgrollout-check@.service; do
        ok "$file is there, with its places filled" \
            awk '/@[a-z]+@/ { wrong = 1 } END { exit wrong || NR == 0 }' "$top_builddir/packaging/$file"
    done
    done_testing
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
run_make() { # TARGET…
    "${MAKE:-make}" -s -C "$top_builddir" --no-print-directory DESTDIR="$tmp" "$@" \
        bashcompletiondir=/usr/share/bash-completion/completions \
        zshcompletiondir=/usr/share/zsh/vendor-completions systemdsystemunitdir=/usr/lib/systemd/system \
        sysusersdir=/usr/lib/sysusers.d mandir=/usr/share/man docdir=/usr/share/doc/pgrollout bindir=/usr/bin
}
ok "install" run_make install
there=$(cd "$tmp" && find . -type f | sed 's|^\.||' | sort)
for file in /usr/share/bash-completion/completions/pgrollout /usr/share/zsh/vendor-completions/_pgrollout \
    /usr/lib/systemd/system/pgrollout@.service /usr/lib/systemd/system/pgrollout-check@.service \
    /usr/lib/systemd/system/pgrollout-check@.timer /usr/lib/sysusers.d/pgrollout.conf \
    /usr/share/doc/pgrollout/README.md /usr/share/doc/pgrollout/examples/themes/harbor-dark.theme; do
    is "$(grep -cxF "$file" <<<"$there")" 1 "$file"
done
for page in "$top_srcdir"/man/*.[157]; do
    is "$(grep -cxF "/usr/share/man/man${page##*.}/${page##*/}" <<<"$there")" 1 "${page##*/}"
done
is "$(sed -n 's/^ExecStart=//p' "$tmp/usr/lib/systemd/system/pgrollout@.service" | cut -d ' ' -f 1)" \
    "$(sed -n 's/^ExecStart=//p' "$top_builddir/packaging/systemd/pgrollout@.service" | cut -d ' ' -f 1)" \
    "the unit starts the program"
ok "no place for a path was left" test "$(grep -lE '@[a-z]+@' "$tmp"/usr/lib/systemd/system/* | wc -l)" = 0
is "$(bash --norc -c '. "$1"; complete -p pgrollout' bash "$tmp/usr/share/bash-completion/completions/pgrollout")" \
    "complete -F _pgrollout pgrollout" "bash takes the script"
exits 0 "the program runs" "$tmp/usr/bin/pgrollout" --version
exits 0 "its texts are inside" "$tmp/usr/bin/pgrollout" theme list
ok "uninstall" run_make uninstall
is "$(find "$tmp" -type f)" "" "nothing is left"
done_testing
