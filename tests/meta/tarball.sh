#!/bin/bash
# The tarball holds every file of the tree: what it builds from, tests with and shows.
. "$(dirname "$0")/../lib/tap.sh"

# the makefile names what `make dist` takes, partly by its own name for the source tree; a name may be a
# folder's
ask_make() { # EXPRESSION
    "${MAKE:-make}" -s -C "$top_builddir" --no-print-directory \
        --eval="asked: ; @printf '= %s\n' $1" asked 2>/dev/null | sed -n 's/^= //p'
}
srcdir=$(ask_make '$(srcdir)')
taken=$(ask_make '$(DISTFILES)' | sed "s|^$srcdir/||; s|^$top_srcdir/||" | sort -u)
ok "the makefile says what it takes" test "$(wc -l <<<"$taken")" -gt 100

cd "$top_srcdir" || bail "no source tree"
there=$(find src include tests man themes bench build-aux -type f \
    ! -name '*.o' ! -name '*.a' ! -name '*.log' ! -name '*.trs' ! -name '.dirstamp' ! -name '*.Po' \
    ! -name '.keep' ! -name '*-registry.c' ! -name 'resources.[ch]' ! -name 'resources.gresource.xml' \
    ! -name '*~' ! -name '*.tmp' | while read -r file; do
    # programs of a build inside the tree
    [ -x "$file" ] && [ "$(head -c 4 "$file" | tail -c 3)" = ELF ] || echo "$file"
done | grep -vE '^build-aux/(compile|depcomp|install-sh|missing|test-driver|tap-driver.sh|ar-lib|config\.)' | sort)
is "$(comm -13 <(echo "$taken") <(echo "$there"))" "" "nothing is forgotten"
for file in README.md COPYING quickstart src/README.md configure.ac .ci/run; do
    is "$(grep -cxF "$file" <<<"$taken")" 1 "$file"
done
done_testing
