#!/bin/bash
# The guards, the journal, the card and the plan on a real pty, over a real engine while a backfill runs:
# limits that were set, a guard that trips and clears, older pages, the way back, the plan and its file.
. "$(dirname "$0")/pty.sh"

pty_start
cluster_psql a >/dev/null <<'SQL' || bail "the table could not be made"
SET client_min_messages = error;
GRANT pgrollout_engine, shop_owner TO lab_engine;
GRANT pgrollout_approver TO lab_operator;
GRANT pgrollout_viewer TO lab_viewer;
GRANT pg_monitor TO lab_operator;
CREATE TABLE public.users (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO public.users SELECT i, 'name ' || i FROM generate_series(1, 60000) i;
CREATE TABLE public.pulse (beat int NOT NULL);
INSERT INTO public.pulse VALUES (1);
ALTER TABLE public.users OWNER TO shop_owner;
GRANT SELECT ON public.users, public.pulse TO lab_operator, lab_engine, shop_owner;
ANALYZE public.users;
SQL

cat >"$CLUSTER_ROOT/plan.yaml" <<'YAML'
pgrollout: 1
migration: users-full-name
title: Rename users.name to users.full_name
phases:
  expand:
    - add_column: {table: users, column: full_name, type: text}
      name: add-column
    - sync: {table: users, old: name, new: full_name}
      name: sync
  deploy:
    - confirm: The release that can live with both columns runs everywhere.
      name: deployed
  backfill:
    - backfill:
        table: users
        set: {full_name: name}
        where: full_name IS NULL AND name IS NOT NULL
        batch: {start: 50, min: 10, max: 50, target: 10ms}
        rate: 300/s
      name: copy-names
  contract:
    - drop_column: {table: users, column: name}
      name: drop-column
guards:
  pulse:
    sql: SELECT max(beat) FROM public.pulse
    pause: 5
    resume: 2
YAML
sed 's/Rename users.name/Call users.name/; s/pause: 5$/pause: 6/' "$CLUSTER_ROOT/plan.yaml" >"$CLUSTER_ROOT/other.yaml"
cluster_env a lab_operator
"$PGROLLOUT" load "$CLUSTER_ROOT/plan.yaml" >"$CLUSTER_ROOT/load.out" 2>&1 ||
    bail "$(cat "$CLUSTER_ROOT/load.out")"

engine_end() { # the engine that was started here, by the pid it has told the database
    local pid
    pid=$(cluster_psql a -c "SELECT holder ->> 'pid' FROM pgrollout.lease WHERE holder IS NOT NULL")
    [ -z "$pid" ] || kill "$pid"
}
trap 'status=$?; engine_end; (exit "$status"); cluster_cleanup' EXIT
cluster_env a lab_engine
"$PGROLLOUT" run --detach --log "$CLUSTER_ROOT/engine.log" >"$CLUSTER_ROOT/run.out" 2>&1 ||
    bail "$(cat "$CLUSTER_ROOT/run.out")"
cluster_env a lab_operator
m=users-full-name
held_by() { # until that is all that holds it
    for _ in {1..150}; do
        [ "$(cluster_psql a -c "SELECT string_agg(kind || ' ' || key, ' ') FROM pgrollout.hold")" != "$1" ] || return 0
        sleep 0.1
    done
    bail "\"$1\" does not hold it"
}
act() {
    "$PGROLLOUT" "$@" >"$CLUSTER_ROOT/act.out" 2>&1 || bail "$(cat "$CLUSTER_ROOT/act.out")"
}
held_by 'boundary expand'
act advance $m
held_by 'boundary deploy'
act advance $m
held_by 'gate deployed'
act confirm $m deployed
held_by 'boundary backfill'
act advance $m
held_by ''
# a long history: what was written of it while nobody looked
cluster_psql a >/dev/null <<'SQL'
SELECT pgrollout.journal_event(m.id, 'note', 'ana', 'entry ' || i || ' of the past')
FROM pgrollout.migration m, generate_series(1, 450) i;
SQL
cat >"$CLUSTER_ROOT/beat" <<SH
#!/bin/bash
exec $CLUSTER_BIN/psql -XAtq -d '$(cluster_conninfo a)' -c "UPDATE public.pulse SET beat = \$1"
SH
chmod +x "$CLUSTER_ROOT/beat"

script 'guards: a limit by key, with its reason; one that trips says by which readings, and clears' <<EOF2
start 100x30 -- $PGROLLOUT console --refresh 0.5
wait 5 LIVE
type 5
wait 5 holds at
wait 5 12 of
type /pulse\r
wait 3 selected: pulse
wait 5 by the query: SELECT max(beat)
wait 3 It has not held this migration
type e
wait 2 :set $m guard.pulse.pause=
type 4 for 10m -- INC-42\r
wait 3 y set
sleep 0.3
type y
wait 5 * pause is 4 in place of the plan's 5
wait 1 INC-42
sh $CLUSTER_ROOT/beat 9
wait 8 TRIPPED: it has held
wait 1 9 > 4 (2 of 2)
wait 1 It clears by itself at 2 or less
type \r
wait 5 held by guard pulse
sh $CLUSTER_ROOT/beat 1
wait 15 guard pulse cleared
wait 5 ok: 1 now
type \e
wait 2 filter: pulse
type \e
wait 2 replication lag
clean
type q
end 0 3
restored
EOF2

script 'journal: follows, filters, kinds, older pages, the whole of a line, of all migrations' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 0.5
wait 5 LIVE
type 7
wait 5 follows what is new
wait 3 entry 450 of the past
type :note the newest word\r
wait 5 the newest word
type o
wait 2 what people did
type o
wait 2 holds and guards
wait 2 held by guard pulse
gone 2 the newest word
type ooo
wait 2 everything
type /of the past\r
wait 2 filter: of the past
type \e[F
sleep 0.6
type \e[F
sleep 0.6
type \e[F
wait 5 450 of all
wait 2 entry 1 of the past
type \r
gone 2 450 of all
wait 2 note · ana
type \e
wait 2 450 of all
type \e
gone 2 filter:
type i
wait 3 all migrations
type :journal\r
wait 3 of this migration
type :export journal $CLUSTER_ROOT/journal.jsonl\r
wait 5 export:
wait 5 newest first, in
type :export journal $CLUSTER_ROOT/journal.jsonl\r
wait 3 exists
clean
type q
end 0 3
EOF2
is "$(stat -c %a "$CLUSTER_ROOT/journal.jsonl")" 600 'the journal on file is private'
is "$(wc -l <"$CLUSTER_ROOT/journal.jsonl")" "$(cluster_psql a -c 'SELECT count(*) FROM pgrollout.event WHERE migration_id IS NOT NULL')" \
    'and whole'
like "$(tail -1 "$CLUSTER_ROOT/journal.jsonl")" '"event":"' 'as lines of JSON'

script 'card: the way back with its statements, and what the catalog no longer has' <<EOF2
start 100x40 -- $PGROLLOUT console --refresh 0.5
wait 5 LIVE
type 8
wait 5 Can we go back now?  ● YES
wait 5 Can the previous release run now?  YES
wait 1 ╫ The last free moment is before drop-column in contract
type jjjjjjjjjjjjjjjjjjjjjjjjjjjj
wait 5 ALTER TABLE "public"."users" DROP COLUMN IF EXISTS "full_name"
wait 1 lock: ACCESS EXCLUSIVE
type \e[F
wait 3 1 of 1 things it takes away are there
type C
wait 5 checklist:
wait 5 ○ compatible (OPEN)
type 8
wait 5 Can we go back now?  ● YES
type A
wait 2 Type $m:
sleep 0.3
type \e
gone 2 Type $m:
clean
type q
end 0 3
EOF2

mkfifo "$CLUSTER_ROOT/fifo"
script 'plan: the statements of the step, and the plan beside a file' <<EOF2
start 80x24 -- $PGROLLOUT console --refresh 0.5
wait 5 LIVE
type 9
wait 5 copy-names: what is sent
wait 5 UPDATE "public"."users" SET full_name
type \e[H
wait 3 add-column: what was sent
wait 3 ADD COLUMN "full_name" text
type \e[F
wait 3 drop-column: what will be sent
wait 2 NONE, it cannot be taken back
type d
wait 2 :diff
type $CLUSTER_ROOT/other.yaml\r
wait 3 the loaded plan and the file: -2 +2
wait 1 +title: Call users.name
wait 1 -title: Rename users.name
type \e
gone 2 the loaded plan and the file
type :diff $CLUSTER_ROOT/plan.yaml\r
wait 3 the file is what was loaded
wait 1 No line differs
type :diff /dev/zero\r
wait 3 diff: "/dev/zero" is not a regular file
gone 2 No line differs
wait 2 drop-column: what will be sent
type :diff $CLUSTER_ROOT/fifo\r
wait 3 is not a regular file
type \e
wait 2 5 of 5
type 2
wait 3 PAUSE
type :card\r
wait 3 Can we go back now?
clean
type q
end 0 3
restored
EOF2

out=$(printf 'diff %s\ndiff %s\n' "$CLUSTER_ROOT/other.yaml" "$CLUSTER_ROOT/plan.yaml" |
    timeout 30 "$PGROLLOUT" console --plain --refresh 0.5 2>&1 | tr '\n' ' ')
like "$out" '-title: Rename users.name.*[+]title: Call users.name.*the file is what was loaded' \
    'in lines it is told as text'

slow_files() {
# A file system that takes its time: whatever is called "dead" there is read slowly.
cat >"$CLUSTER_ROOT/slow.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static void wait_for_it(int fd)
{
    char name[64], path[512] = "";
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    if (readlink(name, path, sizeof path - 1) > 0 && strstr(path, "/dead"))
        sleep(3);
}
ssize_t read(int fd, void *into, size_t n)
{
    ssize_t (*next)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
    wait_for_it(fd);
    return next(fd, into, n);
}
ssize_t __read_chk(int fd, void *into, size_t n, size_t room)
{
    return n <= room ? read(fd, into, n) : -1;
}
C
cp "$CLUSTER_ROOT/plan.yaml" "$CLUSTER_ROOT/dead.yaml"
ok 'a slow file system' ${CC:-cc} -shared -fPIC -o "$CLUSTER_ROOT/slow.so" "$CLUSTER_ROOT/slow.c" -ldl
script 'a file that is read slowly freezes nothing' <<EOF2
start 80x24 LD_PRELOAD=$CLUSTER_ROOT/slow.so ASAN_OPTIONS=verify_asan_link_order=0 -- exec $PGROLLOUT console --refresh 0.5
wait 5 LIVE
type 9
wait 5 copy-names: what is sent
type :diff $CLUSTER_ROOT/dead.yaml\r
wait 2 diff: reading
quick 900 2 => PAUSE
quick 900 9 => copy-names
type :diff $CLUSTER_ROOT/dead.yaml\r
wait 2 is still being read
quick 900 2 => PAUSE
type 9
wait 9 diff: the file is what was loaded
wait 1 No line differs
type :diff $CLUSTER_ROOT/dead.yaml\r
wait 2 diff: reading
type q
end 0 2
restored
EOF2
}
[ "$(sample 1 2)" = 1 ] || slow_files

cluster_env a lab_viewer
script 'a viewer sees all of it, and is not offered to set a limit' <<EOF2
start 100x30 -- $PGROLLOUT console --refresh 0.5
wait 5 VIEWER
type 5
wait 5 holds at
type /pulse\r
wait 5 INC-42
type e
wait 3 set needs the role
type 7
wait 5 entry 450 of the past
type 8
wait 5 DROP COLUMN IF EXISTS
type 9
wait 5 copy-names: what is sent
type q
end 0 3
EOF2
done_testing
