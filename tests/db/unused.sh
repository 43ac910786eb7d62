#!/bin/bash
# The step `unused` with a real engine: who comes in the middle begins it anew and is named, a killed engine
# loses nothing of the time, and what nobody can prove does not count.
. "$(dirname "$0")/driven.sh"

driven_start pg_stat_statements.max=500
waits_for() { step_field "$1" unused "detail ->> 'waits_for'"; }
says() { [[ $(waits_for "$1") =~ $2 ]]; }
tells() { # NAME REGEX DESCRIPTION
    wait_until 30 says "$1" "$2"
    like "$(waits_for "$1")" "$2" "$3"
}
begun() { step_field "$1" unused "detail #>> '{evidence,memo,since_us}'"; }
web() { cluster_psql_as a shop_web -c "$1" >/dev/null; }

gate() { # NAME SECONDS [MORE-KEYS]
    migration "$1" <<YAML
  stop_old_writes:
    - unused: {column: $1.name, for: ${2}s${3:-}}
  contract:
    - drop_column: {table: $1, column: name}
YAML
}
for table in mid lone backup; do
    users_table "$table" 20
    owner "GRANT SELECT, UPDATE ON $table TO shop_web, shop_cron" >/dev/null
done
web 'SELECT name FROM mid' # long ago: before the window

gate mid 6
engine_start
operator advance mid >/dev/null
tells mid 'nothing has used mid\.name for [1-4]s of 6s' "it says for how long, past uses or not"
web "SELECT id, note FROM mid WHERE id = 1; UPDATE mid SET note = 'x' WHERE id = 1"
first=$(begun mid)
web "SELECT m.name FROM mid m WHERE m.id = 1"
tells mid 'begun anew: 1 call by shop_web on primary: SELECT m\.name FROM mid m WHERE m\.id = \$1' \
    "whoever comes in the middle begins it anew, and is named"
second=$(begun mid)
ok "later than before" test "$second" -gt "$first"
web "SELECT note FROM mid WHERE id = 1"

engine_kill
engine_start
tells mid 'nothing has used mid\.name for' "another engine goes on"
is "$(begun mid)" "$second" "with the time of the first, neighbours being no users"
engine_kill
web "SELECT m.name FROM mid m WHERE m.id = 1"
engine_start
tells mid 'begun anew: 1 call on primary while no engine looked' "a use while no engine lived is found"
third=$(begun mid)
ok "and begins it anew" test "$third" -gt "$second"

owner 'CREATE VIEW faces AS SELECT id, name FROM mid' >/dev/null
tells mid '^view public\.faces' "what stands on it is named"
owner 'DROP VIEW faces' >/dev/null
tells mid '^nothing has used mid\.name for' "until it is gone"
sql 'SELECT pg_stat_statements_reset()' >/dev/null
tells mid 'the statistics of primary began anew' "counters that were reset prove nothing"
web "SELECT m.name FROM mid m WHERE m.id = 1; SELECT m.name FROM mid m WHERE m.id = 2"
tells mid 'begun anew: [12] calls? by shop_web' "nor against what comes then"
fourth=$(begun mid)
sleep 1
sql "SELECT pg_stat_statements_reset(userid, dbid, queryid) FROM pg_stat_statements WHERE query LIKE 'SELECT m.name FROM mid%'" >/dev/null
web "SELECT m.name FROM mid m WHERE m.id = 1"
tells mid 'begun anew: 1 call by shop_web on primary, counted anew' "a statement that was forgotten and is back is a use"
ok "and begins it anew" test "$(begun mid)" -gt "$fourth"
hold_open "UPDATE mid SET name = 'y' WHERE id = 2" shop_web
echo "UPDATE mid SET name = 'y' WHERE id = 3;" >&"$holder_in"
tells mid 'session [0-9]+ of shop_web on primary (reads and )?writes it' "a session at work is named"
release ROLLBACK
reaches mid '\[boundary contract\]' "when nobody comes, it ends" 40
like "$(events mid)" 'unused: done, nothing has used mid\.name for 6s of 6s; coverage 100\.0 % on 1 server' \
    "with its coverage in the journal"
web "SELECT m.name FROM mid m WHERE m.id = 1"
as approver contract mid --confirm mid >/dev/null 2>&1
wait_until 20 eval '[[ $(events mid) =~ "unused is no longer true" ]]'
like "$(events mid)" 'unused is no longer true: .*1 call by shop_web' "whoever comes before contract stops it"
like "$(sql "SELECT attname FROM pg_attribute WHERE attrelid = 'mid'::regclass AND attname = 'name'")" name \
    "and the column stays"

# what was forgotten for want of room, and roles that do not count
gate backup 3 ', except: ["shop_cron"]'
operator advance backup >/dev/null
tells backup 'nothing has used' "it looks"
cluster_psql_as a shop_cron -c 'SELECT * FROM backup' >/dev/null
reaches backup '\[boundary contract\]' "a role that is left out is no user" 40
gate lone 5
operator advance lone >/dev/null
tells lone 'nothing has used' "it looks again"
cluster_psql a -f - <<<"$(for i in $(seq 700); do echo "SELECT $(printf '1,%.0s' $(seq "$i"))1;"; done)" >/dev/null
tells lone 'blind: .*only [0-9.]+ % of the calls on lone were seen|begun anew: only [0-9.]+ %' \
    "statements that came and were forgotten between two looks are not passed over"
engine_stop
done_testing
