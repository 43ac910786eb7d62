if HAVE_TEST_LIBS
check_PROGRAMS += tests/unit/lab/test_tally
TESTS += tests/unit/lab/test_tally
endif
tests_unit_lab_test_tally_SOURCES = tests/unit/lab/test_tally.c
tests_unit_lab_test_tally_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_lab_test_tally_LDADD = liblab.a libpg.a libbase.a libresources.a $(CMOCKA_LIBS) \
    $(DEPS_LIBS) -lm
