/* backfill: batches over a key range; the engine's batch part runs it. */
#include "config.h"
#include "step-private.h"

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    g_autofree char *table = step_table(step);
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql, "UPDATE %s SET ", table);
    for (guint i = 0; i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        g_string_append_printf(sql, "%s%s = %s", i ? ", " : "", set->column, set->expression);
    }
    g_string_append_printf(sql, " WHERE key > last AND key <= last of the batch AND (%s)",
                           step->where);
    text->does = g_string_free(sql, FALSE);
    text->locks =
        g_strdup_printf("row locks on %s.%s, for one batch of about %" G_GINT64_FORMAT " ms",
                        step->schema, step->table, step->batch.target_us / 1000);
}

const struct step_class step_class_backfill = {
    .kind = KIND_BACKFILL,
    .worker = STEP_BY_BATCHES,
    .describe = describe,
};
