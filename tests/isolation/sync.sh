#!/bin/bash
# Schedules of the backfill's change and the applications' writes, with the trigger that the engine makes.
. "$(dirname "$0")/../lib/rollout.sh"

here=$top_srcdir/tests/isolation
tester=${PG_PGXSDIR:-$(dirname "$(pg_config --pgxs)")}/../test/isolation/isolationtester
[ -x "$tester" ] || bail "no isolationtester at $tester"
rollout_start
rollout_table a
rollout_load
# the trigger as the engine makes it, to be made within a schedule
cluster_psql a >/dev/null <<'SQL' || bail "no support"
CREATE SCHEMA test;
CREATE TABLE test.sync AS SELECT does AS sql FROM pgrollout.step WHERE kind = 'sync';
CREATE FUNCTION test.reset() RETURNS void LANGUAGE plpgsql SET client_min_messages = error AS $$
DECLARE
    old text;
BEGIN
    DROP TABLE public.users CASCADE;
    FOR old IN SELECT format('FUNCTION %s', p.oid::regprocedure) FROM pg_proc p WHERE p.proname LIKE 'zzz_pgrollout%'
        UNION ALL SELECT format('SEQUENCE %s', c.oid::regclass) FROM pg_class c
        WHERE c.relkind = 'S' AND c.relname LIKE 'zzz_pgrollout%' LOOP
        EXECUTE 'DROP ' || old;
    END LOOP;
    CREATE TABLE public.users (id bigint PRIMARY KEY, name text NOT NULL, full_name text);
    INSERT INTO public.users SELECT i, 'name ' || i FROM generate_series(1, 3) i;
END
$$;
CREATE FUNCTION test.install() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE (SELECT s.sql FROM test.sync s);
    RETURN 'installed';
END
$$;
SQL
rollout_person
rollout_engine
is "$(cluster_psql a -c "SELECT state FROM pgrollout.step WHERE name = 'sync'")" done "the engine has made the trigger"
schedules() { # NAME LOGIN
    "$tester" "$(cluster_conninfo a "$2")" <"$here/$1.spec" >"$CLUSTER_ROOT/$1.out" 2>&1
    [ -z "${ISOLATION_UPDATE:-}" ] || cp "$CLUSTER_ROOT/$1.out" "$here/expected/$1.out"
    ok "$1" diff -u "$here/expected/$1.out" "$CLUSTER_ROOT/$1.out"
}
schedules sync-races shop_owner
# these make their tables anew
schedules trigger-install postgres
schedules index postgres
done_testing
