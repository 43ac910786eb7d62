#!/bin/bash
# forecast: what it says of tables of every kind, that it changes nothing, and how far off it is.
. "$(dirname "$0")/../db/driven.sh"
. "$(dirname "$0")/../lib/campaign.sh"

driven_start wal_level=logical max_slot_wal_keep_size=1GB
rows=$(sample 30000 1000000)
plan=$CLUSTER_ROOT/plan.yaml

# a backfill of TABLE.full_name from name; the column is still to come unless its step is left out
rename_plan() { # TABLE [TOP-LEVEL-YAML] [BATCH-YAML]
    cat >"$plan" <<P
pgrollout: 1
migration: forecast-$1
$2
phases:
  expand:
    - add_column: {table: $1, column: full_name, type: text}
    - sync: {table: $1, old: name, new: full_name}
  backfill:
    - backfill: {table: $1, set: {full_name: name}${3:+, $3}}
      name: copy
    - verify: copy
P
}
fill_plan() { # TABLE COLUMN EXPRESSION WHERE
    printf 'pgrollout: 1\nmigration: forecast-%s\nphases:\n  backfill:\n' "$1" >"$plan"
    printf '    - backfill: {table: %s, set: {%s: "%s"}, where: "%s"}\n      name: copy\n' "$@" >>"$plan"
}
table() { # NAME WITH [COLUMNS]: committed before it is analyzed, as tables are
    owner "CREATE TABLE $1 (id bigint PRIMARY KEY, name text, note text$3) WITH (autovacuum_enabled = off$2)"
    owner "INSERT INTO $1 SELECT i, 'name ' || i, 'n' || i FROM generate_series(1, $rows) i"
} >/dev/null
forecast() { # LOGIN [ARGS]: exits 0, into $json
    local login=$1
    shift
    json=$("$PGROLLOUT" -U "$login" --json forecast "$plan" "$@" 2>"$CLUSTER_ROOT/err") || diag "$(cat "$CLUSTER_ROOT/err")"
}
# a value of the answer; of the step "copy" where the path begins with "."
fact() { # JSONPATH
    local path=\$.$1
    [[ $1 != .* ]] || path="\$.steps[*] ? (@.name == \"copy\")$1"
    sql "SELECT string_agg(v #>> '{}', ' ' ORDER BY n) FROM
        jsonb_path_query('${json//\'/\'\'}'::jsonb, '$path') WITH ORDINALITY x (v, n)"
}
between() { # GOT LOW HIGH DESCRIPTION
    ok "$4: $1, from $2 to $3" awk -v g="$1" -v l="$2" -v h="$3" 'BEGIN { exit !(g != "" && g + 0 >= l && g + 0 <= h) }'
}
# low at most and high at least the truth, widened by FACTOR
covers() { # PATH TRUTH FACTOR DESCRIPTION
    local low high
    low=$(fact "$1[0]") high=$(fact "$1[1]")
    ok "$4: $2, forecast $low to $high" awk -v l="$low" -v h="$high" -v t="$2" -v f="$3" \
        'BEGIN { exit !(l != "" && h != "" && l / f <= t && t <= h * f) }'
}

# --- HOT
table hot ', fillfactor = 50'
owner "ANALYZE hot"
rename_plan hot
forecast lab_engine
is "$(fact .hot.possible) $(fact .hot.measured)" "true true" "free pages: HOT is possible, and measured"
between "$(fact '.hot.share[0]')" 0.9 1 "the share of HOT updates where half of each page is free"
covers .rows_touched "$rows" 1 "every row is to be changed"
covers .rows "$rows" 1 "so many rows"
between "$(fact .row_bytes)" 40 70 "bytes a row"
is "$(fact '.heap_bytes[1]')" 0 "HOT updates in the room of their pages do not let the heap grow"
is "$(fact .sample.batches) $(fact .sample.substitute)" "5 true" \
    "five batches, of another column while the new one is not there"
# one that begins near the last key is shorter
between "$(fact .sample.changed)" 1000 2500 "rows that they changed"
like "$(fact '.seconds[0]') $(fact '.wal_bytes[0]')" '^[0-9.]+ [0-9]+$' "time and WAL are known"

