noinst_LIBRARIES += liblab.a
liblab_a_SOURCES = \
    src/lab/app.c \
    src/lab/apps.c \
    src/lab/engine.c \
    src/lab/lab.c \
    src/lab/lessons.c \
    src/lab/lab-private.h \
    src/lab/process.c \
    src/lab/server.c \
    src/lab/shop.c \
    src/lab/tally.c \
    src/lab/tally-private.h \
    src/lab/verify.c \
    src/lab/work.c \
    src/lab/work-private.h
noinst_HEADERS += \
    include/pgrollout/lab/app.h \
    include/pgrollout/lab/lab.h \
    include/pgrollout/lab/lessons.h \
    include/pgrollout/lab/verify.h
RESOURCE_FILES += \
    src/lab/drills/rename-column.drill \
    src/lab/lab-server.conf \
    src/lab/sql/app/begin.sql \
    src/lab/sql/app/check-41.sql \
    src/lab/sql/app/check-42.sql \
    src/lab/sql/app/commit.sql \
    src/lab/sql/app/control.sql \
    src/lab/sql/app/delete.sql \
    src/lab/sql/app/insert-41.sql \
    src/lab/sql/app/insert-42.sql \
    src/lab/sql/app/list-41.sql \
    src/lab/sql/app/list-42.sql \
    src/lab/sql/app/listen.sql \
    src/lab/sql/app/range.sql \
    src/lab/sql/app/read-41.sql \
    src/lab/sql/app/read-42.sql \
    src/lab/sql/app/rename-41.sql \
    src/lab/sql/app/rename-42.sql \
    src/lab/sql/app/report.sql \
    src/lab/sql/app/rollback.sql \
    src/lab/sql/app/shadow-delete.sql \
    src/lab/sql/app/shadow-insert.sql \
    src/lab/sql/app/shadow-rename.sql \
    src/lab/sql/app/touch.sql \
    src/lab/sql/apps-paused.sql \
    src/lab/sql/apps.sql \
    src/lab/sql/database.sql \
    src/lab/sql/deploy.sql \
    src/lab/sql/deployments.sql \
    src/lab/sql/engine.sql \
    src/lab/sql/fingerprint.sql \
    src/lab/sql/grants.sql \
    src/lab/sql/pause.sql \
    src/lab/sql/position.sql \
    src/lab/sql/rate.sql \
    src/lab/sql/renamed.sql \
    src/lab/sql/replayed.sql \
    src/lab/sql/roles.sql \
    src/lab/sql/rows.sql \
    src/lab/sql/settle.sql \
    src/lab/sql/settled.sql \
    src/lab/sql/tables.sql \
    src/lab/sql/verify-begin.sql \
    src/lab/sql/verify.sql \
    src/lab/sql/zero.sql
