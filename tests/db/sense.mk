# The sampler and its guards on real servers: alone, and in an engine.
check_PROGRAMS += tests/db/sense-probe
tests_db_sense_probe_SOURCES = tests/db/sense-probe.c
tests_db_sense_probe_LDADD = libengine.a liblint.a libplan.a libpg.a libbase.a libresources.a \
    $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
TESTS += tests/db/sense.sh tests/db/guards.sh tests/db/guards-more.sh
CAMPAIGN_TESTS += tests/db/guards.sh tests/db/guards-more.sh
EXTRA_DIST += tests/db/sense.sh tests/db/guards.sh tests/db/guards-more.sh
