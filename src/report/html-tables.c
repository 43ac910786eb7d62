/* The tables of the page. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "report/html-private.h"
#include "report/markup.h"
#include "report/report-private.h"

#define TEXT_CUT 600
#define ACTS_MOST 300
#define HOLDS_MOST 200
#define JOURNAL_MOST 500

static void table_begin(struct page *page, const char *caption, const char *const *heads)
{
    g_string_append(page->out, "<div class=\"scroll\"><table>\n");
    if (caption)
        markup_element(page->out, "caption", caption);
    g_string_append(page->out, "<thead><tr>");
    for (; *heads; heads++) {
        gboolean number = **heads == '#'; /* a column of numbers */
        g_string_append(page->out,
                        number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
        markup_text(page->out, *heads + number);
        g_string_append(page->out, "</th>");
    }
    g_string_append(page->out, "</tr></thead>\n<tbody>\n");
}

static void table_end(struct page *page)
{
    g_string_append(page->out, "</tbody>\n</table></div>\n");
}

static void cell(struct page *page, const char *tag, const char *text)
{
    markup_add(page->out, "<%s><bdi>", tag);
    markup_text_cut(page->out, text, TEXT_CUT);
    markup_add(page->out, "</bdi></%.*s>", (int)strcspn(tag, " "), tag);
}

static void span_cell(struct page *page, double seconds)
{
    g_autofree char *text = isnan(seconds) ? g_strdup("–") : span_format(seconds);
    markup_element(page->out, "td class=\"n\"", text);
}

void html_impact(struct page *page)
{
    static const char *const heads[] = {
        "When",       "#for",           "#statements",        "#at worst", "#mean",
        "#worst lag", "#waited for us", "#longest lock wait", NULL};
    const struct report_guard *latency = report_guard_find(page->report, "query_latency");
    g_autoptr(GArray) periods = words_periods(page->report);
    g_string_append(page->out, "<div class=\"keep\">\n");
    html_section(page, "impact", "What the application felt");
    if (!periods->len) {
        g_string_append(page->out,
                        "<p>No rows have been moved, or nothing was read then.</p>\n</div>\n");
        return;
    }
    table_begin(page,
                "Statements: mean time on the plan's tables as a multiple of the usual, reads and "
                "writes apart, the worse of "
                "both; mean: what one took, in the table's period.",
                heads);
    for (guint i = 0; i < periods->len; i++) {
        const struct words_period *period = &g_array_index(periods, struct words_period, i);
        g_string_append(page->out, "<tr>");
        markup_element(page->out, "th scope=\"row\"", period->label);
        span_cell(page, period->seconds);
        html_amount_cell(page, period->latency_mean, AMOUNT_TIMES);
        html_amount_cell(page, period->latency_high, AMOUNT_TIMES);
        html_amount_cell(page, period->ms_mean, AMOUNT_MS);
        html_amount_cell(page, period->lag_high, AMOUNT_SECONDS);
        html_amount_cell(page, period->waits_high, AMOUNT_PLAIN);
        html_amount_cell(page, period->lock_wait_high, AMOUNT_SECONDS);
        g_string_append(page->out, "</tr>\n");
    }
    table_end(page);
    if (!latency || latency->unwatched)
        markup_element(page->out, "p class=\"dim small\"",
                       latency ? latency->unwatched : "The statements' times were not watched.");
    g_string_append(page->out, "</div>\n");
}

static void guard_row(struct page *page, const struct report_guard *guard)
{
    g_autofree char *key = g_strconcat("guard.", guard->name, NULL);
    const struct report_series *series = report_series_find(page->report, key);
    const struct report_point *peak = report_peak(series, -INFINITY, INFINITY);
    const struct report_limit *limit = report_limit_at(guard, INFINITY);
    enum amount amount = amount_of_unit(guard->unit);
    struct chart_frame frame = {
        .report = page->report, .from = page->from, .to = page->to, .zone = page->zone};
    double seconds;
    guint trips = words_trips(page->report, guard->name, &seconds);
    g_string_append(page->out, "<tr>");
    cell(page, "th scope=\"row\"", guard->name);
    g_string_append(page->out, "<td>");
    chart_spark(page->out, series, guard, &frame);
    g_string_append(page->out, "</td>");
    html_amount_cell(page, peak ? peak->high : NAN, amount);
    html_time_cell(page, peak && peak->high > 0 ? peak->at : NAN);
    html_amount_cell(page, limit ? limit->pause : NAN, amount);
    html_amount_cell(page, limit ? limit->resume : NAN, amount);
    markup_add(page->out, "<td class=\"n%s\">%u</td>", trips ? " bad" : "", trips);
    span_cell(page, trips ? seconds : NAN);
    g_string_append(page->out, "</tr>\n");
}

