/* drop_not_null: the old column may be left out by code that no longer knows it. The undo proves again
 * that no row has a NULL, without a scan under an exclusive lock. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *table = step_table(step), *column = db_ident(step->col);
    stage_add(out, STAGE_DDL, NULL, "ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL", table, column);
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    step_not_null_stages(step, out);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    text->locks = step_lock_text("ACCESS EXCLUSIVE", step);
    text->undo_locks =
        g_strdup_printf("ACCESS EXCLUSIVE on %s.%s twice, for an instant; SHARE UPDATE EXCLUSIVE "
                        "while it validates",
                        step->schema, step->table);
    text->undo =
        g_strdup_printf("sets %s.%s NOT NULL again, validated first; rows that have none by "
                        "then must be filled before",
                        step->table, step->col);
}

const struct step_class step_class_drop_not_null = {
    .kind = KIND_DROP_NOT_NULL,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
