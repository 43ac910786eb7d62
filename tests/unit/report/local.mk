if HAVE_TEST_LIBS
report_tests = tests/unit/report/test_axis tests/unit/report/test_markup tests/unit/report/test_report \
    tests/unit/report/test_look tests/unit/report/test_recording
check_PROGRAMS += $(report_tests)
TESTS += $(report_tests)
endif
report_test_libs = libreport.a libbase.a libresources.a $(CMOCKA_LIBS) $(DEPS_LIBS) -lm
tests_unit_report_test_axis_SOURCES = tests/unit/report/test_axis.c
tests_unit_report_test_axis_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_report_test_axis_LDADD = $(report_test_libs)
tests_unit_report_test_markup_SOURCES = tests/unit/report/test_markup.c
tests_unit_report_test_markup_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_report_test_markup_LDADD = $(report_test_libs)
tests_unit_report_test_report_SOURCES = tests/unit/report/test_report.c tests/unit/report/story.h
tests_unit_report_test_report_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_report_test_report_LDADD = $(report_test_libs)
tests_unit_report_test_recording_SOURCES = tests/unit/report/test_recording.c tests/unit/report/story.h
tests_unit_report_test_recording_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_report_test_recording_LDADD = libreport.a libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(CMOCKA_LIBS) $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
tests_unit_report_test_look_SOURCES = tests/unit/report/test_look.c
tests_unit_report_test_look_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_report_test_look_LDADD = libconsole.a $(report_test_libs)
