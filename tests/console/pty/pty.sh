# What the tests on a pty share: the driver, a quiet environment, the control schema. Source it first.
# shellcheck shell=bash

# shellcheck source=tests/lib/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/cluster.sh"
# shellcheck source=tests/lib/campaign.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/campaign.sh"

export LC_ALL=C.UTF-8 TERM=xterm-256color PGROLLOUT_BOUND_FACTOR
unset NO_COLOR ESCDELAY COLORTERM

# A primary with the control schema, and folders of its own for history and settings.
pty_start() { # [SETTING=VALUE…]
    cluster_start a "$@"
    export HOME=$CLUSTER_ROOT XDG_STATE_HOME=$CLUSTER_ROOT/state XDG_CONFIG_HOME=$CLUSTER_ROOT/config
    mkdir -p "$XDG_STATE_HOME" "$XDG_CONFIG_HOME"
    cluster_env a
    "$PGROLLOUT" install >"$CLUSTER_ROOT/install.out" 2>&1 || bail "$(cat "$CLUSTER_ROOT/install.out")"
}

# script DESCRIPTION: runs the script on standard input; its figures and pictures are shown.
script() {
    local output status=0
    output=$("$top_builddir/tests/console/pty/drive" 2>&1) || status=$?
    tap_result "$status" "$1"
    if [ "$status" -ne 0 ]; then
        diag "$output"
    else
        grep '^figure: ' <<<"$output" | sed "s/^/# /"
    fi
    return 0
}
