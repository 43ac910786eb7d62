/* The time line and the charts, each twice: for a wide page and for a telephone; the style sheet shows one. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "report/html-private.h"
#include "report/markup.h"

#define SMALL_PART 0.34
#define PAD 0.05

void html_window(struct page *page)
{
    const struct report *report = page->report;
    double from, to;
    page->from = report->from;
    page->to = report->to;
    /* before it was started nothing moves */
    if (report->phases->len && !isnan(((struct report_phase *)report->phases->pdata[0])->started))
        page->from = ((struct report_phase *)report->phases->pdata[0])->started;
    page->from = MIN(page->from, page->to - 1);
    if (!report_work(report, &from, &to) || to - from > SMALL_PART * (page->to - page->from))
        return;
    double pad = MAX(5, PAD * (to - from));
    page->from = MAX(page->from, from - pad);
    page->to = MIN(page->to, to + pad);
}

static struct chart_frame frame_of(const struct page *page, gboolean narrow, gboolean lanes)
{
    return (struct chart_frame){.report = page->report,
                                .from = page->from,
                                .to = page->to,
                                .zone = page->zone,
                                .width = narrow ? NARROW : WIDE,
                                .narrow = narrow,
                                .lanes = lanes};
}

static void lanes_write(struct page *page, const char *id, const char *title, double from,
                        double to, gboolean phases)
{
    g_string_append(page->out, "<figure>\n");
    for (int narrow = 0; narrow < 2; narrow++) {
        struct chart_frame frame = frame_of(page, narrow, TRUE);
        frame.from = from;
        frame.to = to;
        chart_lanes(page->out, id, title, &frame, phases);
    }
    g_string_append(page->out, "</figure>\n");
}

static void key_write(struct page *page)
{
    g_string_append(
        page->out,
        "<ul class=\"key\"><li class=\"work\">steps at work</li><li class=\"guard\">held by a "
        "guard</li>"
        "<li class=\"people\">paused by people</li><li class=\"asked\">waits for people</li>"
        "<li class=\"trouble\">waits for a lock, or no engine runs</li></ul>\n");
}

void html_timeline(struct page *page)
{
    const struct report *report = page->report;
    g_autofree char *from = moment_format(report->from, page->zone),
                    *to = moment_format(report->to, page->zone);
    g_autofree char *zone = zone_format(report->from, page->zone);
    g_autofree char *title =
        g_strdup_printf("Phases, holds and what people did, from %s to %s", from, to);
    html_section(page, "timeline", "Time line");
    markup_add(page->out, "<p class=\"dim\">%s to %s, all times ", from, to);
    markup_text(page->out, zone);
    g_string_append(page->out, ".</p>\n");
    lanes_write(page, "lanes", title, report->from, report->to, TRUE);
    key_write(page);
}

/* --- charts */

/* There is nothing to be seen in it. */
static gboolean all_zero(const struct chart *chart, const struct chart_frame *frame)
{
    for (int i = 0; i < chart->n_lines; i++) {
        const struct report_point *peak =
            report_peak(chart->lines[i].series, frame->from, frame->to);
        if (peak && peak->high != 0)
            return FALSE;
    }
    return TRUE;
}

/* Where there is no room beside the lines. */
static void names_write(struct page *page, const struct chart *chart)
{
    if (chart->n_lines < 2)
        return;
    g_string_append(page->out, "<ul class=\"key names\">");
    for (int i = 0; i < chart->n_lines; i++) {
        markup_add(page->out, "<li class=\"s%d\"><bdi>", i + 1);
        markup_text_cut(page->out, chart->lines[i].label, 60);
        g_string_append(page->out, "</bdi></li>");
    }
    g_string_append(page->out, "</ul>\n");
}

static void chart_write(struct page *page, struct chart *chart, const char *heading,
                        const char *note)
{
    struct chart_frame wide = frame_of(page, FALSE, FALSE), narrow = frame_of(page, TRUE, FALSE);
    if (!chart_has_data(chart, &wide))
        return;
    if (all_zero(chart, &wide)) {
        g_string_append_printf(page->out, "<h3>%s<span>%s: 0 throughout</span></h3>\n", heading,
                               note);
        return;
    }
    g_string_append(page->out, "<figure>\n<h3>");
    markup_text(page->out, heading);
    g_string_append(page->out, "<span>");
    markup_text(page->out, note);
    g_string_append(page->out, "</span></h3>\n");
    chart_draw(page->out, chart, &wide);
    chart_draw(page->out, chart, &narrow);
    names_write(page, chart);
    g_string_append(page->out, "</figure>\n");
}

