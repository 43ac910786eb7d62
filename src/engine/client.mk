# The client half: what consoles and commands know of a database.
libengine_a_SOURCES += \
    src/engine/client-control.c \
    src/engine/client-private.h \
    src/engine/client-record.c \
    src/engine/client-watch.c \
    src/engine/client-why.c \
    src/engine/client.c \
    src/engine/lock-tree.c \
    src/engine/looks.c \
    src/engine/plan-sql.c \
    src/engine/snapshot-judge.c \
    src/engine/snapshot-live.c \
    src/engine/snapshot-look.c \
    src/engine/snapshot-private.h \
    src/engine/snapshot-split.c \
    src/engine/snapshot.c
noinst_HEADERS += \
    include/pgrollout/engine/client.h \
    include/pgrollout/engine/live.h \
    include/pgrollout/engine/plan-sql.h \
    include/pgrollout/engine/snapshot-look.h \
    include/pgrollout/engine/snapshot.h
RESOURCE_FILES += \
    src/engine/sql/ask-card.sql \
    src/engine/sql/ask-journal.sql \
    src/engine/sql/ask-plan.sql \
    src/engine/sql/ask-report.sql \
    src/engine/sql/bare.sql \
    src/engine/sql/command.sql \
    src/engine/sql/control-setup.sql \
    src/engine/sql/lock-waits.sql \
    src/engine/sql/look-activity.sql \
    src/engine/sql/look-card.sql \
    src/engine/sql/look-checklist.sql \
    src/engine/sql/look-guards.sql \
    src/engine/sql/look-locks-next.sql \
    src/engine/sql/look-locks.sql \
    src/engine/sql/look-replicas.sql \
    src/engine/sql/session-cancel.sql \
    src/engine/sql/session-note.sql \
    src/engine/sql/session-terminate.sql \
    src/engine/sql/session-unnoted.sql \
    src/engine/sql/ping.sql \
    src/engine/sql/replicas.sql \
    src/engine/sql/watch-setup.sql
