#include "config.h"
#include "report/words.h"

#include <math.h>
#include <string.h>

#define REPLICA "replica."
#define ONE_DAY_S                                                                                  \
    (16 * 3600) /* of a run that is short: nobody takes an hour for that of another day */

char *words_when(const struct report *report, double at, GTimeZone *zone)
{
    return report->to - report->from < ONE_DAY_S ? clock_format(at, zone) : moment_format(at, zone);
}

/* "held by guard replication_lag", "waits at gate deployed" */
static void say_span(GString *out, const struct report_span *span)
{
    if (strcmp(span->kind, "gate") == 0)
        g_string_append_printf(out, "waits at gate %s", span->key);
    else if (strcmp(span->kind, "boundary") == 0)
        g_string_append_printf(out, "waits before %s", span->key);
    else if (strcmp(span->kind, "operator") == 0)
        g_string_append(out, "paused by people");
    else if (strcmp(span->kind, "no_engine") == 0)
        g_string_append(out, "no engine runs");
    else
        g_string_append_printf(out, "held by %s%s%s", span->kind, *span->key ? " " : "", span->key);
}

char *words_state(const struct report *report)
{
    GString *out = g_string_new(report->state);
    gboolean live = strcmp(report->state, "active") == 0;
    if (report->phase && (live || strcmp(report->state, "failed") == 0))
        g_string_append_printf(out, " in %s", report->phase);
    for (guint i = 0; i < report->spans->len; i++) {
        const struct report_span *span = report->spans->pdata[i];
        if (!span->open)
            continue;
        g_string_append(out, ", ");
        say_span(out, span);
    }
    return g_string_free(out, FALSE);
}

void words_rows(const struct report *report, double *changed, double *total)
{
    *changed = *total = NAN;
    for (guint i = 0; i < report->phases->len; i++) {
        const struct report_phase *phase = report->phases->pdata[i];
        for (guint j = 0; j < phase->steps->len; j++) {
            const struct report_step *step = phase->steps->pdata[j];
            if (g_strcmp0(step->kind, "backfill") != 0 || isnan(step->rows_changed))
                continue;
            *changed = (isnan(*changed) ? 0 : *changed) + step->rows_changed;
            if (!isnan(step->rows_total))
                *total = (isnan(*total) ? 0 : *total) + step->rows_total;
        }
    }
}

const struct report_point *words_worst_lag(const struct report *report, const char **replica)
{
    const struct report_point *worst = NULL;
    *replica = NULL;
    for (guint i = 0; i < report->series->len; i++) {
        const struct report_series *series = report->series->pdata[i];
        if (!g_str_has_prefix(series->key, REPLICA))
            continue;
        const struct report_point *peak = report_peak(series, -INFINITY, INFINITY);
        if (peak && (!worst || peak->high > worst->high)) {
            worst = peak;
            *replica = series->key + strlen(REPLICA);
        }
    }
    return worst ? worst : report_peak(report_series_find(report, "lag_s"), -INFINITY, INFINITY);
}

guint words_trips(const struct report *report, const char *guard, double *seconds)
{
    guint n = 0;
    *seconds = 0;
    for (guint i = 0; i < report->spans->len; i++) {
        const struct report_span *span = report->spans->pdata[i];
        if (strcmp(span->kind, "guard") != 0 || (guard && strcmp(span->key, guard) != 0))
            continue;
        n++;
        *seconds += span->to - span->from;
    }
    return n;
}

static guint count_spans(const struct report *report, const char *kind)
{
    guint n = 0;
    for (guint i = 0; i < report->spans->len; i++)
        n += strcmp(((struct report_span *)report->spans->pdata[i])->kind, kind) == 0;
    return n;
}

static const char *times(guint n, char room[32])
{
    if (n <= 2)
        return n == 1 ? "once" : "twice";
    g_snprintf(room, 32, "%u times", n);
    return room;
}

static const struct report_span *longest_hold(const struct report *report)
{
    const struct report_span *longest = NULL;
    for (guint i = 0; i < report->spans->len; i++) {
        const struct report_span *span = report->spans->pdata[i];
        if (strcmp(span->kind, "guard") == 0 &&
            (!longest || span->to - span->from > longest->to - longest->from))
            longest = span;
    }
    return longest;
}

