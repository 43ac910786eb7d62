#!/bin/bash
# load: what cannot be done right is refused by name, at its place, and changes nothing; what is right is
# registered with all that the engine needs to know.
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start a wal_level=logical
cluster_env a postgres
ok "install" "$PGROLLOUT" install
cluster_psql a -f "$top_srcdir/tests/cli/load.sql" >/dev/null || bail "the tables could not be made"
cluster_env a lab_operator
plan=$CLUSTER_ROOT/plan.yaml

# The plan's file: what standard input says behind a head of two lines.
write_plan() { # [NAME]
    printf 'pgrollout: 1\nmigration: %s\n' "${1:-wrong}" >"$plan"
    cat >>"$plan"
}
rename() { # TABLE [COLUMN]: the phases of a rename, for write_plan
    cat <<P
phases:
  expand:
    - add_column: {table: $1, column: full_name, type: text}
    - sync: {table: $1, old: ${2:-name}, new: full_name}
  backfill:
    - backfill: {table: $1, set: {full_name: ${2:-name}}}
P
}
drop() { # TABLE COLUMN
    cat <<P
phases:
  contract:
    - drop_column: {table: $1, column: $2}
P
}
# The plan on standard input is refused, with a message like the pattern.
refused() { # DESCRIPTION PATTERN
    write_plan
    exits 4 "$1: refused" "$PGROLLOUT" load "$plan"
    like "$err" "error: .*$2" "$1: by name"
    [ -z "$out" ] || cluster_psql a -c "DELETE FROM pgrollout.migration WHERE name = 'wrong'"
}
# It is loaded with a warning like the pattern, and ended again.
warned() { # DESCRIPTION PATTERN
    write_plan warned
    exits 0 "$1: loaded" "$PGROLLOUT" load "$plan"
    like "$err" "warning: .*$2" "$1: warned"
    cluster_psql a -c "DELETE FROM pgrollout.migration WHERE name = 'warned'"
}
# The database as it is: nothing of a wrong plan may stay.
fingerprint() {
    "$CLUSTER_BIN/pg_dump" -s -d "$(cluster_conninfo a)" | grep -v "restrict"
    cluster_psql a -c "SELECT table_name, (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM
        pgrollout.' || quote_ident(table_name), false, true, '')))[1]
        FROM information_schema.tables WHERE table_schema = 'pgrollout' AND table_type = 'BASE TABLE'
        ORDER BY 1"
}
fingerprint >"$CLUSTER_ROOT/before"

# tables
refused "no such table" 'table "public.user" does not exist: did you mean "users"' < <(rename user)
like "$err" "$plan:5:27: error" "with its place"
refused "no such schema" 'schema "pubic" does not exist: did you mean "public"' < <(rename pubic.users)
refused "a view" '"public.a_view" is a view' < <(rename a_view)
refused "a materialized view" '"public.hung_mat" is a view' < <(rename hung_mat)
refused "a foreign table" 'is a foreign table' < <(rename far)
refused "a partitioned table with a foreign partition" 'partitions of "public.parted_far" .*public.part_far is a foreign table' < <(rename parted_far)
refused "one with a partition of another owner" 'public.part_other belongs to "other_owner"' < <(rename shared_out)
refused "a partitioned table to split" '"parted" is partitioned: only a plain table is kept in step' <<'P'
phases:
  expand:
    - sync: {table: parted, into: users, key: {id: id}, columns: {name: name}}
P
refused "a partition" 'is a partition: name the table' < <(rename part_one)
refused "an inheritance parent" 'takes part in inheritance' < <(rename parent)
refused "an inheritance child" 'takes part in inheritance' < <(rename child)
refused "a system catalog" 'belongs to the system' < <(rename pg_catalog.pg_class)
refused "our own schema" 'belongs to the system' < <(rename pgrollout.step)
refused "row level security" 'row level security' < <(rename guarded)
refused "rules" 'has rules \(quiet\)' < <(rename ruled)

