noinst_LIBRARIES += liblab.a
liblab_a_SOURCES = \
    src/lab/lab.c \
    src/lab/lab-private.h \
    src/lab/process.c \
    src/lab/server.c \
    src/lab/shop.c
noinst_HEADERS += \
    include/pgrollout/lab/lab.h
RESOURCE_FILES += \
    src/lab/lab-server.conf \
    src/lab/sql/database.sql \
    src/lab/sql/deployments.sql \
    src/lab/sql/grants.sql \
    src/lab/sql/roles.sql \
    src/lab/sql/rows.sql \
    src/lab/sql/settle.sql \
    src/lab/sql/tables.sql
