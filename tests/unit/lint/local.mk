if HAVE_TEST_LIBS
lint_tests = tests/unit/lint/test_classify tests/unit/lint/test_expression \
    tests/unit/lint/test_lint tests/unit/lint/test_rules \
    tests/unit/lint/test_hostile_sql tests/unit/lint/test_usage
check_PROGRAMS += $(lint_tests)
TESTS += $(lint_tests)
endif
lint_test_libs = liblint.a libplan.a libbase.a libresources.a $(PG_QUERY_LIBS) $(CMOCKA_LIBS) \
    $(DEPS_LIBS) -lm
tests_unit_lint_test_classify_SOURCES = tests/unit/lint/test_classify.c
tests_unit_lint_test_classify_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_lint_test_classify_LDADD = $(lint_test_libs)
tests_unit_lint_test_expression_SOURCES = tests/unit/lint/test_expression.c
tests_unit_lint_test_expression_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_lint_test_expression_LDADD = $(lint_test_libs)
tests_unit_lint_test_lint_SOURCES = tests/unit/lint/test_lint.c
tests_unit_lint_test_lint_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_lint_test_lint_LDADD = $(lint_test_libs)
noinst_HEADERS += tests/unit/lint/classes.inc tests/unit/lint/samples-s-l.inc tests/unit/lint/samples-c-t.inc
tests_unit_lint_test_rules_SOURCES = tests/unit/lint/test_rules.c
tests_unit_lint_test_rules_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_lint_test_rules_LDADD = $(lint_test_libs)
tests_unit_lint_test_hostile_sql_SOURCES = tests/unit/lint/test_hostile_sql.c
tests_unit_lint_test_hostile_sql_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_lint_test_hostile_sql_LDADD = $(lint_test_libs)
CAMPAIGN_TESTS += tests/fuzz/sql.sh
EXTRA_DIST += tests/fuzz/sql.sh
# What hostile SQL was met or thought of.
EXTRA_DIST += \
    tests/fuzz/sql/creates.sql \
    tests/fuzz/sql/directives.sql \
    tests/fuzz/sql/drops.sql \
    tests/fuzz/sql/empty-statements.sql \
    tests/fuzz/sql/latin.sql \
    tests/fuzz/sql/nul.sql \
    tests/fuzz/sql/open-comment.sql \
    tests/fuzz/sql/open-dollar.sql \
    tests/fuzz/sql/open-name.sql \
    tests/fuzz/sql/open-string.sql \
    tests/fuzz/sql/psql.sql \
    tests/fuzz/sql/script.sql \
    tests/fuzz/sql/settings.sql \
    tests/fuzz/sql/strings.sql \
    tests/fuzz/sql/transactions.sql \
    tests/fuzz/sql/unicode.sql
tests_unit_lint_test_usage_SOURCES = tests/unit/lint/test_usage.c
tests_unit_lint_test_usage_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_lint_test_usage_LDADD = $(lint_test_libs)
