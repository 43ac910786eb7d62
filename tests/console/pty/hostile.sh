#!/bin/bash
# Hostile names, statements and errors, planted on a real server, on the screens that show them: what comes
# over the wire is only what the console itself sends (the list is in wire.c).
. "$(dirname "$0")/pty.sh"

# The list first: it must not let through what the rest of this test plants.
wire() { # BYTES: what a program sends that prints them
    printf 'start 40x5 -- printf %%b '"'%s'"'\nend 0 3\nclean\n' "a$1b" |
        "$top_builddir/tests/console/pty/drive" 2>&1
}
ok 'the list knows colours and letters' wire '\0033[1;31m\0303\0244\0033[0m'
passed=
for bytes in '\0033]0;OWNED\0007' '\0033]52;c;cm0=\0033\\' '\0033[5n' '\0033[?1000h' '\0033[8;9;9t' '\0033[22;2t' \
    '\0033c' '\0033#8' '\0033Pq\0033\\' '\0007' '\0005' '\0177' '\0302\0233' '\0233' '\0300\0257' '\0342\0200\0256' \
    '\0342\0200\0213' '\0356\0200\0200' '\0363\0240\0201\0201'; do
    [[ $(wire "$bytes") == *'it sent '* ]] || passed+=" $bytes"
done
is "$passed" '' 'and nothing of what is planted here'

pty_start
# Each begins with a word, so that it is known where it is shown; an identifier has at most 63 bytes.
hostile() { printf '%s\e]0;OWNED\a\ec\e[5n\u009b6n\u202e\ue000\U000e0041\b\r\n\x7f' "$1"; }
role=$(hostile EVILROLE)
table=$(hostile EVILTABLE)
base=$(hostile EVILBASE)
text=$(hostile EVILTEXT)$'\e[?1000h\e]52;c;cm0=\e\\\ePq\e\\\u200b\u2067'
export text
hostile_psql() { cluster_psql a -v role="$role" -v table="$table" -v base="$base" -v text="$text" "$@"; }
hostile_psql >/dev/null <<'SQL' || bail "nothing was planted"
SET client_min_messages = error;
CREATE ROLE :"role" LOGIN;
CREATE DATABASE :"base";
GRANT pgrollout_operator, pg_monitor TO lab_operator, :"role";
GRANT pgrollout_engine, shop_owner TO lab_engine;
CREATE TABLE public.users (id bigint PRIMARY KEY, name text NOT NULL);
GRANT SELECT ON public.users TO lab_operator, :"role";
ALTER TABLE public.users OWNER TO shop_owner;
CREATE TABLE public.:"table" (id bigint PRIMARY KEY);
ALTER TABLE public.:"table" OWNER TO :"role";
SELECT set_config('planted.text', :'text', false);
CREATE FUNCTION public.refuses() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', current_setting('planted.text') USING DETAIL = current_setting('planted.text'),
        HINT = current_setting('planted.text');
END $$;
ALTER DATABASE shop SET planted.text = :'text';
CREATE EVENT TRIGGER refuses ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION public.refuses();
SQL
cat >"$CLUSTER_ROOT/plan.yaml" <<'YAML'
pgrollout: 1
migration: users-full-name
title: one
owner: two
contact: three
phases:
  expand:
    - add_column: {table: users, column: full_name, type: text}
YAML
cluster_env a lab_operator
"$PGROLLOUT" load "$CLUSTER_ROOT/plan.yaml" >"$CLUSTER_ROOT/load.out" 2>&1 || bail "$(cat "$CLUSTER_ROOT/load.out")"
# As somebody would who writes to the tables past the program.
hostile_psql >/dev/null <<'SQL' || bail "nothing was planted in the control schema"
UPDATE pgrollout.migration SET title = :'text', owner = :'text', contact = :'text';
UPDATE pgrollout.step SET title = :'text', does = :'text', locks = :'text', undo = :'text';
SQL

# A session of the role holds the table, another waits for it; one more is in the database.
as_role() { # DATABASE SQL
    PGAPPNAME=$text PGHOST=$CLUSTER_ROOT PGPORT=$(cluster_port a) PGUSER=$role PGDATABASE=$1 \
        "$CLUSTER_BIN/psql" -XAtq -v table="$table" -v text="$text" <<<"$2" >/dev/null 2>&1 &
}
as_role shop 'BEGIN; LOCK public.:"table"; SELECT pg_sleep(600), :'"'text'"
as_role "$base" "SELECT pg_sleep(600), :'text'"
waits() { [ "$(cluster_psql a -c "SELECT count(*) FROM pg_locks WHERE $1")" -ge 1 ]; }
wait_until 10 waits "mode = 'AccessExclusiveLock' AND granted AND relation >= 16384" || bail "the lock is not held"
as_role shop 'SELECT count(*) /* '"$text"' */ FROM public.:"table"'
wait_until 10 waits 'NOT granted' || bail "nobody waits"

