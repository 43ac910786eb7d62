# Loading plans.
TESTS += tests/cli/forecast.sh tests/cli/load.sh
EXTRA_DIST += tests/cli/forecast.sh tests/cli/load.sh tests/cli/load.sql
