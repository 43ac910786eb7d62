# Migrations driven by a real engine on a real server (bash; brings cluster.sh along).
# shellcheck shell=bash

# shellcheck source=tests/lib/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/cluster.sh"

engine_pid=

# Cluster `a` with the control schema, every login in its role, and the engine let into the tables.
driven_start() { # [SETTING=VALUE…]
    local args=() role
    cluster_start a "$@"
    trap driven_cleanup EXIT
    cluster_env a
    for role in engine operator approver responder viewer; do
        args+=(--map "$role=lab_$role")
    done
    "$PGROLLOUT" install "${args[@]}" >/dev/null 2>&1 || bail "the control schema could not be put in"
    sql 'GRANT shop_owner TO lab_engine' >/dev/null
}

sql() { cluster_psql a -c "$1"; }
owner() { cluster_psql_as a shop_owner -v ON_ERROR_STOP=1 -c "$1"; }
as() { # ROLE VERB…
    local role=$1
    shift
    "$PGROLLOUT" -U "lab_$role" "$@"
}
operator() { as operator "$@"; }

# A table of ROWS users, with keys on both sides of zero.
users_table() { # TABLE ROWS
    owner "CREATE TABLE $1 (id bigint PRIMARY KEY, name text, note text);
        INSERT INTO $1 SELECT i - $2 / 2, 'name ' || i, 'n' FROM generate_series(1, $2) i;
        ANALYZE $1" >/dev/null || bail "no table"
}

# TABLE ROWS BAD: ids on both sides of zero; where BAD (over i) is true, name is no number. hits counts the
# changes of a row, so that one that was filled twice shows.
numbers_table() {
    owner "CREATE TABLE $1 (id bigint PRIMARY KEY, name text NOT NULL, n int, hits int NOT NULL DEFAULT 0);
        CREATE FUNCTION $1_hit() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN NEW.hits := OLD.hits + 1; RETURN NEW; END';
        CREATE TRIGGER hit BEFORE UPDATE OF n ON $1 FOR EACH ROW EXECUTE FUNCTION $1_hit();
        INSERT INTO $1 SELECT i - $2 / 2, CASE WHEN $3 THEN 'no ' || i ELSE i::text END
        FROM generate_series(1, $2) i;
        ANALYZE $1" >/dev/null || bail "no table"
}

# migration NAME [TOP-LEVEL-YAML] <PHASES: writes the plan and loads it.
migration() {
    {
        printf 'pgrollout: 1\nmigration: %s\n%s\nphases:\n' "$1" "${2:-}"
        cat
    } >"$CLUSTER_ROOT/$1.yaml"
    operator load "$CLUSTER_ROOT/$1.yaml" >"$CLUSTER_ROOT/load.out" 2>&1 ||
        bail "\"$1\" was not loaded: $(cat "$CLUSTER_ROOT/load.out")"
}

engine_log=
engine_start() { # [RUN-ARGS]
    engine_log=$CLUSTER_ROOT/engine.log
    "$PGROLLOUT" -U lab_engine run "$@" >"$engine_log" 2>&1 </dev/null &
    engine_pid=$!
    wait_until 15 grep -q 'epoch' "$engine_log" || bail "no engine: $(cat "$engine_log")"
}
# Ends it; its exit status is that of the function.
engine_stop() {
    local pid=$engine_pid
    engine_pid=
    kill -TERM "$pid" 2>/dev/null
    wait "$pid"
}
engine_kill() {
    local pid=$engine_pid
    engine_pid=
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
}
# An engine without its server would look for it for ever.
driven_cleanup() {
    local status=$?
    [ -z "$engine_pid" ] || kill -KILL "$engine_pid" 2>/dev/null
    (exit "$status")
    cluster_cleanup
}

