# Who uses a column: the questions, the judgement.
libengine_a_SOURCES += \
    src/engine/usage-ask.c \
    src/engine/usage-cache.c \
    src/engine/usage-judge.c \
    src/engine/usage-private.h \
    src/engine/usage-window.c \
    src/engine/usage-window.h \
    src/engine/usage.c
noinst_HEADERS += include/pgrollout/engine/usage.h
RESOURCE_FILES += \
    src/engine/sql/usage-begin.sql \
    src/engine/sql/usage-catalog.sql \
    src/engine/sql/usage-relations.sql \
    src/engine/sql/usage-sessions.sql \
    src/engine/sql/usage-statements.sql \
    src/engine/sql/usage-target.sql \
    src/engine/sql/usage-tick.sql
