# Pause, freeze, abort, and stand in the way: nobody but us waits, and nothing is left behind.
faults_tests = \
    tests/faults/pause.sh \
    tests/faults/pause-key.sh \
    tests/faults/outside.sh \
    tests/faults/lock-queue.sh \
    tests/faults/abort.sh \
    tests/faults/frozen.sh
TESTS += $(faults_tests)
CAMPAIGN_TESTS += $(faults_tests)
EXTRA_DIST += $(faults_tests)
