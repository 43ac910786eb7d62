# Tests of the client half.
if HAVE_TEST_LIBS
check_PROGRAMS += tests/unit/engine/test_client_why tests/unit/engine/test_lock_tree tests/unit/engine/test_plan_sql tests/unit/engine/test_snapshot
TESTS += tests/unit/engine/test_client_why tests/unit/engine/test_lock_tree tests/unit/engine/test_plan_sql tests/unit/engine/test_snapshot
endif
tests_unit_engine_test_lock_tree_SOURCES = tests/unit/engine/test_lock_tree.c
tests_unit_engine_test_lock_tree_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_lock_tree_LDADD = libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(CMOCKA_LIBS) $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
tests_unit_engine_test_snapshot_SOURCES = tests/unit/engine/test_snapshot.c
tests_unit_engine_test_snapshot_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_snapshot_LDADD = libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(CMOCKA_LIBS) $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
tests_unit_engine_test_plan_sql_SOURCES = tests/unit/engine/test_plan_sql.c
tests_unit_engine_test_plan_sql_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_plan_sql_LDADD = libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(CMOCKA_LIBS) $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
tests_unit_engine_test_client_why_SOURCES = tests/unit/engine/test_client_why.c
tests_unit_engine_test_client_why_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_engine_test_client_why_LDADD = $(tests_unit_engine_test_snapshot_LDADD)
