#!/bin/bash
# Passwords: asked for on the terminal without echo, never where -w stands, taken from .pgpass.
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start a password_encryption=scram-sha-256
cluster_env a
ok "install" "$PGROLLOUT" install --map viewer=lab_viewer
cluster_psql a -c "ALTER ROLE lab_viewer PASSWORD 'öpen sesame'" -c "ALTER SYSTEM SET log_connections = off"
cluster_run sh -c "sed -i '1i local all lab_viewer scram-sha-256' '$CLUSTER_ROOT/a/pg_hba.conf'"
cluster_psql a -c 'SELECT pg_reload_conf()' >/dev/null
refused() { ! cluster_psql_as a lab_viewer -w -c 'SELECT 1'; }
ok "the server asks" wait_until 5 refused

typing() { # WORD…: runs the program on a terminal where the password is typed
    local shell_words
    printf -v shell_words '%q ' "$PGROLLOUT" "$@"
    (sleep 1; echo 'öpen sesame'; sleep 1) |
        timeout 20 script -qec "$shell_words" /dev/null
}

exits 3 "-w" "$PGROLLOUT" -U lab_viewer -w status
like "$err" 'pgpass' "says where to put it"
exits 3 "no terminal to ask on" setsid "$PGROLLOUT" -U lab_viewer status
exits 3 "a wrong one" env PGPASSWORD=wrong "$PGROLLOUT" -U lab_viewer -w status
exits 0 "PGPASSWORD" env PGPASSWORD='öpen sesame' "$PGROLLOUT" -U lab_viewer -w status
echo "*:*:*:lab_viewer:öpen sesame" >"$CLUSTER_ROOT/pass"
chmod 600 "$CLUSTER_ROOT/pass"
exits 0 ".pgpass" env PGPASSFILE="$CLUSTER_ROOT/pass" "$PGROLLOUT" -U lab_viewer -w status
out=$(typing -U lab_viewer status)
like "$out" 'Password: ' "asked for on the terminal"
like "$out" 'no migration is loaded' "and used"
unlike "${out#*Password: }" 'sesame' "without echo"
out=$(typing -W -U postgres status)
like "$out" 'Password: ' "-W asks in any case"
done_testing
