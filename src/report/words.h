/* What the figures come to, for both kinds of file. Pure; texts are foreign and freed with g_free. */
#ifndef PGROLLOUT_REPORT_WORDS_H
#define PGROLLOUT_REPORT_WORDS_H

#include "report/axis.h"

/* "done", "aborted", "failed in backfill", "in backfill, held by guard replication_lag" */
char *words_state(const struct report *report);
/* The time of day, with the date where the run is longer than that. */
char *words_when(const struct report *report, double at, GTimeZone *zone);
/* A few sentences: what was done, how long it took, what stood in the way, what the application felt. */
char *words_summary(const struct report *report, GTimeZone *zone);
/* What the report cannot tell, and why; a text a line, none where all is there. Free with g_ptr_array_unref. */
GPtrArray *words_missing(const struct report *report, GTimeZone *zone);

struct words_figure {
    const char *label;
    char *value;
    char *note; /* NULL */
};
/* The figures at the top. Free with g_ptr_array_unref. */
GPtrArray *words_figures(const struct report *report, GTimeZone *zone);

/* Rows of all backfills: changed, and there. NAN: none has begun, or nobody counted. */
void words_rows(const struct report *report, double *changed, double *total);
/* The worst of all replicas: when, and its name (within `series`); NULL: none was read. */
const struct report_point *words_worst_lag(const struct report *report, const char **replica);

/* A time in the life of the run, and how the application fared. */
struct words_period {
    const char *label;
    double seconds;                    /* that were read */
    double latency_mean, latency_high; /* times the baseline */
    double ms_mean, ms_high;           /* of its statements that fared worse */
    double lag_high, waits_high, lock_wait_high;
};
/* Before rows were moved, while they were, while it was held meanwhile, and after. Those of which nothing was read
 * are left out. Free with g_array_unref. */
GArray *words_periods(const struct report *report);

/* What people and the engine did, as far as `most` lines go: what people did and what held come first. `left`: how
 * many are left out. Pointers into the report. Free with g_ptr_array_unref. */
GPtrArray *words_journal(const struct report *report, guint most, gint64 *left);
/* Of a guard: how often it held, and for how long. */
guint words_trips(const struct report *report, const char *guard, double *seconds);
/* "operator anna (os user root, from 10.0.0.7)" */
char *words_who(const struct report_event *event);

#endif
