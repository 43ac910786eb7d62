/* Statements of sql steps: one each, nothing that the engine must do itself, and by phase. */
#include "config.h"
#include "lint/rules-private.h"

static void check_transaction(struct lint_run *run, const struct plan_step *step, const char *sql,
                              struct plan_place at, const char *prefix)
{
    if (sql_needs_no_transaction(sql) && !step->no_transaction)
        lint_error(run, "L08", step, at,
                   "%sthis cannot run inside a transaction: say \"transaction: none\"", prefix);
}

static gboolean gains_by_none(const char *sql)
{
    return sql && (sql_needs_no_transaction(sql) || sql_waits_aside(sql));
}

/* Outside a transaction what was done cannot be recorded with it: a statement that is cut off leaves its
 * outcome unknown. A procedure that commits by itself is called so all the same. */
static void check_none(struct lint_run *run, const struct plan_step *step)
{
    if (step->no_transaction && !gains_by_none(step->sql) && !gains_by_none(step->undo))
        lint_warn(
            run, "S04", step, step->at_sql,
            "this can run inside a transaction, where it is recorded together with what it did: "
            "\"transaction: none\" only leaves its outcome unknown when it is cut off");
}

static void check_undo(struct lint_run *run, const struct plan_step *step)
{
    enum sql_class class;
    const char *why = NULL;
    GError *error = NULL;
    if (!step->undo)
        return;
    if (!sql_classify(step->undo, &class, &why, &error)) {
        lint_error(run, "S01", step, step->at_undo, "undo: %s", error->message);
        g_error_free(error);
    } else if (class == SQL_FORBIDDEN) {
        lint_error(run, "S02", step, step->at_undo, "undo: a plan cannot run this: %s", why);
    } else {
        check_transaction(run, step, step->undo, step->at_undo, "undo: ");
    }
}

/* Every row of a table: the rule about writes says so. */
static gboolean is_whole(const char *sql)
{
    struct tree tree;
    gboolean whole = tree_init(&tree, sql, 0, NULL) && statement_is_whole(&tree);
    tree_clear(&tree);
    return whole;
}

static void check_phase(struct lint_run *run, const struct plan_step *step, enum sql_class class)
{
    if (class == SQL_DESTRUCTIVE && !step->phase_unsure && step->phase != PHASE_CONTRACT)
        lint_error(run, "C06", step, step->at_sql,
                   "running code may still need what this takes away or refuses: it belongs to "
                   "contract, not to %s",
                   plan_phase_name(step->phase));
    if (class == SQL_WRITE && !is_whole(step->sql))
        lint_warn(run, "B08", step, step->at_sql,
                  "a write in one transaction locks every row it touches to its end: use a "
                  "backfill for more than a few rows");
    check_transaction(run, step, step->sql, step->at_sql, "");
    check_none(run, step);
}

static void check_step(struct lint_run *run, const struct plan_step *step)
{
    enum sql_class class;
    const char *why = NULL;
    GError *error = NULL;
    if (step->kind != KIND_SQL)
        return;
    check_undo(run, step);
    if (!step->sql)
        return;
    if (!sql_classify(step->sql, &class, &why, &error)) {
        lint_error(run, "S01", step, step->at_sql, "%s", error->message);
        g_error_free(error);
    } else if (class == SQL_FORBIDDEN) {
        lint_error(run, "S02", step, step->at_sql, "a plan cannot run this: %s", why);
    } else {
        check_phase(run, step, class);
    }
}

const struct lint_rule lint_rule_statement = {
    .ids = "S01, S02, S04, C06, L08, B08",
    .summary = "statements: one a step, none that belongs to the engine, destructive ones in "
               "contract",
    .check_step = check_step,
};
