/* add_column: an additive column; a constant default needs no rewrite, a volatile one is refused by
 * the preflight. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *table = step_table(step);
    g_autofree char *column = db_ident(step->col);
    stage_add(out, STAGE_DDL, NULL, "ALTER TABLE %s ADD COLUMN %s %s%s%s", table, column,
              step->type, step->def ? " DEFAULT " : "", step->def ? step->def : "");
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *table = step_table(step);
    g_autofree char *column = db_ident(step->col);
    stage_add(out, STAGE_DDL, NULL, "ALTER TABLE %s DROP COLUMN IF EXISTS %s", table, column);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    text->locks = step_lock_text("ACCESS EXCLUSIVE", step);
    text->undo = g_strdup_printf("drops column %s.%s", step->table, step->col);
    text->loses = g_strdup_printf("values written to %s only", step->col);
}

const struct step_class step_class_add_column = {
    .kind = KIND_ADD_COLUMN,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
