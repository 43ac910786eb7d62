/* add_view: a second name for a table, before the table itself gets it. */
#include "config.h"
#include "step-private.h"

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *sql = step_view_create_sql(step, step->object);
    stage_add(out, STAGE_DDL, NULL, "%s", sql);
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *sql = step_view_drop_sql(step, step->object);
    stage_add(out, STAGE_DDL, NULL, "%s", sql);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    text->does =
        g_strdup_printf("makes the view %s.%s as SELECT * FROM %s.%s, with the privileges of "
                        "the table",
                        step->schema, step->object, step->schema, step->table);
    text->locks = step_lock_text("ACCESS SHARE", step);
    text->undo = g_strdup_printf("drops view %s", step->object);
    text->undo_locks =
        g_strdup_printf("ACCESS EXCLUSIVE on %s.%s, the view", step->schema, step->object);
}

const struct step_class step_class_add_view = {
    .kind = KIND_ADD_VIEW,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
