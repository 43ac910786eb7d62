#!/bin/bash
# rehearse on copies of a database: samples that are whole by their foreign keys, every type of value, sequences;
# roles and their rights; programs; a disposable database, and never the wrong one; JSON. Only in the campaign.
. "$(dirname "$0")/../db/driven.sh"

driven_start
plan=$CLUSTER_ROOT/plan.yaml
cat >"$CLUSTER_ROOT/tables.sql" <<'S'
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE org (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int UNIQUE, parent int REFERENCES org (n), meta jsonb,
    raw bytea, at timestamptz DEFAULT '2026-01-01 12:00:00.123456+02', span interval DEFAULT '1 mon -3 days', list text[]
    DEFAULT '{"a b",NULL,"c\"d"}', num float8 DEFAULT 0.1, twice int GENERATED ALWAYS AS (n * 2) STORED);
INSERT INTO org (n, parent, meta, raw) SELECT i, CASE WHEN i < 400 THEN i + 1 END, '{"a": ["''", null]}', '\xdeadbeef'
    FROM generate_series(400, 1, -1) i;
CREATE TABLE member (org int NOT NULL REFERENCES org (n), k int GENERATED ALWAYS AS IDENTITY, m mood, PRIMARY KEY (org, k));
INSERT INTO member (org, m) SELECT i, 'ok' FROM generate_series(1, 400) i;
CREATE TABLE parts (m mood, p point, r int4range) PARTITION BY LIST (m);
CREATE TABLE parts_ok PARTITION OF parts FOR VALUES IN ('ok');
INSERT INTO parts VALUES ('ok', '(1,2)', '[1,5)');
CREATE TABLE "Odd ""name" ("the key" int PRIMARY KEY, "Value's" text);
INSERT INTO "Odd ""name" VALUES (1, E'back\\slash ''quote''\nline');
CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL);
INSERT INTO users (name) SELECT 'name ' || i FROM generate_series(1, 500) i;
GRANT SELECT, UPDATE ON users TO shop_web;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM users;
S
owner "$(cat "$CLUSTER_ROOT/tables.sql")" >/dev/null
cluster_psql a -c "ALTER DATABASE shop SET search_path = side, public; ALTER DATABASE shop SET work_mem = '5MB'" >/dev/null

plan_of() { # APPLICATIONS <PHASES
    printf 'pgrollout: 1\nmigration: m\napplications:\n%s\nphases:\n' "$1" >"$plan"
    cat >>"$plan"
}
rehearse() { # STATUS DESCRIPTION [ARGS]
    local status=$1 what=$2
    shift 2
    exits "$status" "$what" "$PGROLLOUT" -d "$(cluster_conninfo a postgres)" --color never rehearse "$plan" "$@"
    flat=$(tr -s ' \n' ' ' <<<"$out")
}
cannot_read() {
    plan_of '  web: {sessions: web, statements: {old: ["SELECT 1"]}}' <<<"$one_column"
    exits 4 "a login that may not read all" "$PGROLLOUT" -d "$(cluster_conninfo a shop_web)" rehearse "$plan"
    like "$err" 'pgrollout: pg_dump: error: .*permission denied' "is refused in the words of pg_dump"
    like "$err" 'pg_read_all_data' "with what to do"
}
one_column='  expand:
    - add_column: {table: users, column: more, type: text}'

cannot_read

# what a program sees of the copy, in the state before
cat >"$CLUSTER_ROOT/look.sql" <<'S'
SELECT count(*) BETWEEN 10 AND 400 FROM org;
SELECT count(*) FROM org c LEFT JOIN org p ON p.n = c.parent WHERE c.parent IS NOT NULL AND p.n IS NULL;
SELECT count(*) FROM member m LEFT JOIN org o ON o.n = m.org WHERE o.n IS NULL;
SELECT count(*) FROM member;
SELECT DISTINCT meta, raw, at = '2026-01-01 10:00:00.123456Z', span, list, num, twice = n * 2 FROM org;
SELECT * FROM parts; SELECT "Value's" = E'back\\slash ''quote''\nline' FROM "Odd ""name";
SELECT min(id), max(id), count(*) FROM users; SELECT nextval('users_id_seq'); SELECT n FROM totals;
SELECT current_user, count(*) FROM pg_constraint WHERE NOT convalidated;
SHOW search_path; SHOW work_mem;
DROP TABLE parts;
S
plan_of "  job: {role: shop_owner, command: 'test \$PGROLLOUT_STATE != before || psql -XAtq -v ON_ERROR_STOP=1 -f $CLUSTER_ROOT/look.sql >$CLUSTER_ROOT/seen'}
  late: {command: {new: 'test \$PGROLLOUT_RELEASE/\$PGROLLOUT_PHASE != new/expand || { echo no luck >&2; exit 7; }'}}" <<<"$one_column"
