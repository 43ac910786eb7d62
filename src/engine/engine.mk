libengine_a_SOURCES += \
    src/engine/batches-change.c \
    src/engine/batches-into.c \
    src/engine/batches-place.c \
    src/engine/batches-private.h \
    src/engine/batches-quarantine.c \
    src/engine/batches-replica.c \
    src/engine/batches-sql.c \
    src/engine/batches.c \
    src/engine/conf.c \
    src/engine/decide.c \
    src/engine/decide.h \
    src/engine/distrust.c \
    src/engine/distrust.h \
    src/engine/engine-private.h \
    src/engine/engine.c \
    src/engine/lanes.c \
    src/engine/evidence-ask.c \
    src/engine/evidence-undo.c \
    src/engine/evidence-private.h \
    src/engine/evidence-window.c \
    src/engine/evidence.c \
    src/engine/facts.c \
    src/engine/facts.h \
    src/engine/pace.c \
    src/engine/pace.h \
    src/engine/peers.c \
    src/engine/peers.h \
    src/engine/query.c \
    src/engine/senses.c \
    src/engine/sessions.c \
    src/engine/sessions.h \
    src/engine/settings.c \
    src/engine/stages-catalog.c \
    src/engine/stages-private.h \
    src/engine/stages.c \
    src/engine/worker.c
noinst_HEADERS += include/pgrollout/engine/conf.h include/pgrollout/engine/engine.h
RESOURCE_FILES += \
    src/engine/sql/build-look.sql \
    src/engine/sql/ddl-look.sql \
    src/engine/sql/ended-badly.sql \
    src/engine/sql/engine-checks.sql \
    src/engine/sql/evidence-commit.sql \
    src/engine/sql/evidence-lsn.sql \
    src/engine/sql/evidence-now.sql \
    src/engine/sql/evidence-primary.sql \
    src/engine/sql/evidence-replica.sql \
    src/engine/sql/evidence-sessions.sql \
    src/engine/sql/evidence-standbys.sql \
    src/engine/sql/evidence-trips.sql \
    src/engine/sql/names-check.sql \
    src/engine/sql/plan-text.sql \
    src/engine/sql/replica-look.sql \
    src/engine/sql/replica-target.sql \
    src/engine/sql/settings-read.sql \
    src/engine/sql/vacuum-look.sql
