/* What pg_stat_statements tells: where it is, and our share of the WAL. */
#ifndef ENGINE_SENSE_STATS_H
#define ENGINE_SENSE_STATS_H

#include "pgrollout/pg/conn.h"

struct stats {
    char *schema;           /* quoted; NULL: not known, or not to be had */
    char *missing;          /* why it is not to be had; NULL: not known yet, or it is there */
    double share;           /* of the WAL, ours: 0..1, NAN: unknown */
    gint64 due_us;          /* not to be asked before */
    gint64 ours, everybody; /* bytes at the last look; -1: none yet */
};

void stats_init(struct stats *stats);
void stats_clear(struct stats *stats);
/* The next message. Free it. */
char *stats_query(const struct stats *stats);
/* Takes its answer: `reply`, or `error`. */
void stats_answer(struct stats *stats, gint64 now_us, const struct db_reply *reply,
                  const GError *error);

/* The embedded text with each "@name@" replaced; `pairs` is name, value, …, NULL. A value is not
 * looked at again. Free it. */
char *sense_fill(const char *resource, const char *const *pairs);

#endif
