# Tests mirror src/. Each folder lists its own in its local.mk.

# Shell tests speak TAP; tests/lib/ holds what they share.
TEST_EXTENSIONS = .sh
SH_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = \
    top_srcdir='$(abs_top_srcdir)'; top_builddir='$(abs_top_builddir)'; \
    PGROLLOUT='$(abs_top_builddir)/pgrollout'; PG_BINDIR='$(PG_BINDIR)'; \
    PG_PGXSDIR='$(PG_PGXSDIR)'; \
    export top_srcdir top_builddir PGROLLOUT PG_BINDIR PG_PGXSDIR;
EXTRA_DIST += .ci/run tests/lib/campaign.sh tests/lib/cluster.sh tests/lib/load.sh \
    tests/lib/pooler.sh tests/lib/rollout.sh tests/lib/tap.sh tests/README.md

include tests/cli/local.mk
include tests/cli/cmd.mk
include tests/cli/load.mk
include tests/unit/base/local.mk
include tests/unit/engine/client.mk
include tests/unit/engine/decide.mk
include tests/unit/engine/load.mk
include tests/unit/engine/sense.mk
include tests/unit/engine/usage.mk
include tests/unit/lint/local.mk
include tests/unit/pg/local.mk
include tests/unit/plan/local.mk
include tests/unit/report/local.mk
include tests/unit/lab/local.mk
include tests/unit/rehearse/local.mk
include tests/console/local.mk
include tests/isolation/local.mk
include tests/db/local.mk
include tests/crash/local.mk
include tests/faults/local.mk
include tests/recipes/local.mk
include tests/db/sense.mk
include tests/db/usage.mk
include tests/db/engine.mk

# All of every campaign, one test at a time, judged by the limits as they stand; prints the figures.
check-campaign: all $(check_PROGRAMS)
	status=0; \
	PGROLLOUT_CAMPAIGN=1 PGROLLOUT_BOUND_FACTOR=1 $(MAKE) $(AM_MAKEFLAGS) -j1 check-TESTS \
	    TESTS='$(CAMPAIGN_TESTS)' TEST_SUITE_LOG=campaign.log || status=$$?; \
	for log in $(addsuffix .log,$(CAMPAIGN_TESTS:.sh=)); do \
	    echo "$$log:"; sed -n 's/^# figure: /  /p' "$$log"; \
	done; exit $$status

# The same tests as `make check` with AddressSanitizer and UBSan, from a copy of the tree, so that it
# also works where the tree itself has been configured.
check-sanitize:
	rm -rf sanitize-tree sanitize
	$(MAKE) $(AM_MAKEFLAGS) distdir distdir=sanitize-tree
	$(MKDIR_P) sanitize
	cd sanitize && ../sanitize-tree/configure -q --enable-sanitize CFLAGS='-O1 -g'
	cd sanitize && PGROLLOUT_BOUND_FACTOR=5 $(MAKE) $(AM_MAKEFLAGS) check

clean-local: clean-sanitize
clean-sanitize:
	-chmod -R u+w sanitize-tree 2>/dev/null
	-rm -rf sanitize-tree sanitize campaign.log campaign.trs
.PHONY: check-campaign check-sanitize clean-sanitize
include tests/db/install.mk
include tests/meta/local.mk
include tests/unit/console/local.mk
