# Loading a plan: the preflight and what is registered.
libengine_a_SOURCES += \
    src/engine/carry.c \
    src/engine/forecast-index.c \
    src/engine/forecast-json.c \
    src/engine/forecast-outlook.c \
    src/engine/forecast-private.h \
    src/engine/forecast-read.c \
    src/engine/forecast-sample.c \
    src/engine/forecast-sql.c \
    src/engine/forecast-sum.c \
    src/engine/forecast.c \
    src/engine/load-facts.c \
    src/engine/load.c \
    src/engine/preflight-across.c \
    src/engine/preflight-catalog.c \
    src/engine/preflight-drop.c \
    src/engine/preflight-private.h \
    src/engine/preflight-ddl.c \
    src/engine/preflight-made.c \
    src/engine/preflight-query.c \
    src/engine/preflight-sql.c \
    src/engine/preflight-step.c \
    src/engine/preflight-table.c \
    src/engine/preflight-view.c \
    src/engine/preflight.c
noinst_HEADERS += include/pgrollout/engine/carry.h include/pgrollout/engine/forecast.h
RESOURCE_FILES += \
    src/engine/sql/carry-copy.sql \
    src/engine/sql/carry.sql \
    src/engine/sql/forecast-archive.sql \
    src/engine/sql/forecast-earlier.sql \
    src/engine/sql/forecast-server.sql \
    src/engine/sql/forecast-slots.sql \
    src/engine/sql/forecast-table.sql \
    src/engine/sql/load.sql \
    src/engine/sql/loaded.sql \
    src/engine/sql/preflight-across.sql \
    src/engine/sql/preflight-begin.sql \
    src/engine/sql/preflight-collation.sql \
    src/engine/sql/preflight-columns.sql \
    src/engine/sql/preflight-facts.sql \
    src/engine/sql/preflight-columns-text.sql \
    src/engine/sql/preflight-create.sql \
    src/engine/sql/preflight-dependents.sql \
    src/engine/sql/preflight-made-columns.sql \
    src/engine/sql/preflight-names.sql \
    src/engine/sql/preflight-object.sql \
    src/engine/sql/preflight-reference.sql \
    src/engine/sql/preflight-server.sql \
    src/engine/sql/preflight-tables.sql \
    src/engine/sql/preflight-relation.sql \
    src/engine/sql/preflight-triggers.sql \
    src/engine/sql/view-create.sql
