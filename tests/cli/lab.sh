#!/bin/bash
# shellcheck disable=SC2317 # functions are called by name
# pgrollout lab: a practice cluster from nothing to gone again, with the applications at work.
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source=tests/lib/campaign.sh
. "$(dirname "$0")/../lib/campaign.sh"

dir=$(mktemp -d /tmp/pgrl.XXXXXX)
export PGROLLOUT_LAB_DIR=$dir/lab
unset PGHOST PGPORT PGUSER PGDATABASE
trap '"$PGROLLOUT" lab stop --delete >/dev/null 2>&1; rm -rf "$dir"' EXIT
trap 'exit 143' TERM INT HUP
lab() { "$PGROLLOUT" lab "$@"; }
chmod 755 "$dir"

app() { # NAME FIELD: one figure of an application's status
    lab psql --role=postgres -XAtc "SELECT $2 FROM lab.app_status WHERE app = '$1'"
}
works() { # NAME: it has done something
    [ "$(app "$1" operations)" -gt 5 ]
}
user_of() { ps -o user= -p "$1" | tr -d ' '; }

exits 2 "no command" lab
like "$err" 'usage: pgrollout lab' "says how it is used"
exits 2 "an unknown command" lab strat
exits 2 "a wrong option" lab start --row 5
exits 2 "a wrong number" lab start --rows=-5
exits 1 "status of nothing" lab status
exits 0 "stop of nothing" lab stop
ok "none of this made anything" test ! -e "$PGROLLOUT_LAB_DIR"

exits 3 "verify of nothing" lab verify
like "$err" 'there is no practice cluster.*hint: start it: pgrollout lab start' "says how to start it"
exits 2 "env of an unknown login" lab env --role nosuch
like "$err" 'there are .*lab_operator.*postgres' "names those that there are"
unlike "$err" 'lab_keeper' "that can log in"

exits 0 "start" lab start --rows 3000 --rate 50
eval "$(lab env --role shop_web)"
is "$(psql -XAtc "SELECT count(*) >= 2990, current_user FROM users")" "t|shop_web" "the users are there"
is "$(psql -XAtc "SELECT count(*) FROM pg_indexes WHERE tablename = 'users'")" 3 \
    "a primary key and two more indexes"
is "$(lab psql --role=postgres -XAtc "SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolsuper")" \
    postgres "nobody else is a superuser"
is "$(lab psql --replica -XAtc 'SELECT pg_is_in_recovery()')" t "the replica is one"
is "$(lab psql -XAtc 'SHOW listen_addresses')" "" "no TCP"
primary=$(head -n 1 "$PGROLLOUT_LAB_DIR/primary/postmaster.pid")
isnt "$(user_of "$primary")" root "the server does not run as root"
exits 0 "start again" lab start
like "$out" 'already runs' "is said to run"
is "$(head -n 1 "$PGROLLOUT_LAB_DIR/primary/postmaster.pid")" "$primary" "and is the same server"

# a second terminal: one short line, wherever program and cluster are
like "$out" "already runs.*: \\. $PGROLLOUT_LAB_DIR/env$" "says the line for a shell"
is "$(env -i PATH=/usr/bin:/bin sh -c ". '$PGROLLOUT_LAB_DIR/env' && pgrollout lab psql -XAtc 'SELECT current_user'")" \
    lab_operator "which finds the program and the cluster"

ok "web works" wait_until 20 works web
ok "workers work" wait_until 20 works workers
ok "the cron job works" wait_until 20 works cron
is "$(app web errors) $(app workers errors) $(app cron errors)" "0 0 0" "without errors"
is "$(lab psql --role=postgres -XAtc "SELECT string_agg(DISTINCT application_name, ' ')
    FROM pg_stat_activity WHERE usename IN ('shop_web', 'shop_workers')")" \
    "shop-web/41 shop-workers/41" "their sessions say who they are"
exits 0 "verify" lab verify
like "$out" 'replica and primary: same' "the replica is the same"

# release 42 does not fit yet: its errors are counted by SQLSTATE
exits 0 "deploy 42 on web" lab deploy 42 --only web
is "$(app web release) $(app workers release)" "42 41" "web is switched, workers is not"
fails() { [ "$(app web errors)" -gt 0 ]; }
ok "web fails" wait_until 10 fails
is "$(app web "(SELECT string_agg(k, ' ') FROM jsonb_object_keys(sqlstates) AS k)")" 42703 \
    "for want of the column"
exits 0 "deploy 41" lab deploy 41
exits 0 "counting afresh" lab apps zero
ok "web works again" wait_until 20 works web
is "$(app web errors)" 0 "without errors"
exits 2 "an unknown release" lab deploy 43
exits 2 "an unknown application" lab deploy 42 --only worker

