if HAVE_TEST_LIBS
CONSOLE_UNIT_TESTS = \
    tests/unit/console/test_confirm \
    tests/unit/console/test_delta \
    tests/unit/console/test_diff \
    tests/unit/console/test_draw \
    tests/unit/console/test_keys \
    tests/unit/console/test_list \
    tests/unit/console/test_outlet \
    tests/unit/console/test_past \
    tests/unit/console/test_prompt \
    tests/unit/console/test_samples \
    tests/unit/console/test_sentences \
    tests/unit/console/test_theme \
    tests/unit/console/test_themes
check_PROGRAMS += $(CONSOLE_UNIT_TESTS)
TESTS += $(CONSOLE_UNIT_TESTS)
endif
tests_unit_console_test_confirm_SOURCES = tests/unit/console/test_confirm.c
tests_unit_console_test_confirm_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_confirm_LDADD = $(CONSOLE_TEST_LIBS)
tests_unit_console_test_delta_SOURCES = tests/unit/console/test_delta.c
tests_unit_console_test_delta_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_delta_LDADD = $(CONSOLE_TEST_LIBS)
tests_unit_console_test_diff_SOURCES = tests/unit/console/test_diff.c
tests_unit_console_test_diff_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_diff_LDADD = $(CONSOLE_TEST_LIBS)
tests_unit_console_test_draw_SOURCES = tests/unit/console/test_draw.c
tests_unit_console_test_draw_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_draw_LDADD = $(CONSOLE_TEST_LIBS)
tests_unit_console_test_keys_SOURCES = tests/unit/console/test_keys.c
tests_unit_console_test_keys_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_keys_LDADD = $(CONSOLE_TEST_LIBS)
tests_unit_console_test_list_SOURCES = tests/unit/console/test_list.c
tests_unit_console_test_list_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_list_LDADD = $(CONSOLE_TEST_LIBS)
tests_unit_console_test_outlet_SOURCES = tests/unit/console/test_outlet.c
tests_unit_console_test_outlet_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_outlet_LDADD = $(CONSOLE_TEST_LIBS) -lutil
tests_unit_console_test_samples_SOURCES = tests/unit/console/test_samples.c
tests_unit_console_test_samples_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_samples_LDADD = $(CONSOLE_TEST_LIBS)
tests_unit_console_test_theme_SOURCES = tests/unit/console/test_theme.c
tests_unit_console_test_theme_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_theme_LDADD = $(CONSOLE_TEST_LIBS)
tests_unit_console_test_past_SOURCES = tests/unit/console/test_past.c
tests_unit_console_test_past_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_past_LDADD = $(CONSOLE_TEST_LIBS)
tests_unit_console_test_prompt_SOURCES = tests/unit/console/test_prompt.c
tests_unit_console_test_prompt_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_prompt_LDADD = $(CONSOLE_TEST_LIBS)
tests_unit_console_test_themes_SOURCES = tests/unit/console/test_themes.c
tests_unit_console_test_themes_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_themes_LDADD = $(CONSOLE_TEST_LIBS)
tests_unit_console_test_sentences_SOURCES = tests/unit/console/test_sentences.c
tests_unit_console_test_sentences_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_sentences_LDADD = $(CONSOLE_TEST_LIBS)