void html_guards(struct page *page)
{
    static const char *const heads[] = {"Guard",      "Readings", "#highest",  "when", "#holds at",
                                        "#clears at", "#holds",   "#held for", NULL};
    const GPtrArray *guards = page->report->guards;
    GString *unwatched = g_string_new(NULL);
    html_section(page, "guards", "Guards");
    if (!guards->len)
        g_string_append(page->out, "<p>No readings of guards are there.</p>\n");
    else
        table_begin(page,
                    "Limits are those in force at the end; changes of them stand under People.",
                    heads);
    for (guint i = 0; i < guards->len; i++) {
        const struct report_guard *guard = guards->pdata[i];
        if (!guard->unwatched)
            guard_row(page, guard);
        else
            g_string_append_printf(unwatched, "%s%s (%s)", unwatched->len ? "; " : "", guard->name,
                                   guard->unwatched);
    }
    if (guards->len)
        table_end(page);
    if (unwatched->len) {
        g_string_append(page->out, "<p class=\"dim small\">Not watched: <bdi>");
        markup_text(page->out, unwatched->str);
        g_string_append(page->out, "</bdi>.</p>\n");
    }
    g_string_free(unwatched, TRUE);
}

void html_holds(struct page *page)
{
    static const char *const heads[] = {"From", "#for", "What", "Why", "How it ended", NULL};
    const GPtrArray *spans = page->report->spans;
    html_section(page, "holds", "What stood in the way");
    if (!spans->len) {
        g_string_append(page->out, "<p>Nothing: no guard, nobody, and no question.</p>\n");
        return;
    }
    table_begin(page, NULL, heads);
    guint first = spans->len > HOLDS_MOST ? spans->len - HOLDS_MOST : 0;
    for (guint i = first; i < spans->len; i++) {
        const struct report_span *span = spans->pdata[i];
        g_autofree char *what =
            g_strdup_printf("%s%s%s", span->kind, *span->key ? " " : "", span->key);
        g_string_append(page->out, "<tr>");
        html_time_cell(page, span->from);
        span_cell(page, span->to - span->from);
        cell(page, "td", what);
        cell(page, "td class=\"text\"", span->reason);
        cell(page, "td class=\"text\"", span->open ? "still stands" : span->end_text);
        g_string_append(page->out, "</tr>\n");
    }
    table_end(page);
    if (first)
        markup_add(page->out, "<p class=\"dim\">%u earlier ones are left out.</p>\n", first);
}

static gboolean by_person(const struct report_event *event)
{
    static const char *const kinds[] = {"command", "note", "refused", NULL};
    return g_strv_contains(kinds, event->kind);
}

void html_people(struct page *page)
{
    static const char *const heads[] = {"When", "Who", "What, and why", NULL};
    const GPtrArray *events = page->report->events;
    guint n = 0, skip;
    html_section(page, "people", "Who did what, and why");
    for (guint i = 0; i < events->len; i++)
        n += by_person(events->pdata[i]);
    skip = n > ACTS_MOST ? n - ACTS_MOST : 0;
    if (skip)
        markup_add(page->out, "<p class=\"dim\">%u earlier ones are left out.</p>\n", skip);
    table_begin(page, NULL, heads);
    for (guint i = 0; i < events->len; i++) {
        const struct report_event *event = events->pdata[i];
        if (!by_person(event) || skip > 0) {
            skip -= skip > 0 && by_person(event);
            continue;
        }
        g_autofree char *who = words_who(event);
        gboolean refused = strcmp(event->kind, "refused") == 0,
                 note = strcmp(event->kind, "note") == 0;
        g_autofree char *text = g_strconcat(refused ? "refused: "
                                            : note  ? "note: "
                                                    : "",
                                            event->text, NULL);
        markup_add(page->out, "<tr%s>", refused ? " class=\"bad\"" : "");
        html_time_cell(page, event->at);
        cell(page, "td class=\"who\"", who);
        cell(page, "td class=\"text\"", text);
        g_string_append(page->out, "</tr>\n");
    }
    table_end(page);
}

