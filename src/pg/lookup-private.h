/* Beginning a connection without waiting for the look-up of names. */
#ifndef PG_LOOKUP_PRIVATE_H
#define PG_LOOKUP_PRIVATE_H

#include <libpq-fe.h>

#include "hosts-private.h"
#include "pgrollout/pg/target.h"

/* A connection is to be begun: `run` by start_new's caller, or by a thread. */
struct start {
    struct db_target *target;
    char *application_name;
    struct hosts *hosts; /* of the target; NULL: not known before the first run */
    guint try;           /* which of them */
    PGconn *pq;          /* what was begun */
    void (*done)(struct start *start, void *data);
    void *data;
};

/* Copies the target; `hosts` may be NULL. */
struct start *start_new(const struct db_target *target, const char *application_name,
                        const struct hosts *hosts, guint n);
/* With the connection that is still in it. NULL is fine. */
void start_free(struct start *start);
/* Begins it: blocks while names are looked up. */
void start_run(struct start *start);
/* The same in a thread of its own: `done` is called from the default GMainContext, unless it was dropped
 * before; it owns the start then. */
void start_run_aside(struct start *start, void (*done)(struct start *start, void *data),
                     void *data);
/* Nobody waits for it any more: it frees itself. */
void start_drop(struct start *start);

/* Whether a name may have to be looked up; FALSE: it is a socket in a folder, or an address. */
gboolean target_needs_lookup(const struct db_target *target);

#endif
