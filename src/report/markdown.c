/* The incident file: facts, time line, and two minutes around each hold and each pause. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/text.h"
#include "pgrollout/report/write.h"
#include "report/chart.h"
#include "report/words.h"

#define AROUND_S 60.0
#define STEP_S 10.0
#define LINES_MOST 400
#define HOLDS_MOST 40

/* Foreign text on one line, with nothing in it that means something in Markdown or HTML. */
static void text_add(GString *out, const char *text)
{
    g_autofree char *safe = safe_text(text, TEXT_FILE);
    for (const char *p = safe; *p; p++) {
        if (*p == '<')
            g_string_append(out, "&lt;");
        else if (*p == '&')
            g_string_append(out, "&amp;");
        else {
            if (strchr("\\`*_{}[]()#+!|>~$", *p))
                g_string_append_c(out, '\\');
            g_string_append_c(out, *p);
        }
    }
}

static void cell_add(GString *out, const char *text)
{
    g_string_append_c(out, ' ');
    text_add(out, text);
    g_string_append(out, " |");
}

static void fact(GString *out, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    g_string_append_printf(out, "- %s: ", label);
    text_add(out, text);
    g_string_append_c(out, '\n');
}

static void facts_write(GString *out, const struct report *report, GTimeZone *zone)
{
    g_autofree char *state = words_state(report), *tables = g_strjoinv(", ", report->tables);
    g_autofree char *loaded = moment_format(report->loaded_at, zone),
                    *ended = moment_format(report->finished_at, zone);
    g_autofree char *read = moment_format(report->at, zone), *name = zone_format(report->at, zone);
    g_string_append(out, "# ");
    text_add(out, report->title && *report->title ? report->title : report->name);
    g_string_append(out, "\n\n");
    fact(out, "migration", report->name);
    fact(out, "state", state);
    fact(out, "database", report->database);
    fact(out, "server", report->server_version);
    fact(out, "tables", tables);
    fact(out, "ticket", report->ticket);
    fact(out, "owner", report->owner);
    fact(out, "contact", report->contact);
    fact(out, "loaded", loaded);
    fact(out, "by", report->loaded_by);
    fact(out, "ended", ended);
    fact(out, "plan SHA-256", report->plan_sha256);
    fact(out, "read at", read);
    fact(out, "all times", name);
    g_autofree char *summary = words_summary(report, zone);
    g_string_append_c(out, '\n');
    text_add(out, summary);
    g_string_append_c(out, '\n');
}

static void figures_write(GString *out, const struct report *report, GTimeZone *zone)
{
    g_autoptr(GPtrArray) figures = words_figures(report, zone);
    g_string_append(out, "\n## Figures\n\n| figure | value | |\n|---|---:|---|\n");
    for (guint i = 0; i < figures->len; i++) {
        const struct words_figure *figure = figures->pdata[i];
        g_string_append_c(out, '|');
        cell_add(out, figure->label);
        cell_add(out, figure->value);
        cell_add(out, figure->note);
        g_string_append_c(out, '\n');
    }
    g_autoptr(GPtrArray) missing = words_missing(report, zone);
    for (guint i = 0; i < missing->len; i++) {
        g_string_append_c(out, '\n');
        text_add(out, missing->pdata[i]);
        g_string_append_c(out, '\n');
    }
}

static void phases_write(GString *out, const struct report *report, GTimeZone *zone)
{
    g_string_append(
        out,
        "\n## Phases\n\n| phase | step | state | began | took | |\n|---|---|---|---|---:|---|\n");
    for (guint i = 0; i < report->phases->len; i++) {
        const struct report_phase *phase = report->phases->pdata[i];
        for (guint j = 0; j < phase->steps->len; j++) {
            const struct report_step *step = phase->steps->pdata[j];
            double end = isnan(step->finished) ? report->to : step->finished;
            g_autofree char *began = moment_format(step->started, zone);
            g_autofree char *took =
                isnan(step->started) ? g_strdup("") : span_format(end - step->started);
            g_string_append_c(out, '|');
            cell_add(out, phase->name);
            cell_add(out, step->name);
            cell_add(out, step->state);
            cell_add(out, began);
            cell_add(out, took);
            cell_add(out, step->error);
            g_string_append_c(out, '\n');
        }
    }
    if (report->unfilled) {
        g_string_append(out, "\nRows that could not be filled: ");
        text_add(out, report->unfilled);
        g_string_append_c(out, '\n');
    }
}

