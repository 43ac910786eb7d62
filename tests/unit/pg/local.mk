if HAVE_TEST_LIBS
pg_tests = tests/unit/pg/test_lookup tests/unit/pg/test_target_names
check_PROGRAMS += $(pg_tests)
TESTS += $(pg_tests)
endif
tests_unit_pg_test_lookup_SOURCES = tests/unit/pg/test_lookup.c
tests_unit_pg_test_lookup_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_pg_test_lookup_LDADD = libpg.a libbase.a libresources.a $(CMOCKA_LIBS) $(DEPS_LIBS) -lm
tests_unit_pg_test_target_names_SOURCES = tests/unit/pg/test_target_names.c
tests_unit_pg_test_target_names_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_pg_test_target_names_LDADD = libpg.a libbase.a libresources.a $(CMOCKA_LIBS) $(DEPS_LIBS) -lm