# whose tables
refused "a superuser's table" 'belongs to superuser "postgres"' < <(rename of_root)
refused "the engine is no member" 'GRANT "other_owner" TO pgrollout_engine' < <(rename of_other)
refused "no USAGE" 'may not use schema "closed": GRANT USAGE ON SCHEMA "closed" TO "shop_owner"' < <(rename closed.users)
refused "no CREATE" 'GRANT CREATE ON SCHEMA "halfway" TO "shop_owner"' < <(rename halfway.users)
refused "no such role" 'role "nobody_here" does not exist' < <(echo 'role: nobody_here'; rename users)
refused "a superuser's role" 'role "postgres" is a superuser' < <(echo 'role: postgres'; rename users)
refused "a role that owns nothing" 'role "app_ddl" does not own table "public.users": its owner is "shop_owner"' < <(echo 'role: app_ddl'; rename users)

# keys
alone() { rename "$1" | grep -v 'sync:'; } # nothing keeps its rows in step
refused "a nullable key" 'has no key to walk along' < <(alone keyless)
warned "the same, kept in step" '"public.keyless" has no key to walk along: its rows are passed by place' < <(rename keyless)
refused "partial and expression indexes" 'has no key to walk along' < <(alone half_key)
refused "a citext key" '"id" is (public\.)?citext' < <(alone odd_key)
warned "the same, kept in step" '"id" is double precision\): its rows are passed by place' < <(rename float_key)
refused "a float key" '"id" is double precision' < <(alone float_key)
refused "a key in pattern order" '"code" is sorted by text_pattern_ops' < <(alone pattern_key)
refused "a key of two directions" '"b" is sorted in another direction' < <(alone mixed_key)
refused "a key with its NULLs first" '"a" is sorted with NULLs at the other end' < <(alone nulls_key)
refused "a deferrable key" 'has no key to walk along.* not deferrable' < <(alone late_key)
refused "a collation of another version" 'sorted by collation pg_catalog."en-x-icu"' < <(rename moved_key)

# columns
refused "a column that exists" 'column "city" of table "public.users" exists already' <<'P'
phases:
  expand:
    - add_column: {table: users, column: city, type: text}
P
like "$err" "$plan:5:7: error" "at its step"
refused "a type that does not exist" 'column "x": type "txet" does not exist' <<'P'
phases:
  expand:
    - add_column: {table: users, column: x, type: txet}
P
refused "a domain with a check" 'column "x" would rewrite the table' <<'P'
phases:
  expand:
    - add_column: {table: users, column: x, type: positive}
P
refused "a volatile default" 'column "x" would rewrite the table' <<'P'
phases:
  expand:
    - add_column: {table: users, column: x, type: int, default: dice()}
P
refused "a default of another type" 'column "x".*integer' <<'P'
phases:
  expand:
    - add_column: {table: users, column: x, type: int, default: "'four'"}
P
refused "no room for a column" 'has no room for a column' < <(rename wide)
refused "a source that does not exist" 'column "nam" of table "public.users" does not exist and no earlier step adds it: did you mean "name"' < <(rename users nam)
refused "a target that does not exist" 'column "full_nam" of table' <<'P'
phases:
  expand:
    - add_column: {table: users, column: full_name, type: text}
  backfill:
    - backfill: {table: users, set: {full_nam: name}}
P
refused "a generated target" 'column "twice" is generated' <<'P'
phases:
  backfill:
    - backfill: {table: users, set: {twice: n}}
P
refused "an identity target" 'column "seq" is GENERATED ALWAYS AS IDENTITY' <<'P'
phases:
  backfill:
    - backfill: {table: always_key, set: {seq: id}}
P
refused "a target in the key" 'column "id" is part of the key' <<'P'
phases:
  backfill:
    - backfill: {table: users, set: {id: n}}
