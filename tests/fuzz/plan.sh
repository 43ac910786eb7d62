#!/bin/bash
# Many more mutations of right plan files than the unit test makes; the same seed.
. "${top_srcdir:-.}/tests/lib/tap.sh"
. "${top_srcdir:-.}/tests/lib/campaign.sh"

ok "no mutation of a plan file crashes the reader or lint" \
    env PLAN_MUTATIONS="$(sample 80000 1000000)" "$top_builddir/tests/unit/plan/test_hostile"
done_testing
