# The verbs: bad input, rights, order, receipts. A server too old is played by old_server, a transaction
# pooler by pooler.
cmd_tests = \
    tests/cli/cmd-arguments.sh \
    tests/cli/cmd-install.sh \
    tests/cli/cmd-operate.sh \
    tests/cli/cmd-password.sh \
    tests/cli/cmd-plain.sh \
    tests/cli/cmd-psql.sh \
    tests/cli/cmd-run.sh \
    tests/cli/pgbouncer.sh \
    tests/cli/several-hosts.sh \
    tests/cli/uses.sh
TESTS += $(cmd_tests)
EXTRA_DIST += $(cmd_tests) tests/cli/sample.sh
check_PROGRAMS += tests/cli/old_server tests/cli/pooler
tests_cli_old_server_SOURCES = tests/cli/old_server.c
tests_cli_pooler_SOURCES = tests/cli/pooler.c
CAMPAIGN_TESTS += tests/cli/completion.sh