# a trigger as in a rename serves both releases
lab psql --role=shop_owner -Xqc "ALTER TABLE users ADD full_name text;
    CREATE FUNCTION keep_both() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        IF TG_OP = 'INSERT' THEN
            NEW.name = coalesce(NEW.name, NEW.full_name); NEW.full_name = NEW.name;
        ELSIF NEW.full_name IS DISTINCT FROM OLD.full_name THEN NEW.name = NEW.full_name;
        ELSE NEW.full_name = NEW.name; END IF;
        RETURN NEW; END \$\$;
    CREATE TRIGGER keep_both BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION keep_both()"
exits 0 "deploy 42 on workers" lab deploy 42 --only workers
exits 0 "and count afresh" lab apps zero
ok "both releases work" wait_until 20 eval 'works web && works workers'
is "$(app web errors) $(app workers errors) $(app web mismatches) $(app workers mismatches)" \
    "0 0 0 0" "without errors, each reading what it wrote"
exits 0 "verify with both columns" lab verify
like "$out" 'compared name and full_name: not one is wrong.*no full_name yet' "counts the unfilled"

# the judge is not blind
lab apps pause
lab psql --role=shop_web -Xqc "UPDATE users SET name = 'Nobody' WHERE id = (SELECT max(id) FROM users)"
exits 1 "a wrong row" lab verify
like "$out" '1 wrong, 0 missing, 0 extra' "is seen"
lab psql --role=shop_web -Xqc "DELETE FROM users WHERE id = (SELECT max(id) FROM users)"
exits 1 "a missing row" lab verify
like "$out" '0 wrong, 1 missing, 0 extra' "is seen"
lab psql --role=postgres -Xqc "DELETE FROM lab.users_shadow AS s
    WHERE NOT EXISTS (SELECT FROM users AS u WHERE u.id = s.id)"
lab psql --role=shop_web -Xqc "INSERT INTO users (email, name, city) VALUES ('x', 'y', 'z')"
exits 1 "an extra row" lab verify
like "$out" '0 wrong, 0 missing, 1 extra' "is seen"
lab psql --role=shop_web -Xqc "DELETE FROM users WHERE email = 'x'"
exits 0 "clean again" lab verify
lab apps resume

# faults: each is there by a witness of its own, and gone after it is undone
faults() { lab status --json | tr -d ' \n' | grep -o '"faults":.*'; }
on() { lab psql --role=postgres "${@:2}" -XAtc "$1"; } # SQL [--replica]
sessions() { on "SELECT count(*) FROM pg_stat_activity WHERE application_name = '$1' AND $2"; }
witness() { # FAULT: t when the server shows it
    case $1 in
    lag) on "SHOW recovery_min_apply_delay" --replica | sed 's/^7s$/t/; s/^0$/f/' ;;
    stall) on "SELECT pg_is_wal_replay_paused()" --replica ;;
    slot) on "SELECT count(*) = 1 FROM pg_replication_slots" ;;
    bad-rows) on "SELECT count(*) > 0 FROM users WHERE length(name) = 200" ;;
    idle-in-transaction) sessions nightly-report "state = 'idle in transaction'" | sed 's/1/t/; s/0/f/' ;;
    hot-rows) sessions flash-sale true | sed 's/3/t/; s/0/f/' ;;
    lock) on "SELECT count(*) > 0 FROM pg_locks WHERE mode = 'ShareLock'
        AND relation = 'users'::regclass" ;;
    esac
}
exits 0 "fault --list" lab fault --list
for fault in 'lag 7' stall slot 'bad-rows 3' idle-in-transaction 'hot-rows 3' lock; do
    # shellcheck disable=SC2086
    exits 0 "fault $fault" lab fault $fault
    is "$(witness "${fault% *}")" t "is there"
    like "$(faults)" "\"name\":\"${fault% *}\"" "and status says so"
done
exits 4 "the same one again" lab fault stall
exits 0 "clear one" lab fault clear stall
is "$(witness stall)" f "undoes it"
is "$(witness slot)" t "and no other"
on "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nightly-report'" >/dev/null
ok "a session that is ended is mended" wait_until 10 eval '! faults | grep -q idle-in-transaction'
pids=$(faults | grep -oE '"pid":[1-9][0-9]*' | grep -oE '[0-9]+')
exits 0 "clear all" lab fault clear
for fault in lag slot bad-rows idle-in-transaction hot-rows lock; do
    # a backend that waits for a row learns only then that its client has gone
    ok "$fault is gone" wait_until 10 eval "[ \"\$(witness $fault)\" = f ]"
done
is "$(faults)" '"faults":[]}' "status knows of none"
for pid in $pids; do
    ok "process $pid is gone" wait_until 5 gone "$pid"
done
exits 0 "freeze the replica" lab fault freeze replica
replica=$(head -n 1 "$PGROLLOUT_LAB_DIR/replica/postmaster.pid")
is "$(ps -o state= -p "$replica")" T "stops its process"
exits 0 "clear" lab fault clear freeze
isnt "$(ps -o state= -p "$replica")" T "wakes it"
exits 1 "kill an engine that is not there" lab fault kill-engine
for wrong in nope 'lag x' 'slot 5' 'lock users;' 'clear nope' 'freeze web'; do
    # shellcheck disable=SC2086
    exits 2 "fault $wrong" lab fault $wrong