static void guards_write(GString *out, const struct report *report, GTimeZone *zone)
{
    g_string_append(
        out, "\n## Guards\n\n| guard | highest | at | holds at | clears at | holds | held for |\n"
             "|---|---:|---|---:|---:|---:|---:|\n");
    for (guint i = 0; i < report->guards->len; i++) {
        const struct report_guard *guard = report->guards->pdata[i];
        g_autofree char *key = g_strconcat("guard.", guard->name, NULL);
        const struct report_point *peak =
            report_peak(report_series_find(report, key), -INFINITY, INFINITY);
        const struct report_limit *limit = report_limit_at(guard, INFINITY);
        enum amount amount = amount_of_unit(guard->unit);
        double seconds;
        guint trips = words_trips(report, guard->name, &seconds);
        char *const cells[] = {
            g_strdup(guard->name),
            peak ? amount_format(peak->high, amount) : g_strdup(guard->unwatched),
            moment_format(peak && peak->high > 0 ? peak->at : NAN, zone),
            limit && !isnan(limit->pause) ? amount_format(limit->pause, amount) : NULL,
            limit && !isnan(limit->resume) ? amount_format(limit->resume, amount) : NULL,
            g_strdup_printf("%u", trips),
            trips ? span_format(seconds) : NULL};
        g_string_append_c(out, '|');
        for (guint k = 0; k < G_N_ELEMENTS(cells); k++) {
            cell_add(out, cells[k]);
            g_free(cells[k]);
        }
        g_string_append_c(out, '\n');
    }
}

static void line_write(GString *out, const struct report_event *event, GTimeZone *zone)
{
    g_autofree char *when = moment_format(event->at, zone), *who = words_who(event);
    g_string_append_printf(out, "- %s **", when);
    text_add(out, who);
    g_string_append(out, "** ");
    text_add(out, event->text);
    g_string_append_c(out, '\n');
}

static void timeline_write(GString *out, const struct report *report, GTimeZone *zone)
{
    gint64 left;
    g_autoptr(GPtrArray) lines = words_journal(report, LINES_MOST, &left);
    g_string_append(out, "\n## Time line\n\n");
    for (guint i = 0; i < lines->len; i++)
        line_write(out, lines->pdata[i], zone);
    if (left > 0)
        g_string_append_printf(out, "\n%" G_GINT64_FORMAT " lines of least weight are left out.\n",
                               left);
}

