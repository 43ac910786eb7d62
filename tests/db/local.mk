# What needs a server and the control schema, below the program.
db_tests = tests/db/sql-engine.sh tests/db/lint-locks.sh
TESTS += $(db_tests)
EXTRA_DIST += $(db_tests) tests/db/control.sh tests/db/engine.psql tests/db/engine-turn.psql tests/db/lint-locks.sql
