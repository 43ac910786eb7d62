/* For how long nobody has used a column: pure, over what the servers have counted. `memo` is what the
 * step's row remembers and outlives engines; `lately` is what this engine saw at its last look. */
#ifndef PGROLLOUT_ENGINE_USAGE_WINDOW_H
#define PGROLLOUT_ENGINE_USAGE_WINDOW_H

#include <json-glib/json-glib.h>

struct usage_calls {
    const char *id, *role, *text;
    double calls;
};

/* One server at one look; the texts are the caller's. */
struct usage_source_state {
    const char *name, *reset, *mark;
    gint64 dealloc, max, entries;
    GArray *uses; /* struct usage_calls: of statements that use it */
    double seen;  /* calls on the table that were understood */
    double blind; /* calls that were not, or whose text was hidden */
};

struct usage_window {
    JsonObject *memo; /* borrowed; NULL: none yet */
    JsonObject *next; /* the memo from now on */
    GPtrArray *states;
    double seen, missed; /* since the window began */
    char *reason;        /* why it begins anew; NULL: it goes on */
};

void usage_window_init(struct usage_window *window, JsonObject *memo);
void usage_window_clear(struct usage_window *window);
/* Takes a server in, compares, and remembers it in `lately`. `state` must live until the end. */
void usage_window_take(struct usage_window *window, JsonObject *lately,
                       const struct usage_source_state *state);
/* Begins anew; takes the text. The first reason stays. */
void usage_window_restart(struct usage_window *window, char *reason);
/* The share of the calls on the table that were seen since it began, 0 to 1. */
double usage_window_coverage(const struct usage_window *window);
/* Since when nobody has used it. Returns the memo to be remembered, NULL: it has not changed. */
JsonObject *usage_window_end(struct usage_window *window, gint64 now_us, gint64 *since_us);

#endif
