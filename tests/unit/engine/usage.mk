# For how long nobody has used a column: pure, no server.
if HAVE_TEST_LIBS
check_PROGRAMS += tests/unit/engine/test_usage_window
TESTS += tests/unit/engine/test_usage_window
endif
tests_unit_engine_test_usage_window_SOURCES = tests/unit/engine/test_usage_window.c
tests_unit_engine_test_usage_window_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_usage_window_LDADD = libengine.a $(CMOCKA_LIBS) $(DEPS_LIBS) -lm
