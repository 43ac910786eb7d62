/* Hooks, for their own files: hooks.c (what has happened), veto.c (before-contract). */
#ifndef ENGINE_HOOKS_PRIVATE_H
#define ENGINE_HOOKS_PRIVATE_H

#include "engine-private.h"
#include "hook-file.h"
#include "hooks.h"
#include "program.h"

struct hooks {
    struct engine *engine;
    char *folder; /* NULL: no hooks */
    gint64 timeout_us;
    GHashTable *runs; /* gint64 migration → struct run */
    gboolean asking;  /* hooks_due is under way */
    /* everything is told: so it was in answer to a question that was asked after it was wanted */
    gboolean settling, ask_settles, settled;
    gint64 forgot_us;
    struct hooks_count count;
};

/* Reads what is due, unless that is under way. */
void hooks_ask(struct hooks *hooks);

#endif
