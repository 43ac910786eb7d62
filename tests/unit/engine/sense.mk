# Tests of the guards and the sampler.
sense_tests = \
    tests/unit/engine/test_guard \
    tests/unit/engine/test_hook_file \
    tests/unit/engine/test_lag \
    tests/unit/engine/test_outputs \
    tests/unit/engine/test_program \
    tests/unit/engine/test_replay
if HAVE_TEST_LIBS
check_PROGRAMS += $(sense_tests)
TESTS += $(sense_tests)
endif
sense_test_ldadd = libengine.a liblint.a libplan.a libpg.a libbase.a libresources.a \
    $(CMOCKA_LIBS) $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
tests_unit_engine_test_guard_SOURCES = tests/unit/engine/test_guard.c
tests_unit_engine_test_guard_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_guard_LDADD = $(sense_test_ldadd)
tests_unit_engine_test_hook_file_SOURCES = tests/unit/engine/test_hook_file.c
tests_unit_engine_test_hook_file_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_hook_file_LDADD = $(sense_test_ldadd)
tests_unit_engine_test_outputs_SOURCES = tests/unit/engine/test_outputs.c
tests_unit_engine_test_outputs_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_outputs_LDADD = $(sense_test_ldadd)
tests_unit_engine_test_program_SOURCES = tests/unit/engine/test_program.c
tests_unit_engine_test_program_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_program_LDADD = $(sense_test_ldadd)
tests_unit_engine_test_replay_SOURCES = tests/unit/engine/test_replay.c
tests_unit_engine_test_replay_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_replay_LDADD = $(sense_test_ldadd)
tests_unit_engine_test_lag_SOURCES = tests/unit/engine/test_lag.c
tests_unit_engine_test_lag_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_lag_LDADD = $(sense_test_ldadd)