P
refused "not_null of nothing" 'column "fullname" of table' <<'P'
phases:
  backfill:
    - not_null: {table: users, column: fullname}
P
refused "not_null of what is" 'column "email" of table "public.users" is NOT NULL already' <<'P'
phases:
  backfill:
    - not_null: {table: users, column: email}
P
refused "a drop of nothing" 'column "nmae" of table "public.users" does not exist and no earlier step adds it: did you mean "name"' < <(drop users nmae)

# expressions
refused "a type that does not fit" 'value for "n": column "n" is of type integer but .* of type text' <<'P'
phases:
  backfill:
    - backfill: {table: users, set: {n: name}}
P
refused "an unknown column" 'column "nom" does not exist' <<'P'
phases:
  backfill:
    - backfill: {table: users, set: {n: length(nom)}}
P
refused "a volatile function of the database" 'value for "n" is not immutable' <<'P'
phases:
  backfill:
    - backfill: {table: users, set: {n: dice()}}
P
refused "a cast that depends on the session" 'value for "city" is not immutable' <<'P'
phases:
  backfill:
    - backfill: {table: users, set: {city: "born::text"}}
P
refused "a where that is no condition" '"where": .*boolean' <<'P'
phases:
  backfill:
    - backfill: {table: users, set: {n: length(name)}, where: name}
P
refused "an up of another type" '\(up\): column "code" is of type integer but' <<'P'
phases:
  expand:
    - add_column: {table: users, column: code, type: int}
    - sync: {table: users, old: name, new: code, down: code::text}
P
refused "a down of another type" '\(down\): .*integer' <<'P'
phases:
  expand:
    - add_column: {table: users, column: label, type: text}
    - sync: {table: users, old: n, new: label, up: n::text}
P
refused "a check that does not run" 'query of "empty" does not run: relation "userz" does not exist' <<'P'
phases:
  deploy:
    - check: SELECT count(*) FROM userz
      expect: 0
      name: empty
P
refused "a check with a mistake beside a new column" 'query of "empty" does not run: column "fulname" does not exist' <<'P'
phases:
  expand:
    - add_column: {table: users, column: full_name, type: text}
  deploy:
    - check: SELECT count(*) FROM users u WHERE full_name IS NULL OR fulname = 'x';
      expect: 0
      name: empty
P
refused "a guard that does not run" 'query of "sql" does not run: column "nom" does not exist' <<'P'
phases:
  deploy:
    - analyze: users
guards:
  sql: {query: SELECT count(nom) FROM users, pause: 5, resume: 2}
P

# defaults of synced columns
sync_with() { # COLUMN TYPE DEFAULT
    cat <<P
phases:
  expand:
    - add_column: {table: users, column: x, type: $2, default: "$3"}
    - sync: {table: users, old: $1, new: x}
P
}
refused "a new column with now()" 'column "x" has a default that is no constant, CAST\(now\(\)' < <(sync_with born timestamptz 'now()')
like "$err" "$plan:6:7: error" "at the sync step"
refused "a new column with the session's user" 'column "x" has a default that is no constant' < <(sync_with name text current_user)
refused "an old column with now()" 'column "at" has a default that is no constant' < <(rename timed at)
refused "an old column with a serial's default" 'column "n" has a default that is no constant, CAST\(nextval' < <(rename timed n)
refused "an old column with an identity" 'column "i" has a default that is no constant:' < <(rename timed i)
refused "a domain with a default" 'column "d" has a default that is no constant, CAST\(now' < <(rename timed d)
refused "a number that is cast by text" 'column "x" has a default that is no constant, CAST\(5 AS text' < <(sync_with name text 5)
refused "a function of the database" 'column "x" has a default that is no constant' < <(sync_with n int 'four()')

# triggers
refused "a BEFORE trigger" 'trigger "a_touch" \(public.touch\) would fire for each row' < <(rename touched)
refused "an AFTER trigger" 'trigger "audit_row" \(public.touch\) would fire for each row' < <(rename audited)
refused "a trigger behind ours" 'trigger "zzzz_last" \(public.touch\) would fire after the sync trigger "zzz_pgrollout_sync_' < <(rename late)

