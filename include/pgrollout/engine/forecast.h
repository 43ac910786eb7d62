/* What a plan will cost in one database: rows, hours, WAL, growth, and whether what carries the WAL
 * away keeps up. Ranges, with what they assume; what is not known stays unknown.
 *
 * Reading is bounded: pages at random, in read-only transactions of at most 5 s and 100 ms of
 * waiting for a lock. Where writing samples are asked for, a few batches of the plan's change are
 * made and rolled back, one message each. */
#ifndef PGROLLOUT_ENGINE_FORECAST_H
#define PGROLLOUT_ENGINE_FORECAST_H

#include <json-glib/json-glib.h>

#include "pgrollout/pg/conn.h"
#include "pgrollout/plan/plan.h"

/* Both ends NAN: unknown. */
struct forecast_range {
    double low, high;
};

/* The batches that were made and rolled back. */
struct forecast_sample {
    int batches;                /* 0: none; `not_sampled` says why */
    gint64 rows, changed;       /* keys passed, rows changed: as many dead row versions are left */
    gboolean earlier;           /* not now: as the last backfill of this table went */
    gboolean substitute;        /* a column got its own value, since the one to fill is not there */
    struct forecast_range ms;   /* of one batch */
    struct forecast_range rate; /* rows a second without rests */
};

struct forecast_step {
    enum plan_phase phase;
    enum plan_kind kind;
    char *name, *table; /* as the plan names them, the table with its schema; NULL: none */
    char *unknown;      /* why the table was not read: what is known is by the statistics; NULL */
    gboolean refused;   /* for lack of a right */

    struct forecast_range rows;    /* in the table */
    struct forecast_range touched; /* that the step will change, compare or read */
    const char *rows_from;         /* "sample", "statistics"; NULL: not known */
    double analyzed_s;             /* age of the statistics; NAN: never, or some of it never */
    double statistics_rows;        /* what they say; NAN */
    double pages, pages_read, page_bytes;
    double row_bytes; /* of a row's data, with its header; NAN */

    int indexes; /* that a row version which is not HOT gets an entry in */
    double index_bytes_now;
    gboolean hot_possible;
    GPtrArray *hot_blockers;   /* char *: indexes that hold a written column */
    gboolean hot_measured;     /* the share is of sampled batches */
    struct forecast_range hot; /* share, 0 to 1 */
    int fillfactor;

    struct forecast_sample sample;
    char *not_sampled;
    struct forecast_range seconds, batches, wal_bytes, wal_bytes_per_s, heap_bytes, index_bytes;
    GPtrArray *assumes; /* char * */
};

struct forecast_slot {
    char *name, *type;
    gboolean active, lost;
    gboolean moved;  /* while we looked; an idle one has no reason to */
    double position; /* of the WAL that it still needs */
    double retained; /* bytes; NAN */
    double limit;    /* max_slot_wal_keep_size; NAN: none */
    double room;     /* bytes until it is lost; NAN: without limit, or unknown */
    double full_s;   /* at our pace, until then, if it does not drain; NAN: not known */
};

struct forecast_archive {
    char *mode; /* archive_mode */
    gboolean failing;
    double waiting, bytes_per_s; /* segments not archived; the mean so far; NAN */
    double ours_per_min;         /* segments that the plan fills at the most; NAN */
};

struct forecast_room {
    struct forecast_range needs; /* heap, indexes */
    double free;                 /* NAN: unknown from here */
    char *path;                  /* where it was asked; NULL */
};

struct forecast {
    char *database;
    int version;
    gboolean in_recovery;
    gboolean sampled; /* at least one step by batches of now */
    GPtrArray *steps; /* struct forecast_step: those with something to forecast */
    GPtrArray *slots; /* struct forecast_slot */
    struct forecast_archive archive;
    struct forecast_room room;
    GPtrArray *hints; /* char *: what else would hurt */
};

/* Looks and reckons. `sample`: batches may be made and rolled back. Needs no control schema. A step
 * that nothing can be said of says why; NULL with an error only when the server does not answer.
 * Blocks for some seconds. */
struct forecast *forecast_make(struct db_conn *conn, const struct plan *plan, gboolean sample,
                               GError **error);
void forecast_free(struct forecast *forecast); /* NULL is fine */

/* The step of that name, or NULL. */
const struct forecast_step *forecast_step_find(const struct forecast *forecast, const char *name);

/* As `forecast --json` prints it. The caller owns it. */
JsonNode *forecast_json(const struct forecast *forecast);
/* The steps alone, as an array. */
JsonNode *forecast_steps_json(const struct forecast *forecast);

#endif
