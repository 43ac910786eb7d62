/* The document of pgrollout.report(), read. */
#include "config.h"
#include "pgrollout/report/report.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/error.h"
#include "report/report-private.h"

static JsonNode *member(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && !JSON_NODE_HOLDS_NULL(node) ? node : NULL;
}

char *report_text(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_dup_string(node) : NULL;
}

double report_number(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);
    GType type = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : 0;
    return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_double(node) : NAN;
}

gboolean report_flag(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) &&
           json_node_get_value_type(node) == G_TYPE_BOOLEAN && json_node_get_boolean(node);
}

static gint64 whole(double number)
{
    return isfinite(number) && fabs(number) < 9e15 ? (gint64)number : 0;
}

JsonArray *report_array(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);
    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

/* Calls `take` for each object of an array. */
static void each(JsonObject *object, const char *name, void (*take)(JsonObject *, void *),
                 void *data)
{
    JsonArray *array = report_array(object, name);
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        if (JSON_NODE_HOLDS_OBJECT(node))
            take(json_node_get_object(node), data);
    }
}

/* --- phases, steps, answers */

static void step_free(void *data)
{
    struct report_step *step = data;
    char *texts[] = {step->name,     step->kind,         step->title,    step->state,
                     step->locks,    step->undo,         step->loses,    step->error,
                     step->sqlstate, step->error_detail, step->evidence, step->gate};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_free(step);
}

static void step_take(JsonObject *object, void *data)
{
    struct report_step *step = g_new0(struct report_step, 1);
    step->name = report_text(object, "name");
    step->kind = report_text(object, "kind");
    step->title = report_text(object, "title");
    step->state = report_text(object, "state");
    step->locks = report_text(object, "locks");
    step->undo = report_text(object, "undo");
    step->loses = report_text(object, "loses");
    step->error = report_text(object, "error");
    step->sqlstate = report_text(object, "sqlstate");
    step->error_detail = report_text(object, "error_detail");
    step->evidence = report_text(object, "evidence");
    step->gate = report_text(object, "gate");
    step->irreversible = report_flag(object, "irreversible");
    step->attempts = (int)CLAMP(whole(report_number(object, "attempts")), 0, G_MAXINT);
    step->started = report_number(object, "started");
    step->finished = report_number(object, "finished");
    step->rows_total = report_number(object, "rows_total");
    step->rows_done = report_number(object, "rows_done");
    step->rows_changed = report_number(object, "rows_changed");
    g_ptr_array_add(data, step);
}

static void phase_free(void *data)
{
    struct report_phase *phase = data;
    g_free(phase->name);
    g_free(phase->state);
    g_free(phase->passed_by);
    g_ptr_array_unref(phase->steps);
    g_free(phase);
}

static void phase_take(JsonObject *object, void *data)
{
    struct report_phase *phase = g_new0(struct report_phase, 1);
    phase->name = report_text(object, "name");
    phase->state = report_text(object, "state");
    phase->passed_by = report_text(object, "passed_by");
    phase->started = report_number(object, "started");
    phase->finished = report_number(object, "finished");
    phase->steps = g_ptr_array_new_with_free_func(step_free);
    each(object, "steps", step_take, phase->steps);
    g_ptr_array_add(data, phase);
}

static void answer_free(void *data)
{
    struct report_answer *answer = data;
    g_free(answer->step);
    g_free(answer->application);
    g_free(answer->by);
    g_free(answer->note);
    g_free(answer);
}

static void answer_take(JsonObject *object, void *data)
{
    struct report_answer *answer = g_new0(struct report_answer, 1);
    answer->step = report_text(object, "step");
    answer->application = report_text(object, "application");
    answer->by = report_text(object, "by");
    answer->note = report_text(object, "note");
    answer->reverse = report_flag(object, "reverse");
    answer->at = report_number(object, "at");
    g_ptr_array_add(data, answer);
}

/* --- events */

static void event_free(void *data)
{
    struct report_event *event = data;
    g_free(event->kind);
    g_free(event->who);
    g_free(event->os_user);
    g_free(event->client);
    g_free(event->text);
    g_free(event);
}

static char *text_or_nothing(JsonObject *object, const char *name)
{
    char *text = report_text(object, name);
    return text ? text : g_strdup("");
}

static void event_take(JsonObject *object, void *data)
{
    struct report_event *event = g_new0(struct report_event, 1);
    event->id = whole(report_number(object, "id"));
    event->at = report_number(object, "at");
    event->kind = text_or_nothing(object, "kind");
    event->who = text_or_nothing(object, "who");
    event->os_user = report_text(object, "os_user");
    event->client = report_text(object, "client");
    event->text = text_or_nothing(object, "text");
    if (isnan(event->at))
        event_free(event);
    else
        g_ptr_array_add(data, event);
}

void report_event_take(struct report *report, JsonObject *event)
{
    event_take(event, report->events);
}

/* --- the whole */

static void guard_free(void *data)
{
    struct report_guard *guard = data;
    g_free(guard->name);
    g_free(guard->unit);
    g_free(guard->unwatched);
    g_array_unref(guard->limits);
    g_free(guard);
}

static void series_free(void *data)
{
    struct report_series *series = data;
    g_free(series->key);
    g_array_unref(series->points);
    g_free(series);
}

