/* check: a small query and the value expected. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/base/units.h"

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    g_autofree char *duration = duration_format(step->for_us);
    text->does =
        g_strdup_printf("%s\nexpects %s%s%s", step->sql, step->expect,
                        step->for_us ? " at every look for " : "", step->for_us ? duration : "");
    text->skippable = TRUE;
}

const struct step_class step_class_check = {
    .kind = KIND_CHECK,
    .worker = STEP_BY_QUERY,
    .describe = describe,
};
