noinst_LIBRARIES += libengine.a
libengine_a_SOURCES =
include src/engine/engine.mk
include src/engine/steps.mk
include src/engine/client.mk
include src/engine/install.mk
include src/engine/load.mk
include src/engine/usage.mk
include src/engine/sense.mk
# The control schema: numbered scripts, applied in this order, never edited after a release.
ENGINE_SCHEMA_SQL = \
    src/engine/sql/schema/001-tables.sql \
    src/engine/sql/schema/002-fence.sql \
    src/engine/sql/schema/003-transitions.sql \
    src/engine/sql/schema/004-pause.sql \
    src/engine/sql/schema/005-commands.sql \
    src/engine/sql/schema/006-settings.sql \
    src/engine/sql/schema/007-load.sql \
    src/engine/sql/schema/008-look.sql \
    src/engine/sql/schema/009-grants.sql \
    src/engine/sql/schema/010-ddl.sql \
    src/engine/sql/schema/011-checklist.sql \
    src/engine/sql/schema/012-report.sql \
    src/engine/sql/schema/013-hooks.sql \
    src/engine/sql/schema/014-card.sql
RESOURCE_FILES += $(ENGINE_SCHEMA_SQL) src/engine/sql/roles.sql
