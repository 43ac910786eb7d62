# Schedules of sessions, each step in its place.
isolation_tests = tests/isolation/isolation.sh tests/isolation/split.sh tests/isolation/sync.sh
TESTS += $(isolation_tests)
EXTRA_DIST += $(isolation_tests) tests/isolation/support.sql \
    tests/isolation/index.spec tests/isolation/expected/index.out \
    tests/isolation/sync-races.spec tests/isolation/expected/sync-races.out \
    tests/isolation/trigger-install.spec tests/isolation/expected/trigger-install.out \
    tests/isolation/split-batch.spec tests/isolation/expected/split-batch.out \
    tests/isolation/split-sides.spec tests/isolation/expected/split-sides.out \
    tests/isolation/broken-split.spec tests/isolation/expected/broken-split.out
ISOLATION_SPECS = \
    tests/isolation/specs/abort-batch.spec tests/isolation/expected/abort-batch.out \
    tests/isolation/specs/abort-waiting.spec tests/isolation/expected/abort-waiting.out \
    tests/isolation/specs/broken-fence.spec tests/isolation/expected/broken-fence.out \
    tests/isolation/specs/broken-hold-read.spec tests/isolation/expected/broken-hold-read.out \
    tests/isolation/specs/enter-hold.spec tests/isolation/expected/enter-hold.out \
    tests/isolation/specs/fence-order.spec tests/isolation/expected/fence-order.out \
    tests/isolation/specs/fence-token.spec tests/isolation/expected/fence-token.out \
    tests/isolation/specs/lease-fresh.spec tests/isolation/expected/lease-fresh.out \
    tests/isolation/specs/lease-frozen.spec tests/isolation/expected/lease-frozen.out \
    tests/isolation/specs/lease-register.spec tests/isolation/expected/lease-register.out \
    tests/isolation/specs/lease-two-claims.spec tests/isolation/expected/lease-two-claims.out \
    tests/isolation/specs/load-takeover.spec tests/isolation/expected/load-takeover.out \
    tests/isolation/specs/pause-active.spec tests/isolation/expected/pause-active.out \
    tests/isolation/specs/pause-all-load.spec tests/isolation/expected/pause-all-load.out \
    tests/isolation/specs/pause-idle.spec tests/isolation/expected/pause-idle.out \
    tests/isolation/specs/pause-intent.spec tests/isolation/expected/pause-intent.out \
    tests/isolation/specs/pause-lock-wait.spec tests/isolation/expected/pause-lock-wait.out \
    tests/isolation/specs/pause-pauser.spec tests/isolation/expected/pause-pauser.out \
    tests/isolation/specs/pause-repeatable-read.spec tests/isolation/expected/pause-repeatable-read.out \
    tests/isolation/specs/pause-workers.spec tests/isolation/expected/pause-workers.out \
    tests/isolation/specs/step-permit.spec tests/isolation/expected/step-permit.out
EXTRA_DIST += $(ISOLATION_SPECS)
