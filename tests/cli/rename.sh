#!/bin/bash
# The rename under load with both releases all the way: 42 works from the sync trigger on, 41 until
# contract; every row is what was written, and the replica is the primary's twin.
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source=tests/lib/campaign.sh
. "$(dirname "$0")/../lib/campaign.sh"

dir=$(mktemp -d /tmp/pgrd.XXXXXX)
export PGROLLOUT_LAB_DIR=$dir/lab
unset PGHOST PGPORT PGUSER PGDATABASE
trap '"$PGROLLOUT" lab stop --delete >/dev/null 2>&1; rm -rf "$dir"' EXIT
trap 'exit 143' TERM INT HUP
chmod 755 "$dir"
rows=$(sample 20000 200000)
name=users-full-name
lab() { "$PGROLLOUT" lab "$@"; }
as() { # ROLE VERB…
    PGUSER=lab_$1 "$PGROLLOUT" "${@:2}"
}
value() { lab psql --role=postgres -XAtc "$1"; }
# the applications' errors and wrong reads since the last `lab apps zero`
harm() { value "SELECT sum(errors + mismatches) FROM lab.app_status"; }
slowest() { value "SELECT max(max_ms) FROM lab.app_status"; }
held() { as operator wait "$name" --for held --timeout "${1:-60}" >/dev/null 2>&1; }
pass() { as operator advance "$name" >/dev/null && sleep 0.5; }
answer() { for app in web workers; do as operator confirm "$name" --for $app >/dev/null || return 1; done; }

lab start --rows "$rows" >/dev/null 2>&1 || bail "no practice cluster"
eval "$(lab env)"
"$PGROLLOUT" new rename-column table=users old=name new=full_name \
    'applications=web=shop-web*,workers=shop-workers*' -o "$dir/plan.yaml" >/dev/null 2>&1
exits 0 "load" as operator load "$dir/plan.yaml"
exits 0 "an engine in the background" as engine run --detach --log "$dir/engine.log"

pass && held
lab apps zero >/dev/null
lab deploy 42 --only web >/dev/null
sleep 3
is "$(harm)" 0 "after expand: web knows only full_name, workers and cron only name, and all of them work"
pass && held && answer && held
start=$(date +%s)
pass && held 1200
figure "backfill, verify, not null, analyze of $rows rows: $(($(date +%s) - start)) s"
figure "slowest application statement since expand: $(slowest) ms"
is "$(harm)" 0 "after the backfill: not one error, not one wrong read"
exits 0 "verify while both columns are there" lab verify
pass && held && answer && held
pass && held && as operator confirm "$name" >/dev/null && held
is "$(harm)" 0 "release 41 works until contract"
lab deploy 42 --only workers >/dev/null
lab deploy 42 --only cron >/dev/null
# the cron job takes its release up when it runs next
wait_until 30 eval '[ "$(value "SELECT bool_and(release = 42) FROM lab.app_status")" = t ]'
lab apps zero >/dev/null
exits 0 "contract" as approver contract "$name" --confirm "$name"
exits 0 "done" as operator wait "$name" --for done --timeout 60
sleep 1
is "$(harm)" 0 "release 42 works without name"
exits 0 "verify: every row right, the replica the same" lab verify
like "$out" 'replica and primary: same' "the replica is the primary's twin"
is "$(value "SELECT string_agg(attname || ':' || attnotnull, ' ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = 'users'::regclass AND attname IN ('name', 'full_name') AND NOT attisdropped")" \
    "full_name:true" "users has full_name NOT NULL and no name"
is "$(value "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'zzz_pgrollout%'")" 0 "no trigger is left"
# the oracle has teeth: what contract took away is missed by a release that needs it
lab deploy 41 --only workers >/dev/null
ok "release 41 fails after contract" wait_until 10 eval '[ "$(harm)" -gt 0 ]'
done_testing
