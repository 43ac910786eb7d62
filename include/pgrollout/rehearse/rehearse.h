/* A rehearsal: a plan is taken through a scratch copy by the real engine, and in each state on the way
 * every statement of its applications is run and rolled back. Everything blocks. */
#ifndef PGROLLOUT_REHEARSE_REHEARSE_H
#define PGROLLOUT_REHEARSE_REHEARSE_H

#include <glib.h>

#include "pgrollout/pg/target.h"
#include "pgrollout/plan/plan.h"

struct rehearsal_options {
    const char *file;                /* the plan's, for findings */
    const struct db_target *source;  /* the database that is copied; NULL: none */
    const char *schema_file;         /* SQL instead of it; NULL */
    const struct db_target *scratch; /* a disposable database; NULL: a private cluster */
    const char *disposable;          /* its name, typed once more; NULL */
    gint64 rows;                     /* of each table that are copied */
    gboolean allow_loss; /* values that a sync does not bring back are told, and no failure */
    /* What is being done, for people who wait; may be NULL. */
    void (*say)(const char *text, void *data);
    void *data;
};

enum rehearsal_verdict {
    REHEARSAL_NOT_NEEDED, /* it need not work there */
    REHEARSAL_OK,
    REHEARSAL_NOT_RUN, /* the state was not come to, or there was nothing to run */
    REHEARSAL_DIFFERS, /* another result than where the release is at home */
    REHEARSAL_UNSEEN,  /* what the other release wrote is not seen */
    REHEARSAL_ERROR    /* refused; of a program: it ended with another status than 0 */
};

/* "ok", "error" …, as in JSON. */
const char *rehearsal_verdict_name(enum rehearsal_verdict verdict);

/* One release of one application: a column of the matrix. */
struct rehearsal_actor {
    const struct plan_application *application; /* of the plan */
    enum plan_release release;
    /* Both releases' lists have reads where the other one has reads: then statements at the same place do
     * the same work. */
    gboolean paired;
};

struct rehearsal_cell {
    enum rehearsal_verdict verdict; /* the worst of its trials */
    char sqlstate[6];               /* of an error; "" */
    guint trials;                   /* what was run here */
};

/* A state on the way: a line of the matrix. */
struct rehearsal_row {
    char *key; /* "before", "backfill-part" …, as programs see it in PGROLLOUT_STATE */
    char *label;
    enum plan_phase phase;
    struct rehearsal_cell *cells; /* one for each actor */
};

/* Something that has to work and does not, in one or more states. */
struct rehearsal_failure {
    enum rehearsal_verdict verdict;
    guint actor;
    guint first;          /* the first row where it was so */
    char *where;          /* all of them, in words */
    char *how;            /* "prepared before the plan began", "after web old: UPDATE …"; NULL */
    char *text;           /* the statement or the program */
    struct plan_place at; /* of it, in the plan */
    char sqlstate[6];     /* "" */
    char *reason;         /* one or two lines; foreign text */
    char *expected, *got; /* what is shown of the results; NULL */
};

struct rehearsal {
    GPtrArray *actors;   /* struct rehearsal_actor */
    GPtrArray *rows;     /* struct rehearsal_row */
    GPtrArray *failures; /* struct rehearsal_failure */
    GPtrArray *losses;   /* char *: values that do not come back through a sync */
    GPtrArray *notes;    /* char *: what was not rehearsed, and what the copy lacks */
    char *copy;          /* of what, in words */
    char *stopped;       /* why the plan did not come to its end; NULL */
    guint trials;        /* statements and programs that were run */
    double seconds;
};

/* Rehearses the plan, which must outlive the result. NULL with `error` when it could not begin: no copy
 * (ROLLOUT_ERROR_CONNECT, ROLLOUT_ERROR_REFUSED), or a plan with nothing to rehearse
 * (ROLLOUT_ERROR_USAGE). What `load` has against the plan is in `findings` (struct plan_finding), with
 * ROLLOUT_ERROR_PLAN. The copy is gone when it returns, and soon after this process is killed. */
struct rehearsal *rehearse_plan(const struct plan *plan, const struct rehearsal_options *options,
                                GPtrArray *findings, GError **error);
void rehearsal_free(struct rehearsal *rehearsal); /* NULL is fine */

/* Nothing failed that must work, nothing is lost, and the plan came to its end. */
gboolean rehearsal_passed(const struct rehearsal *rehearsal);

#endif