static const char *mark_of(const char *state)
{
    static const char *const marks[][2] = {{"done", "✓"},   {"failed", "✗"},  {"skipped", "↷"},
                                           {"undone", "↶"}, {"undoing", "↶"}, {"running", "▶"},
                                           {"waiting", "?"}};
    for (guint i = 0; state && i < G_N_ELEMENTS(marks); i++)
        if (strcmp(state, marks[i][0]) == 0)
            return marks[i][1];
    return "·";
}

/* What there is to say of a step beyond its line. */
static void step_more(struct page *page, const struct report_step *step)
{
    const char *const lines[][2] = {
        {"failed: ", step->error},
        {"", step->error ? step->error_detail : NULL},
        {"evidence: ", step->evidence},
        {"an undo loses: ", step->loses},
    };
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        if (!lines[i][1])
            continue;
        g_string_append(page->out, i < 2 ? "<br/><span class=\"bad small\">"
                                         : "<br/><span class=\"dim small\">");
        markup_add(page->out, "%s<bdi>", lines[i][0]);
        markup_text_cut(page->out, lines[i][1], TEXT_CUT);
        if (i == 0 && step->sqlstate) {
            g_string_append(page->out, " (SQLSTATE ");
            markup_text(page->out, step->sqlstate);
            g_string_append_c(page->out, ')');
        }
        g_string_append(page->out, "</bdi></span>");
    }
    if (step->irreversible)
        g_string_append(page->out, "<br/><span class=\"small\">no way back behind it</span>");
}

static void step_row(struct page *page, const struct report_step *step)
{
    g_string_append(page->out, "<tr>");
    markup_add(page->out,
               "<th scope=\"row\"><span class=\"mark\" aria-hidden=\"true\">%s</span><bdi>",
               mark_of(step->state));
    markup_text_cut(page->out, step->name, 80);
    g_string_append(page->out, "</bdi></th><td class=\"text\"><bdi>");
    markup_text_cut(page->out, step->title, TEXT_CUT);
    g_string_append(page->out, "</bdi>");
    step_more(page, step);
    g_string_append(page->out, "</td>");
    cell(page, "td", step->state);
    html_time_cell(page, step->started);
    span_cell(page, (isnan(step->finished) ? page->report->to : step->finished) - step->started);
    cell(page, "td", step->locks);
    g_string_append(page->out, "</tr>\n");
}

static void answers_write(struct page *page)
{
    static const char *const heads[] = {"When", "Who", "Question", "For", "Note", NULL};
    const GPtrArray *answers = page->report->answers;
    if (!answers->len)
        return;
    table_begin(page, "What people answered for", heads);
    for (guint i = 0; i < answers->len; i++) {
        const struct report_answer *answer = answers->pdata[i];
        g_autofree char *step =
            g_strconcat(answer->step, answer->reverse ? " (the way back)" : "", NULL);
        g_string_append(page->out, "<tr>");
        html_time_cell(page, answer->at);
        cell(page, "td", answer->by);
        cell(page, "td", step);
        cell(page, "td", answer->application);
        cell(page, "td class=\"text\"", answer->note);
        g_string_append(page->out, "</tr>\n");
    }
    table_end(page);
}

/* A line over the rows of a group. */
static void group_row(struct page *page, int columns, const char *name, const char *note)
{
    markup_add(page->out, "<tr><th scope=\"rowgroup\" colspan=\"%d\">", columns);
    markup_text(page->out, name);
    if (note) {
        g_string_append(page->out, "<span><bdi>");
        markup_text(page->out, note);
        g_string_append(page->out, "</bdi></span>");
    }
    g_string_append(page->out, "</th></tr>\n");
}

void html_steps(struct page *page)
{
    static const char *const heads[] = {"Step",  "What it does", "State", "Began",
                                        "#took", "Locks",        NULL};
    html_section(page, "steps", "Steps");
    table_begin(page, NULL, heads);
    for (guint i = 0; i < page->report->phases->len; i++) {
        const struct report_phase *phase = page->report->phases->pdata[i];
        g_autofree char *note =
            g_strdup_printf("%s%s%s", phase->state, phase->passed_by ? ", begun by " : "",
                            phase->passed_by ? phase->passed_by : "");
        group_row(page, 6, phase->name, note);
        for (guint j = 0; j < phase->steps->len; j++)
            step_row(page, phase->steps->pdata[j]);
    }
    table_end(page);
    if (page->report->unfilled) {
        g_string_append(page->out, "<p class=\"bad\">Rows that could not be filled: <bdi>");
        markup_text(page->out, page->report->unfilled);
        g_string_append(page->out, "</bdi></p>\n");
    }
    answers_write(page);
}

