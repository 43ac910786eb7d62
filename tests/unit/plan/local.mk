if HAVE_TEST_LIBS
check_PROGRAMS += tests/unit/plan/test_reader
TESTS += tests/unit/plan/test_reader
endif
tests_unit_plan_test_reader_SOURCES = \
    tests/unit/plan/test_reader.c tests/unit/plan/plan-test.h
tests_unit_plan_test_reader_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_plan_test_reader_LDADD = \
    libplan.a libbase.a libresources.a $(CMOCKA_LIBS) $(DEPS_LIBS) -lm
