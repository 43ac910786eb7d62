# One step kind a file; `step_class_registry` is generated from this list.
STEP_CLASSES = \
    src/engine/steps/add-column.c \
    src/engine/steps/add-view.c \
    src/engine/steps/add-table.c \
    src/engine/steps/analyze.c \
    src/engine/steps/backfill.c \
    src/engine/steps/brown-out.c \
    src/engine/steps/check.c \
    src/engine/steps/confirm.c \
    src/engine/steps/constraint.c \
    src/engine/steps/drop-column.c \
    src/engine/steps/drop-constraint.c \
    src/engine/steps/drop-index.c \
    src/engine/steps/drop-not-null.c \
    src/engine/steps/drop-sync.c \
    src/engine/steps/drop-table.c \
    src/engine/steps/index.c \
    src/engine/steps/no-sessions.c \
    src/engine/steps/not-null.c \
    src/engine/steps/rename-table.c \
    src/engine/steps/replicas-caught-up.c \
    src/engine/steps/soak.c \
    src/engine/steps/sql.c \
    src/engine/steps/sync.c \
    src/engine/steps/unused.c \
    src/engine/steps/verify.c
libengine_a_SOURCES += $(STEP_CLASSES) src/engine/steps/hidden.c src/engine/steps/step.c \
    src/engine/steps/step-private.h src/engine/steps/sync-across.c src/engine/steps/view.c
nodist_libengine_a_SOURCES = src/engine/steps/step-registry.c
noinst_HEADERS += include/pgrollout/engine/steps.h include/pgrollout/engine/load.h \
    include/pgrollout/engine/replay.h \
    include/pgrollout/engine/sense.h
BUILT_SOURCES += src/engine/steps/step-registry.c
CLEANFILES += src/engine/steps/step-registry.c
src/engine/steps/step-registry.c: $(top_srcdir)/src/engine/steps.mk $(top_srcdir)/build-aux/gen-registry.sh
	@$(MKDIR_P) src/engine/steps
	$(GEN_REGISTRY) engine/steps/step-private.h step_class step_class $(STEP_CLASSES) > $@
