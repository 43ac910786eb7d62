# One rule a file; `lint_rule_registry` is generated from this list.
LINT_RULES = \
    src/lint/rules/applications.c \
    src/lint/rules/backfill.c \
    src/lint/rules/batch.c \
    src/lint/rules/compat.c \
    src/lint/rules/drops.c \
    src/lint/rules/expression.c \
    src/lint/rules/guards.c \
    src/lint/rules/heavy.c \
    src/lint/rules/ignore.c \
    src/lint/rules/indexes.c \
    src/lint/rules/keys.c \
    src/lint/rules/locks.c \
    src/lint/rules/names.c \
    src/lint/rules/order.c \
    src/lint/rules/pieces.c \
    src/lint/rules/query.c \
    src/lint/rules/rewrite.c \
    src/lint/rules/scans.c \
    src/lint/rules/several.c \
    src/lint/rules/statement.c \
    src/lint/rules/strict.c \
    src/lint/rules/timeouts.c \
    src/lint/rules/transaction.c \
    src/lint/rules/types.c \
    src/lint/rules/writes.c
noinst_LIBRARIES += liblint.a
liblint_a_SOURCES = \
    src/lint/batch.c \
    src/lint/classify.c \
    src/lint/expression.c \
    src/lint/functions.c \
    src/lint/functions-private.h \
    src/lint/explain.c \
    src/lint/lint.c \
    src/lint/lock.c \
    src/lint/qualify.c \
    src/lint/rehearsal.c \
    src/lint/rules-private.h \
    src/lint/script.c \
    src/lint/statement.c \
    src/lint/statement-private.h \
    src/lint/text.c \
    src/lint/text-private.h \
    src/lint/tree.c \
    src/lint/tree-private.h \
    src/lint/usage.c \
    src/lint/usage-body.c \
    src/lint/usage-catalog.c \
    src/lint/usage-change.c \
    src/lint/usage-from.c \
    src/lint/usage-private.h \
    src/lint/usage-query.c \
    src/lint/usage-scope.c \
    src/lint/usage-utility.c \
    src/lint/usage-words.c \
    src/lint/waits.c \
    $(LINT_RULES)
nodist_liblint_a_SOURCES = src/lint/lint-registry.c
noinst_HEADERS += include/pgrollout/lint/lint.h include/pgrollout/lint/usage.h
RESOURCE_FILES += src/lint/explain/s.txt src/lint/explain/l.txt src/lint/explain/c.txt \
    src/lint/explain/b.txt src/lint/explain/p.txt src/lint/explain/t.txt
BUILT_SOURCES += src/lint/lint-registry.c
CLEANFILES += src/lint/lint-registry.c
src/lint/lint-registry.c: $(top_srcdir)/src/lint/local.mk $(top_srcdir)/build-aux/gen-registry.sh
	@$(MKDIR_P) src/lint
	$(GEN_REGISTRY) lint/rules-private.h lint_rule lint_rule $(LINT_RULES) > $@
