# The program from outside, and the library that shell tests use.
cli_tests = \
    tests/cli/cluster.sh \
    tests/cli/completion.sh \
    tests/cli/drill.sh \
    tests/cli/drills.sh \
    tests/cli/guard-test.sh \
    tests/cli/lab.sh \
    tests/cli/plan.sh \
    tests/cli/report.sh \
    tests/cli/rehearse.sh \
    tests/cli/theme.sh \
    tests/cli/rename.sh
TESTS += $(cli_tests)
CAMPAIGN_TESTS += tests/cli/drills.sh tests/cli/lab.sh tests/cli/rehearse.sh tests/cli/rehearse-copies.sh \
    tests/cli/rename.sh tests/cli/report-browser.sh
EXTRA_DIST += $(cli_tests) tests/cli/rehearse-copies.sh tests/cli/report-browser.sh
