# The client half: what consoles and commands know of a database.
libengine_a_SOURCES += \
    src/engine/snapshot-judge.c \
    src/engine/snapshot.c
noinst_HEADERS += \
    include/pgrollout/engine/client.h \
    include/pgrollout/engine/snapshot.h
RESOURCE_FILES += \
    src/engine/sql/bare.sql \
    src/engine/sql/lock-waits.sql \
    src/engine/sql/replicas.sql