rehearse 1 "programs" --rows 10
is "$(cat "$CLUSTER_ROOT/seen")" "t
0
0
10
{\"a\": [\"'\", null]}|\\xdeadbeef|t|1 mon -3 days|{\"a b\",NULL,\"c\\\"d\"}|0.1|t
ok|(1,2)|[1,5)
t
1|500|10
501
10
shop_owner|0
side, public
5MB" "the copy has whole rows, and those they name"
like "$flat" 'late new: end of expand runs .* gets exit status 7: no luck' "a program's status is its answer, in the states it has to live in"
like "$out" 'before  *ok  *·' "what it does to its copy is not seen in the next state"

# rights are the role's own
plan_of '  web: {role: shop_web, statements: {old: [UPDATE users SET name = 1 WHERE id = 1], new: [SELECT count(*) FROM notes]}}
role: shop_owner' <<'Y'
  expand:
    - add_table: {table: notes, columns: {id: bigint}, primary_key: [id]}
Y
rehearse 1 "a table that nobody may read"
like "$flat" '42501: permission denied for table notes' "is found"
plan_of '  web: {role: nobody_here, statements: {old: [SELECT 1]}}' <<<"$one_column"
rehearse 1 "a role that is not there"
like "$out$err" 'application "web": .*role "nobody_here" does not exist' "is told"

# a database of the user's
plan_of '  web: {statements: {old: [SELECT name FROM users WHERE id = 7]}}' <<<"$one_column"
cluster_psql a -d postgres -c "CREATE DATABASE scratch TEMPLATE template0" >/dev/null
scratch=$(cluster_conninfo a postgres scratch)
cluster_psql a -d scratch -c "SET ROLE shop_owner" >/dev/null
"$CLUSTER_BIN/pg_dump" -N pgrollout "$(cluster_conninfo a)" | psql -Xq "$scratch" >/dev/null 2>&1
rehearse 4 "a scratch database that is not named twice" --scratch "$scratch"
like "$err" '--disposable scratch' "and what to say"
rehearse 4 "the wrong name" --scratch "$scratch" --disposable shop
rehearse 4 "the database itself" --scratch "$(cluster_conninfo a)" --disposable shop
like "$err" 'is the database itself' "is never used up"
is "$(psql -XAtc "SELECT count(*) FROM pg_namespace WHERE nspname = 'pgrollout'" "$scratch")" 0 "nothing was done there"
exits 0 "one that is named, and no other" env -u PGHOST -u PGPORT -u PGDATABASE -u PGUSER \
    "$PGROLLOUT" rehearse "$plan" --scratch "$scratch" --disposable scratch
psql -XAtqc "ALTER TABLE users DROP more" "$scratch"
rehearse 0 "one that is named, and is not the database" --scratch "$scratch" --disposable scratch
is "$(psql -XAtc "SELECT count(*) FROM pg_namespace WHERE nspname = 'pgrollout'" "$scratch")" 0 "our schema is gone again"
is "$(sql "SELECT count(*) FROM pg_roles WHERE rolname LIKE '%rehearsal%'")" 0 "and so are our roles"
is "$(psql -XAtc "SELECT count(*) FROM pg_attribute WHERE attname = 'more'" "$scratch")" 1 "and the plan has been done"

exits 0 "as JSON" "$PGROLLOUT" -d "$(cluster_conninfo a postgres)" --json rehearse "$plan"
is "$(sql "SELECT concat_ws(' ', j ->> 'passed', j -> 'states' -> 1 ->> 'state', j #>> '{states,1,cells,0,result}',
    j #>> '{states,1,cells,0,application}', jsonb_array_length(j -> 'failures')) FROM (SELECT '${out//\'/\'\'}'::jsonb) x (j)")" \
    "true expand ok web 0" "with the same in it"
is "$(ls -d /tmp/pgrollout-rehearsal-* 2>/dev/null | wc -l)" 0 "nothing is left behind"
done_testing
