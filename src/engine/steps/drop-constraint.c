/* drop_constraint: contract. Its definition is written down with the drop, so that an abort can add it
 * again, NOT VALID first. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *name = db_literal(step->object);
    stage_add(out, STAGE_CATALOG, "constraint_drop", "%s, false", name);
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *name = db_literal(step->object);
    stage_add(out, STAGE_CATALOG, "constraint_remake", "%s", name);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    g_autofree char *table = step_table(step), *name = db_ident(step->object);
    g_autofree char *lock = step_lock_text("ACCESS EXCLUSIVE", step);
    text->does = g_strdup_printf("ALTER TABLE %s DROP CONSTRAINT %s", table, name);
    text->locks = g_strdup_printf("%s; of a foreign key also on the table it references", lock);
    g_autofree char *undo_lock = step_lock_text("ACCESS EXCLUSIVE", step);
    text->undo_locks =
        g_strdup_printf("%s, for an instant; SHARE UPDATE EXCLUSIVE while it validates", undo_lock);
    text->undo = g_strdup_printf("adds constraint %s again and validates it; rows that break it by "
                                 "then must be set right before",
                                 step->object);
}

const struct step_class step_class_drop_constraint = {
    .kind = KIND_DROP_CONSTRAINT,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