void html_journal(struct page *page)
{
    static const char *const heads[] = {"When", "Who", "What", NULL};
    gint64 left;
    g_autoptr(GPtrArray) lines = words_journal(page->report, JOURNAL_MOST, &left);
    markup_add(page->out, "<div class=\"new-page\">\n");
    html_section(page, "journal", "Journal");
    if (left > 0) {
        g_string_append_printf(page->out,
                               "<p class=\"dim\">%" G_GINT64_FORMAT
                               " lines are left out, the oldest that are of least "
                               "weight; all of them: <code>pgrollout journal ",
                               left);
        markup_text(page->out, page->report->name);
        g_string_append(page->out, " --lines 1000000</code></p>\n");
    }
    table_begin(page, NULL, heads);
    for (guint i = 0; i < lines->len; i++) {
        const struct report_event *event = lines->pdata[i];
        g_autofree char *who = words_who(event);
        markup_add(page->out, "<tr%s>",
                   strcmp(event->kind, "command") == 0 ? " class=\"act\"" : "");
        html_time_cell(page, event->at);
        cell(page, "td class=\"who\"", who);
        cell(page, "td class=\"text\"", event->text);
        g_string_append(page->out, "</tr>\n");
    }
    table_end(page);
    g_string_append(page->out, "</div>\n");
}

void html_plan(struct page *page)
{
    g_string_append(page->out, "<div class=\"new-page\">\n");
    html_section(page, "plan", "Plan");
    g_string_append(page->out, "<p>SHA-256 of the text as it was loaded: <code>");
    markup_text(page->out, page->report->plan_sha256);
    g_string_append(page->out, "</code></p>\n<pre tabindex=\"0\" aria-label=\"Text of the plan\">");
    markup_block(page->out, page->report->plan_text);
    g_string_append(page->out, "</pre>\n</div>\n");
}

/* "met by anna, 2026-…": who answered it, where a person did. */
static void answered_cell(struct page *page, JsonObject *row)
{
    g_autofree char *by = report_text(row, "answered_by"), *at = report_text(row, "answered_at");
    g_autofree char *note = report_text(row, "note");
    g_autoptr(GDateTime) when = at ? g_date_time_new_from_iso8601(at, NULL) : NULL;
    g_autofree char *time =
        moment_format(when ? (double)g_date_time_to_unix(when) : NAN, page->zone);
    g_autofree char *text = by ? g_strjoin(" ", by, time, note, NULL) : NULL;
    cell(page, "td class=\"text\"", text);
}

static void checklist_row(struct page *page, JsonObject *row)
{
    g_autofree char *words = report_text(row, "words"), *state = report_text(row, "state");
    g_autofree char *evidence = report_text(row, "evidence");
    gboolean bad = g_strcmp0(state, "contradicted") == 0;
    gboolean good = g_strcmp0(state, "met") == 0 || g_strcmp0(state, "confirmed") == 0;
    markup_add(page->out, "<tr%s>", bad ? " class=\"bad\"" : "");
    markup_add(page->out, "<th scope=\"row\"><span class=\"mark\" aria-hidden=\"true\">%s</span>",
               bad    ? "✗"
               : good ? "✓"
                      : "·");
    markup_text_cut(page->out, words, TEXT_CUT);
    g_string_append(page->out, "</th>");
    cell(page, "td", state);
    cell(page, "td class=\"text\"", evidence);
    answered_cell(page, row);
    g_string_append(page->out, "</tr>\n");
}

void html_checklist(struct page *page)
{
    static const char *const heads[] = {"Item", "State", "Evidence", "Who says so", NULL};
    JsonNode *node = page->report->checklist;
    g_autofree char *list = NULL;
    if (!node)
        return;
    html_section(page, "checklist", "Checklist");
    table_begin(page, NULL, heads);
    for (guint i = 0; i < json_array_get_length(json_node_get_array(node)); i++) {
        JsonNode *row = json_array_get_element(json_node_get_array(node), i);
        if (!JSON_NODE_HOLDS_OBJECT(row))
            continue;
        g_autofree char *own = report_text(json_node_get_object(row), "list");
        if (i == 0 || g_strcmp0(own, list) != 0)
            group_row(page, 4, own, NULL);
        g_free(list);
        list = g_steal_pointer(&own);
        checklist_row(page, json_node_get_object(row));
    }
    table_end(page);
}