# "state phase step:state [hold key] …" of the newest migration of the name.
where() {
    sql "SELECT concat_ws(' ', m.state, m.phase, (SELECT s.name || ':' || s.state FROM pgrollout.step s
            WHERE s.migration_id = m.id AND s.state NOT IN ('done', 'skipped', 'undone')
            ORDER BY s.state = 'pending', s.ord LIMIT 1),
            (SELECT string_agg(format('[%s]', btrim(h.kind || ' ' || h.key)), ' ' ORDER BY h.kind, h.key)
             FROM pgrollout.hold h WHERE h.migration_id = m.id))
        FROM pgrollout.migration m WHERE m.name = '$1' ORDER BY m.id DESC LIMIT 1"
}
is_where() { [[ $(where "$1") =~ $2 ]]; }
# reaches NAME REGEX DESCRIPTION [SECONDS]
reaches() {
    wait_until "${4:-15}" is_where "$1" "$2"
    like "$(where "$1")" "$2" "$3"
}
# Waits without a test of its own.
comes_to() { # NAME REGEX [SECONDS]
    wait_until "${3:-15}" is_where "$1" "$2" || bail "$1 is $(where "$1"), not $2: $(tail -n 5 "$engine_log")"
}

step_field() { # NAME STEP FIELD
    sql "SELECT $3 FROM pgrollout.step s JOIN pgrollout.migration m ON m.id = s.migration_id
        WHERE m.name = '$1' AND s.name = '$2' ORDER BY m.id DESC LIMIT 1"
}
events() { # NAME
    sql "SELECT e.text FROM pgrollout.event e JOIN pgrollout.migration m ON m.id = e.migration_id
        WHERE m.name = '$1' ORDER BY e.id"
}

# Says what a person says wherever it waits, until it is in a state or at a place that matches.
drive() { # NAME REGEX [SECONDS]
    local now deadline=$((SECONDS + ${3:-30}))
    until now=$(where "$1") && [[ $now =~ $2 ]]; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        case $now in
            failed*) return 1 ;;
            *'[boundary contract]'*) as approver contract "$1" --confirm "$1" ;;
            *'[boundary '*) operator advance "$1" ;;
            *'[gate '*) confirm_all "$1" ;;
        esac >/dev/null 2>&1
        sleep 0.05
    done
}
confirm_all() {
    local app
    { operator confirm "$1" --reason test || as approver confirm "$1" --reason test; } && return
    for app in $(sql "SELECT unnest(s.gate_each) FROM pgrollout.step s JOIN pgrollout.hold h
            ON h.migration_id = s.migration_id AND h.key = s.name AND h.kind = 'gate'
            JOIN pgrollout.migration m ON m.id = s.migration_id WHERE m.name = '$1'"); do
        as approver confirm "$1" --for "$app"
    done
}
drives() { # NAME REGEX DESCRIPTION [SECONDS]
    drive "$1" "$2" "${4:-30}"
    like "$(where "$1")" "$2" "$3"
    [[ $(where "$1") =~ $2 ]] || diag "$(sql "SELECT name, state, error, error_detail FROM pgrollout.step
        WHERE state = 'failed'")" "$(tail -n 5 "$engine_log")"
}

# The schema as pg_dump tells it, without ours.
dump() {
    "$CLUSTER_BIN/pg_dump" -s -N pgrollout -d "$(cluster_conninfo a)" | grep -v '^--' | grep -v '^\\'
}

# A session in an open transaction that holds what SQL took or did, until `release`.
hold_open() { # SQL [LOGIN]
    coproc HOLDER { PGAPPNAME=holder cluster_psql_as a "${2:-shop_owner}"; }
    # the coprocess's descriptors are gone as soon as it ends: copies
    exec {holder_in}>&"${HOLDER[1]}"
    echo "BEGIN; $1; SELECT 'held';" >&"$holder_in"
    local line
    while read -r line <&"${HOLDER[0]}"; do [ "$line" = held ] && return 0; done
    bail "could not hold: $1"
}
release() { # [ROLLBACK]
    local pid=$HOLDER_PID
    echo "${1:-COMMIT};" >&"$holder_in"
    exec {holder_in}>&-
    # bash keeps a copy of its own
    eval "exec ${HOLDER[1]}>&-" 2>/dev/null
    wait "$pid" 2>/dev/null
    return 0
}