cluster_env a lab_engine
"$PGROLLOUT" run >"$CLUSTER_ROOT/engine.log" 2>&1 &
engine=$!
trap 'status=$?; kill "$engine" 2>/dev/null; (exit "$status"); cluster_cleanup' EXIT
cluster_env a lab_operator
PGUSER=$role "$PGROLLOUT" pause users-full-name --reason "$text" >"$CLUSTER_ROOT/pause.out" 2>&1
cluster_psql_as a lab_operator -c "SELECT pgrollout.resume('users-full-name')" >/dev/null || bail "not resumed"

script 'every screen, as the one who looks on' <<EOF2
start 120x40 -- exec $PGROLLOUT console --refresh 1
wait 5 LIVE
wait 9 engine: pid
wait 2 EVILTEXT
type g
wait 2 y advance
sleep 0.3
type y
wait 15 FAILED
wait 5 EVILTEXT
clean
type 1
wait 3 EVILTEXT
type 3
wait 5 EVILTABLE
wait 2 EVILROLE
type \r
sleep 1.5
type 4
wait 3 replicas
type 5
wait 3 tightest first
type 6
wait 3 EVILROLE
type /EVILBASE\r
sleep 0.5
type \e
type j\r
sleep 1.5
type x
wait 2 cancel pid
sleep 0.3
type n
type 7
wait 3 EVILTEXT
wait 2 EVILROLE
type j\r
sleep 0.5
type 8
wait 3 EVILTEXT
type 9
wait 3 EVILTEXT
type \r
sleep 0.5
type :pause users-full-name -- \xe2\x80\xaeEVILPROMPT\xc2\x9b31m\r
wait 5 pause: held
type 2
wait 3 EVILPROMPT
size 60x16
sleep 0.3
size 40x10
sleep 0.3
type q
end 0 3
restored
clean
EOF2
engine_errors=$(cluster_psql a -c "SELECT count(*) FROM pgrollout.step WHERE error LIKE '%EVILTEXT%'")
is "$engine_errors" 1 'the error came from the server, through the engine'

script 'the same in ASCII' <<EOF2
start 80x24 LC_ALL=C -- exec $PGROLLOUT console --refresh 1
wait 5 LIVE
wait 5 EVILTEXT
type 3
wait 5 EVILTABLE
type 6
wait 3 EVILROLE
type 7
wait 3 EVILTEXT
type q
end 0 3
restored
clean
EOF2
cat >"$CLUSTER_ROOT/as" <<SH
#!/bin/bash
# as USER DATABASE: a console under names that no command line of the driver could carry
PGUSER=\$(cat "$CLUSTER_ROOT/\$1") PGDATABASE=\$(cat "$CLUSTER_ROOT/\$2") exec $PGROLLOUT console --refresh 1 \$3
SH
chmod +x "$CLUSTER_ROOT/as"
printf %s "$role" >"$CLUSTER_ROOT/role"
printf %s "$base" >"$CLUSTER_ROOT/base"
printf %s "NO$role" >"$CLUSTER_ROOT/nobody"
script 'as that role, in that database' <<EOF2
start 120x40 -- exec $CLUSTER_ROOT/as role base
wait 5 EVILBASE
wait 5 There is no schema pgrollout here
wait 2 EVILROLE
type 6
wait 3 EVILROLE
type q
end 0 3
restored
clean
EOF2
script 'as a role that there is not: the error names it' <<EOF2
start 120x40 -- exec $CLUSTER_ROOT/as nobody base
wait 5 NOEVILROLE
type q
end 0 3
restored
clean
EOF2
script 'in lines' <<EOF2
start 120x40 -- exec $CLUSTER_ROOT/as role base --plain
wait 5 There is no schema pgrollout
type activity\n
wait 3 EVILROLE
type quit\n
end 0 3
plain
clean
EOF2
script 'in lines, with the rollout' <<EOF2
start 120x40 -- exec $PGROLLOUT console --plain
wait 5 EVILTEXT
type activity\n
sleep 0.7
type locks\n
sleep 0.7
type journal\n
wait 3 EVILROLE
type quit\n
end 0 3
plain
clean
EOF2
for word in status 'journal users-full-name'; do
    # shellcheck disable=SC2086
    "$PGROLLOUT" $word >"$CLUSTER_ROOT/word.out" 2>&1
    printf 'start 200x50 -- cat %s\nwait 2 EVILTEXT\nend 0 3\nplain\nclean\n' "$CLUSTER_ROOT/word.out" >"$CLUSTER_ROOT/word.script"
    script "pgrollout $word" <"$CLUSTER_ROOT/word.script"
done
kill "$engine" 2>/dev/null
wait "$engine"
cluster_psql a -c "SET client_min_messages = error; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'EVILROLE%'" >/dev/null
wait
done_testing
