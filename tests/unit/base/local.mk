if HAVE_TEST_LIBS
base_tests = tests/unit/base/test_error tests/unit/base/test_nearest tests/unit/base/test_text tests/unit/base/test_units
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)
endif
base_test_libs = libbase.a libresources.a $(CMOCKA_LIBS) $(DEPS_LIBS) -lm
tests_unit_base_test_nearest_SOURCES = tests/unit/base/test_nearest.c
tests_unit_base_test_nearest_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_nearest_LDADD = $(base_test_libs)
tests_unit_base_test_text_SOURCES = tests/unit/base/test_text.c
tests_unit_base_test_text_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_text_LDADD = $(base_test_libs)
tests_unit_base_test_units_SOURCES = tests/unit/base/test_units.c
tests_unit_base_test_units_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_units_LDADD = $(base_test_libs)
tests_unit_base_test_error_SOURCES = tests/unit/base/test_error.c
tests_unit_base_test_error_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_error_LDADD = $(base_test_libs)