# what hangs on a dropped column
refused "views" 'used by materialized view public.hung_mat, view public.hung_view;' < <(drop hung shown)
refused "a generated column" 'used by generated column shout;' < <(drop hung name)
refused "a policy" 'policy hung_policy on table public.hung' < <(drop hung ruled)
refused "a function BEGIN ATOMIC" 'function public.hung_call\(\)' < <(drop hung called)
refused "a foreign key of another table" 'constraint points_at_id_fkey on table public.points_at' < <(drop hung keyed)
refused "a publication's column list" 'pub_hung' < <(drop hung listed)
refused "a trigger" 'trigger hung_trig on table public.hung' < <(drop hung trig)
# the server thinks so too
for column in shown name ruled called keyed listed trig checked; do
    cluster_psql a -c "BEGIN; ALTER TABLE hung DROP COLUMN $column; ROLLBACK" >/dev/null 2>&1 || echo "$column"
done >"$CLUSTER_ROOT/refused"
is "$(xargs <"$CLUSTER_ROOT/refused")" "shown name ruled called keyed listed trig" "as the server itself refuses"

# publications
refused "no replica identity" 'published by pub_one without a replica identity' < <(rename anonymous)
cluster_psql a -c "SET client_min_messages = error; CREATE SUBSCRIPTION sub_users CONNECTION 'dbname=x'
    PUBLICATION p WITH (connect = false)" -c "INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate)
    SELECT oid, 'users'::regclass, 'r' FROM pg_subscription"
refused "a subscription" 'subscription sub_users writes to table "public.users"' < <(rename users)
cluster_psql a -c "DELETE FROM pg_subscription_rel" -c "ALTER SUBSCRIPTION sub_users SET (slot_name = NONE)" \
    -c "DROP SUBSCRIPTION sub_users"

# not this database, not this login
cluster_env a lab_viewer
write_plan < <(rename users)
exits 4 "no operator" "$PGROLLOUT" load "$plan"
like "$err" 'role "lab_viewer" may not load a plan' "who"
like "$err" 'GRANT pgrollout_operator TO "lab_viewer"' "and what to do"
cluster_env a lab_operator postgres
exits 4 "no control schema" "$PGROLLOUT" load "$plan"
like "$err" 'has no control schema' "said so"
like "$err" 'pgrollout install' "and what to do"
cluster_env a lab_operator

# all at once, and a file that is wrong by itself does not reach the database
refused "several mistakes" 'column "city" of table' <<'P'
phases:
  expand:
    - add_column: {table: users, column: city, type: text}
    - add_column: {table: userz, column: city, type: text}
  backfill:
    - not_null: {table: users, column: full_name}
P
is "$(sed -n "s|^$plan:\\([0-9]*\\):.*: error: .*|\\1|p" <<<"$err" | xargs)" "5 6 8" "all three are told, in order"
like "$err" '"wrong" was not loaded; nothing was changed' "and what became of it"
printf 'pgrollout: 1\nmigration: Wrong\nphases: {}\n' >"$plan"
exits 2 "a file that cannot be read" "$PGROLLOUT" load "$plan"
write_plan <<'P'
phases:
  expand:
    - sql: DROP TABLE users
      irreversible: true
P
exits 2 "lint" "$PGROLLOUT" load "$plan"
exits 2 "no file" "$PGROLLOUT" load "$CLUSTER_ROOT/nothing.yaml"
write_plan <<'P'
phases:
  expand:
    - add_column: {table: users, column: x, type: "int); DROP TABLE users; CREATE TABLE y (a int"}