# --- nothing is changed
is "$(sql "SELECT count(*) FROM hot WHERE name <> 'name ' || id OR note <> 'n' || id")" 0 "no row was changed"
is "$(sql "SELECT count(*) FROM pg_attribute WHERE attrelid = 'hot'::regclass AND attname = 'full_name'")" 0 \
    "no column was added"
updates() { sql "SELECT n_tup_upd FROM pg_stat_all_tables WHERE relname = 'hot'"; }
between "$(updates)" 1 5000 "rows updated and rolled back, at most what the manual says"
before=$(updates)
forecast lab_engine --no-sample
is "$(updates) $(fact sampled) $(fact .not_sampled)" "$before false not asked for" "--no-sample makes no batch"
is "$(fact .seconds)" "" "then nothing is said of the time"
exits 2 "a plan with mistakes is not looked at" "$PGROLLOUT" forecast /dev/null

# --- not HOT
table cold '' ', full_name text'
owner "CREATE INDEX cold_note ON cold (note);
    CREATE INDEX cold_where ON cold (id) WHERE lower(full_name) <> '';
    CREATE INDEX cold_expression ON cold (length(full_name || name));
    CREATE INDEX cold_carried ON cold (note) INCLUDE (full_name)" >/dev/null
owner "ANALYZE cold" >/dev/null
fill_plan cold full_name name 'full_name IS NULL'
forecast lab_engine
is "$(fact .hot.possible) $(fact '.hot.blocked_by[*]') $(fact '.hot.share[1]')" \
    "false cold_where cold_expression cold_carried 0" "indexes hold the column in all ways but as a key: no HOT"
is "$(fact .sample.substitute) $(fact .indexes)" "false 5" "the change itself was tried"
ok "it would grow" test "$(fact '.index_bytes[0]')" -gt 0

# --- what only some rows need
owner "UPDATE cold SET full_name = name WHERE id % 10 > 0" >/dev/null
forecast lab_engine
covers .rows_touched $((rows / 10)) 1.5 "a tenth of the rows is left"
like "$json" 'VACUUM is behind on public.cold' "dead row versions are told"
cluster_psql_as a shop_owner -c "BEGIN; UPDATE cold SET note = note WHERE id = 1; PREPARE TRANSACTION 'forgotten'" >/dev/null
forecast lab_engine
like "$json" 'a prepared transaction is open' "who keeps VACUUM from its work is told"
cluster_psql_as a shop_owner -c "ROLLBACK PREPARED 'forgotten'" >/dev/null

# --- slots, archive, room
sql "SELECT pg_create_logical_replication_slot('cdc_stuck', 'pgoutput')" >/dev/null
forecast lab_engine
slot() { sql "SELECT v FROM jsonb_path_query('${json//\'/\'\'}'::jsonb, '\$.slots[*] ? (@.name == \"cdc_stuck\").$1') v"; }
is "$(slot active) $(slot limit_bytes)" "false 1073741824" "a slot that nobody reads"
between "$(slot full_s)" 1 100000 "seconds until it is lost at our pace"
text=$("$PGROLLOUT" -U lab_engine forecast "$plan" 2>/dev/null)
like "$text" 'cdc_stuck, logical, not in use; keeps .* is lost after' "and in words"
like "$text" 'archive +off' "no archive"
is "$(awk 'length > 80' <<<"$text")" "" "no line is wider than 80 columns"
like "$text" 'heap and indexes need [0-9]' "the free room, or that it is not known"
sql "SELECT pg_drop_replication_slot('cdc_stuck')" >/dev/null

# --- tables that say little
exits 4 "a table that the login may not read" "$PGROLLOUT" -U lab_viewer forecast "$plan"
like "$out" 'not read +permission denied' "by name"
like "$out" 'rows .* by the statistics' "the statistics are told all the same"
json=$("$PGROLLOUT" -U lab_viewer --json forecast "$plan" 2>/dev/null)
covers .rows "$rows" 1 "and lie about the truth"
like "$out" 'to change 0 to .*HOT .*no: .*WAL .*growth' "and what follows from them"
owner "CREATE TABLE void (id bigint PRIMARY KEY, name text)" >/dev/null
rename_plan void
forecast lab_engine
is "$(fact '.rows[*]') $(fact '.seconds[*]') $(fact '.wal_bytes[*]')" "0 0 0 0 0 0" "an empty table takes nothing"
like "$(fact '.not_sampled')" 'no row was seen' "and there is nothing to try"
table fresh ''
rename_plan fresh
forecast lab_engine
is "$(fact .statistics_rows) $(fact .statistics_age_s)" " " "never analyzed: there are no statistics"
covers .rows "$rows" 1 "the sample knows better"
like "$json" 'public.fresh was never analyzed' "and it says so"
like "$json" 'autovacuum is off for public.fresh' "as it does of the autovacuum"
rename_plan nowhere
exits 1 "no such table" "$PGROLLOUT" -U lab_engine forecast "$plan"
like "$out" 'there is no such table' "it says so"

