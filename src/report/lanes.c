/* The time line: phases with their steps, what stood in the way, what people did. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "report/chart.h"
#include "report/markup.h"

#define LANE 24.0
#define BAR 14.0
#define TOP 6.0
#define BOTTOM 22.0
#define LETTER_PX 6.2
#define LEAST_PX 2.0

struct lane_kind {
    const char *class, *label, *short_label;
};

/* Of holds, from what hurts most. */
static const struct lane_kind lane_kinds[] = {
    {"guard", "guards", "guards"},
    {"people", "paused", "paused"},
    {"asked", "waits for people", "asked"},
    {"trouble", "locks, no engine", "other"},
};

static void label_add(GString *out, const char *class, double x, double y, const char *anchor,
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

/* A bar with what a pointer that rests on it is told. */
static void bar_add(GString *out, const struct chart_frame *frame, const char *class, double y,
                    double from, double to, const char *told)
{
    double x = chart_x(frame, from), width = MAX(LEAST_PX, chart_x(frame, to) - x);
    markup_add(out, "<rect class=\"bar %s\" rx=\"2\" height=\"%d\" x=\"", class, (int)BAR);
    markup_number(out, MIN(x, chart_right(frame) - LEAST_PX));
    g_string_append(out, "\" y=\"");
    markup_number(out, y);
    g_string_append(out, "\" width=\"");
    markup_number(out, width);
    g_string_append(out, "\"><title>");
    markup_text_cut(out, told, 300);
    g_string_append(out, "</title></rect>\n");
}

static gboolean outside(const struct chart_frame *frame, double from, double to)
{
    return isnan(from) || to < frame->from || from > frame->to;
}

static double end_or_now(const struct chart_frame *frame, double finished)
{
    return isnan(finished) ? frame->report->to : finished;
}

static const char *step_class(const struct report_step *step)
{
    const char *state = step->state ? step->state : "";
    if (strcmp(state, "failed") == 0)
        return "failed";
    if (strcmp(state, "undone") == 0 || strcmp(state, "undoing") == 0)
        return "undone";
    return strcmp(state, "waiting") == 0 || (step->kind && strcmp(step->kind, "confirm") == 0)
               ? "waiting"
               : "work";
}

static void phase_lane(GString *out, const struct chart_frame *frame,
                       const struct report_phase *phase, double y)
{
    gboolean begun = !isnan(phase->started);
    label_add(out, begun ? "lane" : "lane pending", chart_left(frame) - 8, y + 11, "end",
              phase->name, 20);
    double to = end_or_now(frame, phase->finished);
    if (!begun || outside(frame, phase->started, to))
        return;
    g_autofree char *took = span_format(to - phase->started);
    g_autofree char *told = g_strdup_printf("%s: %s", phase->name, took);
    bar_add(out, frame, "phase", y, phase->started, to, told);
    for (guint i = 0; i < phase->steps->len; i++) {
        const struct report_step *step = phase->steps->pdata[i];
        double end = end_or_now(frame, step->finished);
        if (outside(frame, step->started, end))
            continue;
        g_autofree char *lasted = span_format(end - step->started);
        g_autofree char *line = g_strdup_printf("%s: %s, %s", step->name, step->state, lasted);
        bar_add(out, frame, step_class(step), y, step->started, end, line);
    }
    double right = chart_x(frame, to);
    gboolean beside = right + (double)strlen(took) * LETTER_PX + 8 < frame->width;
    if (beside)
        label_add(out, "took", right + 6, y + 11, "start", took, 20);
    else if (chart_x(frame, phase->started) - (double)strlen(took) * LETTER_PX - 8 >
             chart_left(frame))
        label_add(out, "took", chart_x(frame, phase->started) - 6, y + 11, "end", took, 20);
}

static gboolean lane_used(const struct chart_frame *frame, const char *class)
{
    for (guint i = 0; i < frame->report->spans->len; i++) {
        const struct report_span *span = frame->report->spans->pdata[i];
        if (!outside(frame, span->from, span->to) && strcmp(chart_span_class(span), class) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Where the next bar of the lane begins, or the paper ends. */
static double next_span(const struct chart_frame *frame, guint i, const char *class)
{
    for (i++; i < frame->report->spans->len; i++) {
        const struct report_span *span = frame->report->spans->pdata[i];
        if (!outside(frame, span->from, span->to) && strcmp(chart_span_class(span), class) == 0)
            return chart_x(frame, span->from);
    }
    return frame->width;
}

static void hold_lane(GString *out, const struct chart_frame *frame, const struct lane_kind *kind,
                      double y)
{
    label_add(out, "lane", chart_left(frame) - 8, y + 11, "end",
              frame->narrow ? kind->short_label : kind->label, 20);
    for (guint i = 0; i < frame->report->spans->len; i++) {
        const struct report_span *span = frame->report->spans->pdata[i];
        if (outside(frame, span->from, span->to) ||
            strcmp(chart_span_class(span), kind->class) != 0)
            continue;
        g_autofree char *lasted = span_format(span->to - span->from);
        g_autofree char *told =
            g_strdup_printf("%s %s, %s: %s", span->kind, span->key, lasted, span->reason);
        bar_add(out, frame, kind->class, y, span->from, span->to, told);
        double x = chart_x(frame, span->to) + 5;
        const char *name = *span->key ? span->key : span->reason;
        int letters = (int)MIN(g_utf8_strlen(name, -1), 28);
        if (x + letters * LETTER_PX + 4 < next_span(frame, i, kind->class) &&
            strcmp(kind->class, "asked") != 0)
            label_add(out, "took", x, y + 11, "start", name, 28);
    }
}

static gboolean is_act(const struct report_event *event)
{
    return strcmp(event->kind, "command") == 0 || strcmp(event->kind, "note") == 0;
}

/* Where the next mark stands, or the paper ends. */
static double next_act(const struct chart_frame *frame, guint i)
{
    for (i++; i < frame->report->events->len; i++) {
        const struct report_event *event = frame->report->events->pdata[i];
        if (is_act(event) && !outside(frame, event->at, event->at))
            return chart_x(frame, event->at);
    }
    return frame->width;
}

/* What people did: a mark for each, and its first word where there is room. */
static void acts_lane(GString *out, const struct chart_frame *frame, double y)
{
    label_add(out, "lane", chart_left(frame) - 8, y + 11, "end", "people", 20);
    for (guint i = 0; i < frame->report->events->len; i++) {
        const struct report_event *event = frame->report->events->pdata[i];
        if (!is_act(event) || outside(frame, event->at, event->at))
            continue;
        double x = chart_x(frame, event->at);
        g_string_append(out, "<circle class=\"act\" r=\"4\" cx=\"");
        markup_number(out, x);
        g_string_append(out, "\" cy=\"");
        markup_number(out, y + 7);
        g_string_append(out, "\"><title>");
        g_autofree char *when = moment_format(event->at, frame->zone);
        markup_add(out, "%s ", when);
        markup_text_cut(out, event->who, 60);
        g_string_append(out, ": ");
        markup_text_cut(out, event->text, 200);
        g_string_append(out, "</title></circle>\n");
        gboolean is_note = strcmp(event->kind, "note") == 0;
        gsize length = is_note ? 4 : strcspn(event->text, " :");
        g_autofree char *word = g_strndup(is_note ? "note" : event->text, MIN(length, 10));
        if (x + 14 + (double)length * LETTER_PX < next_act(frame, i))
            label_add(out, "took", x + 7, y + 11, "start", word, 10);
    }
}

void chart_lanes(GString *out, const char *id, const char *title, const struct chart_frame *frame,
                 gboolean phases)
{
    int lanes = phases ? (int)frame->report->phases->len + 1 : 0;
    for (guint i = 0; i < G_N_ELEMENTS(lane_kinds); i++)
        lanes += lane_used(frame, lane_kinds[i].class);
    double y = TOP, bottom = TOP + lanes * LANE;
    chart_begin(out, id, title, frame, bottom + BOTTOM);
    chart_time_axis(out, frame, TOP, bottom);
    for (guint i = 0; phases && i < frame->report->phases->len; i++, y += LANE)
        phase_lane(out, frame, frame->report->phases->pdata[i], y + 4);
    for (guint i = 0; i < G_N_ELEMENTS(lane_kinds); i++) {
        if (!lane_used(frame, lane_kinds[i].class))
            continue;
        hold_lane(out, frame, &lane_kinds[i], y + 4);
        y += LANE;
    }
    if (phases)
        acts_lane(out, frame, y + 4);
    g_string_append(out, "</svg>\n");
}