P
exits 2 "a type that is more than a type" "$PGROLLOUT" load "$plan"
fingerprint >"$CLUSTER_ROOT/after"
ok "none of them changed anything" diff "$CLUSTER_ROOT/before" "$CLUSTER_ROOT/after"
like "$(tail -n 3 "$CLUSTER_ROOT/before")" "step\|0" "no step was there to begin with"

# warnings do not refuse
warned "an unlogged table" 'is unlogged' < <(rename fleeting)
warned "triggers that may fire" 'fires for each row that is filled: trigger "a_touch"' < <(echo 'user_triggers: fire'; rename touched)
warned "a statement trigger" 'fires once for each batch: trigger "on_statement"' < <(rename narrow)
unlike "$err" 'on_name|"off"' "those that do not fire are not named"
warned "a published table" 'publication pub_one publishes the table: add column "full_name" on the subscribers first' < <(rename published)
warned "a column list" 'publication pub_some has a column list' < <(rename some_columns)
warned "an index goes" 'with column "name" goes: index public.users_name_idx' < <(drop users name)
warned "a constraint goes" 'hung_checked_check' < <(drop hung checked)
warned "grants of a column" 'column "name" has grants of its own' < <(rename hung)
cluster_psql a -c "SELECT pg_create_logical_replication_slot('cdc', 'pgoutput')" >/dev/null
warned "a logical slot" 'logical slot cdc' < <(rename users)
cluster_psql a -c "SELECT pg_drop_replication_slot('cdc')" \
    -c 'CREATE PUBLICATION everything FOR ALL TABLES' >/dev/null
warned "all tables published" 'publication everything publishes schema pgrollout' < <(rename users)
cluster_psql a -c 'DROP PUBLICATION everything'
warned "made by a sql step" 'column "extra" of "public.users" was not checked' <<'P'
phases:
  expand:
    - sql: ALTER TABLE users ADD COLUMN extra int
      undo: ALTER TABLE users DROP COLUMN extra
  backfill:
    - backfill: {table: users, set: {extra: n}}
P
warned "a new column of a qualified table" 'query of "empty" was not checked: column "full_name"' <<'P'
phases:
  expand:
    - add_column: {table: users, column: full_name, type: text}
  deploy:
    - check: SELECT count(*) FROM public.users WHERE full_name IS NULL
      expect: 0
      name: empty
P
warned "a table of a sql step" 'query of "empty" was not checked: relation "made"' <<'P'
phases:
  expand:
    - sql: CREATE TABLE made (id int)
      undo: DROP TABLE made
  deploy:
    - check: SELECT count(*) FROM made
      expect: 0
      name: empty
P
cluster_psql a -c 'REVOKE TEMPORARY ON DATABASE shop FROM PUBLIC'
warned "no temporary tables" 'not checked that expressions are immutable.*: permission denied to create temporary tables' < <(rename users)
refused "a default without temporary tables" 'default of column "x" could not be looked at' < <(sync_with name text "'-'")
refused "types without temporary tables" 'value for "n": column "nom" does not exist' <<'P'
phases:
  backfill:
    - backfill: {table: users, set: {n: length(nom)}}
P
cluster_psql a -c 'GRANT TEMPORARY ON DATABASE shop TO PUBLIC'
cluster_psql a -c "CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''no DDL today''; END'" -c "CREATE EVENT TRIGGER forbid ON ddl_command_start
    EXECUTE FUNCTION forbid()"
warned "an event trigger" 'not checked that expressions are immutable.*: no DDL today' < <(rename users)
cluster_psql a -c "DROP EVENT TRIGGER forbid"

# what is right
write_plan users-full-name <<'P'
title: Rename
owner: payments-db
applications:
  web: {sessions: "shop-web*", release: "42"}
