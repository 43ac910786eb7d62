/* One chart: a plot with an axis from zero, limits as lines, holds as bands, the highest point told. */
#include "config.h"
#include "report/chart.h"

#include <math.h>
#include <string.h>

#include "report/markup.h"

#define TOP 16.0 /* room for the label of the highest point */
#define PLOT 96.0
#define BOTTOM 22.0 /* and of the time axis */
#define LABEL_LINE 13.0
#define COLUMN_PX 1.5
#define LETTER_PX 6.2
#define NAME_LETTERS 16 /* as there is room for beside the plot */
#define FAR_LIMIT 5 /* so many times the data, and a limit would leave nothing to be seen of them */

double chart_left(const struct chart_frame *frame)
{
    if (frame->lanes)
        return frame->narrow ? 104 : 124;
    return frame->narrow ? 52 : 124;
}

double chart_right(const struct chart_frame *frame)
{
    return frame->width - (frame->narrow ? 8 : 132.0);
}

double chart_x(const struct chart_frame *frame, double at)
{
    double left = chart_left(frame), right = chart_right(frame);
    double x = left + (right - left) * (at - frame->from) / (frame->to - frame->from);
    return CLAMP(x, left, right);
}

void chart_begin(GString *out, const char *id, const char *title, const struct chart_frame *frame,
                 double height)
{
    const char *kind = frame->narrow ? "narrow" : "wide";
    markup_add(out,
               "<svg class=\"chart %s\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
               "role=\"img\" "
               "aria-labelledby=\"%s-%s\"><title id=\"%s-%s\">",
               kind, frame->width, (int)height, id, kind, id, kind);
    markup_text(out, title);
    g_string_append(out, "</title>\n");
}

static void line_add(GString *out, const char *class, double x1, double y1, double x2, double y2)
{
    double at[] = {x1, y1, x2, y2};
    static const char *const names[] = {"x1", "y1", "x2", "y2"};
    markup_add(out, "<line class=\"%s\"", class);
    for (int i = 0; i < 4; i++) {
        markup_add(out, " %s=\"", names[i]);
        markup_number(out, at[i]);
        g_string_append_c(out, '"');
    }
    g_string_append(out, "/>\n");
}

static void text_add(GString *out, const char *class, double x, double y, const char *anchor,
                     const char *text, int width)
{
    markup_add(out, "<text class=\"%s\" text-anchor=\"%s\" x=\"", class, anchor);
    markup_number(out, x);
    g_string_append(out, "\" y=\"");
    markup_number(out, y);
    g_string_append(out, "\">");
    markup_text_cut(out, text, width);
    g_string_append(out, "</text>\n");
}

void chart_time_axis(GString *out, const struct chart_frame *frame, double top, double bottom)
{
    const char *format;
    double left = chart_left(frame), right = chart_right(frame);
    g_autoptr(GArray) times =
        axis_times(frame->from, frame->to, (int)((right - left) / 90), frame->zone, &format);
    for (guint i = 0; i < times->len; i++) {
        double at = g_array_index(times, double, i), x = chart_x(frame, at);
        g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc((gint64)at);
        g_autoptr(GDateTime) local = utc ? g_date_time_to_timezone(utc, frame->zone) : NULL;
        g_autofree char *label = local ? g_date_time_format(local, format) : g_strdup("");
        double half = (double)g_utf8_strlen(label, -1) * LETTER_PX / 2;
        line_add(out, "grid", x, top, x, bottom);
        text_add(out, "tick", CLAMP(x, half, frame->width - half), bottom + 15, "middle", label,
                 40);
    }
}

const char *chart_span_class(const struct report_span *span)
{
    if (strcmp(span->kind, "guard") == 0)
        return "guard";
    if (strcmp(span->kind, "operator") == 0 || strcmp(span->kind, "stepping") == 0)
        return "people";
    if (strcmp(span->kind, "gate") == 0 || strcmp(span->kind, "boundary") == 0)
        return "asked";
    return "trouble";
}

