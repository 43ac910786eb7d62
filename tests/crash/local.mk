# Kill the engine, its server and its replica at every moment: a sample of fixed seed in `make check`,
# all of it in the campaign.
crash_tests = \
    tests/crash/pause-sql.sh \
    tests/crash/kill-sweep.sh \
    tests/crash/random-kills-workers.sh \
    tests/crash/random-kills.sh \
    tests/crash/server-loss.sh \
    tests/crash/two-engines.sh \
    tests/crash/broken-engines.sh \
    tests/crash/teeth.sh
TESTS += $(crash_tests)
CAMPAIGN_TESTS += $(crash_tests)
EXTRA_DIST += $(crash_tests)
# Defects that must each turn a test red.
EXTRA_DIST += \
    tests/crash/teeth/commit-error.patch \
    tests/crash/teeth/commit-tag.patch \
    tests/crash/teeth/first-key-zero.patch \
    tests/crash/teeth/guard-fail-open.patch \
    tests/crash/teeth/index-left-over.patch \
    tests/crash/teeth/insert-select.patch \
    tests/crash/teeth/pooler-empty.patch \
    tests/crash/teeth/read-then-write.patch \
    tests/crash/teeth/short-batch-end.patch \
    tests/crash/teeth/skip-locked.patch \
    tests/crash/teeth/trigger-update-of.patch \
    tests/crash/teeth/verify-blind.patch

check_PROGRAMS += batcher pauser cutter
batcher_SOURCES = tests/crash/batcher.c
batcher_LDADD = $(DEPS_LIBS)
pauser_SOURCES = tests/crash/pauser.c
pauser_LDADD = $(DEPS_LIBS)
cutter_SOURCES = tests/crash/cutter.c
