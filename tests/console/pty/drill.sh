#!/bin/bash
# A drill by hand, with the keys of a person: the question is answered before anything shows, the fault is real,
# a hint counts, the goals are met by what is so, and a console that was left goes on where it was.
. "$(dirname "$0")/pty.sh"

dir=$(mktemp -d /tmp/pgrd.XXXXXX)
export PGROLLOUT_LAB_DIR=$dir/lab HOME=$dir XDG_STATE_HOME=$dir/state XDG_CONFIG_HOME=$dir/config
unset PGHOST PGPORT PGUSER PGDATABASE
trap '"$PGROLLOUT" lab stop --delete >/dev/null 2>&1; rm -rf "$dir"' EXIT
trap 'exit 143' TERM INT HUP
chmod 755 "$dir"

script 'a prediction, a fault, a hint; the goals on screen 0' <<EOF2
start 80x24 -- $PGROLLOUT drill idle-in-transaction --rows 2000
wait 60 Expand alters users
wait 2 predict: v
type v
wait 3 :predict
type 2\r
wait 3 Not so. Rather: it tries for 100 ms
type g
wait 3 y advance
sleep 0.7
type y
wait 10 for a lock
wait 10 goals 1 of 5
type 0
wait 3 [●] It could not have its lock
wait 2 [○] The session that stood in the way
wait 2 PHASE  expand
wait 2 predicted 0 of 1
type h
wait 3 hints 1
wait 2 X and its pid
type q
end 0 5
restored
EOF2
script 'opened again it goes on; who ends the session, by whatever means, has met the goals' <<EOF2
start 80x24 -- $PGROLLOUT drill idle-in-transaction --rows 2000
wait 30 goals 1 of 5
type 0
wait 3 hints 1
sh $PGROLLOUT lab fault clear idle-in-transaction
wait 20 Passed: every goal is met
wait 2 [●] Expand is done
type q
end 0 5
EOF2
script 'without a drill there is none' <<EOF2
start 80x24 -- $PGROLLOUT -h $PGROLLOUT_LAB_DIR/run -d shop -U lab_viewer console
wait 10 LIVE
type 0
wait 3 No drill is open here.
type h
wait 3 hints are for drills
type q
end 0 5
EOF2
done_testing
