#!/bin/bash
# Rights that are missing: no role at all, a viewer without pg_monitor, a role that is taken away while the
# console runs, no CONNECT. It shows what there is, says what is missing, and no key does more than the
# server grants.
. "$(dirname "$0")/pty.sh"

pty_start
cluster_psql a >/dev/null <<'SQL' || bail "the roles could not be made"
SET client_min_messages = error;
GRANT pgrollout_operator TO lab_operator;
GRANT pgrollout_viewer TO lab_viewer;
CREATE DATABASE closed;
REVOKE CONNECT ON DATABASE closed FROM public;
SQL
cluster_psql_as a lab_operator >/dev/null <<'SQL' || bail "nothing was loaded"
SELECT (pgrollout.load('{"name": "users-full-name", "title": "one", "owner": "payments", "schema": "public",
 "plan_text": "plan", "plan_sha256": "0123456789", "tables": [], "phases": ["expand"],
 "steps": [{"phase": "expand", "name": "add", "kind": "add_column", "title": "add", "does": "ALTER TABLE",
            "locks": "AccessExclusive", "undo": "drop"}]}'::jsonb)).ok
SQL
cat >"$CLUSTER_ROOT/sql" <<SH
#!/bin/bash
# sql STATEMENT: as the superuser
exec $CLUSTER_BIN/psql -XAtq -d '$(cluster_conninfo a)' -c "\$*"
SH
chmod +x "$CLUSTER_ROOT/sql"

cluster_env a shop_cron
script 'a login without any role: sessions and locks, and no word of a rollout' <<EOF2
start 80x24 -- exec $PGROLLOUT console --refresh 1
wait 5 There is no schema pgrollout here that you may use
type p
type :pause users-full-name\r
wait 3 needs the role pgrollout_responder; yours is none
type 6
wait 3 sessions
type 3
wait 3 waiting 0
type 7
sleep 0.5
type 2
wait 2 There is no schema
type q
end 0 3
restored
clean
EOF2
cluster_env a lab_viewer
script 'a viewer without pg_monitor: all of the rollout, and no act' <<EOF2
start 80x24 -- exec $PGROLLOUT console --refresh 1
wait 5 LIVE
row 4 not started
type p
wait 2 pause needs the role pgrollout_responder; yours is viewer
type g
wait 2 advance needs the role pgrollout_operator; yours is viewer
type :pause users-full-name\r
wait 2 pause needs the role pgrollout_responder; yours is viewer
type 7
wait 3 load
type 8
wait 3 users-full-name
type q
end 0 3
restored
EOF2
cluster_env a lab_operator
script 'a role that is taken away while it runs, and given back' <<EOF2
start 80x24 -- exec $PGROLLOUT console --refresh 1
wait 5 LIVE
row 4 not started
type g
wait 2 y advance
sleep 0.3
sh $CLUSTER_ROOT/sql REVOKE pgrollout_operator FROM lab_operator
wait 5 There is no schema pgrollout here that you may use
type y
sleep 0.5
type p
type \e
sh $CLUSTER_ROOT/sql GRANT pgrollout_operator TO lab_operator
wait 9 not started
row 1 LIVE
type p
wait 3 pause: held
type q
end 0 3
restored
EOF2
is "$(cluster_psql a -c "SELECT string_agg(kind, ' ' ORDER BY kind) FROM pgrollout.hold")" 'boundary operator' \
    'the one pause, and no advance'
script 'no right to connect: the server says so, and R tries again' <<EOF2
start 80x24 PGDATABASE=closed -- exec $PGROLLOUT console --refresh 1
wait 5 permission denied for database "closed"
sh $CLUSTER_ROOT/sql GRANT CONNECT ON DATABASE closed TO lab_operator
quick 900 R => LIVE
type q
end 0 3
restored
EOF2
done_testing
