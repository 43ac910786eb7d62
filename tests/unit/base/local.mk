if HAVE_TEST_LIBS
check_PROGRAMS += tests/unit/base/test_text
TESTS += tests/unit/base/test_text
endif
tests_unit_base_test_text_SOURCES = tests/unit/base/test_text.c
tests_unit_base_test_text_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_text_LDADD = libbase.a libresources.a $(CMOCKA_LIBS) $(DEPS_LIBS)
