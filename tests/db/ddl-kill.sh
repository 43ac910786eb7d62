#!/bin/bash
# Indexes, constraints, tables and their drops, with the engine killed again and again at moments that nobody has
# chosen, forwards and back; then locks: who waits for whom.
. "$(dirname "$0")/driven.sh"
# shellcheck source=tests/lib/campaign.sh
. "$(dirname "$0")/../lib/campaign.sh"

driven_start
ROWS=$(sample 30000 300000)
owner "CREATE TABLE c (id bigint PRIMARY KEY);
    CREATE TABLE o (id bigint PRIMARY KEY, who bigint, ref text NOT NULL, total int CONSTRAINT o_small CHECK (total < 1e9));
    CREATE INDEX o_old ON o (total);
    CREATE TABLE e (id bigint, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE e1 PARTITION OF e FOR VALUES FROM (0) TO (10);
    CREATE TABLE e2 PARTITION OF e FOR VALUES FROM (10) TO (20);
    INSERT INTO c SELECT generate_series(1, 100);
    INSERT INTO e SELECT i, i % 20 FROM generate_series(1, $ROWS) i;
    INSERT INTO o SELECT i, i % 100 + 1, 'r' || i, i FROM generate_series(1, $ROWS) i; ANALYZE o, c, e" >/dev/null
before=$(dump)
RANDOM=7

# Kills and starts the engine after times between 0 and 0.6 s until the migration is there.
kill_until() { # NAME REGEX ROUNDS
    local n=0 now
    engine_start
    while [ "$n" -lt "$3" ]; do
        n=$((n + 1))
        sleep "0.$(printf '%03d' $((RANDOM % 600)))"
        now=$(where "$1")
        [[ $now =~ $2 ]] && break
        case $now in
            failed*) break ;;
            *'[boundary contract]'*) as approver contract "$1" --confirm "$1" ;;
            *'[boundary '*) operator advance "$1" ;;
            *'[gate '*) confirm_all "$1" ;;
        esac >/dev/null 2>&1
        engine_kill 2>/dev/null
        engine_start
    done
    drives "$1" "$2" "$1: $n kills on the way to \"$2\"" 60
    engine_kill 2>/dev/null
}

rounds=$(sample 12 60)
for turn in $(seq "$(sample 1 5)"); do
    migration "k$turn" <<YAML
  backfill:
    - add_table: {table: made, columns: {id: bigint, who: bigint}, primary_key: [id], grants: o}
    - index: {table: o, columns: [who, ref], unique: true, name: o_ref}
    - index: {table: e, columns: [at], name: e_at}
    - constraint: {table: o, name: o_total, check: total >= 0}
    - constraint: {table: o, name: o_who, foreign_key: [who], references: c}
    - constraint: {table: o, name: o_uni, unique: [ref]}
    - constraint: {table: e, name: e_fk, foreign_key: [at], references: o}
    - drop_not_null: {table: o, column: ref}
  contract:
    - drop_index: {table: o, name: o_old}
    - drop_constraint: {table: o, name: o_small}
    - brown_out: {table: o, column: ref, for: 1s}
    - confirm: Really?
      name: really
YAML
    if [ "$turn" = 1 ]; then
        owner "UPDATE e SET at = at + 0 WHERE at = 0; DELETE FROM e WHERE at = 0" >/dev/null
    fi
    kill_until "k$turn" 'gate really' "$rounds"
    is "$(sql "SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        JOIN pg_class t ON t.oid = i.indrelid WHERE t.relname IN ('o', 'e', 'e1', 'e2', 'made') AND i.indisvalid AND i.indislive")" \
        "e1_e_at e1_pkey e2_e_at e2_pkey e_at e_pkey made_pkey o_pkey o_ref o_uni" "every index is there once and valid"
    is "$(sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid OR NOT indisready")" 0 "and none is left invalid"
    is "$(sql "SELECT count(*) || ' ' || bool_and(convalidated) FROM pg_constraint
        WHERE conname IN ('o_total', 'o_who', 'o_uni', 'e_fk', 'o_small')")" "6 true" "every constraint is there once and validated"
    operator abort "k$turn" --to start >/dev/null
    kill_until "k$turn" '^aborted' "$rounds"
    is "$(dump)" "$before" "and the schema is what it was"
done

# --- locks: a foreign key looks at both of its tables
engine_start
migration locks <<YAML
  backfill:
    - constraint: {table: o, name: o_who, foreign_key: [who], references: c}
YAML
hold_open 'UPDATE c SET id = id WHERE id = 5'
culprit=$(sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'holder'")
sleep 0.6
operator advance locks >/dev/null
reaches locks '\[lock\]' "a foreign key waits for who has written the table it references" 20
like "$(sql "SELECT h.reason FROM pgrollout.hold h WHERE h.kind = 'lock'")" "pid $culprit \(holder" "who is named"
is "$(owner "SET lock_timeout = '1s'; UPDATE c SET id = id WHERE id = 6 RETURNING id")" 6 "and nobody queues behind it meanwhile"
release
reaches locks '^done' "then it is added" 30

done_testing
