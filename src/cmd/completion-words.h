/* What may stand at the place of the cursor, from the texts of the verb table alone. Pure. */
#ifndef CMD_COMPLETION_WORDS_H
#define CMD_COMPLETION_WORDS_H

#include <glib.h>

/* What a word of a usage text stands for. */
enum completion_kind {
    COMPLETION_NOTHING,
    COMPLETION_WORDS,      /* those of `words` */
    COMPLETION_FILES,      /* FILE, PLAN */
    COMPLETION_MIGRATIONS, /* NAME */
    COMPLETION_RECIPES,
    COMPLETION_RECIPE_KEYS,
    COMPLETION_PHASES,
    COMPLETION_THEMES
};

/* What the argument number `typed->len` of a verb may be. `usage` is its "NAME [STEP] --for X", `typed` the
 * arguments before it. Kinds (enum completion_kind, a guint each) go to `kinds`, fixed words to `words`. */
void completion_argument(const char *verb, const char *usage, const GPtrArray *typed, GArray *kinds,
                         GPtrArray *words);
/* What the value of an option may be, by its name and what the help calls the value. */
void completion_value(const char *verb, const char *option, const char *placeholder, GArray *kinds,
                      GPtrArray *words);

#endif
