/* add_column: an additive column; a constant default needs no rewrite, a volatile one is refused by
 * the preflight. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

static char *add_sql(const struct plan_step *step)
{
    g_autofree char *table = step_table(step);
    g_autofree char *column = db_ident(step->col);
    return g_strdup_printf("ALTER TABLE %s ADD COLUMN %s %s%s%s", table, column, step->type,
                           step->def ? " DEFAULT " : "", step->def ? step->def : "");
}

static char *drop_sql(const struct plan_step *step)
{
    g_autofree char *table = step_table(step);
    g_autofree char *column = db_ident(step->col);
    return g_strdup_printf("ALTER TABLE %s DROP COLUMN IF EXISTS %s", table, column);
}

/* Where one may be there already, the catalog says whether it is, and whether it is ours. */
static void catalog_stage(const struct plan_step *step, const char *function, const char *sql,
                          GPtrArray *out)
{
    g_autofree char *name = db_literal(step->col), *literal = db_literal(sql);
    stage_add(out, STAGE_CATALOG, function, "%s, %s", name, literal);
}

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *sql = add_sql(step);
    if (step->adopt)
        catalog_stage(step, "column_make", sql, out);
    else
        stage_add(out, STAGE_DDL, NULL, "%s", sql);
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *sql = drop_sql(step);
    if (step->adopt)
        catalog_stage(step, "column_drop", sql, out);
    else
        stage_add(out, STAGE_DDL, NULL, "%s", sql);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    text->does = add_sql(step);
    text->locks = step_lock_text("ACCESS EXCLUSIVE", step);
    text->undo = g_strdup_printf("drops column %s.%s%s", step->table, step->col,
                                 step->adopt ? ", unless it was there already" : "");
    text->loses = g_strdup_printf("values written to %s only", step->col);
}

const struct step_class step_class_add_column = {
    .kind = KIND_ADD_COLUMN,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
