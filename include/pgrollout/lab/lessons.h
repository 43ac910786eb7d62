/* Short texts chosen by the state of a migration: what a drill's coach says. A lesson file:
 *
 *   # a comment
 *   title: One line that says what is practised
 *
 *   [when hold=boundary:expand]
 *   What there is to see.
 *   What to try next.
 *
 *   [when phase=backfill progress=30-60 state=active]
 *   …
 *
 * The first lesson all of whose conditions hold is the one. Conditions: `state` and `phase` (the
 * migration's; state=none: there is no migration), `step`, `hold` (a hold's kind, or KIND:KEY), and
 * `progress` (per cent of the rows, FROM-BELOW). `[when]` always holds. At most LESSON_LINES lines
 * of LESSON_COLUMNS characters each; the first one is the headline. */
#ifndef PGROLLOUT_LAB_LESSONS_H
#define PGROLLOUT_LAB_LESSONS_H

#include <glib.h>

#define LESSON_LINES 5
#define LESSON_COLUMNS 78

struct lessons;

/* What the conditions are compared with. NULL and NAN are unknown and match nothing. */
struct lesson_state {
    const char *state;
    const char *phase;
    const char *step;
    const char *const *holds; /* NULL-terminated "KIND" or "KIND:KEY"; NULL: none */
    double percent;
};

/* NULL with ROLLOUT_ERROR_PLAN, which names the line, when the text is not such a file. */
struct lessons *lessons_parse(const char *text, GError **error);
void lessons_free(struct lessons *lessons); /* NULL is fine */

const char *lessons_title(const struct lessons *lessons);
/* The lines of the lesson for this state, NULL-terminated; NULL when there is none. The lessons
 * keep them. */
const char *const *lessons_find(const struct lessons *lessons, const struct lesson_state *state);

#endif