/* Holds behind the plot; what people are asked is no disturbance and stays in its lane. */
static void bands_draw(GString *out, const struct chart_frame *frame)
{
    for (guint i = 0; i < frame->report->spans->len; i++) {
        const struct report_span *span = frame->report->spans->pdata[i];
        const char *class = chart_span_class(span);
        if (span->to < frame->from || span->from > frame->to || strcmp(class, "asked") == 0)
            continue;
        double x = chart_x(frame, span->from), width = MAX(1.5, chart_x(frame, span->to) - x);
        markup_add(out, "<rect class=\"band %s\" x=\"", class);
        markup_number(out, x);
        markup_add(out, "\" y=\"%d\" height=\"%d\" width=\"", (int)TOP, (int)PLOT);
        markup_number(out, width);
        g_string_append(out, "\"/>\n");
    }
}

/* --- the plot */

struct plot {
    const struct chart_frame *frame;
    double end; /* of the value axis */
    int n;
    struct axis_column *columns[CHART_LINES];
};

static double y_of(const struct plot *plot, double value)
{
    return TOP + PLOT - PLOT * CLAMP(value / plot->end, 0, 1);
}

static double x_of(const struct plot *plot, int i)
{
    double left = chart_left(plot->frame), right = chart_right(plot->frame);
    return left + (right - left) * (i + 0.5) / plot->n;
}

/* Readings are up to a minute apart where they are old: a hole is what is wider than that. */
static int hole_of(const struct chart *chart, const struct plot *plot)
{
    double widest = 3;
    const GArray *points = chart->lines[0].series->points;
    for (guint i = 0; i < points->len; i++)
        widest = MAX(widest, g_array_index(points, struct report_point, i).span);
    return (int)ceil(2.5 * MIN(widest, 60) / ((plot->frame->to - plot->frame->from) / plot->n));
}

static void point_add(GString *out, const struct plot *plot, int i, double value)
{
    markup_number(out, x_of(plot, i));
    g_string_append_c(out, ' ');
    markup_number(out, y_of(plot, value));
}

/* A path through the columns, broken where nothing was read for long. */
static void path_draw(GString *out, const struct plot *plot, int line, gboolean mean, int hole)
{
    markup_add(out, "<path class=\"line s%d\" d=\"", line + 1);
    int last = -1;
    for (int i = 0; i < plot->n; i++) {
        const struct axis_column *column = &plot->columns[line][i];
        if (isnan(column->high))
            continue;
        g_string_append_c(out, last < 0 || i - last > hole ? 'M' : 'L');
        point_add(out, plot, i, mean ? column->mean : column->high);
        last = i;
    }
    g_string_append(out, "\"/>\n");
}

/* From one hole to the next, from the least to the most: the ground to the line where no band is wanted. */
static void area_draw(GString *out, const struct plot *plot, int line, gboolean band, int hole)
{
    markup_add(out, "<path class=\"area s%d\" d=\"", line + 1);
    const struct axis_column *columns = plot->columns[line];
    for (int from = 0; from < plot->n;) {
        if (isnan(columns[from].high)) {
            from++;
            continue;
        }
        int to = from;
        for (int i = from; i < plot->n && i - to <= hole; i++)
            if (!isnan(columns[i].high))
                to = i;
        for (int i = from; i <= to; i++)
            if (!isnan(columns[i].high)) {
                g_string_append_c(out, i == from ? 'M' : 'L');
                point_add(out, plot, i, columns[i].high);
            }
        for (int i = to; i >= from; i--)
            if (!isnan(columns[i].high)) {
                g_string_append_c(out, 'L');
                point_add(out, plot, i, band ? columns[i].low : 0);
            }
        g_string_append_c(out, 'Z');
        from = to + 1;
    }
    g_string_append(out, "\"/>\n");
}

static void values_axis(GString *out, const struct plot *plot, enum amount amount, double step)
{
    for (double value = 0; value <= plot->end * 1.001; value += step) {
        double y = y_of(plot, value);
        g_autofree char *label = amount_format(value, amount);
        line_add(out, value > 0 ? "grid" : "base", chart_left(plot->frame), y,
                 chart_right(plot->frame), y);
        text_add(out, "tick", chart_left(plot->frame) - 6, y + 4, "end", label, 20);
    }
}

