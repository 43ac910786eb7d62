if HAVE_TEST_LIBS
plan_tests = \
    tests/unit/plan/test_file \
    tests/unit/plan/test_hostile \
    tests/unit/plan/test_manual \
    tests/unit/plan/test_mistakes \
    tests/unit/plan/test_reader \
    tests/unit/plan/test_recipe
check_PROGRAMS += $(plan_tests)
TESTS += $(plan_tests)
endif
plan_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
plan_test_libs = libplan.a libbase.a libresources.a $(CMOCKA_LIBS) $(DEPS_LIBS) -lm
noinst_HEADERS += tests/unit/plan/plan-test.h
tests_unit_plan_test_file_CFLAGS = $(plan_test_cflags)
tests_unit_plan_test_file_LDADD = $(plan_test_libs)
tests_unit_plan_test_hostile_CFLAGS = $(plan_test_cflags)
tests_unit_plan_test_hostile_LDADD = liblint.a $(plan_test_libs) $(PG_QUERY_LIBS)
tests_unit_plan_test_manual_CFLAGS = $(plan_test_cflags)
tests_unit_plan_test_manual_LDADD = $(plan_test_libs)
tests_unit_plan_test_mistakes_CFLAGS = $(plan_test_cflags)
tests_unit_plan_test_mistakes_LDADD = $(plan_test_libs)
tests_unit_plan_test_reader_CFLAGS = $(plan_test_cflags)
tests_unit_plan_test_reader_LDADD = $(plan_test_libs)
tests_unit_plan_test_recipe_CFLAGS = $(plan_test_cflags)
tests_unit_plan_test_recipe_LDADD = liblint.a $(plan_test_libs) $(PG_QUERY_LIBS)
CAMPAIGN_TESTS += tests/fuzz/plan.sh
EXTRA_DIST += tests/fuzz/plan.sh
# What hostile plan files were met or thought of: ok-* are plans, bad-* are not.
EXTRA_DIST += \
    tests/fuzz/plan/bad-alias-bomb.yaml \
    tests/fuzz/plan/bad-applications.yaml \
    tests/fuzz/plan/bad-backfill.yaml \
    tests/fuzz/plan/bad-backslash.yaml \
    tests/fuzz/plan/bad-complex-keys.yaml \
    tests/fuzz/plan/bad-deep.yaml \
    tests/fuzz/plan/bad-directive.yaml \
    tests/fuzz/plan/bad-duplicate.yaml \
    tests/fuzz/plan/bad-empty.yaml \
    tests/fuzz/plan/bad-escape-character.yaml \
    tests/fuzz/plan/bad-escaped-nul.yaml \
    tests/fuzz/plan/bad-escaped-surrogate.yaml \
    tests/fuzz/plan/bad-guards.yaml \
    tests/fuzz/plan/bad-line-end.yaml \
    tests/fuzz/plan/bad-merge-key.yaml \
    tests/fuzz/plan/bad-nul-inside.yaml \
    tests/fuzz/plan/bad-nul.yaml \
    tests/fuzz/plan/bad-one-byte.yaml \
    tests/fuzz/plan/bad-overlong.yaml \
    tests/fuzz/plan/bad-phases.yaml \
    tests/fuzz/plan/bad-self-alias.yaml \
    tests/fuzz/plan/bad-shapes.yaml \
    tests/fuzz/plan/bad-steps.yaml \
    tests/fuzz/plan/bad-surrogate.yaml \
    tests/fuzz/plan/bad-tabs.yaml \
    tests/fuzz/plan/bad-tables.yaml \
    tests/fuzz/plan/bad-tag.yaml \
    tests/fuzz/plan/bad-two-documents.yaml \
    tests/fuzz/plan/bad-utf16.yaml \
    tests/fuzz/plan/bad-words.yaml \
    tests/fuzz/plan/ok-block-scalars.yaml \
    tests/fuzz/plan/ok-document-marks.yaml \
    tests/fuzz/plan/ok-key-styles.yaml \
    tests/fuzz/plan/ok-mark-crlf.yaml \
    tests/fuzz/plan/ok-rename.yaml \
    tests/fuzz/plan/ok-smallest.yaml
