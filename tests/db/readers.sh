#!/bin/bash
# Before readers switch, the new column must have what the old one has: its indexes, and statistics.
# shellcheck source=tests/db/driven.sh
. "$(dirname "$0")/driven.sh"
driven_start

plan() { # NAME [BACKFILL-STEPS]
    migration "$1" <<YAML
  expand:
    - add_column: {table: t, column: full_name, type: text}
    - sync: {table: t, old: name, new: full_name}
  backfill:
    - backfill: {table: t, set: {full_name: name}, rest: 0}
      name: copy
    - verify: copy
${2:-}
  switch_reads:
    - confirm: Every reader has switched.
      name: readers
  contract:
    - drop_column: {table: t, column: name}
YAML
}
users_table t 12000
owner "CREATE INDEX t_name ON t (lower(name), id DESC) WHERE name IS NOT NULL; CREATE UNIQUE INDEX t_name_note ON t (name, note);
    ALTER TABLE t SET (autovacuum_enabled = off)" >/dev/null
engine_start --advance auto

plan m
operator advance m >/dev/null
reaches m '\[boundary switch_reads\]' "not even --advance auto goes on" 30
exits 4 "nor does a person" operator advance m
like "$err" 'no index on full_name does what t_name does for name; no index on full_name does what t_name_note does' \
    "the indexes are named"
like "$err" 'full_name has no statistics since it was filled' "and so are statistics"
like "$(operator status m)" 'no index on full_name' "status says it"
owner "ANALYZE t; CREATE INDEX a ON t (lower(full_name), id DESC) WHERE full_name IS NOT NULL" >/dev/null
exits 4 "one is still missing" operator advance m
unlike "$err" 't_name does|statistics' "only that one is named"
owner "CREATE UNIQUE INDEX b ON t USING btree (full_name, note)" >/dev/null
exits 0 "with all of them" operator advance m
is "$(events m | grep 'advance into switch')" 'advance into switch_reads' "of which nothing more is said"
comes_to m '\[gate readers\]'
operator confirm m >/dev/null
drives m '^done' "done"

owner "ALTER TABLE t RENAME COLUMN full_name TO name; DROP INDEX a, b; CREATE INDEX t_name ON t (name)" >/dev/null
plan n "    - analyze: t"
comes_to n 'boundary expand' && operator advance n >/dev/null
comes_to n '\[boundary switch_reads\]' 30
exits 4 "again" operator advance n
unlike "$err" statistics "the plan has gathered them"
exits 0 "with a reason" operator advance n --reason 'the report that read it is gone'
like "$(events n)" "advance into switch_reads: the report that read it is gone \(although no index on full_name does what" "which the journal keeps"
engine_stop
done_testing