/* The limits as steps over time. What would press the data flat is told above the plot. */
static void limits_draw(GString *out, const struct chart *chart, const struct plot *plot)
{
    const struct chart_frame *frame = plot->frame;
    const GArray *limits = chart->guard ? chart->guard->limits : NULL;
    for (guint i = 0; limits && i < limits->len; i++) {
        const struct report_limit *limit = &g_array_index(limits, struct report_limit, i);
        gboolean last = i + 1 == limits->len;
        double from = i ? limit->at : frame->from;
        double to = last ? frame->to : g_array_index(limits, struct report_limit, i + 1).at;
        if (isnan(limit->pause) || to < frame->from || from > frame->to)
            continue;
        g_autofree char *amount = amount_format(limit->pause, chart->amount);
        if (limit->pause > plot->end) {
            g_autofree char *text = g_strdup_printf("holds at %s, far above", amount);
            if (last)
                text_add(out, "far", chart_right(frame), TOP - 4, "end", text, 40);
            continue;
        }
        double y = y_of(plot, limit->pause);
        line_add(out, "limit", chart_x(frame, from), y, chart_x(frame, to), y);
        g_autofree char *text = g_strdup_printf("holds at %s", amount);
        if (last)
            text_add(out, "limit-label", chart_left(frame) + 4, y - 4, "start", text, 40);
        if (!isnan(limit->resume) && limit->resume > 0 && limit->resume < limit->pause)
            line_add(out, "resume", chart_x(frame, from), y_of(plot, limit->resume),
                     chart_x(frame, to), y_of(plot, limit->resume));
    }
    if (!isnan(chart->base))
        line_add(out, "resume", chart_left(frame), y_of(plot, chart->base), chart_right(frame),
                 y_of(plot, chart->base));
}

static const struct report_point *peak_of(const struct chart *chart,
                                          const struct chart_frame *frame, int *line)
{
    const struct report_point *most = NULL;
    for (int i = 0; i < chart->n_lines; i++) {
        const struct report_point *peak =
            report_peak(chart->lines[i].series, frame->from, frame->to);
        if (peak && (!most || peak->high > most->high)) {
            most = peak;
            *line = i;
        }
    }
    return most;
}

/* The highest point, with its value and when. */
static void peak_draw(GString *out, const struct chart *chart, const struct plot *plot)
{
    const struct chart_frame *frame = plot->frame;
    int line = 0;
    const struct report_point *peak = peak_of(chart, frame, &line);
    if (!peak || !(peak->high > 0))
        return;
    double at = CLAMP(peak->at + peak->span / 2, frame->from, frame->to);
    double x = chart_x(frame, at), y = y_of(plot, peak->high);
    markup_add(out, "<circle class=\"peak s%d\" r=\"3\" cx=\"", line + 1);
    markup_number(out, x);
    g_string_append(out, "\" cy=\"");
    markup_number(out, y);
    g_string_append(out, "\"/>\n");
    g_autofree char *amount = amount_format(peak->high, chart->amount),
                    *when = clock_format(at, frame->zone);
    g_autofree char *text = g_strdup_printf("%s at %s", amount, when);
    double half = (double)g_utf8_strlen(text, -1) * LETTER_PX / 2;
    text_add(out, "peak-label", CLAMP(x, chart_left(frame) + half, chart_right(frame) - half),
             y - 6, "middle", text, 40);
}

/* Names often begin alike: of a long one the end is shown. */
static char *name_end(const char *name)
{
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    glong length = g_utf8_strlen(valid, -1);
    return length <= NAME_LETTERS
               ? g_strdup(valid)
               : g_strconcat("…", g_utf8_offset_to_pointer(valid, length - NAME_LETTERS + 1), NULL);
}

/* The name of each line at its end, pushed apart where they would meet. */
static void names_draw(GString *out, const struct chart *chart, const struct plot *plot)
{
    double at[CHART_LINES];
    int order[CHART_LINES];
    for (int k = 0; k < chart->n_lines; k++) {
        at[k] = y_of(plot, 0);
        order[k] = k;
        for (int i = 0; i < plot->n; i++)
            if (!isnan(plot->columns[k][i].high))
                at[k] = y_of(plot, chart->lines[k].mean ? plot->columns[k][i].mean
                                                        : plot->columns[k][i].high);
    }
    for (int i = 1; i < chart->n_lines; i++) /* from the bottom up */
        for (int j = i; j > 0 && at[order[j]] > at[order[j - 1]]; j--) {
            int other = order[j];
            order[j] = order[j - 1];
            order[j - 1] = other;
        }
    double free_y = TOP + PLOT + 4;
    for (int i = 0; i < chart->n_lines; i++) {
        double y = MIN(at[order[i]] + 4, free_y);
        char class[32];
        g_autofree char *name = name_end(chart->lines[order[i]].label);
        g_snprintf(class, sizeof class, "name s%d", order[i] + 1);
        text_add(out, class, chart_right(plot->frame) + 8, y, "start", name, NAME_LETTERS);
        free_y = y - LABEL_LINE;
    }
}

