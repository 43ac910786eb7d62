#!/bin/bash
# Many more mutations of SQL texts than the unit test makes; the same seed.
. "${top_srcdir:-.}/tests/lib/tap.sh"

ok "no mutation of an SQL text crashes the analysis, or passes for what it is not" \
    env SQL_MUTATIONS=400 "$top_builddir/tests/unit/lint/test_hostile_sql"
done_testing
