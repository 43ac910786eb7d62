/* Loading is a function that any operator may call, also with rows made by hand: what contract and the
 * approver's gates protect must follow from the plan's text, not from who has written the rows. */
#include "config.h"
#include "distrust.h"

#include <string.h>

#include "pgrollout/engine/steps.h"
#include "pgrollout/lint/lint.h"

/* What may never run at all, or only in contract. Other rules advise: a plan that an older version
 * has loaded must not stop because a newer one knows more. */
static const char *const protecting[] = {"S01", "S02", "S03", "C06", NULL};

static char *lint_objects(const struct plan *plan)
{
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    lint_plan(plan, plan->name, findings);
    for (guint i = 0; i < findings->len; i++) {
        const struct plan_finding *finding = g_ptr_array_index(findings, i);
        if (!finding->warning && finding->id && g_strv_contains(protecting, finding->id))
            return g_strdup_printf("line %d: %s", finding->line, finding->text);
    }
    return NULL;
}

static gboolean same_step(const struct plan *plan, const struct plan_step *step,
                          const struct step_facts *row)
{
    struct step_text text;
    step_describe(plan, step, &text);
    gboolean same = g_strcmp0(row->name, step->name) == 0 &&
                    g_strcmp0(row->phase, plan_phase_name(step->phase)) == 0 &&
                    g_strcmp0(row->kind, plan_kind_name(step->kind)) == 0 &&
                    row->irreversible == text.irreversible &&
                    (g_strcmp0(row->gate_by, "approver") == 0) == step->by_approver;
    step_text_clear(&text);
    return same;
}

char *plan_distrust(const struct plan *plan, const struct facts *facts)
{
    if (plan->steps->len != facts->steps->len)
        return g_strdup("it has other steps than were loaded");
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct step_facts *row = g_ptr_array_index(facts->steps, i);
        if (!same_step(plan, g_ptr_array_index(plan->steps, i), row))
            return g_strdup_printf("step %s was loaded as something else than it says", row->name);
    }
    return lint_objects(plan);
}