static struct report *report_new(void)
{
    struct report *report = g_new0(struct report, 1);
    report->phases = g_ptr_array_new_with_free_func(phase_free);
    report->answers = g_ptr_array_new_with_free_func(answer_free);
    report->events = g_ptr_array_new_with_free_func(event_free);
    report->spans = g_ptr_array_new_with_free_func(report_span_free);
    report->series = g_ptr_array_new_with_free_func(series_free);
    report->guards = g_ptr_array_new_with_free_func(guard_free);
    report->second_from = report->readings_from = report->readings_last = report->readings_to = NAN;
    return report;
}

void report_free(struct report *report)
{
    if (!report)
        return;
    char *texts[] = {report->database,    report->server_version, report->name,
                     report->title,       report->owner,          report->contact,
                     report->ticket,      report->state,          report->phase,
                     report->step,        report->abort_to,       report->schema,
                     report->loaded_by,   report->started_by,     report->plan_text,
                     report->plan_sha256, report->unfilled};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_strfreev(report->tables);
    GPtrArray *lists[] = {report->phases, report->answers, report->events,
                          report->spans,  report->series,  report->guards};
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        g_ptr_array_unref(lists[i]);
    g_clear_pointer(&report->checklist, json_node_unref);
    g_free(report);
}

static void facts_take(struct report *report, JsonObject *object)
{
    report->at = report_number(object, "at");
    report->database = report_text(object, "database");
    report->server_version = report_text(object, "server_version");
    report->name = text_or_nothing(object, "name");
    report->title = report_text(object, "title");
    report->owner = report_text(object, "owner");
    report->contact = report_text(object, "contact");
    report->ticket = report_text(object, "ticket");
    report->state = text_or_nothing(object, "state");
    report->phase = report_text(object, "phase");
    report->step = report_text(object, "step");
    report->abort_to = report_text(object, "abort_to");
    report->schema = report_text(object, "schema");
    report->loaded_by = report_text(object, "loaded_by");
    report->started_by = report_text(object, "started_by");
    report->plan_text = text_or_nothing(object, "plan_text");
    report->plan_sha256 = text_or_nothing(object, "plan_sha256");
    report->unfilled = report_text(object, "unfilled");
    report->two_person = report_flag(object, "two_person");
    report->engine_alive = report_flag(object, "engine_alive");
    report->loaded_at = report_number(object, "loaded_at");
    report->finished_at = report_number(object, "finished_at");
    report->events_total = whole(report_number(object, "events_total"));
}

static char **texts_take(JsonObject *object, const char *name)
{
    GStrvBuilder *builder = g_strv_builder_new();
    JsonArray *array = report_array(object, name);
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
            g_strv_builder_add(builder, json_node_get_string(node));
    }
    char **texts = g_strv_builder_end(builder);
    g_strv_builder_unref(builder);
    return texts;
}

void report_finish(struct report *report)
{
    g_ptr_array_set_size(report->spans, 0);
    report_spans_find(report);
    report_series_sort(report);
}

struct report *report_take(JsonObject *object, GError **error)
{
    if (report_number(object, "pgrollout_report") != 1 || isnan(report_number(object, "at")) ||
        isnan(report_number(object, "loaded_at"))) {
        rollout_fail(error, ROLLOUT_ERROR_BUG, "this is no report of a kind that is known here");
        return NULL;
    }
    struct report *report = report_new();
    facts_take(report, object);
    report->tables = texts_take(object, "tables");
    each(object, "phases", phase_take, report->phases);
    each(object, "answers", answer_take, report->answers);
    each(object, "events", event_take, report->events);
    if (report_array(object, "checklist"))
        report->checklist = json_node_copy(json_object_get_member(object, "checklist"));
    report_readings_take(report, report_array(object, "readings"));
    report->from = report->loaded_at;
    report->to = isnan(report->finished_at) ? report->at : report->finished_at;
    report->to = MAX(report->to, report->from + 1);
    report_finish(report);
    return report;
}

struct report *report_parse(const char *json, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!json_parser_load_from_data(parser, json, -1, error))
        return NULL;
    JsonNode *root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        rollout_fail(error, ROLLOUT_ERROR_BUG, "a report is an object");
        return NULL;
    }
    return report_take(json_node_get_object(root), error);
}

/* Kinds of steps that read or write a table's rows. */
static gboolean is_work(const struct report_step *step)
{
    static const char *const kinds[] = {"backfill",   "verify",   "index",
                                        "constraint", "not_null", NULL};
    return step->kind && g_strv_contains(kinds, step->kind) && !isnan(step->started);
}

gboolean report_work(const struct report *report, double *from, double *to)
{
    *from = INFINITY;
    *to = -INFINITY;
    for (guint i = 0; i < report->phases->len; i++) {
        const struct report_phase *phase = report->phases->pdata[i];
        for (guint j = 0; j < phase->steps->len; j++) {
            const struct report_step *step = phase->steps->pdata[j];
            if (!is_work(step))
                continue;
            *from = MIN(*from, step->started);
            *to = MAX(*to, isnan(step->finished) ? report->to : step->finished);
        }
    }
    return *from < *to;
}
