#!/bin/bash
# VACUUM between batches: it keeps the table small, gives way to a pause, and is left alone where an old
# snapshot would make it useless.
. "$(dirname "$0")/driven.sh"

driven_start
engine_start
big_table() {
    users_table "$1" "${2:-30000}"
    owner "ALTER TABLE $1 SET (autovacuum_enabled = off)" >/dev/null
    owner "VACUUM $1" >/dev/null
    migration "$1" <<YAML
  expand:
    - add_column: {table: $1, column: full_name, type: text}
    - sync: {table: $1, old: name, new: full_name}
  backfill:
    - backfill: {table: $1, set: {full_name: name}, batch: {max: 1000}, rest: ${3:-0}}
      name: copy
YAML
    drive "$1" 'boundary backfill'
}
pages() { sql "SELECT pg_relation_size('$1') / 8192"; }
vacuums() { sql "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = '$1'"; }

big_table plain
before=$(pages plain)
operator advance plain >/dev/null
reaches plain '^done' "a backfill with VACUUM"
ok "ran it between the batches" wait_until 5 eval '[ "$(vacuums plain)" -ge 5 ]'
after=$(pages plain)
ok "the table has grown by less than half: $before to $after pages" test $((after * 2)) -lt $((before * 3))

# the same below an old snapshot
big_table old
done_before=$(vacuums old)
hold_open 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1'
operator advance old >/dev/null
reaches old '^done' "below an old snapshot"
release
sleep 0.6
is "$(vacuums old)" "$done_before" "it runs none"

# a pause ends it
big_table slow 80000 0.1
sql "ALTER SYSTEM SET vacuum_cost_limit = 1" >/dev/null
sql "ALTER SYSTEM SET vacuum_cost_page_hit = 1000" >/dev/null
sql 'SELECT pg_reload_conf()' >/dev/null
operator advance slow >/dev/null
vacuuming() { [ "$(sql "SELECT count(*) FROM pg_stat_progress_vacuum WHERE relid = 'slow'::regclass")" = 1 ]; }
ok "it runs" wait_until 10 vacuuming
exits 0 "pause" operator pause slow
like "$out" 'ended pid [0-9]+ \(vacuum\)' "ends it"
ok "at once" eval '! vacuuming'
n=$(sql "SELECT count(*) FROM slow WHERE full_name IS NOT NULL")
sleep 1
is "$(sql "SELECT count(*) FROM slow WHERE full_name IS NOT NULL")" "$n" "nothing more is filled"
sql 'ALTER SYSTEM RESET ALL' >/dev/null
sql 'SELECT pg_reload_conf()' >/dev/null
operator resume slow >/dev/null
reaches slow '^done' "and it goes on"
engine_stop
done_testing
