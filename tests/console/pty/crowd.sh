#!/bin/bash
# Many sessions, 200 in the sample and 2,000 in the campaign: the pictures are right, say what they leave out,
# a refresh stays one statement that ends in time, and keys are answered at once.
. "$(dirname "$0")/pty.sh"

CROWD=$(sample 200 2000)
CHAIN=20
QUEUE=5
KEYS=$(sample 40 400)
SECONDS_WATCHED=$(sample 2 12)

pty_start max_connections=$((CROWD + 100))
cluster_psql a >/dev/null <<'SQL' || bail "the table could not be made"
SET client_min_messages = error;
GRANT pgrollout_operator, pg_monitor TO lab_operator;
CREATE TABLE public.chain (id int PRIMARY KEY, n int);
INSERT INTO public.chain SELECT i, 0 FROM generate_series(0, 300) i;
ALTER TABLE public.chain OWNER TO shop_owner;
SQL
cluster_psql_as a lab_operator >/dev/null <<'SQL' || bail "nothing was loaded"
SELECT (pgrollout.load('{"name": "users-full-name", "title": "one", "owner": "payments", "schema": "public",
 "plan_text": "plan", "plan_sha256": "0123456789", "tables": [], "phases": ["expand"],
 "steps": [{"phase": "expand", "name": "add", "kind": "add_column", "title": "add", "does": "ALTER TABLE",
            "locks": "AccessExclusive", "undo": "drop"}]}'::jsonb)).ok
SQL
coproc CROWD_OF { "$top_builddir/tests/console/pty/chain" "$(cluster_conninfo a shop_owner)" "$CHAIN" "$QUEUE" \
    $((CROWD - CHAIN - QUEUE - 2)); }
read -r -t 120 said <&"${CROWD_OF[0]}"
is "$said" ready "$CROWD sessions are there"

# What the console's login has asked so far, and the time of it in the server.
cat >"$CLUSTER_ROOT/asked" <<SH
#!/bin/bash
$CLUSTER_BIN/psql -XAtq -F ' ' -d '$(cluster_conninfo a)' -c "SELECT coalesce(sum(calls), 0), round(coalesce(sum(total_exec_time), 0)) FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid AND r.rolname = 'lab_operator' WHERE s.toplevel" >"$CLUSTER_ROOT/\$1"
SH
chmod +x "$CLUSTER_ROOT/asked"

cluster_env a lab_operator
# watched SCREEN KEY TEXT BYTES FRAME: it stays open for a while, with its answers counted; FRAME
# is there without an answer
watched() {
    script "$1: the picture, its bytes, and keys beside it" <<EOF2
start 80x24 -- exec $PGROLLOUT console --refresh 1
wait 9 LIVE
type $2
wait 5 $3
sleep 1.2
sh $CLUSTER_ROOT/asked before
bytes $SECONDS_WATCHED 1 $4
sh $CLUSTER_ROOT/asked after
row 1 LIVE
swing $KEYS 50 ? => Stop with one key | $2 => $5
row 1 LIVE
type q
end 0 3
restored
EOF2
    local calls_before ms_before calls ms
    read -r calls_before ms_before <"$CLUSTER_ROOT/before"
    read -r calls ms <"$CLUSTER_ROOT/after"
    calls=$((calls - calls_before)) ms=$((ms - ms_before))
    ok "$1: one statement for each refresh ($calls in $SECONDS_WATCHED s)" \
        test "$calls" -ge 1 -a "$calls" -le $((SECONDS_WATCHED + 2))
    within "$(awk -v m="$ms" -v c="$calls" 'BEGIN { printf "%.1f", c ? m / c : 1e9 }')" 100 "$1: ms in the server for one"
}
watched cockpit 2 ABORT 300 ABORT
watched activity 6 "$CROWD of" 600 "x cancel  X end"
watched locks 3 "waiting $((CHAIN + QUEUE))" 600 "x cancel  X end"

script 'the list says what it leaves out, finds who is in it, and ends where it ends' <<EOF2
start 120x40 -- exec $PGROLLOUT console --refresh 1
wait 9 LIVE
type 6
wait 5 $CROWD of $((CROWD + 100)) sessions
type /link-01\r
wait 2 filter: link-01
wait 2 link-019
type \e
gone 2 filter:
quick 50 \e[F => idle-
storm 20 120x40
wait 5 LIVE
type q
end 0 3
restored
clean
EOF2
exec {CROWD_OF[1]}>&-
wait
done_testing
