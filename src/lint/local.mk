# One rule a file; `lint_rule_registry` is generated from this list.
LINT_RULES = \
    src/lint/rules/expression.c \
    src/lint/rules/locks.c \
    src/lint/rules/order.c \
    src/lint/rules/query.c \
    src/lint/rules/statement.c
noinst_LIBRARIES += liblint.a
liblint_a_SOURCES = \
    src/lint/classify.c \
    src/lint/expression.c \
    src/lint/functions.c \
    src/lint/functions-private.h \
    src/lint/lint.c \
    src/lint/qualify.c \
    src/lint/rules-private.h \
    src/lint/tree.c \
    src/lint/tree-private.h \
    src/lint/waits.c \
    $(LINT_RULES)
nodist_liblint_a_SOURCES = src/lint/lint-registry.c
noinst_HEADERS += include/pgrollout/lint/lint.h
BUILT_SOURCES += src/lint/lint-registry.c
CLEANFILES += src/lint/lint-registry.c
src/lint/lint-registry.c: $(top_srcdir)/src/lint/local.mk $(top_srcdir)/build-aux/gen-registry.sh
	@$(MKDIR_P) src/lint
	$(GEN_REGISTRY) lint/rules-private.h lint_rule lint_rule $(LINT_RULES) > $@
