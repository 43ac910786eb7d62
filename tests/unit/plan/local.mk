if HAVE_TEST_LIBS
plan_tests = tests/unit/plan/test_mistakes tests/unit/plan/test_reader \
    tests/unit/plan/test_recipe
check_PROGRAMS += $(plan_tests)
TESTS += $(plan_tests)
endif
plan_test_libs = libplan.a libbase.a libresources.a $(CMOCKA_LIBS) $(DEPS_LIBS) -lm
tests_unit_plan_test_mistakes_SOURCES = tests/unit/plan/test_mistakes.c tests/unit/plan/plan-test.h
tests_unit_plan_test_mistakes_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_plan_test_mistakes_LDADD = $(plan_test_libs)
tests_unit_plan_test_reader_SOURCES = tests/unit/plan/test_reader.c tests/unit/plan/plan-test.h
tests_unit_plan_test_reader_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_plan_test_reader_LDADD = $(plan_test_libs)
tests_unit_plan_test_recipe_SOURCES = tests/unit/plan/test_recipe.c tests/unit/plan/plan-test.h
tests_unit_plan_test_recipe_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_plan_test_recipe_LDADD = liblint.a $(plan_test_libs) $(PG_QUERY_LIBS)
