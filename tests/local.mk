# Tests mirror src/. Each folder lists its own in its local.mk.

# Shell tests speak TAP; tests/lib/ holds what they share.
TEST_EXTENSIONS = .sh
SH_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = \
    top_srcdir='$(abs_top_srcdir)'; top_builddir='$(abs_top_builddir)'; \
    PGROLLOUT='$(abs_top_builddir)/pgrollout'; PG_BINDIR='$(PG_BINDIR)'; \
    PG_PGXSDIR='$(PG_PGXSDIR)'; \
    export top_srcdir top_builddir PGROLLOUT PG_BINDIR PG_PGXSDIR;
EXTRA_DIST += .ci/run tests/lib/cluster.sh tests/lib/tap.sh

include tests/cli/local.mk
include tests/cli/cmd.mk
include tests/unit/base/local.mk
include tests/unit/engine/client.mk
include tests/unit/lint/local.mk
include tests/unit/plan/local.mk
include tests/unit/lab/local.mk
include tests/console/local.mk
include tests/isolation/local.mk
include tests/db/local.mk
