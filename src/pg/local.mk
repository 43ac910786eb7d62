noinst_LIBRARIES += libpg.a
libpg_a_SOURCES = \
    src/pg/conn.c \
    src/pg/hosts-private.h \
    src/pg/hosts.c \
    src/pg/lookup-private.h \
    src/pg/lookup.c \
    src/pg/reply-private.h \
    src/pg/reply.c \
    src/pg/target-names.c \
    src/pg/target.c
noinst_HEADERS += \
    include/pgrollout/pg/conn.h \
    include/pgrollout/pg/reply.h \
    include/pgrollout/pg/target.h
