/* Charts as SVG: a pure function of the readings, the size and the time shown. Colours, fonts and what is hidden
 * at which width are the style sheet's. */
#ifndef PGROLLOUT_REPORT_CHART_H
#define PGROLLOUT_REPORT_CHART_H

#include "report/axis.h"

#define CHART_LINES 6 /* as many as can be told apart */

struct chart_line {
    const struct report_series *series;
    const char *label; /* foreign */
    gboolean mean;     /* the mean as a line in a band; else the most of each column */
};

struct chart {
    const char *id;    /* unique in the page */
    const char *title; /* what a reader who cannot see it is told */
    enum amount amount;
    struct chart_line lines[CHART_LINES];
    int n_lines;
    const struct report_guard *guard; /* whose limits are drawn; NULL: none */
    double base;                      /* a level that is drawn as a line; NAN: none */
    const char *base_label;
};

/* What all charts of a page share. */
struct chart_frame {
    const struct report *report;
    double from, to;
    GTimeZone *zone;
    int width;
    gboolean narrow; /* for a telephone: no room beside the plot */
    gboolean lanes;  /* names of lanes stand to the left, not numbers */
};

/* FALSE: nothing was read then. */
gboolean chart_has_data(const struct chart *chart, const struct chart_frame *frame);
void chart_draw(GString *out, const struct chart *chart, const struct chart_frame *frame);
/* A line without axes, a few words wide, with the limit where it was come near. */
void chart_spark(GString *out, const struct report_series *series, const struct report_guard *guard,
                 const struct chart_frame *frame);
/* Phases, holds and what people did, from `from` to `to`, lane by lane. `phases` FALSE: only what stood in the way. */
void chart_lanes(GString *out, const char *id, const char *title, const struct chart_frame *frame,
                 gboolean phases);
/* The style class of a hold's colour. */
const char *chart_span_class(const struct report_span *span);

/* Where a time stands on the x axis, within the plot. */
double chart_x(const struct chart_frame *frame, double at);
double chart_left(const struct chart_frame *frame);
double chart_right(const struct chart_frame *frame); /* of the plot */
/* The ticks and their labels, from `top` down to `bottom`; labels below. */
void chart_time_axis(GString *out, const struct chart_frame *frame, double top, double bottom);
/* The opening of a drawing, with its title. */
void chart_begin(GString *out, const char *id, const char *title, const struct chart_frame *frame,
                 double height);

#endif
