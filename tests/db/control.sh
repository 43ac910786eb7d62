# The control schema for tests that act below the program: put in by psql from the very files, so that
# what is proven here does not depend on an engine. Source it after nothing else: it brings cluster.sh.
# shellcheck shell=bash

# shellcheck source=tests/lib/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/cluster.sh"

CONTROL_SQL=$top_srcdir/src/engine/sql

# Schema, roles, and the practice cluster's logins in their roles.
control_install() { # NAME
    local args=(-1 -c 'SET client_min_messages = warning' -f "$CONTROL_SQL/roles.sql") file
    args+=(-c 'CREATE SCHEMA pgrollout AUTHORIZATION pgrollout_owner' -c 'SET ROLE pgrollout_owner')
    for file in "$CONTROL_SQL"/schema/*.sql; do
        args+=(-f "$file")
    done
    args+=(-c 'INSERT INTO pgrollout.schema_version (version) VALUES (1)' -c 'RESET ROLE')
    for file in engine operator approver responder viewer; do
        args+=(-c "GRANT pgrollout_$file TO lab_$file")
    done
    cluster_psql "$1" "${args[@]}" >/dev/null || bail "the control schema could not be put in"
}

# A table to fill: every update that changes a value counts in hits, so that a batch done twice shows.
control_table() { # NAME ROWS
    cluster_psql_as "$1" shop_owner >/dev/null <<SQL || bail "no table"
CREATE TABLE public.users (id bigint PRIMARY KEY, name text NOT NULL, full_name text,
                           hits int NOT NULL DEFAULT 0);
INSERT INTO public.users (id, name) SELECT i, 'name ' || i FROM generate_series(1, $2) i;
CREATE FUNCTION public.users_hit() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.hits := OLD.hits + 1; RETURN NEW; END';
CREATE TRIGGER users_hit BEFORE UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION public.users_hit();
GRANT SELECT, UPDATE ON public.users TO lab_engine;
SQL
}

# The plan of these tests as `load` takes it: expand (add), deploy (gate), backfill (copy), contract.
control_plan() { # MIGRATION [SHA]
    cat <<JSON
{"name": "$1", "schema": "public", "plan_text": "plan of $1", "plan_sha256": "${2:-0123456789}",
 "tables": [], "phases": ["expand", "deploy", "backfill", "contract"],
 "steps": [
  {"phase": "expand", "name": "add", "kind": "add_column", "title": "add", "does": "ALTER TABLE",
   "locks": "AccessExclusiveLock", "undo": "ALTER TABLE"},
  {"phase": "deploy", "name": "gate", "kind": "confirm", "title": "gate", "does": "asks",
   "locks": "none", "gate_text": "Deployed?", "reverse_text": "Rolled back?", "skippable": true},
  {"phase": "backfill", "name": "copy", "kind": "backfill", "title": "copy", "does": "UPDATE",
   "locks": "RowExclusiveLock"},
  {"phase": "contract", "name": "drop", "kind": "drop_column", "title": "drop", "does": "ALTER TABLE",
   "locks": "AccessExclusiveLock", "irreversible": true}]}
JSON
}

control_load() { # NAME MIGRATION
    cluster_psql_as "$1" lab_operator -v plan="$(control_plan "$2")" \
        <<<"SELECT (pgrollout.load(:'plan'::jsonb)).ok" >/dev/null || bail "\"$2\" was not loaded"
}
