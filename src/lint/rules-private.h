/* Lint rules: one file each, found through the generated `lint_rule_registry`. */
#ifndef PGROLLOUT_LINT_RULES_PRIVATE_H
#define PGROLLOUT_LINT_RULES_PRIVATE_H

#include "pgrollout/lint/lint.h"

struct lint_run {
    const struct plan *plan;
    const char *file;
    GPtrArray *findings;
};

struct lint_rule {
    const char *ids;     /* the ids that it reports, for help: "C06, L08" */
    const char *summary; /* one line */
    void (*check_step)(struct lint_run *run, const struct plan_step *step); /* may be NULL */
    void (*check_plan)(struct lint_run *run);                               /* may be NULL */
};

extern const struct lint_rule *const lint_rule_registry[];

/* A finding at `at`, or at the step where that is nowhere (line 0). */
void lint_error(struct lint_run *run, const char *id, const struct plan_step *step,
                struct plan_place at, const char *format, ...) G_GNUC_PRINTF(5, 6);
void lint_warn(struct lint_run *run, const char *id, const struct plan_step *step,
               struct plan_place at, const char *format, ...) G_GNUC_PRINTF(5, 6);

/* The step that fills `column` of the same table, or NULL. */
const struct plan_step *lint_backfill_find(const struct plan *plan, const struct plan_step *table,
                                           const char *column);

#endif
