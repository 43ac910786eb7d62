/* brown_out: contract. What still uses the column or the table fails at once, by its name, while the way
 * back is one rename; then the time passes, and a later step drops it. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/base/units.h"
#include "pgrollout/pg/conn.h"

/* The sync triggers of the table, made again for the column's other name; `text` gets the drops. */
static char *syncs_sql(const struct plan *plan, const struct plan_step *step, const char *renamed,
                       GString *text)
{
    g_autoptr(GPtrArray) syncs = step_live_syncs(plan, step, FALSE);
    GString *create = g_string_new(NULL);
    for (guint i = 0; i < syncs->len; i++) {
        const struct plan_step *sync = g_ptr_array_index(syncs, i);
        g_autofree char *drop = step_sync_drop_sql(plan, sync);
        g_autofree char *make = renamed ? step_sync_renamed_sql(plan, sync, step->col, renamed)
                                        : step_sync_create_sql(plan, sync);
        g_string_append_printf(text, "%s;\n", drop);
        g_string_append_printf(create, ";\n%s", make);
    }
    return g_string_free(create, FALSE);
}

static char *column_sql(const struct plan *plan, const struct plan_step *step, gboolean undo)
{
    g_autofree char *table = step_table(step), *hidden = step_hidden_name(step->col);
    g_autofree char *from = db_ident(undo ? hidden : step->col);
    g_autofree char *to = db_ident(undo ? step->col : hidden);
    GString *text = g_string_new(NULL);
    g_autofree char *create = syncs_sql(plan, step, undo ? NULL : hidden, text);
    g_string_append_printf(text, "ALTER TABLE %s RENAME COLUMN %s TO %s%s", table, from, to,
                           create);
    return g_string_free(text, FALSE);
}

static char *table_sql(const struct plan_step *step, gboolean undo)
{
    g_autofree char *hidden = step_hidden_name(step->table);
    g_autofree char *from = db_qualified(step->schema, undo ? hidden : step->table);
    g_autofree char *to = db_ident(undo ? step->table : hidden);
    return g_strdup_printf("ALTER TABLE %s RENAME TO %s", from, to);
}

static char *rename_sql(const struct plan *plan, const struct plan_step *step, gboolean undo)
{
    return step->col ? column_sql(plan, step, undo) : table_sql(step, undo);
}

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    g_autofree char *sql = rename_sql(plan, step, FALSE);
    stage_add(out, STAGE_DDL, NULL, "%s", sql);
    stage_add(out, STAGE_PASS, "pass", "-- the time passes");
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    g_autofree char *sql = rename_sql(plan, step, TRUE);
    stage_add(out, STAGE_DDL, NULL, "%s", sql);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    g_autofree char *sql = rename_sql(plan, step, FALSE), *time = duration_format(step->for_us);
    text->does = g_strdup_printf("%s;\n-- then %s pass", sql, time);
    text->locks = step_lock_text("ACCESS EXCLUSIVE", step);
    text->undo = g_strdup_printf("gives %s%s%s its name back", step->table, step->col ? "." : "",
                                 step->col ? step->col : "");
}

const struct step_class step_class_brown_out = {
    .kind = KIND_BROWN_OUT,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