owner "CREATE TABLE \"S \"\"t\" (k1 text COLLATE \"C\", k2 uuid, name text, s int, PRIMARY KEY (k1, k2))" >/dev/null
owner "INSERT INTO \"S \"\"t\" SELECT 'a''b\\' || i % 97, gen_random_uuid(), 'n' || i, i FROM generate_series(1, $rows) i" >/dev/null
rename_plan "'S \"t'"
sed -i 's/^migration: .*/migration: odd/' "$plan"
forecast lab_engine
between "$(fact .sample.changed)" 1000 2500 "a key of text and uuid in a table of an odd name"
owner "CREATE TABLE parts (id bigint PRIMARY KEY, name text) PARTITION BY HASH (id)" >/dev/null
for part in 0 1 2; do
    owner "CREATE TABLE parts_$part PARTITION OF parts FOR VALUES WITH (MODULUS 3, REMAINDER $part)" >/dev/null
done
owner "INSERT INTO parts SELECT i, 'n' || i FROM generate_series(1, $rows) i" >/dev/null
rename_plan parts
forecast lab_engine
covers .rows "$rows" 1 "the rows of all partitions"
between "$(fact .sample.changed)" 1000 2500 "batches go through partitions, too"
if [ -n "${PGROLLOUT_CAMPAIGN:-}" ]; then
    cluster_replica b a
    cluster_catchup b a
    json=$("$PGROLLOUT" -d "$(cluster_conninfo b lab_engine)" --json forecast "$plan" 2>/dev/null)
    is "$(fact .not_sampled)" 'this is a standby' "a standby is read"
    covers .rows "$rows" 1 "and tells the rows"
fi

# --- other kinds of steps, from the version on that reads them
table kinds ''
owner "ANALYZE kinds" >/dev/null
cat >"$plan" <<P
pgrollout: 1
migration: kinds
phases:
  expand:
    - add_column: {table: kinds, column: full_name, type: text}
    - sync: {table: kinds, old: name, new: full_name}
    - index: {table: kinds, columns: [full_name DESC, (id + 1)], name: kinds_full}
    - add_table: {table: notes, columns: {nid: bigint, txt: text}, primary_key: [nid]}
  backfill:
    - backfill: {table: kinds, set: {full_name: name}}
      name: copy
    - backfill: {table: kinds, into: notes, columns: {nid: id, txt: note}, where: "true"}
      name: split
P
if ! "$PGROLLOUT" lint "$plan" 2>&1 | grep -q 'not supported by this version'; then
    forecast lab_engine
    like "$(fact '.hot.blocked_by[*]')" 'step index' "an index of the plan comes before the column is filled"
    like "$json" 'build the index after' "which is said"
    index() { sql "SELECT v FROM jsonb_path_query('${json//\'/\'\'}'::jsonb, '\$.steps[*] ? (@.name == \"$1\").$2') v"; }
    owner "CREATE INDEX like_it ON kinds (name DESC, (id + 1))" >/dev/null
    between "$(sql "SELECT pg_relation_size('like_it')")" "$(index index 'index_bytes[0]')" \
        "$(index index 'index_bytes[1]')" "the size of an index, by what its column will be filled with"
    owner "CREATE TABLE like_that AS SELECT id, note FROM kinds" >/dev/null
    between "$(sql "SELECT pg_relation_size('like_that')")" "$(awk -v b="$(index split 'heap_bytes[0]')" 'BEGIN { print b * 0.8 }')" \
        "$(index split 'heap_bytes[1]')" "the size of another table that is filled"
