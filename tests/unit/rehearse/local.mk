if HAVE_TEST_LIBS
rehearse_tests = tests/unit/rehearse/test_judge tests/unit/rehearse/test_shorten
check_PROGRAMS += $(rehearse_tests)
TESTS += $(rehearse_tests)
endif
rehearse_test_libs = librehearse.a liblab.a libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(PG_QUERY_LIBS) $(CMOCKA_LIBS) $(DEPS_LIBS) -lm
tests_unit_rehearse_test_judge_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_rehearse_test_judge_LDADD = $(rehearse_test_libs)
tests_unit_rehearse_test_shorten_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_rehearse_test_shorten_LDADD = $(rehearse_test_libs)
