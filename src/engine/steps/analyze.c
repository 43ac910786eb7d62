/* analyze: fresh statistics before readers switch. */
#include "config.h"
#include "step-private.h"

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *table = step_table(step);
    stage_add(out, STAGE_LOOSE, "analyze", "ANALYZE %s", table);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    text->locks = g_strdup_printf("SHARE UPDATE EXCLUSIVE on %s.%s", step->schema, step->table);
}

const struct step_class step_class_analyze = {
    .kind = KIND_ANALYZE,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
};
