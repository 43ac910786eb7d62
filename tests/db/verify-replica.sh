#!/bin/bash
# verify with `on: replica`: it waits for what the standby has not replayed, reads there and nowhere else,
# finds what differs, and says so where no standby can be read.
. "$(dirname "$0")/driven.sh"

driven_start
cluster_replica b a
conf=$CLUSTER_ROOT/pgrollout.conf
export PGROLLOUT_CONF=$conf
printf '[replica gone]\nconninfo=host=%s port=1 connect_timeout=1\n[replica near]\nconninfo=%s\n' "$CLUSTER_ROOT" \
    "$(cluster_conninfo b lab_engine)" >"$conf"
chmod 600 "$conf"
users_table users 400
owner "ALTER TABLE users ADD full_name text; CREATE TABLE names (id bigint PRIMARY KEY, name text)" >/dev/null
plan() {
    cat <<YAML
  backfill:
    - backfill: {table: users, set: {full_name: name}, batch: {start: 50, max: 100}}
      name: set
    - backfill: {table: users, into: names, columns: {id: id, name: name}, batch: {start: 50, max: 100}}
      name: into
    - confirm: Filled?
      name: filled
    - verify: set
      on: replica
      name: verify-set
    - verify: into
      on: replica
      name: verify-into
YAML
}
# one standby never answers, and replay is stopped: other guards than these are about that
guards="guards: {replication_lag: {off: tested elsewhere}, replication_bytes: {off: tested elsewhere}}"
on_b() { cluster_psql b -c "$1"; }

plan >"$CLUSTER_ROOT/body"
migration near "$guards" <"$CLUSTER_ROOT/body"
engine_start
drive near '\[gate filled\]' || bail "not filled: $(where near)"
on_b 'SELECT pg_wal_replay_pause()' >/dev/null
owner "UPDATE users SET note = 'late'" >/dev/null
operator confirm near >/dev/null 2>&1
wait_until 20 eval '[[ $(step_field near verify-set "detail ->> '"'waits_for'"'") =~ "standby near to replay" ]]'
like "$(step_field near verify-set "detail ->> 'waits_for'")" 'standby near to replay .*B more' \
    "it waits for what is not replayed, and says on which standby, and how much"
on_b 'SELECT pg_wal_replay_resume()' >/dev/null
drives near '^done' "both are compared" 40
like "$(events near)" '400 keys in [0-9]+ batches, 0 rows differ, compared on standby near' "on the standby"
is "$(on_b "SELECT sum(calls) > 1 FROM pg_stat_statements WHERE query LIKE '%batch_end%' AND query LIKE '%full_name%'")" t \
    "which has seen the statements" 

owner "UPDATE users SET full_name = NULL, name = name" >/dev/null
owner "TRUNCATE names" >/dev/null
migration planted "$guards" <"$CLUSTER_ROOT/body"
drive planted '\[gate filled\]' || bail "not filled: $(where planted)"
owner "UPDATE users SET full_name = 'planted' WHERE id = 7" >/dev/null
drive planted '^failed' 40
like "$(step_field planted verify-set "error || ' ' || error_detail")" '1 of 400 rows.*: 7\.' "what differs is found there"
owner "UPDATE users SET full_name = name WHERE id = 7; INSERT INTO names VALUES (100000, 'x')" >/dev/null
operator retry planted >/dev/null 2>&1
wait_until 20 is_where planted 'verify-into:failed'
like "$(step_field planted verify-into "error || ' ' || error_detail")" '1 of 400 rows.*100000 .no source' "a retry reads what came since"

# rows passed by place are in the same places there
owner "CREATE TABLE keyless (c int, name text); INSERT INTO keyless SELECT i, 'n' FROM generate_series(1, 3000) i" >/dev/null
migration keyless "$guards" <<'YAML'
  expand:
    - add_column: {table: keyless, column: full_name, type: text}
    - sync: {table: keyless, old: name, new: full_name}
  backfill:
    - backfill: {table: keyless, set: {full_name: name}, rest: 0}
      name: set
    - verify: set
      on: replica
YAML
drive keyless '^done' 40
like "$(events keyless)" 'verify: done, [3-6][0-9]{3} keys in [0-9]+ batches, 0 rows differ, compared on standby near' "by place, too"
engine_stop
printf '[replica gone]\nconninfo=host=%s port=1 connect_timeout=1\n' "$CLUSTER_ROOT" >"$conf"
engine_start
owner "DELETE FROM names WHERE id = 100000" >/dev/null
operator retry planted >/dev/null 2>&1
wait_until 20 eval '[[ $(step_field planted verify-into "detail ->> '"'waits_for'"'") =~ "does not answer" ]]'
like "$(where planted)" 'verify-into:running' "without a standby that answers nothing is said to be verified"
engine_stop
rm "$conf"
unset PGROLLOUT_CONF
engine_start
reaches planted '^failed' "and where none is known it fails" 20
like "$(step_field planted verify-into "error || ' ' || error_detail")" 'no standby is known.*pgrollout.conf' "with what to do"
engine_stop
done_testing
