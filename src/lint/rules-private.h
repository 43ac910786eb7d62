/* Lint rules: one file each, found through the generated `lint_rule_registry`. */
#ifndef PGROLLOUT_LINT_RULES_PRIVATE_H
#define PGROLLOUT_LINT_RULES_PRIVATE_H

#include "lint/statement-private.h"
#include "pgrollout/lint/lint.h"

struct lint_run {
    const struct plan *plan;     /* NULL: a script */
    const struct script *script; /* NULL: a plan */
    GPtrArray
        *statements; /* struct statement: of the script, or of the plan's sql steps that parse */
    const char *file;
    GPtrArray *findings;
};

struct lint_rule {
    const char *ids;     /* the ids that it reports, for help: "C06, L08" */
    const char *summary; /* one line */
    void (*check_step)(struct lint_run *run, const struct plan_step *step); /* may be NULL */
    void (*check_plan)(struct lint_run *run);                               /* may be NULL */
    /* every statement of a script, and the sql of a plan's sql steps; may be NULL */
    void (*check_statement)(struct lint_run *run, const struct statement *statement);
    void (*check_script)(struct lint_run *run); /* may be NULL */
};

extern const struct lint_rule *const lint_rule_registry[];

/* A finding at `at`, or at the step where that is nowhere (line 0). */
void lint_error(struct lint_run *run, const char *id, const struct plan_step *step,
                struct plan_place at, const char *format, ...) G_GNUC_PRINTF(5, 6);
void lint_warn(struct lint_run *run, const char *id, const struct plan_step *step,
               struct plan_place at, const char *format, ...) G_GNUC_PRINTF(5, 6);

enum lint_weight {
    LINT_WARNING,
    /* What stops or breaks the application unless somebody knows better. In a plan it is a warning:
     * there the phase is known, the engine bounds the locks, and a reader has the whole plan. */
    LINT_GRAVE,
    LINT_ERROR
};

/* A finding about a statement, at `location` in it (of the parse tree; 0: its beginning). */
void lint_say(struct lint_run *run, enum lint_weight weight, const char *id,
              const struct statement *statement, int location, const char *format, ...)
    G_GNUC_PRINTF(6, 7);

/* The step that fills `column` of the same table, or NULL. */
const struct plan_step *lint_backfill_find(const struct plan *plan, const struct plan_step *table,
                                           const char *column);

/* Whether an expression names a column. */
enum lint_mention { LINT_NO_MENTION, LINT_MENTIONED, LINT_NOT_PARSED };
enum lint_mention lint_mentions(const char *expression, const char *column);

/* Takes away the findings that the file itself says to ignore, and reports what is ignored for
 * nothing. `text` is the script's or the plan's. */
void lint_ignore(struct lint_run *run, const char *text);

#endif