static void say_work(GString *out, const struct report *report)
{
    double from, to, changed, total;
    words_rows(report, &changed, &total);
    g_autofree char *took = span_format(report->to - report->from);
    gboolean ended = !isnan(report->finished_at);
    g_string_append_printf(out, "%s %s after it was loaded. ",
                           strcmp(report->state, "done") == 0      ? "It was done"
                           : strcmp(report->state, "aborted") == 0 ? "It was taken back"
                           : ended                                 ? "It ended"
                                                                   : "This is how it stands",
                           took);
    if (!isnan(changed) && report_work(report, &from, &to)) {
        g_autofree char *rows = whole_format(changed), *lasted = span_format(to - from);
        g_string_append_printf(
            out, "%s rows were filled; moving rows and checking them lasted %s. ", rows, lasted);
    }
}

static void say_holds(GString *out, const struct report *report)
{
    double seconds;
    char room[32];
    guint trips = words_trips(report, NULL, &seconds);
    const struct report_span *longest = trips > 1 ? longest_hold(report) : NULL;
    if (trips == 1) {
        const struct report_span *only = longest_hold(report);
        g_autofree char *held = span_format(only->to - only->from);
        g_string_append_printf(out, "A guard held it once, for %s: %s. ", held, only->key);
    }
    if (!trips)
        g_string_append(out, "No guard held it. ");
    if (longest) {
        g_autofree char *held =
            span_format(report_covered(report, "guard", report->from, report->to));
        g_autofree char *most = span_format(longest->to - longest->from);
        g_string_append_printf(out,
                               "Guards held it %s, for %s in all; the longest was %s with %s. ",
                               times(trips, room), held, longest->key, most);
    }
    guint pauses = count_spans(report, "operator");
    if (pauses) {
        g_autofree char *paused =
            span_format(report_covered(report, "operator", report->from, report->to));
        g_string_append_printf(out, "It was paused by people %s, for %s. ", times(pauses, room),
                               paused);
    }
}

static void say_harm(GString *out, const struct report *report, GTimeZone *zone)
{
    const char *replica;
    const struct report_point *lag = words_worst_lag(report, &replica);
    const struct report_point *slow =
        report_peak(report_series_find(report, "guard.query_latency"), -INFINITY, INFINITY);
    if (lag) {
        g_autofree char *amount = amount_format(lag->high, AMOUNT_SECONDS),
                        *when = words_when(report, lag->at, zone);
        g_string_append_printf(out, "The most that a replica was behind is %s%s%s, at %s. ", amount,
                               replica ? " on " : "", replica ? replica : "", when);
    }
    if (slow && slow->high > 0) {
        g_autofree char *amount = amount_format(slow->high, AMOUNT_TIMES);
        g_string_append_printf(
            out, "At the worst the application's statements took %s their usual time. ", amount);
    }
}

char *words_summary(const struct report *report, GTimeZone *zone)
{
    GString *out = g_string_new(NULL);
    say_work(out, report);
    say_holds(out, report);
    say_harm(out, report, zone);
    g_strchomp(out->str);
    return g_string_free(out, FALSE);
}

GPtrArray *words_missing(const struct report *report, GTimeZone *zone)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    if (isnan(report->readings_from)) {
        g_ptr_array_add(
            lines,
            g_strdup("Nothing was read while it ran, or it is gone: there are no charts. Readings "
                     "are taken by the engine, once a second."));
        return lines;
    }
    g_autofree char *from = moment_format(report->readings_from, zone),
                    *widest = span_format(report->coarsest);
    if (report->coarsest > 1) {
        g_autofree char *fine =
            isnan(report->second_from) ? NULL : moment_format(report->second_from, zone);
        g_ptr_array_add(
            lines,
            g_strdup_printf("Readings are kept in ever wider steps the older they are, here up to "
                            "%s: of each step the least, the mean and the most. %s%s%s",
                            widest, fine ? "From " : "No second by itself is left.",
                            fine ? fine : "", fine ? " on every second is there." : ""));
    }
    if (report->readings_from > report->from + 3600)
        g_ptr_array_add(lines, g_strdup_printf("There are no readings before %s.", from));
    return lines;
}

