/* drop_sync: takes a sync trigger away before the column. Rarely right: from then on the two columns
 * part, so the way back is a trigger again and a backfill in the other direction. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    const struct plan_step *sync = step_sync_of(plan, step);
    if (!sync)
        return;
    if (sync->into) {
        step_sync_across_drop_stages(plan, sync, out);
        return;
    }
    g_autofree char *sql = step_sync_drop_sql(plan, sync);
    stage_add(out, STAGE_DDL, NULL, "%s", sql);
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    const struct plan_step *sync = step_sync_of(plan, step);
    if (!sync)
        return;
    if (sync->into) {
        step_sync_across_stages(plan, sync, out);
        return;
    }
    g_autofree char *sql = step_sync_create_sql(plan, sync);
    stage_add(out, STAGE_DDL, NULL, "%s", sql);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    const char *old = step->into ? step->table : step->old;
    const char *new = step->into ? step->into : step->new;
    text->locks = step_lock_text("ACCESS EXCLUSIVE", step);
    text->undo = g_strdup_printf("makes the sync trigger again, then fills %s from %s", old, new);
    g_autofree char *undo_lock = step_lock_text("SHARE ROW EXCLUSIVE", step);
    text->undo_locks = g_strdup_printf("%s; then rows, a batch at a time", undo_lock);
    /* what is missing there may have been left out by the backfill, or by a person */
    text->loses = step->into ? g_strdup_printf("values written to %s since; rows deleted from %s "
                                               "since stay in %s as they were",
                                               old, new, old)
                             : g_strdup_printf("values written to %s since", old);
}

const struct step_class step_class_drop_sync = {
    .kind = KIND_DROP_SYNC,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
