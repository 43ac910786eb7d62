/* The statement of a reading, and what is read beyond the rest while somebody looks at it: one line
 * in the table and one .sql file each. */
#include "config.h"
#include "pgrollout/engine/snapshot.h"

#include "pgrollout/base/resource.h"
#include "pgrollout/pg/conn.h"

static const struct {
    const char *key, *file; /* the file has one %s, for the argument as a literal */
    gboolean needs_schema;
    const char *with_schema; /* such a file for a second %s, NULL where there is no schema */
} looks[] = {
    [LOOK_NONE] = {NULL, NULL, FALSE, NULL},
    [LOOK_ACTIVITY] = {"activity", "engine/sql/look-activity.sql", FALSE, NULL},
    [LOOK_LOCKS] = {"locks", "engine/sql/look-locks.sql", FALSE, "engine/sql/look-locks-next.sql"},
    [LOOK_REPLICAS] = {"replication", "engine/sql/look-replicas.sql", FALSE, NULL},
    [LOOK_GUARDS] = {"guards", "engine/sql/look-guards.sql", TRUE, NULL},
    [LOOK_CARD] = {"card", "engine/sql/look-card.sql", TRUE, NULL},
    [LOOK_CHECKLIST] = {"checklist", "engine/sql/look-checklist.sql", TRUE, NULL},
};

gboolean look_needs_schema(enum look look)
{
    return looks[look].needs_schema;
}

static char *look_sql(gboolean installed, enum look look, const char *argument)
{
    g_autofree char *literal = argument ? db_literal(argument) : g_strdup("NULL");
    const char *second = installed ? looks[look].with_schema : NULL;
    g_autofree char *with =
        second ? g_strdup_printf(resource_text(second), literal) : g_strdup("NULL");
    g_autofree char *query = g_strdup_printf(resource_text(looks[look].file), literal, with);
    return g_strdup_printf(
        ", '%s', (%s), 'look', jsonb_build_object('key', '%s', 'argument', %s::text)",
        looks[look].key, query, looks[look].key, literal);
}

char *snapshot_sql(gboolean installed, enum look look, const char *argument)
{
    const char *state = installed ? "pgrollout.state()" : resource_text("engine/sql/bare.sql");
    const char *open = installed ? "" : "(", *close = installed ? "" : ")";
    g_autofree char *more = look ? look_sql(installed, look, argument) : g_strdup("");
    return g_strdup_printf(
        "SELECT %s%s%s || jsonb_build_object('replicas', (%s), 'lock_waits', (%s)%s)", open, state,
        close, resource_text("engine/sql/replicas.sql"), resource_text("engine/sql/lock-waits.sql"),
        more);
}
