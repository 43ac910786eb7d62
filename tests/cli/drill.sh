#!/bin/bash
# The whole rename on autopilot: real servers, real applications, the commands that people have.
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

dir=$(mktemp -d /tmp/pgrd.XXXXXX)
export PGROLLOUT_LAB_DIR=$dir/lab
unset PGHOST PGPORT PGUSER PGDATABASE
trap '"$PGROLLOUT" lab stop --delete >/dev/null 2>&1; rm -rf "$dir"' EXIT
trap 'exit 143' TERM INT HUP
chmod 755 "$dir"
lab() { "$PGROLLOUT" lab "$@"; }

exits 0 "drill --list" "$PGROLLOUT" drill --list
like "$out" 'rename-column +Rename users.name' "names the drill"
is "$(wc -l <<<"$out")" 9 "and eight more"
exits 2 "an unknown drill" "$PGROLLOUT" drill rename-table
like "$err" 'hint: .*--list' "says where they are named"

# of one's own: in a file, in the person's folder; what is wrong is said with its line
export XDG_CONFIG_HOME=$dir/config
mkdir -p "$XDG_CONFIG_HOME/pgrollout/drills"
printf 'title: Ours\n[goal x when state=done]\nDone\n' >"$XDG_CONFIG_HOME/pgrollout/drills/ours.drill"
printf 'title: Theirs\n[goal x when stat=done]\nDone\n' >"$dir/theirs.drill"
exits 0 "drill --list" "$PGROLLOUT" drill --list
like "$out" 'ours +Ours' "names one's own"
exits 2 "a drill without a solution" "$PGROLLOUT" drill ours --autopilot
like "$err" 'has no \[solution\]' "says so"
exits 2 "a file that is wrong" "$PGROLLOUT" drill "$dir/theirs.drill"
like "$err" "theirs.drill:2: \"stat=done\" is not a condition.*hint: write NAME=VALUE, where NAME is one of state," \
    "says where, and what to do"
exits 2 "a file that is not there" "$PGROLLOUT" drill "$dir/none.drill"
exits 2 "--wrong alone" "$PGROLLOUT" drill ours --wrong
ok "none of this made a cluster" test ! -e "$PGROLLOUT_LAB_DIR/primary"

exits 0 "drill --autopilot" "$PGROLLOUT" drill rename-column --autopilot --fast --keep --rows 20000
like "$out" 'complete and verified' "says that all is well"
for word in 'advance' 'pause' 'resume' 'confirm users-full-name readers --for cron' \
    'lab deploy 42 --only cron' 'contract users-full-name --confirm users-full-name'; do
    like "$out" "[$] pgrollout $word" "typed: $word"
done

# a witness of its own: not through the judge of the program
is "$(lab psql --role=postgres -XAtc "SELECT string_agg(attname || ':' || attnotnull, ' ' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname IN ('name', 'full_name')
    AND NOT attisdropped")" "full_name:true" "users has full_name NOT NULL and no name"
is "$(lab psql --role=postgres -XAtc "SELECT count(*) FROM users AS u
    FULL JOIN lab.users_shadow AS s ON s.id = u.id
    WHERE u.full_name IS DISTINCT FROM s.expected_name")" 0 "every row is what was written"
is "$(lab psql --role=postgres -XAtc "SELECT sum(errors + mismatches), bool_and(release = 42)
    FROM lab.app_status WHERE app <> 'cron'")" "0|t" "no application had an error; all are on 42"
is "$(lab psql --role=postgres -XAtc "SELECT finished - started >= '6 s' FROM pgrollout.step
    WHERE name = 'old-release-gone'")" t "nobody on 41 was seen for longer than the cron job stays away"
# by hand: a finished one makes room for the next, one under way is gone on with; without a terminal
# the console says its five answers and ends. The program may lie anywhere
mkdir "$dir/with a space"
cp "$PGROLLOUT" "$dir/with a space/pgrollout"
exits 0 "drill after a finished one, from a folder with spaces" "$dir/with a space/pgrollout" drill --rows 20000
like "$out" "second terminal.*\\. $PGROLLOUT_LAB_DIR/env" "says what to type in a second terminal"
is "$(env -i PATH=/usr/bin:/bin sh -c ". '$PGROLLOUT_LAB_DIR/env' && command -v pgrollout")" \
    "$dir/with a space/pgrollout" "which finds the program"
like "$out" "lab reset.*Phase: not begun" "starts over"
like "$(cat "$PGROLLOUT_LAB_DIR/rename-column.yaml")" "rate: 66/s" "with a cap that makes it last five minutes"
exits 0 "drill while it is under way" "$PGROLLOUT" drill
unlike "$out" "pgrollout (load|run)" "only looks"
exits 0 "stop" lab stop
ok "no process is left" wait_until 10 eval "! pgrep -f \"$dir\" >/dev/null"
exits 0 "drill after a stop" "$PGROLLOUT" drill
like "$out" "pgrollout run --detach.*Phase: not begun" "goes on with a new engine"
unlike "$out" "pgrollout load" "and the same plan"
like "$out" "background: pid [0-9]+" "and says its pid"
pid=${BASH_REMATCH[0]##* }
exits 0 "stop" lab stop
ok "the engine is gone" gone "$pid"
done_testing
