#include "config.h"
#include "report/axis.h"

#include <math.h>

#define MINUTE 60.0
#define HOUR 3600.0
#define DAY 86400.0

/* What the ticks are even numbers of. */
static double unit_of(double most, enum amount amount)
{
    static const double bytes[] = {1, 1024, 1048576, 1073741824, 1099511627776};
    static const double seconds[] = {1, MINUTE, HOUR, DAY};
    const double *units = amount == AMOUNT_BYTES ? bytes : seconds;
    guint n = amount == AMOUNT_BYTES ? G_N_ELEMENTS(bytes) : G_N_ELEMENTS(seconds);
    double unit = 1;
    if (amount != AMOUNT_BYTES && amount != AMOUNT_SECONDS)
        return unit;
    for (guint i = 0; i < n; i++)
        if (most >= 2 * units[i])
            unit = units[i];
    return unit;
}

void axis_values(double most, enum amount amount, int ticks, double *end, double *step)
{
    if (!(most > 0) || !isfinite(most))
        most = 1;
    double unit = unit_of(most, amount);
    double raw = most / unit / MAX(ticks, 1);
    double power = pow(10, floor(log10(raw) + 1e-9));
    double times = raw / power;
    *step = (times <= 1 + 1e-9 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10) * power * unit;
    *end = ceil(most / *step - 1e-9) * *step;
}

GArray *axis_times(double from, double to, int ticks, GTimeZone *zone, const char **format)
{
    static const double steps[] = {
        1,          2,           5,           10,          15,       30,       MINUTE,   2 * MINUTE,
        5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR,     2 * HOUR, 3 * HOUR, 6 * HOUR,
        12 * HOUR,  DAY,         2 * DAY,     7 * DAY,     14 * DAY, 28 * DAY};
    GArray *times = g_array_new(FALSE, FALSE, sizeof(double));
    double step = steps[G_N_ELEMENTS(steps) - 1];
    for (guint i = G_N_ELEMENTS(steps); i-- > 0 && (to - from) / steps[i] <= MAX(ticks, 1);)
        step = steps[i];
    while ((to - from) / step > MAX(ticks, 1))
        step *= 2;
    *format = step < MINUTE ? "%H:%M:%S"
              : step < DAY  ? (to - from > DAY ? "%d %b %H:%M" : "%H:%M")
                            : "%d %b";
    double offset = zone_offset(from, zone);
    double first = ceil((from + offset) / step) * step - offset;
    for (double at = first; at <= to; at += step)
        g_array_append_val(times, at);
    return times;
}

struct axis_column *axis_columns(const struct report_series *series, double from, double to, int n)
{
    struct axis_column *columns = g_new(struct axis_column, MAX(n, 1));
    g_autofree double *weights = g_new0(double, MAX(n, 1));
    for (int i = 0; i < n; i++)
        columns[i] = (struct axis_column){NAN, NAN, NAN};
    double width = (to - from) / n;
    for (guint i = 0; series && i < series->points->len; i++) {
        const struct report_point *point = &g_array_index(series->points, struct report_point, i);
        double begin = MAX(point->at, from), end = MIN(point->at + point->span, to);
        if (end <= begin)
            continue;
        int last = MIN(n - 1, (int)floor((end - from) / width - 1e-9));
        for (int at = MAX(0, (int)floor((begin - from) / width)); at <= last; at++) {
            struct axis_column *column = &columns[at];
            double left = from + at * width, weight = MIN(end, left + width) - MAX(begin, left);
            column->low = isnan(column->low) ? point->low : MIN(column->low, point->low);
            column->high = isnan(column->high) ? point->high : MAX(column->high, point->high);
            double sum = isnan(column->mean) ? 0 : column->mean * weights[at];
            weights[at] += MAX(weight, 1e-9);
            column->mean = (sum + point->mean * MAX(weight, 1e-9)) / weights[at];
        }
    }
    return columns;
}
