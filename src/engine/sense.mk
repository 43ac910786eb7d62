# Senses: the sampler and the guards, one file each; `guard_class_registry` is generated from the list.
ENGINE_GUARDS = \
    src/engine/guards/active-sessions.c \
    src/engine/guards/archive-queue.c \
    src/engine/guards/connections.c \
    src/engine/guards/dead-tuples.c \
    src/engine/guards/lock-wait.c \
    src/engine/guards/lock-waiters.c \
    src/engine/guards/long-transaction.c \
    src/engine/guards/probe.c \
    src/engine/guards/query-latency.c \
    src/engine/guards/replication-bytes.c \
    src/engine/guards/replication-lag.c \
    src/engine/guards/retries.c \
    src/engine/guards/slot-wal.c \
    src/engine/guards/sql-number.c \
    src/engine/guards/stall.c \
    src/engine/guards/window.c
libengine_a_SOURCES += \
    src/engine/guard.c \
    src/engine/guard-private.h \
    src/engine/guard-replay.c \
    src/engine/program.c \
    src/engine/program.h \
    src/engine/sense.c \
    src/engine/sense-beats.c \
    src/engine/sense-lag.c \
    src/engine/sense-private.h \
    src/engine/sense-sample.c \
    src/engine/sense-stats.c \
    src/engine/sense-stats.h \
    src/engine/series.c \
    $(ENGINE_GUARDS)
nodist_libengine_a_SOURCES += src/engine/guard-registry.c
RESOURCE_FILES += \
    src/engine/sql/sense-again.sql \
    src/engine/sql/sense-archive.sql \
    src/engine/sql/sense-archive-list.sql \
    src/engine/sql/sense-beat.sql \
    src/engine/sql/sense-beat-setup.sql \
    src/engine/sql/sense-dead.sql \
    src/engine/sql/sense-limit.sql \
    src/engine/sql/sense-query.sql \
    src/engine/sql/sense-sessions.sql \
    src/engine/sql/sense-sessions-again.sql \
    src/engine/sql/sense-setup.sql \
    src/engine/sql/sense-slots.sql \
    src/engine/sql/sense-stats-find.sql \
    src/engine/sql/sense-stats-look.sql \
    src/engine/sql/sense-stats-tick.sql \
    src/engine/sql/sense-stats-wal.sql \
    src/engine/sql/sense.sql
EXTRA_DIST += src/engine/sense.mk
BUILT_SOURCES += src/engine/guard-registry.c
CLEANFILES += src/engine/guard-registry.c
src/engine/guard-registry.c: $(top_srcdir)/src/engine/sense.mk $(top_srcdir)/build-aux/gen-registry.sh
	@$(MKDIR_P) src/engine
	$(GEN_REGISTRY) engine/guard-private.h guard_class guard_class $(ENGINE_GUARDS) > $@
