#!/bin/bash
# new, lint and show: what they print, where, and how they end. No server is needed.
. "${top_srcdir:-.}/tests/lib/tap.sh"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || bail "no directory"

exits 0 "new writes a plan to a file" \
    "$PGROLLOUT" new rename-column table=users old=name new=full_name \
    'applications=web=web*,workers' rate=700/s -o plan.yaml
is "$out$err" "" "and says nothing"
exits 2 "a file that is there is not touched" \
    "$PGROLLOUT" new rename-column table=t old=a new=b -o plan.yaml
like "$err" 'cannot write "plan.yaml": File exists' "and why"
exits 0 "new writes to standard output" "$PGROLLOUT" new rename-column table=t old=a new=b
like "$out" "migration: t-b" "the plan"
exits 0 "new --list" "$PGROLLOUT" new --list
like "$out" "rename-column" "names the recipe"
exits 0 "new RECIPE --help" "$PGROLLOUT" new rename-column --help
like "$out" "table=  *required" "lists its keys"
for words in "new --list" "new change-type --help" "new rename-column --help" "lint --explain L06" help; do
    # shellcheck disable=SC2086 # words
    is "$("$PGROLLOUT" $words | LC_ALL=C.UTF-8 awk 'length > 80')" "" "$words fits 80 columns"
done
unlike "$("$PGROLLOUT" new change-type --help)" '{{' "a default made of others is told without template marks"
exits 2 "a plan over one that is there" "$PGROLLOUT" new rename-column table=t old=a new=b -o plan.yaml
is "$(printf '%s' "$err" | grep -c 'warning')" "0" "has no findings, since nothing was written"
like "$err" "never overwritten" "but the way on"
exits 2 "an unknown recipe" "$PGROLLOUT" new rename-colum
like "$err" "nearest: rename-column" "the nearest is named"
exits 2 "an unknown key" "$PGROLLOUT" new rename-column tabel=t
like "$err" "nearest: table" "the nearest is named"
exits 2 "a missing key" "$PGROLLOUT" new rename-column table=t
like "$err" "needs old=" "which is named"
exits 2 "a variant that there is not" "$PGROLLOUT" new rename-column dual_writes=maybe
like "$err" "trigger or application is expected" "the variants are named"
exits 0 "the application may write both columns itself" "$PGROLLOUT" new rename-column table=t old=a new=b \
    dual_writes=application
unlike "$out" "sync:" "then there is no trigger"
exits 2 "a type that is none" "$PGROLLOUT" new rename-column table=t old=a new=b 'type=text NOT NULL'
like "$err" 'error\[L05\]' "with the finding of lint"

exits 0 "lint is content with what new writes" "$PGROLLOUT" lint plan.yaml
is "$out$err" "" "and says nothing"
exits 2 "lint without a file" "$PGROLLOUT" lint
exits 2 "lint of a file that is not there" "$PGROLLOUT" lint none.yaml
like "$err" 'cannot read "none.yaml": No such file or directory' "says so"
exits 2 "lint of a directory" "$PGROLLOUT" lint .
printf 'pgrollout: 1\nmigration: m\nphases:\n  expand:\n    - sql: DROP TABLE x\n      undo: ROLLBACK\n' >bad.yaml
printf 'pgrollout: 1\nmigraton: \033[2Jm\n' >broken.yaml
exits 1 "lint with findings" "$PGROLLOUT" lint bad.yaml plan.yaml
is "$(printf '%s\n' "$out" | cut -d' ' -f1-2 | tr '\n' ' ')" \
    "bad.yaml:5:12: error[C06]: bad.yaml:6:13: error[S02]: " "file, place, severity and rule"
exits 1 "lint of what is no plan" "$PGROLLOUT" lint broken.yaml
is "$out" "broken.yaml:2:11: error: a control character (U+001B): remove it" "shows no control byte"
printf 'pgrollout: 1\nmigration: m\ntitel: x\nphases:\n  expand:\n    - sql: DROP TABLE x\n      undo: ROLLBACK\n' >mixed.yaml
exits 1 "lint of a file with mistakes of both kinds" "$PGROLLOUT" lint mixed.yaml
is "$(printf '%s\n' "$out" | cut -d' ' -f1-2 | tr '\n' ' ')" \
    "mixed.yaml:3:1: error: mixed.yaml:6:12: error[C06]: mixed.yaml:7:13: error[S02]: " \
    "tells all of them in one pass, in the order of the file"
