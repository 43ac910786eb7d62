/* Strict things come when history and all writers are ready: not in expand, not before the rows are
 * filled and compared. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

static const struct plan_place nowhere;

static gboolean same_table(const struct plan_step *a, const struct plan_step *b)
{
    return a->table && b->table && g_strcmp0(a->schema, b->schema) == 0 &&
           strcmp(a->table, b->table) == 0;
}

static gboolean adds(const struct lint_run *run, const struct plan_step *table, const char *column)
{
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(run->plan->steps, i);
        if (same_table(step, table) &&
            (step->kind == KIND_ADD_TABLE ||
             (step->kind == KIND_ADD_COLUMN && g_strcmp0(step->col, column) == 0)))
            return TRUE;
    }
    return FALSE;
}

/* A verify of that backfill stands before the step. */
static gboolean is_verified_before(const struct lint_run *run, const struct plan_step *backfill,
                                   const struct plan_step *step)
{
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(run->plan->steps, i);
        if (other == step)
            return FALSE;
        if (other->kind == KIND_VERIFY && g_strcmp0(other->of, backfill->name) == 0)
            return TRUE;
    }
    return FALSE;
}

/* What is wrong with relying on `column` at this step; NULL: nothing. */
static const char *unready(const struct lint_run *run, const struct plan_step *step,
                           const char *column)
{
    const struct plan_step *backfill = lint_backfill_find(run->plan, step, column);
    if (plan_is_unsure(run->plan, KIND_BACKFILL) || plan_is_unsure(run->plan, KIND_VERIFY))
        return NULL;
    if (backfill && !is_verified_before(run, backfill, step))
        return "before its backfill is done and verified";
    if (backfill || plan_is_unsure(run->plan, KIND_ADD_COLUMN))
        return NULL;
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *added = g_ptr_array_index(run->plan->steps, i);
        if (added->kind == KIND_ADD_COLUMN && same_table(added, step) && !added->def &&
            g_strcmp0(added->col, column) == 0)
            return "and nothing in the plan fills it";
    }
    return NULL;
}

static void check_not_null(struct lint_run *run, const struct plan_step *step)
{
    const char *why = step->col ? unready(run, step, step->col) : NULL;
    if (why)
        lint_warn(
            run, "C02", step, nowhere,
            "NOT NULL on \"%s\" %s: it fails after the whole table has been read; behind backfill "
            "and verify",
            step->col, why);
}

struct condition {
    struct lint_run *run;
    const struct plan_step *step;
    gboolean all_added;
    const char *why;
};

static void condition_see(const char *name, JsonNode *value, gpointer data)
{
    struct condition *condition = data;
    if (strcmp(name, "ColumnRef") != 0 || !JSON_NODE_HOLDS_OBJECT(value))
        return;
    const char *column = tree_last_name(tree_array(json_node_get_object(value), "fields"));
    condition->all_added = condition->all_added && adds(condition->run, condition->step, column);
    if (!condition->why)
        condition->why = unready(condition->run, condition->step, column);
}

static gboolean all_added(const struct lint_run *run, const struct plan_step *step)
{
    for (char **column = step->columns; column && *column; column++)
        if (!adds(run, step, *column))
            return FALSE;
    return step->columns != NULL;
}

static void say_early(struct lint_run *run, const struct plan_step *step)
{
    if (!step->phase_unsure && (step->phase == PHASE_EXPAND || step->phase == PHASE_DEPLOY))
        lint_warn(
            run, "C01", step, nowhere,
            "from here on a write of running code that breaks this constraint fails, NOT VALID or "
            "not: in backfill, when all code obeys it");
}

static void check_unique(struct lint_run *run, const struct plan_step *step)
{
    const char *why = NULL;
    for (char **column = step->columns; column && *column && !why; column++)
        why = unready(run, step, *column);
    if (why)
        lint_warn(run, "C10", step, nowhere,
                  "unique on a column %s: a trigger or double write may repeat a value, and the "
                  "application's own write fails; behind verify",
                  why);
    else if (!all_added(run, step))
        say_early(run, step);
}

static void check_constraint(struct lint_run *run, const struct plan_step *step)
{
    struct condition condition = {run, step, TRUE, NULL};
    struct tree tree;
    g_autofree char *sql = step->check ? g_strconcat("SELECT ", step->check, NULL) : NULL;
    if (step->constraint == CONSTRAINT_UNIQUE)
        check_unique(run, step);
    if (step->constraint == CONSTRAINT_FOREIGN_KEY && !all_added(run, step))
        say_early(run, step);
    if (step->constraint != CONSTRAINT_CHECK || !sql || !tree_init(&tree, sql, 0, NULL))
        return;
    tree_walk(json_parser_get_root(tree.parser), condition_see, &condition);
    tree_clear(&tree);
    if (condition.why)
        lint_warn(run, "C02", step, step->at_check,
                  "a check of a column %s: it fails after the whole table has been read; behind "
                  "backfill and verify",
                  condition.why);
    else
        say_early(run, step);
}

static gboolean fills_from(const struct plan_step *backfill, const char *column)
{
    for (guint i = 0; i < backfill->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(backfill->set, i);
        if (lint_mentions(set->expression, column) == LINT_MENTIONED)
            return TRUE;
    }
    return FALSE;
}

/* A sync with another table carries the column. */
static gboolean is_carried(const struct plan_step *sync, const char *column)
{
    for (guint i = 0; sync->kind == KIND_SYNC && sync->into && sync->set && i < sync->set->len; i++)
        if (g_strcmp0(((struct plan_set *)g_ptr_array_index(sync->set, i))->expression, column) ==
            0)
            return TRUE;
    return FALSE;
}

/* New code stops writing a column that is replaced: if it is NOT NULL, inserts fail. */
static void check_dropped(struct lint_run *run, const struct plan_step *step)
{
    gboolean replaced = FALSE, relaxed = FALSE;
    if (!step->table || !step->col || plan_is_unsure(run->plan, KIND_SYNC) ||
        plan_is_unsure(run->plan, KIND_DROP_NOT_NULL) ||
        plan_sync_find(run->plan, step->schema, step->table, step->col))
        return;
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(run->plan->steps, i);
        if (!same_table(other, step))
            continue;
        if (is_carried(other, step->col))
            return;
        relaxed =
            relaxed || (other->kind == KIND_DROP_NOT_NULL &&
                        g_strcmp0(other->col, step->col) == 0 && other->phase < PHASE_CONTRACT);
        replaced = replaced || (other->kind == KIND_BACKFILL && fills_from(other, step->col));
    }
    if (replaced && !relaxed)
        lint_warn(
            run, "C16", step, nowhere,
            "nothing keeps \"%s\" filled when new code stops writing it: if it is NOT NULL, the "
            "first insert fails; drop_not_null before stop_old_writes, or a sync",
            step->col);
}

static void check_step(struct lint_run *run, const struct plan_step *step)
{
    if (step->kind == KIND_NOT_NULL)
        check_not_null(run, step);
    if (step->kind == KIND_CONSTRAINT)
        check_constraint(run, step);
    if (step->kind == KIND_INDEX && step->unique)
        check_unique(run, step);
    if (step->kind == KIND_DROP_COLUMN)
        check_dropped(run, step);
}

const struct lint_rule lint_rule_strict = {
    .ids = "C01, C02, C10, C16",
    .summary = "strict things come when history and all writers are ready",
    .check_step = check_step,
};
