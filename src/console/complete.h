/* What the word before the cursor of a command line may become, by what stands before it. */
#ifndef PGROLLOUT_CONSOLE_COMPLETE_H
#define PGROLLOUT_CONSOLE_COMPLETE_H

#include "pgrollout/engine/snapshot.h"

/* What names, steps, applications, guards and sessions are taken from. */
struct complete_from {
    const struct snapshot *snapshot; /* NULL: none yet */
    const char *migration;           /* the selected one, NULL: none */
    const char *const *elsewhere; /* "database/name" of all others, NULL: there is one database */
};

/* `before` is the line up to the word, `word` its start. Words that end with "=" want a value. Free with
 * g_strfreev; never NULL. */
char **complete_words(const char *before, const char *word, const struct complete_from *from);

#endif
