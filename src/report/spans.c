/* When something stood in the way, out of the journal: the holds themselves are gone when they end. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "report/report-private.h"

static const char *const held_kinds[] = {"guard", "lock", "ambiguous", NULL};

void report_span_free(void *data)
{
    struct report_span *span = data;
    g_free(span->key);
    g_free(span->reason);
    g_free(span->by);
    g_free(span->end_text);
    g_free(span);
}

static struct report_span *open_find(const struct report *report, const char *kind, const char *key)
{
    for (guint i = report->spans->len; i-- > 0;) {
        struct report_span *span = report->spans->pdata[i];
        if (span->open && strcmp(span->kind, kind) == 0 && (!key || strcmp(span->key, key) == 0))
            return span;
    }
    return NULL;
}

/* A second one of a hold that stands only says more. */
static void open_span(struct report *report, const char *kind, const char *key,
                      const struct report_event *event, const char *reason)
{
    struct report_span *span = open_find(report, kind, key);
    if (span) {
        g_free(span->reason);
        span->reason = g_strdup(reason);
        return;
    }
    span = g_new0(struct report_span, 1);
    span->kind = kind;
    span->key = g_strdup(key);
    span->reason = g_strdup(reason);
    span->by = g_strdup(event->who);
    span->from = event->at;
    span->open = TRUE;
    g_ptr_array_add(report->spans, span);
}

static void close_span(struct report *report, const char *kind, const char *key, double at,
                       const char *text)
{
    struct report_span *span;
    while ((span = open_find(report, kind, key))) {
        span->open = FALSE;
        span->to = MAX(span->from, at);
        span->end_text = g_strdup(text);
    }
}

static void close_all(struct report *report, double at)
{
    for (guint i = 0; i < report->spans->len; i++) {
        struct report_span *span = report->spans->pdata[i];
        if (span->open && strcmp(span->kind, "no_engine") != 0)
            close_span(report, span->kind, span->key, at, NULL);
    }
}

/* "guard replication_lag" → its kind, one of ours, and its key. NULL: it is something else. */
static const char *what_held(const char *text, gsize length, char **key)
{
    for (guint i = 0; held_kinds[i]; i++) {
        gsize n = strlen(held_kinds[i]);
        if (length < n || strncmp(text, held_kinds[i], n) != 0 || (length > n && text[n] != ' '))
            continue;
        *key = length > n ? g_strndup(text + n + 1, length - n - 1) : g_strdup("");
        return held_kinds[i];
    }
    return NULL;
}

static void hold_take(struct report *report, const struct report_event *event)
{
    g_autofree char *key = NULL;
    const char *text = event->text, *end, *kind;
    if (g_str_has_prefix(text, "held by ") && (end = strstr(text, ": "))) {
        const char *what = text + strlen("held by ");
        kind = end > what ? what_held(what, (gsize)(end - what), &key) : NULL;
        if (kind)
            open_span(report, kind, key, event, end + 2);
    } else if ((end = strstr(text, " cleared: "))) {
        kind = what_held(text, (gsize)(end - text), &key);
        if (kind)
            close_span(report, kind, key, event->at, end + strlen(" cleared: "));
    } else if (g_str_has_prefix(text, "waits at gate \"") && (end = strstr(text, "\": "))) {
        const char *name = text + strlen("waits at gate \"");
        key = g_strndup(name, (gsize)(end - name));
        open_span(report, "gate", key, event, end + 3);
    } else if ((end = strstr(text, "waits at the boundary before "))) {
        open_span(report, "boundary", end + strlen("waits at the boundary before "), event, text);
    } else if (g_str_has_prefix(text, "failover to timeline ")) {
        open_span(report, "operator", "", event, text);
    }
}

static gboolean is_command(const char *text, const char *verb)
{
    gsize n = strlen(verb);
    return strncmp(text, verb, n) == 0 &&
           (text[n] == '\0' || text[n] == ' ' || text[n] == ':' || text[n] == ';');
}

static const char *reason_of(const char *text)
{
    const char *colon = strstr(text, ": ");
    return colon ? colon + 2 : "";
}

static void command_take(struct report *report, const struct report_event *event)
{
    const char *text = event->text;
    if (is_command(text, "pause")) {
        open_span(report, "operator", "", event, reason_of(text));
    } else if (is_command(text, "step")) {
        close_span(report, "operator", NULL, event->at, text);
        open_span(report, "stepping", "", event, "one step at a time");
    } else if (is_command(text, "resume")) {
        close_span(report, "operator", NULL, event->at, text);
        close_span(report, "stepping", NULL, event->at, text);
    } else if (is_command(text, "abort")) {
        /* the ways out of a gate and a boundary are others from here on */
        close_span(report, "gate", NULL, event->at, text);
        close_span(report, "boundary", NULL, event->at, text);
    } else if (is_command(text, "skip")) {
        close_span(report, "gate", NULL, event->at, text);
    }
}

static void engine_take(struct report *report, const struct report_event *event)
{
    if (g_str_has_prefix(event->text, "engine stopped"))
        open_span(report, "no_engine", "", event, "no engine ran");
    else if (g_str_has_prefix(event->text, "engine started"))
        close_span(report, "no_engine", NULL, event->at, event->text);
}

static void event_take(struct report *report, const struct report_event *event)
{
    const char *colon = strstr(event->text, ": ");
    g_autofree char *first = g_strndup(event->text, colon ? (gsize)(colon - event->text) : 0);
    if (strcmp(event->kind, "hold") == 0) {
        hold_take(report, event);
    } else if (strcmp(event->kind, "command") == 0) {
        command_take(report, event);
    } else if (strcmp(event->kind, "engine") == 0) {
        engine_take(report, event);
    } else if (strcmp(event->kind, "step") == 0) { /* its gate is behind it; a lock was had */
        close_span(report, "gate", first, event->at, event->text);
        if (!g_str_has_suffix(event->text, ": started"))
            close_span(report, "lock", NULL, event->at, event->text);
    } else if (strcmp(event->kind, "phase") == 0) {
        close_span(report, "gate", NULL, event->at, event->text);
        close_span(report, "boundary", NULL, event->at, event->text);
    }
}

static gint compare_spans(gconstpointer a, gconstpointer b)
{
    const struct report_span *const *x = a, *const *y = b;
    return (*x)->from < (*y)->from ? -1 : (*x)->from > (*y)->from;
}

void report_spans_find(struct report *report)
{
    for (guint i = 0; i < report->events->len; i++)
        event_take(report, report->events->pdata[i]);
    if (!isnan(report->finished_at))
        close_all(report, report->finished_at);
    for (guint i = report->spans->len; i-- > 0;) {
        struct report_span *span = report->spans->pdata[i];
        if (span->open)
            span->to = MAX(span->from, report->to);
        span->from = MAX(span->from, report->from);
        span->to = MIN(span->to, report->to);
        if (span->to < span->from) /* of a time before or after */
            g_ptr_array_remove_index(report->spans, i);
    }
    g_ptr_array_sort(report->spans, compare_spans);
}

double report_covered(const struct report *report, const char *kind, double from, double to)
{
    double sum = 0, until = from;
    for (guint i = 0; i < report->spans->len; i++) { /* by their beginning */
        const struct report_span *span = report->spans->pdata[i];
        if (kind && strcmp(span->kind, kind) != 0)
            continue;
        double begin = MAX(span->from, until), end = MIN(span->to, to);
        if (end > begin) {
            sum += end - begin;
            until = end;
        }
    }
    return sum;
}
