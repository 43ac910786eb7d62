/* How the application fared before rows were moved, meanwhile, and after. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "report/words.h"

struct range {
    double from, to;
};

/* A reading's middle lies in one of the ranges. */
static gboolean within(const GArray *ranges, const struct report_point *point)
{
    double at = point->at + point->span / 2;
    for (guint i = 0; i < ranges->len; i++) {
        const struct range *range = &g_array_index(ranges, struct range, i);
        if (at >= range->from && at < range->to)
            return TRUE;
    }
    return FALSE;
}

/* The mean and the most of a series in these ranges; returns the seconds that were read. */
static double take(const struct report *report, const char *key, const GArray *ranges, double *mean,
                   double *high)
{
    const struct report_series *series = report_series_find(report, key);
    double seconds = 0, sum = 0;
    *high = *mean = NAN;
    for (guint i = 0; series && i < series->points->len; i++) {
        const struct report_point *point = &g_array_index(series->points, struct report_point, i);
        if (!within(ranges, point))
            continue;
        seconds += point->span;
        sum += point->mean * point->span;
        *high = isnan(*high) ? point->high : MAX(*high, point->high);
    }
    if (seconds > 0)
        *mean = sum / seconds;
    return seconds;
}

static void period_add(const struct report *report, GArray *periods, const char *label,
                       const GArray *ranges)
{
    struct words_period period = {.label = label};
    double unused;
    period.seconds = take(report, "rows_per_s", ranges, &unused, &unused);
    if (period.seconds <= 0)
        return;
    take(report, "guard.query_latency", ranges, &period.latency_mean, &period.latency_high);
    take(report, "statement_ms", ranges, &period.ms_mean, &period.ms_high);
    take(report, "lag_s", ranges, &unused, &period.lag_high);
    take(report, "waits", ranges, &unused, &period.waits_high);
    take(report, "guard.lock_wait", ranges, &unused, &period.lock_wait_high);
    g_array_append_val(periods, period);
}

static void range_add(GArray *ranges, double from, double to)
{
    struct range range = {from, to};
    if (to > from)
        g_array_append_val(ranges, range);
}

/* What is held between two times goes into one list, the rest into the other. */
static void divide(const struct report *report, double from, double to, GArray *held,
                   GArray *moving)
{
    double until = from;
    for (guint i = 0; i < report->spans->len; i++) {
        const struct report_span *span = report->spans->pdata[i];
        double begin = CLAMP(span->from, until, to), end = CLAMP(span->to, until, to);
        if (end <= begin)
            continue;
        range_add(moving, until, begin);
        range_add(held, begin, end);
        until = end;
    }
    range_add(moving, until, to);
}

GArray *words_periods(const struct report *report)
{
    GArray *periods = g_array_new(FALSE, FALSE, sizeof(struct words_period));
    double from, to;
    if (!report_work(report, &from, &to))
        return periods;
    GArray *lists[4];
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        lists[i] = g_array_new(FALSE, FALSE, sizeof(struct range));
    range_add(lists[0], -INFINITY, from);
    divide(report, from, to, lists[2], lists[1]);
    if (to < report->to)
        range_add(lists[3], to, INFINITY);
    static const char *const labels[] = {"before rows were moved", "while rows were moved",
                                         "while it was held", "afterwards"};
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        period_add(report, periods, labels[i], lists[i]);
        g_array_unref(lists[i]);
    }
    return periods;
}
