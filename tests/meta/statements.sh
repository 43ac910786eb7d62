#!/bin/bash
# Every SQL file of the engine and the commands is understood by a live server: PREPAREd where it is one
# statement, else run and taken back. What has text spliced in says so in its comment and carries "%".
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start a
cluster_env a
ok "install" "$PGROLLOUT" install

# the statement, with what is spliced in (:plan, %s, @) as something that parses
body() {
    sed -E '/^ *--/d; s/(^|[^:]):[a-z_]+/\1NULL/g; s/%s/NULL/g; s/%d/1/g; s/@schema@/public/g; s/@timeout@/100/g; s/@query@/SELECT 1/g; s/@[a-z]+@/NULL/g; s/\{schema\}/public/g; s/\{query\}/SELECT 1/g; s/\{[a-z_]+\}/NULL/g' "$1"
}

try() { # FILE
    local text
    text=$(body "$1")
    case $text in
    SELECT* | WITH* | INSERT* | UPDATE* | DELETE*)
        [[ ${text%%$'\n'} == *";"*[a-zA-Z]* ]] || text="PREPARE p AS $text"
        ;;
    esac
    printf 'BEGIN;\nSET LOCAL client_min_messages = error;\n%s\n;ROLLBACK;\n' "$text" | cluster_psql a -f -
}

cd "$top_srcdir" || bail "no source tree"
count=0
while read -r file; do
    # a part of another statement, or one that needs another before it
    if grep -qE '\(%s\)|^(EXECUTE|PREPARE) |\(LIKE \{|^DECLARE' "$file"; then
        continue
    fi
    ok "$file" try "$file"
    count=$((count + 1))
done < <(find src/engine/sql src/cmd/sql -name '*.sql' ! -path '*/schema/*' | sort)
ok "there were some ($count)" test "$count" -gt 30
done_testing
