/* Expressions of columns, syncs and backfills. */
#include "config.h"
#include "lint/rules-private.h"

static void check(struct lint_run *run, const struct plan_step *step, const char *what,
                  const char *expression, const char *target, struct plan_place at)
{
    GError *error = NULL;
    if (expression && !sql_check_expression(expression, target, &error)) {
        lint_error(run, "B03", step, at, "%s: %s", what, error->message);
        g_error_free(error);
    }
}

static void check_added(struct lint_run *run, const struct plan_step *step)
{
    GError *error = NULL;
    if (step->type && !sql_check_type(step->type, &error))
        lint_error(run, "L05", step, step->at_type, "type: %s", error->message);
    g_clear_error(&error);
    if (step->def && !sql_check_default(step->def, &error))
        lint_error(run, "L05", step, step->at_def, "default: %s", error->message);
    g_clear_error(&error);
}

static void check_step(struct lint_run *run, const struct plan_step *step)
{
    if (step->kind == KIND_ADD_COLUMN)
        check_added(run, step);
    if (step->kind == KIND_SYNC && !step->into) {
        check(run, step, "up", step->up, step->new, step->at_up);
        check(run, step, "down", step->down, step->old, step->at_down);
    }
    if (step->kind != KIND_BACKFILL)
        return;
    check(run, step, "where", step->where, NULL, step->at_where);
    for (guint i = 0; i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        g_autofree char *what = g_strdup_printf("set \"%s\"", set->column);
        check(run, step, what, set->expression, step->into ? NULL : set->column, set->at);
    }
}

const struct lint_rule lint_rule_expression = {
    .ids = "B03, L05",
    .summary = "expressions use their own row and give the same value each time; columns are added "
               "without a rewrite",
    .check_step = check_step,
};
