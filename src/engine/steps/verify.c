/* verify: compares source and target by key ranges; the engine's batch part runs it. */
#include "config.h"
#include "step-private.h"

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    text->does = g_strdup_printf("compares source and target of %s by key ranges", step->of);
    text->locks = g_strdup("none: reads in short snapshots");
}

const struct step_class step_class_verify = {
    .kind = KIND_VERIFY,
    .worker = STEP_BY_BATCHES,
    .describe = describe,
};
