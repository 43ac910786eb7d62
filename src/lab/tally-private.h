/* What one simulated application has seen: counts, errors by SQLSTATE, how long statements took. */
#ifndef PGROLLOUT_LAB_TALLY_PRIVATE_H
#define PGROLLOUT_LAB_TALLY_PRIVATE_H

#include <glib.h>

/* Latencies are kept as counts in buckets that grow by a tenth, from 10 µs to about a minute, for
 * each of the last 60 seconds. */
#define TALLY_BUCKETS 165
#define TALLY_SECONDS 60

struct tally {
    gint64 operations;
    gint64 errors;      /* statements refused, lost connections left out */
    gint64 mismatches;  /* a name read back that is not the one written */
    gint64 blank_reads; /* a name read that was NULL: release 42 before the backfill came by */
    gint64 reconnects;
    double max_ms;
    GHashTable *sqlstates; /* text -> gint64 */
    char *last_error;
    guint32 buckets[TALLY_SECONDS][TALLY_BUCKETS];
    gint64 second; /* of the newest column, on the monotonic clock */
};

void tally_init(struct tally *tally);
void tally_clear(struct tally *tally);
/* Back to nothing, but for `reconnects`, which tells of the server and not of the rollout. */
void tally_reset(struct tally *tally);

/* One statement's time from send to answer, at `now_us` of the monotonic clock. */
void tally_latency(struct tally *tally, gint64 now_us, double ms);
/* The latency that 99 of 100 statements of the last minute did not exceed; 0 when there was none.
 */
double tally_p99_ms(const struct tally *tally, gint64 now_us);

/* Counts an error; one of a lost connection counts under its SQLSTATE only. */
void tally_error(struct tally *tally, const GError *error);
/* {"42703": 3}; free with g_free. */
char *tally_sqlstates_json(const struct tally *tally);

#endif