static double end_of(const struct chart *chart, const struct chart_frame *frame)
{
    int line;
    const struct report_point *peak = peak_of(chart, frame, &line);
    double most = peak ? peak->high : 0;
    double data = most;
    for (guint i = 0; chart->guard && i < chart->guard->limits->len; i++) {
        double pause = g_array_index(chart->guard->limits, struct report_limit, i).pause;
        if (!isnan(pause) && pause <= FAR_LIMIT * data)
            most = MAX(most, pause);
    }
    return isnan(chart->base) ? most : MAX(most, chart->base * 1.2);
}

gboolean chart_has_data(const struct chart *chart, const struct chart_frame *frame)
{
    int line;
    return peak_of(chart, frame, &line) != NULL;
}

void chart_draw(GString *out, const struct chart *chart, const struct chart_frame *frame)
{
    struct plot plot = {.frame = frame};
    double step, most = end_of(chart, frame);
    axis_values(most, chart->amount, 3, &plot.end, &step);
    plot.n = (int)((chart_right(frame) - chart_left(frame)) / COLUMN_PX);
    for (int i = 0; i < chart->n_lines; i++)
        plot.columns[i] = axis_columns(chart->lines[i].series, frame->from, frame->to, plot.n);
    int hole = hole_of(chart, &plot);
    chart_begin(out, chart->id, chart->title, frame, TOP + PLOT + BOTTOM);
    bands_draw(out, frame);
    chart_time_axis(out, frame, TOP, TOP + PLOT);
    values_axis(out, &plot, chart->amount, step);
    for (int i = 0; i < chart->n_lines; i++) {
        if (chart->n_lines == 1)
            area_draw(out, &plot, i, chart->lines[i].mean, hole);
        path_draw(out, &plot, i, chart->lines[i].mean, hole);
    }
    limits_draw(out, chart, &plot);
    peak_draw(out, chart, &plot);
    if (!frame->narrow)
        names_draw(out, chart, &plot);
    g_string_append(out, "</svg>\n");
    for (int i = 0; i < chart->n_lines; i++)
        g_free(plot.columns[i]);
}

#define SPARK_WIDTH 140
#define SPARK_HEIGHT 28

void chart_spark(GString *out, const struct report_series *series, const struct report_guard *guard,
                 const struct chart_frame *frame)
{
    const struct report_point *peak = report_peak(series, frame->from, frame->to);
    const struct report_limit *limit = report_limit_at(guard, INFINITY);
    if (!peak)
        return;
    double pause = limit ? limit->pause : NAN;
    double end = MAX(peak->high, isnan(pause) || pause > FAR_LIMIT * peak->high ? 0 : pause);
    end = end > 0 ? end : 1;
    g_autofree struct axis_column *columns =
        axis_columns(series, frame->from, frame->to, SPARK_WIDTH);
    markup_add(out,
               "<svg class=\"spark\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
               "width=\"%d\" "
               "height=\"%d\" aria-hidden=\"true\"><path class=\"line s1\" d=\"",
               SPARK_WIDTH, SPARK_HEIGHT, SPARK_WIDTH, SPARK_HEIGHT);
    gboolean begun = FALSE;
    for (int i = 0; i < SPARK_WIDTH; i++) {
        if (isnan(columns[i].high))
            continue;
        g_string_append_c(out, begun ? 'L' : 'M');
        markup_number(out, i + 0.5);
        g_string_append_c(out, ' ');
        markup_number(out, SPARK_HEIGHT - 3 - (SPARK_HEIGHT - 6) * columns[i].high / end);
        begun = TRUE;
    }
    g_string_append(out, "\"/>");
    if (!isnan(pause) && pause <= end) {
        double y = SPARK_HEIGHT - 3 - (SPARK_HEIGHT - 6) * pause / end;
        line_add(out, "limit", 0, y, SPARK_WIDTH, y);
    }
    g_string_append(out, "</svg>");
}
