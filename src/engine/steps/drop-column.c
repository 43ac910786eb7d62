/* drop_column: contract. The sync trigger leaves in the same transaction: earlier, new code that no
 * longer writes a NOT NULL old column would fail (23502), and the way back would be closed. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

/* A drop_sync step for these columns stands before this step. */
static gboolean sync_already_dropped(const struct plan *plan, const struct plan_step *step,
                                     const struct plan_step *sync)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(plan->steps, i);
        if (other == step)
            return FALSE;
        if (other->kind == KIND_DROP_SYNC && step_sync_of(plan, other) == sync)
            return TRUE;
    }
    return FALSE;
}

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    g_autofree char *table = step_table(step);
    g_autofree char *column = db_ident(step->col);
    const struct plan_step *sync = plan_sync_find(plan, step->schema, step->table, step->col);
    if (sync && sync_already_dropped(plan, step, sync))
        sync = NULL;
    g_autofree char *drop_sync = sync ? step_sync_drop_sql(plan, sync) : NULL;
    stage_add(out, STAGE_DDL, NULL, "%s%sALTER TABLE %s DROP COLUMN %s", sync ? drop_sync : "",
              sync ? ";\n" : "", table, column);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    text->locks = step_lock_text("ACCESS EXCLUSIVE", step);
    text->irreversible = TRUE;
    text->loses = g_strdup_printf("column %s.%s for good", step->table, step->col);
}

const struct step_class step_class_drop_column = {
    .kind = KIND_DROP_COLUMN,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
};
