/* confirm: a person answers, or one for each application; its undo is the opposite question. */
#include "config.h"
#include "step-private.h"

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    text->does = g_strdup_printf("waits for a person: %s", step->text);
    text->skippable = TRUE;
    text->gate_text = g_strdup(step->text);
    text->reverse_text = g_strdup_printf(
        "What \"%s\" confirmed is taken back: the releases deployed since are rolled back.",
        step->name);
}

const struct step_class step_class_confirm = {
    .kind = KIND_CONFIRM,
    .worker = STEP_BY_PEOPLE,
    .describe = describe,
};