fi

# --- who is in the way
rename_plan fresh '' 'batch: {start: 200}'
hold_open "LOCK TABLE fresh"
exits 1 "a locked table is not waited for" timeout 20 "$PGROLLOUT" -U lab_engine forecast "$plan"
like "$out" 'something holds' "it says so"
release
hold_open "UPDATE fresh SET note = 'mine'"
forecast lab_engine
like "$(fact .not_sampled)" 'lock timeout' "locked rows are not waited for"
release ROLLBACK
owner "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER shout BEFORE UPDATE ON fresh FOR EACH ROW EXECUTE FUNCTION shout()" >/dev/null
forecast lab_engine
is "$(fact .not_sampled)" 'trigger "shout" would fire' "nobody's trigger is fired for a forecast"
rename_plan fresh 'user_triggers: fire' 'batch: {start: 200}'
forecast lab_engine
is "$(fact .sample.batches) $(fact sampled)" "5 true" "unless the plan lets it"
like "$json" 'trigger ..shout.. on public.fresh fires' "it is told in any case"

# --- show, load, and what it comes to
table real ''
owner "CREATE INDEX real_note ON real (note); ANALYZE real" >/dev/null
rename_plan real '' 'rest: 0.5'
unlike "$(PGHOST=/nowhere "$PGROLLOUT" show "$plan" 2>/dev/null)" "forecast [0-9u]" "show connects to nothing by itself"
like "$("$PGROLLOUT" -U lab_engine show "$plan")" 'forecast .* of .* rows' "with a connection it has the forecast"
sql "GRANT pgrollout_operator TO lab_engine" >/dev/null
forecast lab_engine
text=$("$PGROLLOUT" -U lab_engine load --sample "$plan")
like "$text" 'forecast .*time [0-9.]+ s to ' "load measures where it is told to"
sql "CHECKPOINT" >/dev/null
heap() { sql "SELECT pg_relation_size('real')"; }
indexes() { sql "SELECT pg_indexes_size('real')"; }
heap=$(heap) indexes=$(indexes)
engine_start
operator advance forecast-real >/dev/null
comes_to forecast-real 'boundary backfill'
lsn=$(sql "SELECT pg_current_wal_lsn()")
operator set forecast-real rate=1000 >/dev/null
operator advance forecast-real >/dev/null
wait_until 15 test "$(step_field forecast-real copy s.state)" != pending
operator pause forecast-real >/dev/null
sleep 1.2
operator set forecast-real rate=default >/dev/null
operator resume forecast-real >/dev/null
comes_to forecast-real 'verify|done' 300
took=$(step_field forecast-real copy "extract(epoch FROM finished - started) - pgrollout.held_s(s.migration_id, started, finished)")
covers .seconds "$took" $((2 * PGROLLOUT_BOUND_FACTOR)) "the time"
covers .wal_bytes "$(sql "SELECT pg_current_wal_lsn() - '$lsn'")" 2 "the WAL"
covers .heap_bytes $(($(heap) - heap)) 2 "the growth of the heap"
covers .index_bytes $(($(indexes) - indexes)) 2 "the growth of the indexes"
told=$(events forecast-real | grep 'copy: forecast')
like "$told" "rows $(sql "SELECT to_char($rows, 'FM999,999,999')") \(was [0-9,]+ to [0-9,]+\), took [0-9.]+ (s|min) \(was [0-9.]+ (s|min) to" \
    "the journal compares"
like "$told" 'held for [1-9]\.' "without the time that it was held"
figure "$told"
drives forecast-real '^done' "the migration ends"

forecast lab_engine --no-sample
unlike "$json" 'trigger .* fires' "the plan's own trigger is not told of"
covers .rows "$rows" 1 "the rows are found where they are by now"

# --- the rate of that run serves the next one
rename_plan real
sed -i 's/forecast-real/again/; s/full_name/other_name/' "$plan"
json=$("$PGROLLOUT" -U lab_engine --json forecast --no-sample "$plan" 2>/dev/null)
is "$(fact .sample.earlier)" true "without a sample it goes by the last backfill of the table"
covers .seconds "$took" $((4 * PGROLLOUT_BOUND_FACTOR)) "and knows the time"
done_testing
