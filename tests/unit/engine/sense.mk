# Tests of the guards and the sampler.
if HAVE_TEST_LIBS
check_PROGRAMS += tests/unit/engine/test_guard
TESTS += tests/unit/engine/test_guard
endif
tests_unit_engine_test_guard_SOURCES = tests/unit/engine/test_guard.c
tests_unit_engine_test_guard_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_guard_LDADD = libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(CMOCKA_LIBS) $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
