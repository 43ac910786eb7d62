/* A recorded series of readings, against the guards of a plan: what the same hysteresis as the engine's
 * makes of it. No connection, no clock. */
#ifndef PGROLLOUT_ENGINE_REPLAY_H
#define PGROLLOUT_ENGINE_REPLAY_H

#include <glib.h>

#include "pgrollout/plan/plan.h"

/* One reading. Rows come in the order of their time. */
struct series_row {
    int line;
    gint64 at_us; /* since 1970, or since any beginning */
    char *guard;
    double value; /* NAN: the reading failed */
};

struct series {
    char *file;
    gboolean dated;  /* times are UTC, not seconds */
    GPtrArray *rows; /* struct series_row */
};

/* CSV as man pgrollout describes it. NULL with ROLLOUT_ERROR_USAGE, whose message begins with file:line. */
struct series *series_read(const char *file, const char *text, GError **error);
void series_free(struct series *series); /* NULL is fine */
/* The time as the series writes its times. Free it. */
char *series_time(const struct series *series, gint64 at_us);

enum replay_what { REPLAY_SLOW, REPLAY_HOLD, REPLAY_BLIND, REPLAY_ABORT, REPLAY_CLEAR };
const char *replay_word(enum replay_what what); /* "slow", "hold" … */

struct replay_event {
    gint64 at_us;
    enum replay_what what;
    const char *guard; /* the plan's */
    double value;      /* NAN: none */
    char *reason;      /* "replication_lag 7.2s at or above 5s" */
};

/* What one guard did. */
struct replay_guard {
    const struct plan_guard *plan;
    int readings, holds;
    gint64 held_us;  /* tripped or blind */
    gint64 every_us; /* one reading was taken so often at the most */
    double worst;    /* NAN: none */
};

struct replay {
    GPtrArray *events; /* struct replay_event, in the order of their time */
    GPtrArray *guards; /* struct replay_guard, in the plan's order; those with readings */
};

/* NULL with ROLLOUT_ERROR_USAGE: the series names a guard that the plan does not have. The plan must
 * outlive the result. */
struct replay *replay_run(const struct plan *plan, const struct series *series, GError **error);
void replay_free(struct replay *replay); /* NULL is fine */

#endif
