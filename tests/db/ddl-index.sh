#!/bin/bash
# Indexes and constraints built beside the application: progress, who is in the way, what a cut-off build
# leaves behind, duplicates and rows that break it, and the way back.
. "$(dirname "$0")/driven.sh"
# shellcheck source=tests/lib/campaign.sh
. "$(dirname "$0")/../lib/campaign.sh"

driven_start
ROWS=$(sample 20000 400000)
owner "CREATE TABLE c (id bigint PRIMARY KEY);
    CREATE TABLE o (id bigint PRIMARY KEY, who bigint, ref text NOT NULL, total int);
    INSERT INTO c SELECT generate_series(1, 100);
    INSERT INTO o SELECT i, i % 100 + 1, 'r' || i, i FROM generate_series(1, $ROWS) i; ANALYZE o, c" >/dev/null
sql 'GRANT SELECT, INSERT, UPDATE ON o TO shop_web' >/dev/null
before=$(dump)
index_state() { # NAME
    sql "SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = '$1'"
}
intent_pid() {
    sql "SELECT i.backend_pid FROM pgrollout.intent i JOIN pg_stat_progress_create_index p ON p.pid = i.backend_pid"
}
builds() { [ -n "$(intent_pid)" ]; }
waits_for_old() {
    sql "SELECT phase FROM pg_stat_progress_create_index" | grep -q 'old snapshots'
}
# Writes as the application does, until its file is there; counts what went wrong.
writes() {
    local n=0 bad=0
    while [ ! -e "$CLUSTER_ROOT/enough" ]; do
        n=$((n + 1))
        cluster_psql_as a shop_web -c "SET lock_timeout = '2s'; INSERT INTO o VALUES ($ROWS + $n, 1, 'w$n', $n);
            UPDATE o SET total = total + 1 WHERE id = $n" >/dev/null 2>>"$CLUSTER_ROOT/writes.err" || bad=$((bad + 1))
    done
    echo "$n $bad" >"$CLUSTER_ROOT/writes.out"
}

# --- all of it, and back, while somebody writes
migration all <<YAML
  backfill:
    - index: {table: o, columns: [who, (lower(ref))]}
    - index: {table: o, columns: [ref], unique: true, name: o_ref, where: total > 0, include: [total]}
    - constraint: {table: o, name: o_total, check: total >= 0}
    - constraint: {table: o, name: o_who, foreign_key: [who], references: c, on_delete: cascade}
    - constraint: {table: o, name: o_uni, unique: [ref, total]}
    - drop_not_null: {table: o, column: ref}
  contract:
    - confirm: Really?
      name: really
YAML
writes &
writer=$!
engine_start
drives all 'boundary contract' "indexes, constraints and a relaxed column are made" 60
is "$(sql "SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = 'o'::regclass AND i.indisvalid AND i.indisready")" "o_pkey o_ref o_uni o_who_expr_idx" "every index is valid"
is "$(sql "SELECT string_agg(conname, ' ' ORDER BY conname) FROM pg_constraint WHERE conrelid = 'o'::regclass AND convalidated")" \
    "o_pkey o_total o_uni o_who" "every constraint is validated"
is "$(step_field all drop-not-null "s.detail -> 'shape' ->> 'NOT NULL of column ref'")" "not set" "and what was left is known"
owner 'DROP INDEX o_ref' >/dev/null
operator abort all --to start >/dev/null
touch "$CLUSTER_ROOT/enough"
wait "$writer"
reaches all '^aborted' "all is taken back, also where a person had dropped a part" 60
is "$(dump)" "$before" "the schema is what it was"
like "$(cat "$CLUSTER_ROOT/writes.out")" ' 0$' "the application wrote all the while and nothing of it failed"

# --- an old snapshot keeps a build waiting, and is named
migration waits <<YAML
  expand:
    - index: {table: o, columns: [total]}
