# What a real engine does on real servers.
engine_tests = \
    tests/db/any-table.sh \
    tests/db/by-place.sh \
    tests/db/ddl-index.sh \
    tests/db/ddl-kill.sh \
    tests/db/ddl-tables.sh \
    tests/db/engine-hands.sh \
    tests/db/hooks.sh \
    tests/db/outputs.sh \
    tests/db/engine-loss.sh tests/db/engine-names.sh \
    tests/db/engine-rows.sh \
    tests/db/engine-run.sh \
    tests/db/engine-steps.sh \
    tests/db/engine-sync.sh \
    tests/db/split.sh \
    tests/db/split-copy.sh \
    tests/db/verify-replica.sh \
    tests/db/engine-trouble.sh \
    tests/db/engine-vacuum.sh \
    tests/db/card.sh tests/db/checklist.sh tests/db/gates.sh \
    tests/db/quarantine.sh \
    tests/db/readers.sh \
    tests/db/settings.sh \
    tests/db/abort-uses.sh tests/db/turns.sh tests/db/unused.sh \
    tests/db/workers.sh
TESTS += $(engine_tests)
EXTRA_DIST += $(engine_tests) tests/db/driven.sh
CAMPAIGN_TESTS += tests/db/hooks.sh tests/db/outputs.sh tests/db/any-table.sh tests/db/by-place.sh tests/db/ddl-index.sh tests/db/ddl-kill.sh tests/db/engine-hands.sh \
    tests/db/quarantine.sh tests/db/split.sh tests/db/workers.sh tests/cli/forecast.sh
