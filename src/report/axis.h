/* Where the ticks of an axis stand, and how many points are drawn. Pure. */
#ifndef PGROLLOUT_REPORT_AXIS_H
#define PGROLLOUT_REPORT_AXIS_H

#include "pgrollout/report/report.h"
#include "report/format.h"

/* The upper end of an axis from 0 that holds `most`, and the distance of its ticks: 1, 2 or 5 times a power of
 * ten of the unit, at most `ticks` + 1 of them. `most` not above 0: an axis to 1. */
void axis_values(double most, enum amount amount, int ticks, double *end, double *step);

/* Ticks of a time axis, at even times of the zone's clock. Free with g_array_unref (double). `format`: for
 * g_date_time_format, as fine as the steps are. */
GArray *axis_times(double from, double to, int ticks, GTimeZone *zone, const char **format);

/* A column of a chart: what all readings in it have shown. NAN: nothing was read. */
struct axis_column {
    double low, mean, high;
};

/* `n` columns of equal width from `from` to `to`. The least and the most of every reading is kept, and each counts
 * for as long as it stands for. Free with g_free. */
struct axis_column *axis_columns(const struct report_series *series, double from, double to, int n);

#endif