/* --- figures */

static void figure_free(void *data)
{
    struct words_figure *figure = data;
    g_free(figure->value);
    g_free(figure->note);
    g_free(figure);
}

static void figure_add(GPtrArray *figures, const char *label, char *value, char *note)
{
    struct words_figure *figure = g_new0(struct words_figure, 1);
    *figure = (struct words_figure){label, value, note};
    g_ptr_array_add(figures, figure);
}

static void figure_peak(GPtrArray *figures, const struct report *report, const char *label,
                        const char *key, enum amount amount, GTimeZone *zone)
{
    const struct report_point *peak =
        report_peak(report_series_find(report, key), -INFINITY, INFINITY);
    if (!peak)
        return;
    g_autofree char *when = words_when(report, peak->at, zone);
    figure_add(figures, label, amount_format(peak->high, amount),
               peak->high > 0 ? g_strdup_printf("at %s", when) : g_strdup("never more"));
}

GPtrArray *words_figures(const struct report *report, GTimeZone *zone)
{
    GPtrArray *figures = g_ptr_array_new_with_free_func(figure_free);
    double from, to, changed, total, seconds;
    const char *replica;
    words_rows(report, &changed, &total);
    if (!isnan(changed)) {
        g_autofree char *of = isnan(total) ? NULL : whole_format(total);
        figure_add(figures, "rows filled", whole_format(changed),
                   of ? g_strdup_printf("of about %s looked at", of) : NULL);
    }
    if (report_work(report, &from, &to)) {
        double held = report_covered(report, NULL, from, to);
        g_autofree char *without = span_format(to - from - held);
        figure_add(figures, "moving rows took", span_format(to - from),
                   held >= 0.1 ? g_strdup_printf("%s without what held it", without) : NULL);
    }
    guint trips = words_trips(report, NULL, &seconds);
    figure_add(figures, "holds by guards", g_strdup_printf("%u", trips),
               trips ? span_format(report_covered(report, "guard", report->from, report->to))
                     : NULL);
    const struct report_point *lag = words_worst_lag(report, &replica);
    if (lag)
        figure_add(figures, "worst replica lag", amount_format(lag->high, AMOUNT_SECONDS),
                   replica ? g_strdup_printf("on %s", replica) : NULL);
    figure_peak(figures, report, "longest lock wait", "guard.lock_wait", AMOUNT_SECONDS, zone);
    figure_peak(figures, report, "slowest statements", "guard.query_latency", AMOUNT_TIMES, zone);
    return figures;
}

/* --- who */

char *words_who(const struct report_event *event)
{
    GString *out = g_string_new(event->who);
    gboolean person = strcmp(event->who, "engine") != 0 && strcmp(event->who, "guard") != 0;
    if (person && event->os_user && strcmp(event->os_user, event->who) != 0)
        g_string_append_printf(out, " (%s%s%s)", event->os_user, event->client ? " from " : "",
                               event->client ? event->client : "");
    else if (person && event->client)
        g_string_append_printf(out, " (from %s)", event->client);
    return g_string_free(out, FALSE);
}

static int importance(const struct report_event *event)
{
    static const char *const first[] = {"command", "note", "hold", "phase", NULL};
    return g_strv_contains(first, event->kind) ? 0 : strcmp(event->kind, "step") == 0 ? 1 : 2;
}

GPtrArray *words_journal(const struct report *report, guint most, gint64 *left)
{
    GPtrArray *lines = g_ptr_array_new();
    guint n[3] = {0};
    for (guint i = 0; i < report->events->len; i++)
        n[importance(report->events->pdata[i])]++;
    guint room = most, skip[3]; /* of each importance the oldest are left out */
    for (int k = 0; k < 3; k++) {
        guint takes = MIN(n[k], room);
        skip[k] = n[k] - takes;
        room -= takes;
    }
    for (guint i = 0; i < report->events->len; i++) {
        struct report_event *event = report->events->pdata[i];
        guint *skips = &skip[importance(event)];
        if (*skips > 0)
            --*skips;
        else
            g_ptr_array_add(lines, event);
    }
    *left = MAX(0, MAX(report->events_total, (gint64)report->events->len) - (gint64)lines->len);
    return lines;
}
