# A migration in the control schema without plan, table or engine: what commands and looks are tried
# on (bash; after tests/lib/cluster.sh).
# shellcheck shell=bash

# sample_load CLUSTER NAME: loads it as the superuser; three phases, a gate for two applications.
sample_load() {
    local text="pgrollout: 1
migration: $2
title: A sample
applications: {web: {}, cron: {}}
phases:
  expand:
    - add_column: {table: t, column: b, type: text}
      name: add
  deploy:
    - confirm: Is it everywhere?
      each: [web, cron]
      name: deployed
  contract:
    - drop_column: {table: t, column: a}
      name: drop
"
    cluster_psql "$1" >/dev/null -v name="$2" -v text="$text" <<'SQL'
SELECT * FROM pgrollout.load(jsonb_build_object(
    'name', :'name', 'title', 'A sample', 'owner', 'payments-db', 'contact', '#payments',
    'schema', 'public', 'plan_text', :'text',
    'plan_sha256', encode(sha256(convert_to(:'text', 'UTF8')), 'hex'), 'tables', '[]'::jsonb,
    'phases', '["expand", "deploy", "contract"]'::jsonb,
    'steps', '[
      {"phase": "expand", "name": "add", "kind": "add_column", "title": "add column b", "does": "ALTER",
       "locks": "t ACCESS EXCLUSIVE", "undo": "drop column b", "loses": "what was written to b",
       "detail": {"tuning": {"batch.max": 50000, "rest": 1, "batch.target": 0.01}, "guards": ["stall"]}},
      {"phase": "deploy", "name": "deployed", "kind": "confirm", "title": "gate", "does": "asks",
       "locks": "none", "skippable": true, "gate_text": "Is it everywhere?",
       "reverse_text": "Is it rolled back?", "gate_each": ["web", "cron"]},
      {"phase": "contract", "name": "drop", "kind": "drop_column", "title": "drop column a",
       "does": "ALTER", "locks": "t ACCESS EXCLUSIVE", "irreversible": true}]'::jsonb));
SQL
}

# sample_open_gate CLUSTER NAME: as if the engine had come to the gate.
sample_open_gate() {
    cluster_psql "$1" >/dev/null -v name="$2" <<'SQL'
SELECT m.id FROM pgrollout.migration m WHERE m.name = :'name' ORDER BY m.id DESC LIMIT 1 \gset
UPDATE pgrollout.step SET state = 'done' WHERE migration_id = :id AND phase = 'expand';
UPDATE pgrollout.phase SET state = 'done' WHERE migration_id = :id AND name = 'expand';
DELETE FROM pgrollout.hold WHERE migration_id = :id;
SELECT pgrollout.phase_enter(:id, 'deploy', 'engine');
SELECT pgrollout.gate_open(:id, 'deployed', false);
SQL
}

# sample_before_contract CLUSTER NAME: as if everything before contract were done.
sample_before_contract() {
    cluster_psql "$1" >/dev/null -v name="$2" <<'SQL'
SELECT m.id FROM pgrollout.migration m WHERE m.name = :'name' ORDER BY m.id DESC LIMIT 1 \gset
UPDATE pgrollout.migration SET state = 'active', phase = 'deploy' WHERE id = :id;
UPDATE pgrollout.step SET state = 'done' WHERE migration_id = :id AND phase <> 'contract';
UPDATE pgrollout.phase SET state = 'done' WHERE migration_id = :id AND name <> 'contract';
DELETE FROM pgrollout.hold WHERE migration_id = :id;
SELECT pgrollout.boundary_place(:id, 'contract');
SQL
}
