#!/bin/bash
# The report of a run: what is kept of the readings, and the files that are made of it.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../cli/sample.sh"

sql() { cluster_psql a -v ON_ERROR_STOP=1 -c "$1"; }
fold() { sql 'SELECT pgrollout.history_fold()' >/dev/null; }
history() { sql "SELECT string_agg(h.span_s || ':' || n, ' ' ORDER BY h.span_s) FROM
    (SELECT span_s, count(*) AS n FROM pgrollout.history GROUP BY span_s) h"; }
# aligned, so that steps are whole
readings() { # FROM-AGE SECONDS [VALUE]
    sql "INSERT INTO pgrollout.sample (migration_id, at, rows_per_s, lag_s, waits, guards, replicas)
        SELECT m.id, date_bin('10 minutes', clock_timestamp(), 'epoch') - interval '$1' + i * interval '1 second', i % 10,
               ${3:-0.5}, 0, jsonb_build_array(jsonb_build_object('name', 'replication_lag', 'value', ${3:-0.5}, 'unit', 's',
               'pause', 5, 'resume', 2, 'state', 'ok'), jsonb_build_object('name', 'query_latency', 'value', 1.25, 'unit', 'x',
               'pause', 2, 'resume', 1.5, 'state', 'ok', 'detail', 'mean 0.42 ms over 120 reads')),
               jsonb_build_object('replica-<b>', ${3:-0.5})
        FROM pgrollout.migration m, generate_series(0, $2 - 1) i WHERE m.name = 'one'" >/dev/null
}

cluster_start a
cluster_env a
ok "install" "$PGROLLOUT" install
sample_load a one
dir=$CLUSTER_ROOT/out
mkdir "$dir"

exits 0 "a report of what has not begun" "$PGROLLOUT" report one -o "$dir/none.html"
like "$(cat "$dir/none.html")" 'There are no readings to draw' "says that there is nothing to draw"
ok "and is well-formed" xmllint --noout "$dir/none.html"

# what is kept
readings '20 hours' 600
readings '5 hours' 60
readings '40 minutes' 600 'CASE WHEN i = 333 THEN 7.5 ELSE 0.5 END'
fold
is "$(history)" "10:60 60:1 600:1" "samples are folded, in wider steps where they are old"
is "$(sql "SELECT series -> 'lag_s' ->> 2, series -> 'guard.replication_lag' ->> 2, series ->> 'statement_ms'
    FROM pgrollout.history WHERE series -> 'lag_s' ->> 2 IS NOT NULL")" "7.5|7.5|0.42" "and no peak is lost"
is "$(sql "SELECT series -> 'rows_per_s', series -> 'replica-<b>', series -> 'replica.replica-<b>', samples
    FROM pgrollout.history WHERE span_s = 600")" '[0, 4.5, 9]||0.5|600' "the least, the mean, the most; replicas by name"
is "$(sql 'SELECT count(*) FROM pgrollout.history WHERE limits IS NOT NULL')" 1 "limits stand where they change"
fold
is "$(history)" "10:60 60:1 600:1" "a second time changes nothing"
sql "SELECT pgrollout.journal_event(m.id, 'hold', 'guard', 'held by guard replication_lag: \"<script>\"')
    FROM pgrollout.migration m WHERE m.name = 'one'" >/dev/null
sql "DELETE FROM pgrollout.sample; ALTER TABLE pgrollout.event DISABLE TRIGGER event_is_append_only; UPDATE pgrollout.event e
    SET at = date_bin('10 minutes', clock_timestamp(), 'epoch') - interval '40 minutes' + interval '333 s' WHERE e.who = 'guard';
    UPDATE pgrollout.history h SET at = h.at - interval '3 hours' WHERE span_s = 10;
    UPDATE pgrollout.event e SET at = at - interval '3 hours' WHERE who = 'guard';
    ALTER TABLE pgrollout.event ENABLE TRIGGER event_is_append_only" >/dev/null
fold
is "$(history)" "10:24 60:8 600:1" "what was two minutes around a guard's hold stays as fine as it was"
sql "UPDATE pgrollout.history h SET at = h.at - interval '200 days' WHERE span_s = 600" >/dev/null
fold
like "$(history)" '^10:24 60:[0-9]+$' "of a run that lasts for ever the last half year is kept"
sql "UPDATE pgrollout.migration SET title = '</title><script>\"&' || chr(8238) || '''' || chr(27),
    loaded_at = loaded_at - interval '1 day', finished_at = clock_timestamp(), state = 'done' WHERE name = 'one'" >/dev/null

# the files
exits 0 "a page" "$PGROLLOUT" report one -o "$dir/one.html"
like "$out" "the report is in $dir/one.html" "says where it is"
page=$(cat "$dir/one.html")
ok "is well-formed" xmllint --noout "$dir/one.html"
like "$page" '7\.5 s' "has the peak, although the samples are gone"
like "$page" 'replica-&lt;b&gt;' "and the replica's name"
unlike "$page" '<script|src=|@import|url\(' "no script, nothing from elsewhere"
unlike "$page" $'\e|\u202e' "no controls"
like "$page" 'kept in ever wider steps' "says what is missing"
like "$page" 'SHA-256' "has the plan"
like "$page" 'before shipping' "and the checklist"
exits 2 "a file that is there" "$PGROLLOUT" report one -o "$dir/one.html"
like "$err" 'File exists.*--force' "stays"
exits 0 "with --force" "$PGROLLOUT" report one -o "$dir/one.html" --force
is "$(ls "$dir")" $'none.html\none.html' "takes its place, and nothing lies about"
exits 2 "a device" "$PGROLLOUT" report one -o /dev/full --format html --force
exits 2 "a folder that is not there" "$PGROLLOUT" report one -o "$dir/no/one.md"
exits 2 "no format" "$PGROLLOUT" report one -o "$dir/one.txt"
exits 2 "no such zone" "$PGROLLOUT" report one --format md --timezone Nowhere/Land
exits 0 "to standard output" "$PGROLLOUT" report one -o - --format md --timezone +05:30
like "$out" '\+05:30' "names the zone"
like "$out" 'replication\\_lag' "as Markdown"
like "$out" '&lt;script' "without markup of others"
exits 0 "under another locale" env LC_ALL=C "$PGROLLOUT" report one -o "$dir/c.html"
is "$(sed '/<footer>/,$d' "$dir/c.html" | cksum)" "$(sed '/<footer>/,$d' "$dir/one.html" | cksum)" "is the same"
exits 0 "--json" "$PGROLLOUT" --json report one
is "$(jq -r .name <<<"$out" 2>/dev/null || sed -n 's/.*"name": "one".*/one/p' <<<"$out" | head -n 1)" one "prints the document"
exits 2 "a name that is not there" "$PGROLLOUT" report two --format md
(
    cluster_env a lab_viewer
    "$PGROLLOUT" report one --format md >/dev/null 2>"$dir/err"
    echo $? >"$dir/status"
)
like "$(cat "$dir/status" "$dir/err")" '^4' "without a role"
sql 'GRANT pgrollout_viewer TO lab_viewer' >/dev/null
(
    cluster_env a lab_viewer
    "$PGROLLOUT" report one --format md >/dev/null 2>"$dir/err"
    echo $? >"$dir/status"
)
is "$(cat "$dir/status" "$dir/err")" 0 "a viewer may have it"

# a file of lines, for elsewhere
exits 0 "journal --export" "$PGROLLOUT" journal one --export "$dir/one.jsonl"
like "$out" 'console --replay' "says how to look at it"
like "$(head -n 1 "$dir/one.jsonl")" '"pgrollout_recording": 1[,}]' "of a version"
like "$(tail -n 1 "$dir/one.jsonl")" '^\{"end": \{"events": [0-9]+, "readings": [1-9][0-9]*\}\}$' "with an end"
exits 2 "no terminal" "$PGROLLOUT" console --replay "$dir/one.jsonl"
like "$err" 'a terminal with a screen' "but what was written can be read"
exits 2 "a file that is there" "$PGROLLOUT" journal one --export "$dir/one.jsonl"
like "$err" '--force' "stays"

# thousands of lines
sql "INSERT INTO pgrollout.event (migration_id, kind, who, text) SELECT m.id, 'tune', 'engine', 'batch ' || i
    FROM pgrollout.migration m, generate_series(1, 20000) i WHERE m.name = 'one'" >/dev/null
exits 0 "a long journal" "$PGROLLOUT" report one -o "$dir/long.html"
like "$(cat "$dir/long.html")" '[0-9]{5} lines are left out' "is cut, and says so"
ok "the page is below 1 MB" test "$(stat -c %s "$dir/long.html")" -lt 1000000
ok "and well-formed" xmllint --noout "$dir/long.html"
done_testing
