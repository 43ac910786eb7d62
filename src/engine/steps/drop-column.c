/* drop_column: contract. The sync trigger leaves in the same transaction: earlier, new code that no
 * longer writes a NOT NULL old column would fail (23502), and the way back would be closed. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    g_autofree char *table = step_table_now(plan, step);
    g_autofree char *name = step_column_now(plan, step), *column = db_ident(name);
    g_autofree char *drop_syncs = step_syncs_drop_sql(plan, step, step->col);
    stage_add(out, STAGE_DDL, NULL, "%sALTER TABLE %s DROP COLUMN %s", drop_syncs, table, column);
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
