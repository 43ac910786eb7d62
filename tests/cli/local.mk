# The program from outside, and the library that shell tests use.
cli_tests = \
    tests/cli/cluster.sh \
    tests/cli/drill.sh \
    tests/cli/lab.sh \
    tests/cli/plan.sh
TESTS += $(cli_tests)
EXTRA_DIST += $(cli_tests)
