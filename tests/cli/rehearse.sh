#!/bin/bash
# rehearse: what breaks an application in a mixed state is found, by its statement, and what is right passes.
# Nothing is left behind, whatever ends it. In the campaign each fault by itself, and copies of every kind.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/campaign.sh"

export LC_ALL=C.UTF-8 # the matrix has glyphs
work=$(mktemp -d /tmp/pgrr.XXXXXX)
plan=$work/plan.yaml schema=$work/schema.sql
cat >"$schema" <<'S'
CREATE ROLE made;
CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, city text, amount numeric(10, 2), fax text);
INSERT INTO users SELECT i, 'name ' || i, 'city', i / 4.0, 'f' FROM generate_series(1, 60) i;
ALTER TABLE users OWNER TO postgres;
GRANT SELECT ON users TO "Some Reader", made;
S

plan_of() { # APPLICATIONS <PHASES
    printf 'pgrollout: 1\nmigration: m\napplications:\n%s\nphases:\n' "$1" >"$plan"
    cat >>"$plan"
}
rehearse() { # STATUS DESCRIPTION [ARGS]
    local status=$1 what=$2
    shift 2
    exits "$status" "$what" "$PGROLLOUT" --color never rehearse "$plan" "$@"
    # one failure is one paragraph; lines are broken at column 80
    flat=$(tr -s ' \n' ' ' <<<"$out")
}
from_file() { rehearse "$1" "$2" --schema "$schema"; }
# the cells of a state in the matrix
cells() { sed -n "s/^  $1  *\(✗\|ok\|·\|–\)/\1/p" <<<"$out" | tr -s ' \n' ' ' | sed 's/ $//'; }
finds() { # REGEX DESCRIPTION
    like "$flat" "$1" "$2"
}

# what needs no copy
plan_of '  web: {statements: {old: ["SELECT name FROM users WHERE id = $1"]}}' <<'Y'
  expand:
    - add_column: {table: users, column: n, type: text}
Y
from_file 2 "a parameter without a value"
like "$err" 'plan.yaml:4:28: error: it cannot be rehearsed: it has \$1 and no values' "is told at its place"
plan_of '  web: {sessions: web}' <<'Y'
  expand:
    - add_column: {table: users, column: n, type: text}
Y
from_file 2 "applications that send nothing"
like "$err" 'no application of the plan has statements' "are told"
rehearse 2 "two copies" --schema "$schema" --scratch dbname=x
rehearse 2 "a name alone" --disposable x

sync='    - sync: {table: users, old: name, new: full_name}'
fill='  backfill:
    - backfill: {table: users, set: {full_name: name}, where: full_name IS NULL}
      name: fill
    - verify: fill'
name_writes="UPDATE users SET name = 'written' WHERE id = 42"
full_writes="UPDATE users SET full_name = 'written' WHERE id = 42"

renamed() {
    plan_of "  web: {statements: {old: [SELECT name FROM users WHERE id = 1], new: [SELECT full_name FROM users WHERE id = 1]},
    works: {old: expand..contract, new: contract}}" <<'Y'
  contract:
    - sql: ALTER TABLE users RENAME COLUMN name TO full_name
      irreversible: true
