/* check: a small query and the value expected. */
#include "config.h"
#include "step-private.h"

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    text->does = g_strdup_printf("%s\nexpects %s", step->sql, step->expect);
    text->skippable = TRUE;
}

const struct step_class step_class_check = {
    .kind = KIND_CHECK,
    .worker = STEP_BY_QUERY,
    .describe = describe,
};
