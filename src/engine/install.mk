# Creating, upgrading and taking away the control schema.
libengine_a_SOURCES += \
    src/engine/install.c \
    src/engine/uninstall.c
noinst_HEADERS += \
    include/pgrollout/engine/install.h \
    src/engine/install-private.h
RESOURCE_FILES += \
    src/engine/sql/install/begin.sql \
    src/engine/sql/install/busy.sql \
    src/engine/sql/install/look.sql \
    src/engine/sql/install/record.sql \
    src/engine/sql/install/revoke.sql \
    src/engine/sql/install/roles-there.sql \
    src/engine/sql/install/users.sql \
    src/engine/sql/install/version.sql
