/* The page: its head, what stands at the top, and the order of its sections. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/resource.h"
#include "pgrollout/report/write.h"
#include "report/html-private.h"
#include "report/markup.h"

void html_section(struct page *page, const char *id, const char *title)
{
    markup_add(page->out, "<h2 id=\"%s\">", id);
    markup_text(page->out, title);
    g_string_append(page->out, "</h2>\n");
}

void html_time_cell(struct page *page, double at)
{
    g_autofree char *text = moment_format(at, page->zone);
    markup_element(page->out, "td class=\"t\"", text);
}

void html_amount_cell(struct page *page, double value, enum amount amount)
{
    g_autofree char *text = isnan(value) ? g_strdup("–") : amount_format(value, amount);
    markup_element(page->out, "td class=\"n\"", text);
}

static void head_write(struct page *page)
{
    const struct report *report = page->report;
    g_string_append(
        page->out,
        "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
        "<meta charset=\"utf-8\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'\"/>\n<title>");
    markup_text(page->out, report->name);
    g_string_append(page->out, ": report of a migration</title>\n<style>\n");
    g_string_append(page->out, resource_text("report/report.css"));
    g_string_append(page->out, "</style>\n</head>\n<body>\n<main>\n");
}

static void fact(struct page *page, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    markup_add(page->out, "<div><dt>%s</dt><dd><bdi>", label);
    markup_text(page->out, text);
    g_string_append(page->out, "</bdi></dd></div>\n");
}

static void facts_write(struct page *page)
{
    const struct report *report = page->report;
    g_autofree char *tables = g_strjoinv(", ", report->tables);
    g_autofree char *loaded = moment_format(report->loaded_at, page->zone);
    g_autofree char *finished = moment_format(report->finished_at, page->zone);
    g_string_append(page->out, "<dl class=\"facts\">\n");
    fact(page, "migration", report->name);
    fact(page, "database", report->database);
    fact(page, "tables", tables);
    fact(page, "ticket", report->ticket);
    fact(page, "owner", report->owner);
    fact(page, "contact", report->contact);
    fact(page, "loaded", loaded);
    fact(page, "by", report->loaded_by);
    fact(page, "ended", finished);
    g_string_append(page->out, "</dl>\n");
}

static void figures_write(struct page *page)
{
    g_autoptr(GPtrArray) figures = words_figures(page->report, page->zone);
    g_string_append(page->out, "<dl class=\"figures\">\n");
    for (guint i = 0; i < figures->len; i++) {
        const struct words_figure *figure = figures->pdata[i];
        g_string_append(page->out, "<div>");
        markup_element(page->out, "dt", figure->label);
        markup_element(page->out, "dd class=\"value\"", figure->value);
        if (figure->note)
            markup_element(page->out, "dd class=\"note\"", figure->note);
        g_string_append(page->out, "</div>\n");
    }
    g_string_append(page->out, "</dl>\n");
}

static gboolean is_held(const struct report *report)
{
    for (guint i = 0; i < report->spans->len; i++) {
        const struct report_span *span = report->spans->pdata[i];
        if (span->open && strcmp(chart_span_class(span), "asked") != 0)
            return TRUE;
    }
    return FALSE;
}

static void top_write(struct page *page)
{
    const struct report *report = page->report;
    gboolean titled = report->title && *report->title;
    g_autofree char *state = words_state(report), *summary = words_summary(report, page->zone);
    gboolean known = g_regex_match_simple("^[a-z]+$", report->state, 0, 0);
    g_string_append(page->out, "<header>\n<p class=\"eyebrow\">Migration report</p>\n<h1><bdi>");
    markup_text(page->out, titled ? report->title : report->name);
    g_string_append(page->out, "</bdi></h1>\n");
    markup_add(page->out, "<p><span class=\"state %s%s\">", known ? report->state : "",
               is_held(report) ? " held" : "");
    markup_text(page->out, state);
    g_string_append(page->out, "</span></p>\n");
    facts_write(page);
    markup_element(page->out, "p class=\"lede\"", summary);
    figures_write(page);
    g_string_append(page->out, "</header>\n");
}

static void contents_write(struct page *page)
{
    static const char *const sections[][2] = {
        {"timeline", "Time line"}, {"charts", "Charts"},       {"impact", "The application"},
        {"guards", "Guards"},      {"holds", "Holds"},         {"people", "People"},
        {"steps", "Steps"},        {"checklist", "Checklist"}, {"journal", "Journal"},
        {"plan", "Plan"},
    };
    g_string_append(page->out, "<nav aria-label=\"Contents\"><ul>\n");
    for (guint i = 0; i < G_N_ELEMENTS(sections); i++)
        if (strcmp(sections[i][0], "checklist") != 0 || page->report->checklist)
            markup_add(page->out, "<li><a href=\"#%s\">%s</a></li>\n", sections[i][0],
                       sections[i][1]);
    g_string_append(page->out, "</ul></nav>\n");
}

static void missing_write(struct page *page)
{
    g_autoptr(GPtrArray) lines = words_missing(page->report, page->zone);
    if (!lines->len)
        return;
    g_string_append(page->out, "<div class=\"missing\">\n");
    for (guint i = 0; i < lines->len; i++)
        markup_element(page->out, "p", lines->pdata[i]);
    g_string_append(page->out, "</div>\n");
}

static void foot_write(struct page *page)
{
    const struct report *report = page->report;
    g_autofree char *when = moment_format(report->at, page->zone);
    g_autofree char *zone = zone_format(report->at, page->zone);
    g_string_append(page->out, "<footer>\n<p>Read at ");
    markup_text(page->out, when);
    g_string_append(page->out, " from database <bdi>");
    markup_text(page->out, report->database);
    g_string_append(page->out, "</bdi>, PostgreSQL ");
    markup_text(page->out, report->server_version);
    g_string_append(page->out, ", by pgrollout " PACKAGE_VERSION ". All times are ");
    markup_text(page->out, zone);
    g_string_append(page->out, ".</p>\n</footer>\n</main>\n</body>\n</html>\n");
}

char *report_html(const struct report *report, GTimeZone *zone)
{
    struct page page = {g_string_new(NULL), report, zone, report->from, report->to};
    html_window(&page);
    head_write(&page);
    top_write(&page);
    contents_write(&page);
    html_timeline(&page);
    html_charts(&page);
    missing_write(&page);
    html_impact(&page);
    html_guards(&page);
    html_holds(&page);
    html_people(&page);
    html_steps(&page);
    html_checklist(&page);
    html_journal(&page);
    html_plan(&page);
    foot_write(&page);
    return g_string_free(page.out, FALSE);
}
