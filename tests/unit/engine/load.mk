# Tests of loading.
if HAVE_TEST_LIBS
check_PROGRAMS += tests/unit/engine/test_forecast tests/unit/engine/test_load tests/unit/engine/test_losses
TESTS += tests/unit/engine/test_forecast tests/unit/engine/test_load tests/unit/engine/test_losses
endif
tests_unit_engine_test_load_SOURCES = tests/unit/engine/test_load.c
tests_unit_engine_test_load_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_load_LDADD = libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(CMOCKA_LIBS) $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
tests_unit_engine_test_losses_SOURCES = tests/unit/engine/test_losses.c
tests_unit_engine_test_losses_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_losses_LDADD = libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(CMOCKA_LIBS) $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
tests_unit_engine_test_forecast_SOURCES = tests/unit/engine/test_forecast.c
tests_unit_engine_test_forecast_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_forecast_LDADD = libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(CMOCKA_LIBS) $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
# What steps do, as text.
if HAVE_TEST_LIBS
check_PROGRAMS += tests/unit/engine/test_steps
TESTS += tests/unit/engine/test_steps
endif
tests_unit_engine_test_steps_SOURCES = tests/unit/engine/test_steps.c
tests_unit_engine_test_steps_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_steps_LDADD = libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(CMOCKA_LIBS) $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
