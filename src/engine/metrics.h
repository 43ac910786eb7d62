/* What the engine does as text in the Prometheus exposition format 0.0.4, for the textfile collector of node_exporter
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). Pure. */
#ifndef ENGINE_METRICS_H
#define ENGINE_METRICS_H

#include <json-glib/json-glib.h>

#include "hooks.h"

/* What the engine knows of itself. */
struct metrics_engine {
    const char *database, *version;
    gboolean up;     /* FALSE: it ends now */
    gboolean lease;  /* it has the lease, and the state is fresh */
    gint64 epoch;    /* of the last lease; 0: none */
    gint64 began_us; /* wall clock */
    gint64 now_us;   /* wall clock */
    struct hooks_count hooks;
};

/* One metric: its name without "pgrollout_", its type, what its labels are ("migration,step"), what it says. */
struct metric {
    const char *name, *type, *labels, *help;
};
extern const struct metric metrics_all[]; /* the last has no name */

/* The whole file. `state` is pgrollout.metrics_state(), NULL where it is not known: then only the engine is in it.
 * Free with g_free. */
char *metrics_text(const struct metrics_engine *engine, JsonObject *state);

#endif
