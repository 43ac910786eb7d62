# The verbs: bad input, rights, order, receipts; a server too old is played by old_server.
cmd_tests = \
    tests/cli/cmd-arguments.sh \
    tests/cli/cmd-install.sh \
    tests/cli/cmd-operate.sh \
    tests/cli/cmd-password.sh \
    tests/cli/cmd-psql.sh
TESTS += $(cmd_tests)
EXTRA_DIST += $(cmd_tests) tests/cli/sample.sh
check_PROGRAMS += tests/cli/old_server
tests_cli_old_server_SOURCES = tests/cli/old_server.c
