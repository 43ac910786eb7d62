# Who uses a column, said by the parse tree and by a server.
check_PROGRAMS += tests/db/usage_oracle
tests_db_usage_oracle_SOURCES = tests/db/usage_oracle.c
tests_db_usage_oracle_LDADD = liblint.a libplan.a libpg.a libbase.a libresources.a \
    $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
TESTS += tests/db/usage-oracle.sh
CAMPAIGN_TESTS += tests/db/usage-oracle.sh
EXTRA_DIST += tests/db/usage-oracle.sh
