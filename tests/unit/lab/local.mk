if HAVE_TEST_LIBS
lab_tests = tests/unit/lab/test_drill_facts tests/unit/lab/test_drill_file tests/unit/lab/test_drill_run tests/unit/lab/test_listen tests/unit/lab/test_tally
check_PROGRAMS += $(lab_tests)
TESTS += $(lab_tests)
endif
lab_test_libs = liblab.a libpg.a libbase.a libresources.a $(CMOCKA_LIBS) $(DEPS_LIBS) -lm
tests_unit_lab_test_drill_file_SOURCES = tests/unit/lab/test_drill_file.c
tests_unit_lab_test_drill_file_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_lab_test_drill_file_LDADD = $(lab_test_libs)
tests_unit_lab_test_drill_facts_SOURCES = tests/unit/lab/test_drill_facts.c src/cmd/drill-coach.c \
    src/cmd/drill-facts.c
tests_unit_lab_test_drill_facts_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_lab_test_drill_facts_LDADD = liblab.a libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(CMOCKA_LIBS) $(DEPS_LIBS) -lm
tests_unit_lab_test_drill_run_SOURCES = tests/unit/lab/test_drill_run.c
tests_unit_lab_test_drill_run_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_lab_test_drill_run_LDADD = $(lab_test_libs)
tests_unit_lab_test_listen_SOURCES = tests/unit/lab/test_listen.c
tests_unit_lab_test_listen_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_lab_test_listen_LDADD = $(lab_test_libs)
tests_unit_lab_test_tally_SOURCES = tests/unit/lab/test_tally.c
tests_unit_lab_test_tally_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_lab_test_tally_LDADD = $(lab_test_libs)