YAML
hold_open 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM c'
culprit=$(sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'holder'")
operator advance waits >/dev/null
ok "the build waits for an older snapshot" wait_until 20 waits_for_old
exits 0 "status" as viewer status waits
like "$out" "waits for pid $culprit \(holder, idle in transaction" "names who is in the way, and why"
like "$(as viewer status --json waits | tr -d ' \n')" '"fraction":0\.9' "the share is in the JSON"
# a kill of the engine leaves the build; the next engine waits for it instead of throwing it away
builder=$(intent_pid)
engine_kill
sleep 1.5
is "$(intent_pid)" "$builder" "the build goes on when its engine is killed"
engine_start
wait_until 15 eval '[[ $(step_field waits index "s.detail ->> '"'waits_for'"'") =~ index\ build ]]'
is "$(intent_pid)" "$builder" "the next engine does not end it"
like "$(step_field waits index "s.detail ->> 'waits_for'")" "index build of pid $builder" "but waits for it"
release
reaches waits '^done' "and takes its result" 20
is "$(index_state o_total_idx)" t "which is valid"
is "$(events waits | grep -c 'index: done')" 1 "once"

# --- a build that is ended leaves an invalid index of ours, which goes
migration cut <<YAML
  expand:
    - index: {table: o, columns: [who, total], name: o_cut}
  contract:
    - confirm: Really?
      name: really
YAML
hold_open 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM c'
operator advance cut >/dev/null
wait_until 20 waits_for_old || bail "no build"
sql "SELECT pg_terminate_backend($(intent_pid))" >/dev/null
ok "a killed backend: it is built again" wait_until 20 eval 'builds && waits_for_old'
exits 0 "a pause ends the build" operator pause cut
is "$(index_state o_cut)" f "and leaves an invalid index"
ok "for the time being" operator resume cut
release
reaches cut 'boundary contract' "which is dropped and built again" 20
is "$(index_state o_cut)" t "valid"
operator abort cut --to start >/dev/null
reaches cut '^aborted' "and taken back" 20
is "$(index_state o_cut)" "" "for good"

# --- rows in the way
owner "INSERT INTO o VALUES (-1, 1, 'twice', 1), (-2, 777, 'twice', -5)" >/dev/null
migration twice <<YAML
  backfill:
    - index: {table: o, columns: [ref], unique: true, name: o_twice}
    - constraint: {table: o, name: o_pos, check: total >= 0}
    - constraint: {table: o, name: o_fk, foreign_key: [who], references: c}
YAML
drive twice '^failed'
like "$(step_field twice index "s.error || ': ' || s.error_detail")" "1 rows are not unique: \(twice\) 2 times" "duplicates are listed before it is tried"
is "$(index_state o_twice)" "" "and nothing has been built"
owner "UPDATE o SET ref = 'once' WHERE id = -2" >/dev/null
operator retry twice >/dev/null
comes_to twice '^failed .*constraint:failed'
like "$(step_field twice constraint "s.error || ': ' || s.error_detail")" "1 rows break constraint o_pos: id -2" "so are rows that break a check"
owner "UPDATE o SET total = 5 WHERE id = -2" >/dev/null
operator retry twice >/dev/null
comes_to twice '^failed .*constraint-2:failed'
like "$(step_field twice constraint-2 "s.error || ': ' || s.error_detail")" "1 rows reference nothing: id -2" "and rows without the one they reference"
owner "UPDATE o SET who = 5 WHERE id = -2" >/dev/null
operator retry twice >/dev/null
reaches twice '^done' "set right, each goes on" 20

# --- what could not be found beforehand: the build says it, and leaves nothing that rejects writes
migration late <<YAML
  backfill:
    - index: {table: o, columns: [total DESC], unique: true, name: o_late}
YAML
owner "INSERT INTO o VALUES (-3, 1, 'x', 1), (-4, 1, 'y', 1)" >/dev/null
drive late '^failed'
like "$(step_field late index "concat_ws(' ', s.sqlstate, s.error, s.error_detail)")" '23505 .*Key \(total\)=\(.*duplicated' \
    "a build that meets duplicates fails with the value"
is "$(index_state o_late)" "" "what it left is dropped at once"
operator abort late --to start >/dev/null
reaches late '^aborted' "and nothing is left to undo"

# --- not ours
owner 'CREATE INDEX o_theirs ON o (ref)' >/dev/null
plan_of() { # NAME INDEX-KEYS
    printf 'pgrollout: 1\nmigration: %s\nphases:\n  expand:\n    - index: %s\n' "$1" "$2" >"$CLUSTER_ROOT/$1.yaml"
}
plan_of theirs '{table: o, columns: [ref], name: o_theirs}'
exits 4 "an index that exists" operator load "$CLUSTER_ROOT/theirs.yaml"
like "$err$out" '"o_theirs" exists already.*existing: adopt' "is refused with what to do"
plan_of other '{table: o, columns: [who], name: o_theirs, existing: adopt}'
exits 4 "another one under that name" operator load "$CLUSTER_ROOT/other.yaml"
like "$err$out" 'it is USING btree \(ref\), the plan makes USING btree \(who\)' "is not taken over, and both are shown"
migration adopts <<YAML
  expand:
    - index: {table: o, columns: [ref], name: o_theirs, existing: adopt}
  contract:
    - confirm: Really?
      name: really
YAML
drives adopts 'boundary contract' "the same one is taken over"
operator abort adopts --to start >/dev/null
reaches adopts '^aborted' "and an abort"
is "$(index_state o_theirs)" t "leaves it alone"
sql "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'o_theirs'::regclass" >/dev/null
exits 4 "an invalid one of somebody else" operator load "$CLUSTER_ROOT/theirs.yaml"
like "$err$out" 'invalid index "o_theirs"' "is refused too"
plan_of wrong '{table: o, columns: [nobody]}'
exits 4 "a column that does not exist" operator load "$CLUSTER_ROOT/wrong.yaml"
like "$err$out" 'index "o_nobody_idx": column "nobody" does not exist' "is found before anything begins"

done_testing