phases:
  expand:
    - add_column: {table: users, column: full_name, type: text}
    - sync: {table: users, old: name, new: full_name}
  deploy:
    - confirm: Everywhere?
      each: [web]
      by: approver
      name: deployed
  backfill:
    - backfill:
        table: users
        set: {full_name: name}
        batch: {max: 1000, target: 20ms}
        rate: 500/s
    - verify: backfill
    - check: SELECT count(*) FROM users WHERE full_name IS NULL
      expect: 0
      name: none-left
    - not_null: {table: users, column: full_name}
  contract:
    - drop_column: {table: users, column: name}
guards:
  stall: {off: a slow test}
P
exits 0 "a right plan" "$PGROLLOUT" load "$plan"
like "$out" 'users-full-name: loaded; it waits before expand' "its receipt"
exits 0 "the same file again" "$PGROLLOUT" load "$plan"
like "$out" 'already loaded' "is loaded already"
cluster_psql_as a shop_owner -c 'ALTER TABLE users ADD COLUMN full_name text'
exits 0 "and once more when its first step is done" "$PGROLLOUT" load "$plan"
exits 0 "as JSON" "$PGROLLOUT" --json load "$plan"
like "$out" '"migration" ?: ?"users-full-name"' "one object"
echo '# edited' >>"$plan"
exits 4 "an edited file" "$PGROLLOUT" load "$plan"
like "$err" 'loaded with another plan' "is another plan"
is "$(cluster_psql a -c 'SELECT count(*) FROM pgrollout.migration')" 1 "one migration"
step() { # NAME EXPRESSION
    cluster_psql a -c "SELECT $2 FROM pgrollout.step WHERE name = '$1'"
}
relid=$(cluster_psql a -c "SELECT 'users'::regclass::oid")
is "$(cluster_psql a -c 'SELECT tables FROM pgrollout.migration')" '{users}' "its table"
is "$(cluster_psql a -c "SELECT string_agg(name, ' ' ORDER BY ord) FROM pgrollout.phase")" \
    "expand deploy backfill contract" "its phases"
is "$(step add-column "detail ->> 'relid', detail ->> 'owner'")" "$relid|shop_owner" "table and owner"
is "$(step add-column "detail ->> 'guards'")" \
    '["replication_lag", "replication_bytes", "slot_wal", "lock_waiters", "lock_wait", "query_latency", "connections", "long_transaction", "archive_queue", "retries"]' \
    "the guards that are on"
like "$(step sync "detail ->> 'trigger'")" '^zzz_pgrollout_sync_[0-9a-f]+$' "the trigger's name"
is "$(step deployed "gate_each, gate_by, gate_text")" '{web}|approver|Everywhere?' "the gate"
key='[{"name": "id", "type": "bigint", "collation": null}]'
is "$(step backfill "detail ->> 'key', detail ->> 'rows_total'")" "$key|1000" "key and rows"
is "$(step backfill "detail -> 'columns', detail ->> 'user_triggers_fire'")" '["full_name"]|false' "what it writes"
is "$(step backfill "detail ->> 'tuning'")" \
    '{"rate": "500", "rest": "1", "batch.max": "1000", "batch.min": "10", "quarantine": "1000", "batch.target": "0.02"}' "tuning"
is "$(step verify "detail ->> 'key', detail ->> 'relid'")" "$key|$relid" "verify: those of its backfill"
is "$(step drop-column irreversible)" t "irreversible"
is "$(step none-left skippable)" t "skippable"

write_plan two-keys < <(rename two_keys)
exits 0 "another unique index where the primary key cannot be walked" "$PGROLLOUT" load "$plan"
is "$(cluster_psql a -c "SELECT detail -> 'key' FROM pgrollout.step s JOIN pgrollout.migration m
    ON m.id = migration_id WHERE m.name = 'two-keys' AND kind = 'backfill'")" \
    '[{"name": "a", "type": "integer", "collation": null}, {"name": "b", "type": "uuid", "collation": null}]' \
    "in its order"
