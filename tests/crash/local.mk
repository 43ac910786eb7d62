# Kill the engine, its server and its replica at every moment: a sample of fixed seed in `make check`,
# all of it in the campaign.
crash_tests = \
    tests/crash/pause-sql.sh \
    tests/crash/kill-sweep.sh \
    tests/crash/random-kills.sh \
    tests/crash/server-loss.sh \
    tests/crash/two-engines.sh \
    tests/crash/broken-engines.sh
TESTS += $(crash_tests)
CAMPAIGN_TESTS += $(crash_tests)
EXTRA_DIST += $(crash_tests)

check_PROGRAMS += batcher pauser cutter
batcher_SOURCES = tests/crash/batcher.c
batcher_LDADD = $(DEPS_LIBS)
pauser_SOURCES = tests/crash/pauser.c
pauser_LDADD = $(DEPS_LIBS)
cutter_SOURCES = tests/crash/cutter.c
