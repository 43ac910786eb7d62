#!/bin/bash
# `guard test`: recorded readings against the guards of a plan, without a server.
. "$(dirname "$0")/../lib/tap.sh"
unset PGHOST PGPORT PGDATABASE PGSERVICE
cd "$(mktemp -d)" || bail "no temporary directory"
trap 'rm -rf "$PWD"' EXIT

cat >plan.yaml <<'YAML'
pgrollout: 1
migration: users-full-name
phases:
  expand:
    - add_column: {table: users, column: full_name, type: text}
guards:
  replication_lag: {pause: 5s, resume: 2s}
  fallback: {sql: SELECT 1, pause: 10, resume: 1}
  lock_wait: {off: "this table is \"locked\" by design"}
YAML
cat >lag.csv <<'CSV'
time,replication_lag,slot_wal
2026-01-31T14:02:31Z,0.1,0
2026-01-31T14:02:32Z,6.5,
2026-01-31T14:02:33Z,7.2,
2026-01-31T14:02:34Z,1,
2026-01-31T14:02:35Z,1,
2026-01-31T14:02:36Z,1,21474836480
2026-01-31T14:02:37Z,1,
2026-01-31T14:02:38Z,1,
2026-01-31T14:02:41Z,1,21474836480
CSV
run() { "$PGROLLOUT" guard test "$@" >out 2>err; }

run plan.yaml --series lag.csv
is $? 1 "something held: exit status 1"
is "$(cat out)" "2026-01-31T14:02:33Z  hold   replication_lag 7.2s at or above 5s
2026-01-31T14:02:38Z  clear  replication_lag 1s at or below 2s
2026-01-31T14:02:41Z  hold   slot_wal 20 GB at or above 10 GB
replication_lag: 9 readings, one every 1s at the most: held 1 times, 5s in all
slot_wal: 3 readings, one every 5s at the most: held 1 times, 0s in all
lock_wait: off: this table is \"locked\" by design" "when each would have held and let go"
is "$(cat err)" "" "and nothing else"

run plan.yaml --series none.csv
is "$? $(cat err)" '2 pgrollout: cannot read "none.csv": No such file or directory' "a file that is not there"
run plan.yaml --series lag.csv --json
is $? 1 "as JSON, too"
is "$(python3 -c 'import json, sys
d = json.load(sys.stdin)
print(d["migration"], d["held"], [(e["time"][-3:-1], e["guard"], e["event"], e["value"]) for e in d["events"]])
print([(g["name"], g["readings"], g["holds"], g["held_s"], g["worst"]) for g in d["guards"]])' <out)" \
    "users-full-name True [('33', 'replication_lag', 'hold', 7.2), ('38', 'replication_lag', 'clear', 1.0), ('41', 'slot_wal', 'hold', 21474836480.0)]
[('replication_lag', 9.0, 1.0, 5.0, 7.2), ('slot_wal', 3.0, 1.0, 0.0, 21474836480.0)]" "the same facts"

printf 'time,name,value\n0,fallback,3\n1,fallback,9.9\n' | run plan.yaml --series /dev/stdin
is $? 0 "nothing held: exit status 0"

wrong() { # DESCRIPTION PATTERN ARGUMENTS
    local what=$1 pattern=$2
    shift 2
    run "$@"
    is $? 2 "$what: exit status 2"
    like "$(cat err)" "$pattern" "and why"
}
printf 'time,replication_lga\n0,1\n' >typo.csv
printf 'time,replication_lag\n0,1\n\n1,x\n' >bad.csv
wrong "a guard that is none" '^pgrollout: typo.csv:2: the plan has no guard "replication_lga": did you mean "replication_lag"\?$' \
    plan.yaml --series typo.csv
wrong "a cell that is no number" '^pgrollout: bad.csv:4: "x" is no number' plan.yaml --series bad.csv
wrong "no file" 'nowhere.csv' plan.yaml --series nowhere.csv
wrong "no plan" 'nowhere.yaml' nowhere.yaml --series lag.csv
wrong "no series" '\-\-series FILE.csv is missing' plan.yaml
sed 's/expand/expnad/' plan.yaml >wrong.yaml
wrong "a plan that is wrong" 'wrong.yaml:4:3: error: unknown phase "expnad"' wrong.yaml --series lag.csv
"$PGROLLOUT" guard tset plan.yaml --series lag.csv 2>err
is $? 2 "another word"
like "$(cat err)" 'unknown word "tset"' "is said"
done_testing
