# The tree itself.
meta_tests = \
    tests/meta/install.sh \
    tests/meta/layers.sh \
    tests/meta/manual.sh \
    tests/meta/shapes.sh \
    tests/meta/statements.sh \
    tests/meta/tarball.sh
TESTS += $(meta_tests)
CAMPAIGN_TESTS += tests/meta/install.sh
EXTRA_DIST += $(meta_tests)
