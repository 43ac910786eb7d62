/* A backfill's own statement, and what a verify repairs. */
#include "config.h"
#include "lint/rules-private.h"

static void check_statement(struct lint_run *run, const struct plan_step *step)
{
    GError *error = NULL;
    gboolean unlocked = FALSE;
    if (!sql_check_batch(step->sql, &unlocked, &error)) {
        lint_error(run, "B21", step, step->at_sql, "statement: %s", error->message);
        g_error_free(error);
    } else if (unlocked) {
        lint_warn(run, "B22", step, step->at_sql,
                  "it reads rows that it does not lock: one that changes while the batch waits is "
                  "taken as it was. Lock them (FOR SHARE), or have a trigger on both tables");
    }
}

static void check_step(struct lint_run *run, const struct plan_step *step)
{
    if (step->kind == KIND_BACKFILL && step->sql)
        check_statement(run, step);
    if (step->kind == KIND_VERIFY && step->repair && !step->phase_unsure &&
        step->phase > PHASE_BACKFILL)
        lint_warn(run, "B23", step, step->at_of,
                  "repairs from the old side after readers have begun to switch: what a release "
                  "wrote to the new side alone would be lost");
}

const struct lint_rule lint_rule_batch = {
    .ids = "B21, B22, B23",
    .summary = "a backfill's own statement writes just the rows of its batch; a repair comes early",
    .check_step = check_step,
};