is "$(cluster_psql a -c "SELECT coalesce(detail ->> 'rows_total', 'unknown') FROM pgrollout.step s JOIN
    pgrollout.migration m ON m.id = migration_id WHERE m.name = 'two-keys' AND kind = 'backfill'")" unknown \
    "rows that the login may not count are unknown"
{ rename defaulted; echo "  contract:"; echo "    - drop_column: {table: defaulted, column: name}"; } | write_plan defaulted
exits 0 "a column with a default" "$PGROLLOUT" load "$plan"
is "$(cluster_psql a -c "SELECT detail ->> 'old_default', detail ? 'new_default' FROM pgrollout.step s JOIN
    pgrollout.migration m ON m.id = migration_id WHERE m.name = 'defaulted' AND kind = 'sync'")" \
    "CAST('none'::text AS text)|f" "which an INSERT is compared with"
# every constant that a default can be, as the trigger compares with it
defaults() { # TYPE DEFAULT WANT
    write_plan defaults <<P
phases:
  expand:
    - add_column: {table: users, column: x, type: "$1", default: "$2"}
    - add_column: {table: users, column: y, type: "$1"}
    - sync: {table: users, old: y, new: x}
P
    "$PGROLLOUT" load "$plan" >"$CLUSTER_ROOT/defaults.out" 2>&1 || diag "$(cat "$CLUSTER_ROOT/defaults.out")"
    is "$(cluster_psql a -c "SELECT detail ->> 'new_default' FROM pgrollout.step s JOIN pgrollout.migration m
        ON m.id = migration_id WHERE m.name = 'defaults' AND kind = 'sync'")" "$3" "a default: $1 $2"
    cluster_psql a -c "DELETE FROM pgrollout.migration WHERE name = 'defaults'"
}
defaults text "'(none)'" "CAST('(none)'::text AS text)"
defaults 'varchar(9)' "'x'" "CAST('x'::character varying AS character varying(9))"
defaults 'numeric(9,2)' -1 "CAST('-1'::integer AS numeric(9,2))"
defaults bigint '2 * (3 + 4)' "CAST((2 * (3 + 4)) AS bigint)"
defaults 'text[]' 'ARRAY[]::text[]' "CAST(ARRAY[]::text[] AS text[])"
defaults jsonb "'{}'" "CAST('{}'::jsonb AS jsonb)"
defaults timestamptz "'2020-01-01 00:00'" "CAST('2020-01-01 00:00:00+00'::timestamp with time zone AS timestamp with time zone)"
defaults interval "'-1 day +2 hours'" "CAST('P-1DT2H'::interval AS interval)"
rename c_key | write_plan c-key
exits 0 "a text key" "$PGROLLOUT" load "$plan"
is "$(cluster_psql a -c "SELECT detail #>> '{key,0,collation}' FROM pgrollout.step s JOIN pgrollout.migration m
    ON m.id = migration_id WHERE m.name = 'c-key' AND kind = 'backfill'")" 'pg_catalog."C"' \
    "with the collation of its index"

# a database whose own collation has moved to another version
cluster_psql a -c "CREATE DATABASE icu TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'"
cluster_env a postgres icu
ok "install there" "$PGROLLOUT" install
"$CLUSTER_BIN/psql" -Xq -c "CREATE TABLE words (word text PRIMARY KEY, name text)" \
    -c "ALTER TABLE words OWNER TO shop_owner" -c "GRANT CREATE ON SCHEMA public TO shop_owner"
cluster_env a lab_operator icu
rename words | write_plan words
exits 0 "a text key in the default collation" "$PGROLLOUT" load "$plan"
cluster_psql a -c "UPDATE pg_database SET datcollversion = '1' WHERE datname = 'icu'"
refused "its library has moved" '"word" is sorted by collation pg_catalog."default"' < <(rename words)

cluster_replica b a
cluster_env b lab_operator
rename users | write_plan standby
exits 4 "a standby" "$PGROLLOUT" load "$plan"
like "$err" 'is a standby' "by name"
like "$err" 'Connect to the primary' "and what to do"
done_testing
