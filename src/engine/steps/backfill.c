/* backfill: batches over a key range; the engine's batch part runs it. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

static char *locks_text(const struct plan_step *step)
{
    return g_strdup_printf("row locks on %s.%s%s%s, for one batch of about %" G_GINT64_FORMAT " ms",
                           step->schema, step->table, step->into ? " and " : "",
                           step->into ? step->into : "", step->batch.target_us / 1000);
}

static char *into_text(const struct plan_step *step, const char *table)
{
    g_autofree char *into = db_qualified(step->into_schema, step->into);
    g_autoptr(GString) names = g_string_new(NULL), values = g_string_new(NULL);
    for (guint i = 0; i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        g_string_append_printf(names, "%s%s", i ? ", " : "", set->column);
        g_string_append_printf(values, "%s%s", i ? ", " : "", set->expression);
    }
    return g_strdup_printf("INSERT INTO %s (%s) SELECT %s FROM %s WHERE key > last AND key <= last "
                           "of the batch%s%s%s, the rows held and written, ON CONFLICT DO NOTHING",
                           into, names->str, values->str, table, step->where ? " AND (" : "",
                           step->where ? step->where : "", step->where ? ")" : "");
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    g_autofree char *table = step_table(step);
    GString *sql = g_string_new(NULL);
    if (step->into || step->sql) {
        text->does = step->into ? into_text(step, table) : g_strdup(step->sql);
        text->locks = locks_text(step);
        g_string_free(sql, TRUE);
        return;
    }
    g_string_append_printf(sql, "UPDATE %s SET ", table);
    for (guint i = 0; i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        g_string_append_printf(sql, "%s%s = %s", i ? ", " : "", set->column, set->expression);
    }
    g_string_append_printf(sql, " WHERE key > last AND key <= last of the batch AND (%s)",
                           step->where);
    text->does = g_string_free(sql, FALSE);
    text->locks = locks_text(step);
}

const struct step_class step_class_backfill = {
    .kind = KIND_BACKFILL,
    .worker = STEP_BY_BATCHES,
    .describe = describe,
};
