/* sql: one statement of the plan's own. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/lint/lint.h"

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    if (step->no_transaction)
        stage_add(out, STAGE_LOOSE, "statement", "%s", step->sql);
    else
        stage_add(out, STAGE_DDL, NULL, "%s", step->sql);
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    if (!step->undo)
        return;
    if (sql_needs_no_transaction(step->undo))
        stage_add(out, STAGE_LOOSE, "statement", "%s", step->undo);
    else
        stage_add(out, STAGE_DDL, NULL, "%s", step->undo);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    text->locks = g_strdup("what the statement takes");
    text->undo = g_strdup(step->undo);
    text->irreversible = step->irreversible;
    /* whether it ran before a connection was lost cannot be looked up, so a person decides */
    text->skippable = step->no_transaction;
}

const struct step_class step_class_sql = {
    .kind = KIND_SQL,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
