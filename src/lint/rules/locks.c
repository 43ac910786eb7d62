/* How long a step of a plan may keep the application waiting. */
#include "config.h"
#include "lint/rules-private.h"

/* What the plan lets the application wait for us. */
static void check_step(struct lint_run *run, const struct plan_step *step)
{
    static const struct plan_place nowhere;
    if (step->kind == KIND_INDEX && step->lock_timeout_us > 0)
        lint_warn(
            run, "L02", step, nowhere,
            "a lock_timeout also ends the wait for old transactions, and the index is invalid "
            "then: leave it away, nobody waits behind a concurrent build");
    else if (step->lock_timeout_us >= G_USEC_PER_SEC)
        lint_warn(run, "L02", step, nowhere,
                  "lock_timeout of a second and more: each try may stop the application for so "
                  "long, and in a deadlock it may be the application that fails");
    if (step->batch.target_us > G_USEC_PER_SEC / 2)
        lint_warn(
            run, "B09", step, nowhere,
            "batch target above 500ms: the application waits so long for the rows of a batch");
}

const struct lint_rule lint_rule_locks = {
    .ids = "B09, L02",
    .summary = "what a step lets the application wait",
    .check_step = check_step,
};