done
exits 4 "a table that is not there" lab fault lock nowhere
like "$err" 'relation "nowhere" does not exist' "says why"
ok "the applications are well again" wait_until 20 works web
exits 0 "and no row was lost" lab verify

# a server that dies: the applications come back by themselves
kill -QUIT "$primary"
wait_until 10 gone "$primary"
exits 1 "status shows it" lab status
exits 0 "start" lab start
comes_back() { [ "$(app web reconnects)" -gt 0 ]; }
ok "web comes back" wait_until 20 comes_back
exits 0 "nothing is lost" lab verify

# stale pid files: a dead process, and one that is somebody else's
exits 0 "stop" lab stop
is "$(pgrep -f "lab app .* $PGROLLOUT_LAB_DIR" | wc -l)" 0 "no application is left"
for call in verify 'deploy 42' psql 'apps start' 'apps zero'; do
    # shellcheck disable=SC2086
    exits 3 "$call when it is stopped" lab $call
    like "$err" 'the primary of the practice cluster is stopped.*hint: start it: pgrollout lab start' \
        "says how to start it"
done
is "$(pgrep -f "lab app .* $PGROLLOUT_LAB_DIR" | wc -l)" 0 "and starts nothing"
sleep 60 &
other=$!
printf '%s\n' $other "$PGROLLOUT_LAB_DIR/primary" >"$PGROLLOUT_LAB_DIR/primary/postmaster.pid"
echo $other >"$PGROLLOUT_LAB_DIR/web.pid"
echo 99999999 >"$PGROLLOUT_LAB_DIR/replica/postmaster.pid"
[ "$(id -u)" -ne 0 ] || chown --reference="$PGROLLOUT_LAB_DIR/primary" \
    "$PGROLLOUT_LAB_DIR"/*/postmaster.pid
exits 0 "stop with stale pid files" lab stop
ok "harms nobody" kill -0 $other
exits 0 "start with stale pid files" lab start
ok "harms nobody" kill -0 $other
ok "web works" wait_until 20 works web
kill $other

# watched from elsewhere: one address, the people's logins, one password
exits 4 "an address while it runs" lab start --listen 127.0.0.1:6432
like "$err" 'no network address.*lab stop' "says what to do"
exits 0 "stop" lab stop
exits 2 "no port" lab start --listen 127.0.0.1
port=$((RANDOM % 20000 + 20000))
exits 0 "start --listen" lab start --listen "127.0.0.1:$port"
password=$(cat "$PGROLLOUT_LAB_DIR/password")
like "$out" "postgresql://lab_viewer@127.0.0.1:$port/shop.*$password" "says how to get in"
is "$(stat -c %a "$PGROLLOUT_LAB_DIR/password")" 600 "keeps the password to itself"
from() { PGPASSWORD=$2 psql "postgresql://$1@127.0.0.1:$port/${3:-shop}" -XAtc 'SELECT current_user' 2>&1; }
is "$(from lab_viewer "$password")" lab_viewer "the password opens"
like "$(from lab_viewer wrong)" 'authentication failed' "another one does not"
for who in postgres shop_web lab_engine; do
    like "$(from $who "$password")" 'no pg_hba.conf entry' "$who does not get in"
done
like "$(from lab_viewer "$password" postgres)" 'no pg_hba.conf entry' "nor anybody to another database"
is "$(on "SELECT count(*) FROM pg_stat_statements WHERE query LIKE '%$password%'")" 0 "no statement shows it"
is "$(on "SELECT count(*) FROM pg_stat_replication")" 1 "the replica follows on the other port"
exits 0 "start again" lab start
unlike "$out" "$password" "does not show the password again"

exits 0 "reset" lab reset --rows "$(sample 100 400000)"
is "$(lab psql -XAtc "SELECT count(*) FROM information_schema.columns
    WHERE table_name = 'users' AND column_name = 'full_name'")" 0 "all is as at first"
is "$(from lab_viewer "$password")" lab_viewer "and who watches still gets in"
exits 0 "stop" lab stop
exits 0 "start" lab start
is "$(lab psql -XAtc 'SHOW listen_addresses')" "" "after a stop it listens no more"
exits 0 "stop --delete" lab stop --delete
ok "nothing is left" test ! -e "$PGROLLOUT_LAB_DIR"

# places that are not ours
mkdir -m 777 "$PGROLLOUT_LAB_DIR"
exits 4 "a directory that others can write" lab start --rows 1
rmdir "$PGROLLOUT_LAB_DIR"
PGROLLOUT_LAB_DIR=$dir/$(printf 'x%.0s' {1..100})
exits 2 "a path too long for a socket" lab start --rows 1
like "$err" 'at most' "says how long it may be"
PGROLLOUT_LAB_DIR=$dir/lab
done_testing