Y
}
strict() {
    plan_of "  web: {statements: {old: [\"INSERT INTO users (id, name) VALUES (900, 'new')\"]}}" <<Y
  expand:
    - add_column: {table: users, column: full_name, type: text}
$fill
    - not_null: {table: users, column: full_name}
Y
}
dropped() {
    plan_of '  web: {statements: {old: [SELECT fax FROM users WHERE id = 1]}, works: {old: expand..contract}}' <<'Y'
  contract:
    - drop_column: {table: users, column: fax}
Y
}
starred() {
    plan_of '  web: {statements: {old: [SELECT * FROM users WHERE id = 1]}}' <<'Y'
  expand:
    - add_column: {table: users, column: full_name, type: text}
Y
}
unfilled() {
    plan_of '  web: {statements: {old: [SELECT name FROM users WHERE id = 42], new: [SELECT full_name FROM users WHERE id = 42]}}' <<Y
  expand:
    - add_column: {table: users, column: full_name, type: text}
$sync
$fill
Y
}
lossy() {
    plan_of '  web: {statements: {old: [SELECT amount FROM users WHERE id = 4]}}' <<'Y'
  expand:
    - add_column: {table: users, column: whole, type: int}
    - sync: {table: users, old: amount, new: whole, up: "amount::int", down: "whole::numeric"}
Y
}
unsynced() {
    plan_of "  web: {statements: {old: [SELECT name FROM users WHERE id = 42, \"$name_writes\"],
    new: [SELECT full_name FROM users WHERE id = 42, \"$full_writes\"]}, works: {new: switch_reads..contract}}" <<Y
  expand:
    - add_column: {table: users, column: full_name, type: text}
$fill
  switch_reads:
    - confirm: readers
      name: readers
Y
}
renamed_is_found() { finds 'SELECT name FROM users WHERE id = 1 gets 42703: column "name" does not exist' "a rename in place"; }
strict_is_found() { finds "end of backfill sends INSERT .* gets 23502: null value in column \"full_name\"" "NOT NULL too early"; }
dropped_is_found() { finds 'SELECT fax .* gets 42703: column "fax" does not exist' "a dropped column that is still read"; }
starred_is_found() { finds 'prepared in the state "before" gets 0A000: cached plan must not change result type' "SELECT * that was prepared before ADD COLUMN"; }
unfilled_is_found() { finds 'meant name 42 here NULL' "new code that takes rows for filled"; }
lossy_is_found() { finds 'values of users.amount do not come back: 0.25 becomes 0, and 0 again' "a type that loses values"; }
unsynced_is_found() { finds "after web old: $name_writes gets the same as before" "an old release that still writes, and no sync"; }

# the faults together: the walk through a plan is what takes the time
plan_of "  web: {statements: {old: [SELECT name FROM users WHERE id = 42, \"$name_writes\"],
    new: [SELECT full_name FROM users WHERE id = 42, \"$full_writes\"]}, works: {new: deploy..stop_old_writes}}
  strict: {statements: {old: [\"INSERT INTO users (id, name) VALUES (900, 'new')\"]}}
  star: {statements: {old: [SELECT * FROM users WHERE id = 1]}}
  fax: {statements: {old: [SELECT fax FROM users WHERE id = 1]}, works: {old: expand..contract}}
  city: {statements: {old: [SELECT name FROM users WHERE id = 1]}, works: {old: expand..contract}}
  silent: {sessions: silent}" <<Y
  expand:
    - add_column: {table: users, column: full_name, type: text}
    - add_column: {table: users, column: whole, type: int}
    - sync: {table: users, old: amount, new: whole, up: "amount::int", down: "whole::numeric"}
$fill
    - not_null: {table: users, column: full_name}
  contract:
    - drop_column: {table: users, column: fax}
    - sql: ALTER TABLE users RENAME COLUMN name TO old_name
      irreversible: true
Y
from_file 1 "a plan with every fault"
renamed_is_found
strict_is_found
dropped_is_found
starred_is_found
unfilled_is_found
lossy_is_found
unsynced_is_found
finds 'does not say what it sends: silent' "an application of which nothing is known is told"
is "$(cells before)" "ok · ok ok ok ok" "before it all works that is there"
is "$(cells 'backfill, at its end')" "✗ unseen ✗ unseen ✗ 23502 ✗ 0A000 ok ok" "a column for each, a line for each state"
is "$(cells contract)" "· · · · ✗ 42703 ✗ 42703" "in contract only what has to live there"
is "$(cells 'aborted in the backfill')" "ok · ok ok ok ok" "what is taken back is as it was"
is "$(awk 'length($0) > 80' <<<"$out" | LC_ALL=C.UTF-8 grep -cE '^.{81}')" 0 "no line is wider than 80 columns"

good() {
    plan_of "  web: {statements: {old: [SELECT name FROM users WHERE id = 42, \"$name_writes\"],
    new: [\"SELECT coalesce(full_name, name) FROM users WHERE id = 42\", \"$full_writes\"]}, works: {new: deploy..stop_old_writes}}
  next: {statements: {new: [{sql: SELECT full_name FROM users WHERE id = \$1, params: [42]}]}, works: {new: switch_reads..contract}}" <<Y
  expand:
    - add_column: {table: users, column: full_name, type: text}
$sync
  deploy:
    - confirm: deployed
      each: [web, next]
      name: deployed
$fill
    - not_null: {table: users, column: full_name}
  switch_reads:
    - soak: {for: 30d}
  contract:
    - brown_out: {table: users, column: name, for: 30d}
    - drop_column: {table: users, column: name}
guards:
  window: {days: [sun], hours: "03:00-03:01", tz: UTC}
Y
}

# killed half way: the cluster goes with it
gone() { [ -z "$(ls -d /tmp/pgrollout-rehearsal-* 2>/dev/null | comm -13 "$work/there" -)" ]; }
up() { compgen -G '/tmp/pgrollout-rehearsal-*/primary/postmaster.pid' | sed 's|/primary.*||' | sort | comm -13 "$work/there" - | grep -q .; }
killed() { # SIGNAL
    ls -d /tmp/pgrollout-rehearsal-* 2>/dev/null | sort >"$work/there"
    "$PGROLLOUT" rehearse "$plan" --schema "$schema" >/dev/null 2>&1 &
    local pid=$!
    wait_until 30 up || diag "no cluster"
    kill "-$1" "$pid"
    wait "$pid" 2>/dev/null
    ok "$1 ends it, and its cluster is gone" wait_until 20 gone
}
good
killed KILL
if [ -n "${PGROLLOUT_CAMPAIGN:-}" ]; then
    killed INT
    killed TERM
    for fault in renamed strict dropped starred unfilled lossy unsynced; do
        $fault
        from_file 1 "$fault"
        "${fault}_is_found"
        like "$(tail -n 1 <<<"$out")" '^not passed: [12] problem' "$fault: and nothing else"
    done
    good
    from_file 0 "what is right passes"
    like "$flat" 'no time passes: soak' "and it says what was not rehearsed"
    is "$(cells 'backfill, part filled')" "ok ok ·" "half filled it works for all who have to live there"
    is "$(cells contract)" "· · ok" "and in the end for the last release"
    like "$(tail -n 1 <<<"$out")" '^passed' "in one word"
fi
rm -rf "$work"
done_testing