/* What the readings around a moment were, ten seconds a line. */
static void readings_write(GString *out, const struct report *report, double at, GTimeZone *zone)
{
    static const struct {
        const char *key, *head;
        enum amount amount;
        gboolean mean;
    } columns[] = {
        {"rows_per_s", "rows/s", AMOUNT_PLAIN, TRUE},
        {"lag_s", "worst lag", AMOUNT_SECONDS, FALSE},
        {"waits", "waiting for us", AMOUNT_PLAIN, FALSE},
        {"guard.lock_wait", "longest lock wait", AMOUNT_SECONDS, FALSE},
        {"guard.query_latency", "statements", AMOUNT_TIMES, FALSE},
        {"wal_bytes_per_s", "WAL/s", AMOUNT_BYTES, TRUE},
    };
    int n = (int)(2 * AROUND_S / STEP_S);
    struct axis_column *values[G_N_ELEMENTS(columns)];
    g_string_append(out, "\n| from |");
    for (guint k = 0; k < G_N_ELEMENTS(columns); k++) {
        g_string_append_printf(out, " %s |", columns[k].head);
        values[k] = axis_columns(report_series_find(report, columns[k].key), at - AROUND_S,
                                 at + AROUND_S, n);
    }
    g_string_append(out, "\n|---|---:|---:|---:|---:|---:|---:|\n");
    for (int i = 0; i < n; i++) {
        g_autofree char *when = clock_format(at - AROUND_S + i * STEP_S, zone);
        g_string_append_printf(out, "| %s |", when);
        for (guint k = 0; k < G_N_ELEMENTS(columns); k++) {
            double value = columns[k].mean ? values[k][i].mean : values[k][i].high;
            g_autofree char *text = isnan(value) ? NULL : amount_format(value, columns[k].amount);
            cell_add(out, text ? text : "–");
        }
        g_string_append_c(out, '\n');
    }
    for (guint k = 0; k < G_N_ELEMENTS(columns); k++)
        g_free(values[k]);
}

static void around_write(GString *out, const struct report *report, const struct report_span *span,
                         GTimeZone *zone)
{
    g_autofree char *when = moment_format(span->from, zone),
                    *lasted = span_format(span->to - span->from);
    g_string_append_printf(out, "\n### %s %s ", when, span->kind);
    text_add(out, span->key);
    g_string_append(out, "\n\n");
    fact(out, "why", span->reason);
    fact(out, "for", lasted);
    fact(out, "ended", span->open ? "it still stands" : span->end_text);
    g_string_append_c(out, '\n');
    guint written = 0;
    for (guint i = 0; i < report->events->len && written < 60; i++) {
        const struct report_event *event = report->events->pdata[i];
        if (event->at < span->from - AROUND_S || event->at > span->from + AROUND_S)
            continue;
        line_write(out, event, zone);
        written++;
    }
    readings_write(out, report, span->from, zone);
}

static void incidents_write(GString *out, const struct report *report, GTimeZone *zone)
{
    guint n = 0;
    g_string_append(out, "\n## Two minutes around each hold\n");
    for (guint i = 0; i < report->spans->len; i++) {
        const struct report_span *span = report->spans->pdata[i];
        if (strcmp(chart_span_class(span), "asked") == 0)
            continue;
        if (n++ < HOLDS_MOST)
            around_write(out, report, span, zone);
    }
    if (n == 0)
        g_string_append(out, "\nNothing held it but questions to people.\n");
    if (n > HOLDS_MOST)
        g_string_append_printf(out, "\n%u more holds are in the time line.\n", n - HOLDS_MOST);
}

/* Fenced by more backticks than the text has in a row. */
static void plan_write(GString *out, const struct report *report)
{
    gsize longest = 2, run = 0;
    for (const char *p = report->plan_text; *p; p++) {
        run = *p == '`' ? run + 1 : 0;
        longest = MAX(longest, run);
    }
    g_autofree char *fence = g_strnfill(longest + 1, '`');
    g_string_append_printf(out, "\n## Plan\n\nSHA-256 `%s`\n\n%syaml\n", report->plan_sha256,
                           fence);
    g_auto(GStrv) lines = g_strsplit(report->plan_text, "\n", -1);
    for (char **line = lines; *line && (line[1] || **line); line++) {
        g_autofree char *safe = safe_text(*line, TEXT_FILE);
        g_string_append_printf(out, "%s\n", safe);
    }
    g_string_append_printf(out, "%s\n", fence);
}

char *report_markdown(const struct report *report, GTimeZone *zone)
{
    GString *out = g_string_new(NULL);
    facts_write(out, report, zone);
    figures_write(out, report, zone);
    phases_write(out, report, zone);
    guards_write(out, report, zone);
    timeline_write(out, report, zone);
    incidents_write(out, report, zone);
    plan_write(out, report);
    return g_string_free(out, FALSE);
}
