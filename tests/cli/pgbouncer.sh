#!/bin/bash
# The applications behind PgBouncer: no_sessions tells the truth about who is there, and says so where it
# cannot.
. "$(dirname "$0")/../db/driven.sh"
. "$(dirname "$0")/../lib/pooler.sh"

driven_start
pooler_start p a
export PGROLLOUT_CONF=$CLUSTER_ROOT/pgrollout.conf
: >"$PGROLLOUT_CONF"

waits_for() { step_field "$1" "$2" "detail ->> 'waits_for'"; }
says() { [[ $(waits_for "$1" "$2") =~ $3 ]]; }
tells() { # NAME STEP REGEX DESCRIPTION
    wait_until 30 says "$1" "$2" "$3"
    like "$(waits_for "$1" "$2")" "$3" "$4"
}
# A client that stays, through the pooler or not; its standard input is a descriptor that closes it.
client() { # NAME LOGIN CONNINFO
    mkfifo "$CLUSTER_ROOT/$1.in" "$CLUSTER_ROOT/$1.out"
    PGAPPNAME=${2-} "$CLUSTER_BIN/psql" -XAtq -d "$3" <"$CLUSTER_ROOT/$1.in" >"$CLUSTER_ROOT/$1.out" 2>&1 &
    exec {client_in}>"$CLUSTER_ROOT/$1.in" {client_out}<"$CLUSTER_ROOT/$1.out"
    echo 'SELECT 1;' >&"$client_in"
    read -r -t 10 -u "$client_out" line && [ "$line" = 1 ] || bail "no client $1: $line"
    eval "$1_in=$client_in $1_out=$client_out"
}
leave() { # NAME
    local in=$1_in out=$1_out
    echo '\q' >&"${!in}" # other clients have a copy of the descriptor
    eval "exec ${!in}>&- ${!out}<&-"
    rm -f "$CLUSTER_ROOT/$1.in" "$CLUSTER_ROOT/$1.out"
}
gate() { # NAME: loaded and begun
    users_table "$1" 10
    migration "$1" 'applications:
  web: {sessions: "shop-web*"}' <<YAML
  stop_old_writes:
    - no_sessions: {application: web, for: 2s}
      name: gone
  contract:
    - drop_column: {table: $1, column: note}
YAML
    operator advance "$1" >/dev/null
}
servers() { sql "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'shop-web%'"; }
no_servers() { [ "$(servers)" = 0 ]; }

# --- nobody has said that there is a pooler
pooled=$(pooler_conninfo p shop_web)
client idle shop-web-7 "$pooled"
engine_start
gate blind
tells blind gone 'of web' "a server session that the pooler keeps under an application's name is seen"
pooler_psql p shop_web -c 'SELECT 1' >/dev/null
PGAPPNAME=shop-cron pooler_psql p shop_web -c 'SELECT 1' >/dev/null
tells blind gone 'blind: .*(changes its name as behind a pooler|without a name)' \
    "a session that changes its name is behind a pooler that nobody has named: blind"
engine_stop
operator abort blind --to start >/dev/null

# --- named in the settings file
printf '[pooler p]\nconninfo=host=%s port=%s user=pooler_stats\n' "$CLUSTER_ROOT" "${POOLER_PORTS[p]}" >"$PGROLLOUT_CONF"
engine_start
comes_to blind '^aborted'
gate truth
tells truth gone '1 session of web: client of pooler p' "an idle client is seen by SHOW CLIENTS alone"
is "$(servers)" 0 "no session of the server has its name"
client direct shop-web-9 "$(cluster_conninfo a shop_web)"
tells truth gone '2 sessions of web' "and one without the pooler"
leave direct
leave idle
tells truth gone 'no session of web for [0-9.]+s of 2s' "when both have gone the time begins"
reaches truth '\[boundary contract\]' "and is met"
like "$(events truth)" 'no session of web for 2s; looked at the primary .*pooler p' "the journal has the coverage"

# --- contract reads it afresh
client late shop-web-3 "$pooled"
as approver contract truth --confirm truth >/dev/null
wait_until 20 grep -q 'read afresh' "$engine_log"
reaches truth '\[boundary contract\]' "contract with a client back in the pooler waits again"
like "$(sql "SELECT reason FROM pgrollout.hold WHERE kind = 'boundary'")" \
    'gone is no longer true: .*client of pooler p' "and says why"
is "$(step_field truth drop-column s.state)" pending "nothing was dropped"
leave late

# --- a pooler that does not answer, one that hangs, and one whose clients have no name
gate down
tells down gone 'no session of web' "nobody is there"
pooler_pause p
tells down gone 'pooler p does not answer: no answer within 5 s' "a pooler that hangs: blind"
pooler_go_on p
tells down gone 'no session of web' "and seen again"
pooler_stop p
tells down gone 'blind: pooler p does not answer' "a pooler that is down: blind"
pooler_launch p
client nameless '' "$pooled"
tells down gone 'blind: client of pooler p .* without a name' "a client without a name may be anybody: blind"
leave nameless
reaches down '\[boundary contract\]' "until it has gone" 30
as approver contract truth --confirm truth >/dev/null
reaches truth '^done' "contract goes through when the evidence is true again"
engine_stop
done_testing
