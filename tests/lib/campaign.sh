# Samples and whole campaigns (bash): `make check` runs a sample of fixed seed, `make check-campaign` all
# of it, alone on the machine. Source it after tap.sh.
# shellcheck shell=bash

# Limits in milliseconds are judged as they stand in a campaign, which runs alone, else at five times.
PGROLLOUT_BOUND_FACTOR=${PGROLLOUT_BOUND_FACTOR:-5}

sample() { # IN-CHECK IN-CAMPAIGN
    if [ -n "${PGROLLOUT_CAMPAIGN:-}" ]; then echo "$2"; else echo "$1"; fi
}

# A number for the closing note: `make check-campaign` prints them all.
figure() { diag "figure: $*"; }

figure_of() { # SED-REGEX-WITH-ONE-GROUP FILE: the first match
    sed -n "s/.*$1.*/\\1/p" "$2" | head -n 1
}

within() { # GOT LIMIT DESCRIPTION: a measured figure is at most the limit (times the factor)
    local bound
    bound=$(awk -v l="$2" -v f="$PGROLLOUT_BOUND_FACTOR" 'BEGIN { print l * f }')
    if awk -v g="$1" -v b="$bound" 'BEGIN { exit !(g != "" && g + 0 <= b) }'; then
        tap_result 0 "$3: $1, at most $bound"
    else
        tap_result 1 "$3: $1, at most $bound"
    fi
}
