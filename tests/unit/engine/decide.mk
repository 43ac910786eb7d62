# Tests of what the engine decides and how it paces itself: pure, no server.
if HAVE_TEST_LIBS
check_PROGRAMS += tests/unit/engine/test_batches tests/unit/engine/test_conf tests/unit/engine/test_decide \
    tests/unit/engine/test_evidence tests/unit/engine/test_pace
TESTS += tests/unit/engine/test_batches tests/unit/engine/test_conf tests/unit/engine/test_decide \
    tests/unit/engine/test_evidence tests/unit/engine/test_pace
endif
tests_unit_engine_test_conf_SOURCES = tests/unit/engine/test_conf.c
tests_unit_engine_test_conf_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_conf_LDADD = libengine.a libbase.a $(CMOCKA_LIBS) $(DEPS_LIBS) -lm
tests_unit_engine_test_decide_SOURCES = tests/unit/engine/test_decide.c
tests_unit_engine_test_decide_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_decide_LDADD = libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(CMOCKA_LIBS) $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
tests_unit_engine_test_evidence_SOURCES = tests/unit/engine/test_evidence.c
tests_unit_engine_test_evidence_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_evidence_LDADD = libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(CMOCKA_LIBS) $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
tests_unit_engine_test_pace_SOURCES = tests/unit/engine/test_pace.c
tests_unit_engine_test_pace_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_pace_LDADD = libengine.a $(CMOCKA_LIBS) $(DEPS_LIBS) -lm
tests_unit_engine_test_batches_SOURCES = tests/unit/engine/test_batches.c
tests_unit_engine_test_batches_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_batches_LDADD = $(tests_unit_engine_test_decide_LDADD)