static void line_add(struct chart *chart, const struct report_series *series, const char *label,
                     gboolean mean)
{
    if (series && chart->n_lines < CHART_LINES)
        chart->lines[chart->n_lines++] = (struct chart_line){series, label, mean};
}

static void chart_one(struct page *page, const char *id, const char *key, const char *label,
                      enum amount amount, const char *guard, gboolean mean, const char *heading,
                      const char *note)
{
    struct chart chart = {.id = id, .title = heading, .amount = amount, .base = NAN};
    chart.guard = guard ? report_guard_find(page->report, guard) : NULL;
    if (g_strcmp0(guard, "query_latency") == 0)
        chart.base = 1;
    line_add(&chart, report_series_find(page->report, key), label, mean);
    chart_write(page, &chart, heading, note);
}

/* The worst replicas, as many as can be told apart. */
static void chart_lag(struct page *page)
{
    struct chart chart = {.id = "lag",
                          .title = "Replication lag of each replica",
                          .amount = AMOUNT_SECONDS,
                          .base = NAN};
    chart.guard = report_guard_find(page->report, "replication_lag");
    guint replicas = 0;
    for (guint i = 0; i < page->report->series->len; i++) {
        const struct report_series *series = page->report->series->pdata[i];
        if (!g_str_has_prefix(series->key, "replica."))
            continue;
        replicas++;
        line_add(&chart, series, series->key + strlen("replica."), FALSE);
    }
    if (!replicas)
        line_add(&chart, report_series_find(page->report, "lag_s"), "the worst", FALSE);
    g_autofree char *note =
        replicas > CHART_LINES
            ? g_strdup_printf("seconds behind; %d of %u replicas", CHART_LINES, replicas)
            : g_strdup("seconds behind, each replica a line");
    chart_write(page, &chart, "Replication lag", note);
}

void html_charts(struct page *page)
{
    const struct report *report = page->report;
    g_autofree char *from = moment_format(page->from, page->zone),
                    *to = moment_format(page->to, page->zone);
    html_section(page, "charts", "Charts");
    if (isnan(report->readings_from)) {
        g_string_append(page->out, "<p>There are no readings to draw.</p>\n");
        return;
    }
    gboolean part = page->to - page->from < 0.9 * (report->to - report->from);
    markup_add(page->out,
               "<p class=\"dim\">All on one time axis, %s to %s%s. Shaded: held by a guard, "
               "paused, or in trouble. The "
               "highest point of each is told, and no peak is lost between two pixels.</p>\n",
               from, to, part ? ": the time when there was work, out of the whole" : "");
    g_string_append(page->out, "<div class=\"charts\">\n");
    if (part)
        lanes_write(page, "holds-lanes", "What stood in the way", page->from, page->to, FALSE);
    chart_one(
        page, "rows", "rows_per_s", "rows a second", AMOUNT_PLAIN, NULL, TRUE, "Rows a second",
        "read or filled by our batches; the line is the mean, around it the least and the most");
    chart_lag(page);
    chart_one(page, "waits", "waits", "sessions", AMOUNT_PLAIN, "lock_waiters", FALSE,
              "Sessions waiting for us", "blocked by a lock of ours");
    chart_one(page, "lockwait", "guard.lock_wait", "longest wait", AMOUNT_SECONDS, "lock_wait",
              FALSE, "Longest lock wait", "on the plan's tables, whoever is to blame");
    chart_one(page, "latency", "guard.query_latency", "of usual", AMOUNT_TIMES, "query_latency",
              FALSE, "The application's statements",
              "their mean time as a multiple of the usual, which is the dotted line");
    chart_one(page, "wal", "wal_bytes_per_s", "WAL a second", AMOUNT_BYTES, NULL, TRUE, "WAL",
              "bytes a second, of the whole server");
    g_string_append(page->out, "</div>\n<ul class=\"key\"><li class=\"guard\">held by a "
                               "guard</li><li class=\"people\">paused by "
                               "people</li><li class=\"trouble\">waits for a lock, or no "
                               "engine</li><li class=\"line\">the "
                               "guard holds at this level</li></ul>\n");
}
