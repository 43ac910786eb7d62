# Kill, freeze and pause at every moment: a sample of fixed seed in `make check`, all in the campaign.
crash_tests = tests/crash/pause-sql.sh
TESTS += $(crash_tests)
CAMPAIGN_TESTS += $(crash_tests)
EXTRA_DIST += $(crash_tests)

check_PROGRAMS += batcher pauser
batcher_SOURCES = tests/crash/batcher.c
batcher_LDADD = $(DEPS_LIBS)
pauser_SOURCES = tests/crash/pauser.c
pauser_LDADD = $(DEPS_LIBS)
