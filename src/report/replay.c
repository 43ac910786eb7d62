/* What a console would have shown at a moment of a recording. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pgrollout/base/json.h"
#include "pgrollout/report/recording.h"
#include "report/replay-private.h"

#define APART_S 0.95
#define SERIES_S 120
#define EVENTS 8
#define KNOWN_S 15.0 /* so long a reading counts, or for as long as it stands for */

struct moment {
    double at;
    gboolean mark;
};

struct recording {
    struct report *report;
    GArray *moments; /* struct moment */
};

static gboolean is_mark(const struct report_event *event)
{
    static const char *const kinds[] = {"command", "hold", "phase", "note", NULL};
    return g_strv_contains(kinds, event->kind);
}

static gint compare_moments(gconstpointer a, gconstpointer b)
{
    const struct moment *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* One of several within a second: a mark stays one. It is of the last of them, so that all of it is told. */
static void moments_thin(GArray *moments)
{
    guint kept = 0;
    double begin = 0;
    for (guint i = 0; i < moments->len; i++) {
        struct moment moment = g_array_index(moments, struct moment, i);
        struct moment *last = kept ? &g_array_index(moments, struct moment, kept - 1) : NULL;
        if (last && moment.at - begin < APART_S) {
            last->at = moment.at;
            last->mark |= moment.mark;
            continue;
        }
        begin = moment.at;
        g_array_index(moments, struct moment, kept++) = moment;
    }
    g_array_set_size(moments, kept);
}

static void moment_add(GArray *moments, double at, gboolean mark)
{
    struct moment moment = {at, mark};
    g_array_append_val(moments, moment);
}

struct recording *recording_new(struct report *report)
{
    struct recording *recording = g_new0(struct recording, 1);
    recording->report = report;
    recording->moments = g_array_new(FALSE, FALSE, sizeof(struct moment));
    moment_add(recording->moments, report->from, TRUE);
    for (guint i = 0; i < report->events->len; i++) {
        const struct report_event *event = report->events->pdata[i];
        if (event->at >= report->from)
            moment_add(recording->moments, event->at, is_mark(event));
    }
    const struct report_series *rows = report_series_find(report, "rows_per_s");
    for (guint i = 0; rows && i < rows->points->len; i++) {
        const struct report_point *point = &g_array_index(rows->points, struct report_point, i);
        if (point->at >= report->from)
            moment_add(recording->moments, point->at, FALSE);
    }
    g_array_sort(recording->moments, compare_moments);
    moments_thin(recording->moments);
    return recording;
}

void recording_free(struct recording *recording)
{
    if (!recording)
        return;
    report_free(recording->report);
    g_array_unref(recording->moments);
    g_free(recording);
}

const struct report *recording_report(const struct recording *recording)
{
    return recording->report;
}

guint recording_count(const struct recording *recording)
{
    return recording->moments->len;
}

double recording_at(const struct recording *recording, guint i)
{
    return g_array_index(recording->moments, struct moment, i).at;
}

gboolean recording_is_mark(const struct recording *recording, guint i)
{
    return g_array_index(recording->moments, struct moment, i).mark;
}

guint recording_find(const struct recording *recording, double at)
{
    guint low = 0, high = recording->moments->len;
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (recording_at(recording, middle) <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* --- the document */

/* The reading that counts then; NULL: none does. */
static const struct report_point *point_at(const struct report_series *series, double at)
{
    guint low = 0, high = series ? series->points->len : 0;
    while (high > low) { /* the first one that is younger */
        guint middle = low + (high - low) / 2;
        if (g_array_index(series->points, struct report_point, middle).at <= at)
            low = middle + 1;
        else
            high = middle;
    }
    const struct report_point *point =
        low ? &g_array_index(series->points, struct report_point, low - 1) : NULL;
    return point && at - point->at <= MAX(KNOWN_S, point->span) ? point : NULL;
}

static void put_time(JsonBuilder *out, const char *name, double at)
{
    g_autoptr(GDateTime) second =
        isnan(at) ? NULL : g_date_time_new_from_unix_utc((gint64)floor(at));
    g_autoptr(GDateTime) exact =
        second ? g_date_time_add(second, (GTimeSpan)(fmod(at, 1) * G_USEC_PER_SEC)) : NULL;
    g_autofree char *text = exact ? g_date_time_format(exact, "%Y-%m-%dT%H:%M:%S.%fZ") : NULL;
    json_put_text(out, name, text);
}

static void begin_array(JsonBuilder *out, const char *name)
{
    json_builder_set_member_name(out, name);
    json_builder_begin_array(out);
}

static void put_phases(JsonBuilder *out, const struct report *report,
                       const struct replay_state *state, double at)
{
    guint n = 0;
    begin_array(out, "phases");
    for (guint i = 0; i < report->phases->len; i++) {
        const struct report_phase *phase = report->phases->pdata[i];
        const struct replay_part *own = &state->phases[i];
        json_builder_begin_object(out);
        json_put_text(out, "name", phase->name);
        json_put_text(out, "state", own->state);
        json_put_double(out, "elapsed_s",
                        isnan(own->began) ? NAN
                                          : (isnan(own->ended) ? at : own->ended) - own->began);
        begin_array(out, "steps");
        for (guint j = 0; j < phase->steps->len; j++, n++) {
            const struct report_step *step = phase->steps->pdata[j];
            const struct replay_part *part = &state->steps[n];
            json_builder_begin_object(out);
            json_put_text(out, "name", step->name);
            json_put_text(out, "kind", step->kind);
            json_put_text(out, "title", step->title);
            json_put_text(out, "state", part->state);
            json_put_text(out, "lock", step->locks);
            json_put_text(out, "undo", step->undo);
            json_put_flag(out, "irreversible", step->irreversible);
            json_put_text(out, "error", strcmp(part->state, "failed") == 0 ? step->error : NULL);
            json_put_double(
                out, "elapsed_s",
                isnan(part->began) ? NAN : (isnan(part->ended) ? at : part->ended) - part->began);
            json_builder_end_object(out);
        }
        json_builder_end_array(out);
        json_builder_end_object(out);
    }
    json_builder_end_array(out);
}

static void put_holds(JsonBuilder *out, const struct report *report, double at)
{
    begin_array(out, "holds");
    for (guint i = 0; i < report->spans->len; i++) {
        const struct report_span *span = report->spans->pdata[i];
        if (at < span->from || (at >= span->to && !span->open))
            continue;
        json_builder_begin_object(out);
        json_put_text(out, "kind", span->kind);
        json_put_text(out, "key", *span->key ? span->key : NULL);
        json_put_text(out, "reason", span->reason);
        put_time(out, "since", span->from);
        json_put_text(out, "by", strcmp(span->kind, "operator") == 0 ? span->by : NULL);
        json_put_double(out, "age_s", at - span->from);
        json_builder_end_object(out);
    }
    json_builder_end_array(out);
}

static gboolean holds(const struct report *report, const char *kind, const char *key, double at)
{
    for (guint i = 0; i < report->spans->len; i++) {
        const struct report_span *span = report->spans->pdata[i];
        if (strcmp(span->kind, kind) == 0 && (!key || strcmp(span->key, key) == 0) &&
            at >= span->from && (at < span->to || span->open))
            return TRUE;
    }
    return FALSE;
}

static void put_guards(JsonBuilder *out, const struct report *report, double at)
{
    begin_array(out, "guards");
    for (guint i = 0; i < report->guards->len; i++) {
        const struct report_guard *guard = report->guards->pdata[i];
        g_autofree char *key = g_strconcat("guard.", guard->name, NULL);
        const struct report_point *point = point_at(report_series_find(report, key), at);
        const struct report_limit *limit = report_limit_at(guard, at);
        const char *state = guard->unwatched                          ? "unwatched"
                            : holds(report, "guard", guard->name, at) ? "tripped"
                            : point                                   ? "ok"
                                                                      : "blind";
        json_builder_begin_object(out);
        json_put_text(out, "name", guard->name);
        json_put_text(out, "unit", guard->unit);
        json_put_double(out, "value", point ? point->high : NAN);
        json_put_double(out, "pause", limit ? limit->pause : NAN);
        json_put_double(out, "resume", limit ? limit->resume : NAN);
        json_put_text(out, "state", state);
        json_put_text(out, "detail",
                      guard->unwatched ? guard->unwatched
                      : point          ? NULL
                                       : "not read then");
        json_builder_end_object(out);
    }
    json_builder_end_array(out);
}

static void put_event(JsonBuilder *out, const struct report_event *event)
{
    json_builder_begin_object(out);
    json_put_int(out, "id", event->id);
    put_time(out, "when", event->at);
    put_time(out, "at", event->at);
    json_put_text(out, "who", event->who);
    json_put_text(out, "os_user", event->os_user);
    json_put_text(out, "client", event->client);
    json_put_text(out, "kind", event->kind);
    json_put_text(out, "text", event->text);
    json_builder_end_object(out);
}

/* The last few, newest first. */
static void put_events(JsonBuilder *out, const struct report *report, double at)
{
    int n = 0;
    begin_array(out, "events");
    for (guint i = report->events->len; i-- > 0 && n < EVENTS;) {
        const struct report_event *event = report->events->pdata[i];
        if (event->at > at || strcmp(event->kind, "engine") == 0)
            continue;
        put_event(out, event);
        n++;
    }
    json_builder_end_array(out);
}

static void put_series(JsonBuilder *out, const struct report *report, double at)
{
    static const char *const keys[] = {"rows_per_s", "lag_s", "waits", "wal_bytes_per_s"};
    json_builder_set_member_name(out, "series");
    json_builder_begin_object(out);
    for (guint k = 0; k < G_N_ELEMENTS(keys); k++) {
        const struct report_series *series = report_series_find(report, keys[k]);
        begin_array(out, keys[k]);
        for (int s = SERIES_S - 1; s >= 0; s--) {
            const struct report_point *point =
                at - s < report->from ? NULL : point_at(series, at - s);
            if (point)
                json_builder_add_double_value(out, k == 0 || k == 3 ? point->mean : point->high);
            else
                json_builder_add_null_value(out);
        }
        json_builder_end_array(out);
    }
    json_builder_end_object(out);
}

/* Rows that a step had done by then: what the readings say, stretched to what it came to in the end. */
static double rows_done(const struct report *report, const struct report_step *step,
                        const struct replay_part *part, double at)
{
    const struct report_series *rows = report_series_find(report, "rows_per_s");
    double until = 0, all = 0, end = isnan(step->finished) ? report->to : step->finished;
    for (guint i = 0; rows && i < rows->points->len; i++) {
        const struct report_point *point = &g_array_index(rows->points, struct report_point, i);
        if (point->at < part->began || point->at > end)
            continue;
        all += point->mean * point->span;
        until += point->at <= at ? point->mean * point->span : 0;
    }
    return all > 0 && !isnan(step->rows_done) ? step->rows_done * until / all : NAN;
}

static void put_progress(JsonBuilder *out, const struct report *report,
                         const struct replay_state *state, double at)
{
    const struct report_step *step = state->moving;
    const struct report_point *rate = point_at(report_series_find(report, "rows_per_s"), at);
    if (!step)
        return;
    double done = rows_done(report, step, state->moving_part, at);
    json_builder_set_member_name(out, "progress");
    json_builder_begin_object(out);
    json_put_text(out, "step", step->name);
    json_put_double(out, "rows_done", round(done));
    json_put_double(out, "rows_total", step->rows_total);
    json_put_double(out, "fraction",
                    step->rows_total > 0 ? CLAMP(done / step->rows_total, 0, 1) : NAN);
    json_put_double(out, "rows_per_s", rate ? round(rate->mean) : NAN);
    json_builder_end_object(out);
}

static void put_migration(JsonBuilder *out, const struct report *report, double at)
{
    struct replay_state state;
    replay_state_init(&state, report, at);
    json_builder_begin_object(out);
    json_put_int(out, "id", 1);
    json_put_int(out, "version", 1);
    json_put_text(out, "name", report->name);
    json_put_text(out, "title", report->title);
    json_put_text(out, "owner", report->owner);
    json_put_text(out, "contact", report->contact);
    json_put_text(out, "ticket", report->ticket);
    json_put_text(out, "state", state.state);
    json_put_text(out, "phase", state.phase);
    json_put_text(out, "step", state.step);
    json_put_text(out, "plan_sha256", report->plan_sha256);
    json_put_text(out, "pause_text", "a recording: nothing can be paused");
    json_put_text(out, "abort_text", "a recording: nothing can be aborted");
    json_put_flag(out, "abort_possible", FALSE);
    put_phases(out, report, &state, at);
    put_holds(out, report, at);
    put_progress(out, report, &state, at);
    put_guards(out, report, at);
    put_events(out, report, at);
    put_series(out, report, at);
    json_builder_end_object(out);
    replay_state_clear(&state);
}

/* "15.18" → 150018, as the server counts. */
static gint64 version_number(const char *text)
{
    int major = 0, minor = 0;
    return text && sscanf(text, "%d.%d", &major, &minor) >= 1 && major > 0 && major < 1000
               ? (gint64)major * 10000 + CLAMP(minor, 0, 9999)
               : 0;
}

static void put_replicas(JsonBuilder *out, const struct report *report, double at)
{
    begin_array(out, "replicas");
    for (guint i = 0; i < report->series->len; i++) {
        const struct report_series *series = report->series->pdata[i];
        const struct report_point *point =
            g_str_has_prefix(series->key, "replica.") ? point_at(series, at) : NULL;
        if (!point)
            continue;
        json_builder_begin_object(out);
        json_put_text(out, "name", series->key + strlen("replica."));
        json_put_text(out, "state", "recorded");
        json_put_double(out, "lag_s", point->high);
        json_builder_end_object(out);
    }
    json_builder_end_array(out);
}

static void put_server(JsonBuilder *out, const struct report *report, double at)
{
    json_builder_set_member_name(out, "server");
    json_builder_begin_object(out);
    json_put_int(out, "version", version_number(report->server_version));
    json_put_text(out, "role", "primary");
    json_builder_end_object(out);
    json_builder_set_member_name(out, "caller");
    json_builder_begin_object(out);
    json_put_text(out, "role", "viewer");
    json_builder_end_object(out);
    json_builder_set_member_name(out, "engine");
    json_builder_begin_object(out);
    gboolean read = point_at(report_series_find(report, "rows_per_s"), at) != NULL;
    json_put_flag(out, "alive", read || !holds(report, "no_engine", NULL, at));
    json_put_double(out, "heartbeat_age_s", NAN);
    json_builder_end_object(out);
}

char *recording_document(const struct recording *recording, guint i)
{
    const struct report *report = recording->report;
    double at = recording_at(recording, i);
    g_autoptr(JsonBuilder) out = json_builder_new();
    json_builder_begin_object(out);
    put_time(out, "at", at);
    json_put_text(out, "database", report->database);
    json_put_flag(out, "installed", TRUE);
    put_server(out, report, at);
    begin_array(out, "migrations");
    put_migration(out, report, at);
    json_builder_end_array(out);
    put_replicas(out, report, at);
    begin_array(out, "lock_waits");
    json_builder_end_array(out);
    json_builder_end_object(out);
    g_autoptr(JsonNode) root = json_builder_get_root(out);
    return json_to_string(root, FALSE);
}