exits 2 "show of it" "$PGROLLOUT" show mixed.yaml
is "$out" "" "shows no plan"
like "$err" "titel.*C06.*S02" "but all its mistakes"
exits 2 "load of it" "$PGROLLOUT" load mixed.yaml
like "$err" "titel.*C06.*S02" "tells them all, and asks no server"
exits 2 "unreadable wins over findings" "$PGROLLOUT" lint bad.yaml none.yaml
like "$out" "C06" "which are shown all the same"
exits 1 "lint --json" "$PGROLLOUT" lint --json bad.yaml
like "$out" '"line" : 5,' "has the place"
like "$out" '"id" : "C06"' "and the rule"
exits 0 "lint --json without findings" "$PGROLLOUT" lint --json plan.yaml
is "$(printf %s "$out" | tr -d ' \n')" "[]" "is an empty array"
printf 'SET lock_timeout = 0;\nCREATE INDEX CONCURRENTLY a ON public.t (b);\n' >good.sql
exits 0 "lint of a careful script" "$PGROLLOUT" lint good.sql
printf -- '-- \303\251\nSELEC;\nCREATE INDEX "\033[2J" ON public.t (b);\n' >bad.sql
exits 1 "lint of a script" "$PGROLLOUT" lint good.sql bad.sql
like "$out" '^bad.sql:2:1: error\[S01\]: syntax error' "with the place of each statement"
like "$out" 'bad.sql:3:1: error\[L07\]: .*create-index' "what is behind a mistake, and the safe way"
printf '\377' >binary.sql
exits 1 "lint of a script that is no text" "$PGROLLOUT" lint binary.sql
exits 2 "lint of a script that is not there" "$PGROLLOUT" lint none.sql
exits 2 "load takes no script" "$PGROLLOUT" load good.sql
exits 0 "lint --explain" "$PGROLLOUT" lint --explain l07
like "$out" '^L07 .*Hurts: .*Safe: .*index:.*Not: ' "says what, why, the safe way and where not"
exits 0 "lint --explain --json" "$PGROLLOUT" --json lint --explain L07
like "$out" '"id" : "L07"' "is an object"
exits 0 "lint --explain without an id" "$PGROLLOUT" lint --explain
like "$out" 'S01 .*L07 .*T14 ' "lists all"
exits 2 "lint --explain of an unknown id" "$PGROLLOUT" lint --explain X99
like "$err" 'no rule has the id "X99".*hint: all of them: pgrollout lint --explain' "says so and where they are"
is "$out" "" "prints no facts"

exits 0 "show" "$PGROLLOUT" show plan.yaml
like "$out" "drop column name of users  \[irreversible\]" "says what cannot be taken back"
like "$out" "ACCESS EXCLUSIVE on public.users" "names the locks"
like "$out" "values written to full_name only" "says what abort would lose"
like "$out" "replication_lag  *pause 5s, resume 2s" "lists the guards"
exits 0 "show --sql" "$PGROLLOUT" show --sql plan.yaml
like "$out" "CREATE TRIGGER" "has the statements"
exits 0 "show --json" "$PGROLLOUT" show --json plan.yaml
like "$out" '"kind" : "drop_column"' "has the steps"
printf 'pgrollout: 1\nmigration: m\nphases:\n  expand:\n    - analyze: t\nguards:\n  mine: {sql: SELECT 1, off: later}\n' >off.yaml
exits 0 "show --json of a guard without values" "$PGROLLOUT" show --json off.yaml
like "$out" '"pause" : null' "has nulls for them"
unlike "$out" 'nan' "and no word that JSON does not know"
exits 2 "show of a plan with errors" "$PGROLLOUT" show bad.yaml
like "$err" 'error\[C06\]' "says them"
exits 2 "show of what is no plan" "$PGROLLOUT" show broken.yaml
exits 2 "show without a file" "$PGROLLOUT" show

done_testing
