# Upgrading the control schema.
TESTS += tests/db/install-upgrade.sh
EXTRA_DIST += tests/db/install-upgrade.sh
check_PROGRAMS += tests/db/install_upgrade
tests_db_install_upgrade_SOURCES = tests/db/install_upgrade.c
tests_db_install_upgrade_LDADD = libengine.a liblint.a libplan.a libpg.a libbase.a libresources.a \
    $(PG_QUERY_LIBS) $(DEPS_LIBS) -lm
