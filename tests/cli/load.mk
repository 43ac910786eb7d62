# Loading plans.
TESTS += tests/cli/load.sh
EXTRA_DIST += tests/cli/load.sh tests/cli/load.sql
