#!/bin/bash
# The test library itself: a primary, a replica, roles, promotion, and nothing left behind.
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start a work_mem=5MB
is "$(cluster_psql a -c 'SHOW listen_addresses')" "" "no TCP"
is "$(cluster_psql a -c 'SHOW work_mem')" "5MB" "a setting of the caller's holds"
is "$(cluster_psql a -c 'SHOW shared_preload_libraries')" pg_stat_statements "preloaded"
is "$(cluster_psql_as a lab_engine -c 'SELECT usesuper FROM pg_user WHERE usename = user')" f \
    "the engine's login is no superuser"
cluster_env a shop_owner
is "$(psql -XAtc 'SELECT current_user, current_database()')" "shop_owner|shop" "PG* variables"
ok "a table" cluster_psql_as a shop_owner -c 'CREATE TABLE t (i int)' -c 'INSERT INTO t VALUES (1)'

cluster_replica b a
ok "the replica catches up" cluster_catchup b a
is "$(cluster_psql b -c 'SELECT i, pg_is_in_recovery() FROM t')" "1|t" "and has the row"
is "$(ps -o user= -p "$(cluster_pid b)" | tr -d ' ')" \
    "$(stat -c %U "$CLUSTER_ROOT/b")" "the server is its directory's owner"
isnt "$(stat -c %u "$CLUSTER_ROOT/b")" 0 "who is not root"
ok "immediate stop" cluster_immediate_stop a
exits 1 "no pid after it" cluster_pid a
ok "promotion" cluster_promote b
is "$(cluster_psql b -c 'SELECT pg_is_in_recovery()')" f "the replica is the primary"

# a test that dies leaves neither directory nor server
left=$(bash -c ". '$top_srcdir/tests/lib/cluster.sh'
    cluster_start c; echo \$CLUSTER_ROOT \$(cluster_pid c); kill -TERM \$\$; sleep 5" | tail -n 1)
read -r dir pid <<<"$left"
like "$left" '^/tmp/pgrt\.' "another test ran"
ok "its directory is gone" test ! -e "$dir"
ok "its server is gone" gone "$pid"
done_testing
