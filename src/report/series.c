/* Readings as series over time, and what they say. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "report/report-private.h"

#define SERIES_MAX 200 /* names of replicas are foreign: there is an end to what is drawn */
#define SPAN_MAX 86400.0

const struct report_series *report_series_find(const struct report *report, const char *key)
{
    for (guint i = 0; i < report->series->len; i++) {
        const struct report_series *series = report->series->pdata[i];
        if (strcmp(series->key, key) == 0)
            return series;
    }
    return NULL;
}

const struct report_guard *report_guard_find(const struct report *report, const char *name)
{
    for (guint i = 0; i < report->guards->len; i++) {
        const struct report_guard *guard = report->guards->pdata[i];
        if (strcmp(guard->name, name) == 0)
            return guard;
    }
    return NULL;
}

static struct report_series *series_of(struct report *report, const char *key)
{
    struct report_series *series = (struct report_series *)report_series_find(report, key);
    if (!series && report->series->len < SERIES_MAX) {
        series = g_new0(struct report_series, 1);
        series->key = g_strdup(key);
        series->points = g_array_new(FALSE, FALSE, sizeof(struct report_point));
        g_ptr_array_add(report->series, series);
    }
    return series;
}

double report_node_number(JsonNode *node)
{
    GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : 0;
    double number =
        type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_double(node) : NAN;
    return isfinite(number) ? number : NAN;
}

/* A number, or [least, mean, most]. */
static gboolean point_read(JsonNode *node, struct report_point *point)
{
    point->low = point->mean = point->high = report_node_number(node);
    if (JSON_NODE_HOLDS_ARRAY(node) && json_array_get_length(json_node_get_array(node)) == 3) {
        JsonArray *array = json_node_get_array(node);
        point->low = report_node_number(json_array_get_element(array, 0));
        point->mean = report_node_number(json_array_get_element(array, 1));
        point->high = report_node_number(json_array_get_element(array, 2));
    }
    return !isnan(point->low) && !isnan(point->mean) && !isnan(point->high);
}

static void values_take(struct report *report, JsonObject *values, double at, double span)
{
    JsonObjectIter iter;
    const char *key;
    JsonNode *node;
    json_object_iter_init(&iter, values);
    while (json_object_iter_next(&iter, &key, &node)) {
        struct report_point point = {.at = at, .span = span};
        struct report_series *series = point_read(node, &point) ? series_of(report, key) : NULL;
        if (series)
            g_array_append_val(series->points, point);
    }
}

static struct report_guard *guard_of(struct report *report, const char *name)
{
    struct report_guard *guard = (struct report_guard *)report_guard_find(report, name);
    if (!guard && report->guards->len < SERIES_MAX) {
        guard = g_new0(struct report_guard, 1);
        guard->name = g_strdup(name);
        guard->limits = g_array_new(FALSE, FALSE, sizeof(struct report_limit));
        g_ptr_array_add(report->guards, guard);
    }
    return guard;
}

static void limit_take(struct report *report, JsonObject *object, double at)
{
    g_autofree char *name = report_text(object, "name");
    struct report_guard *guard = name ? guard_of(report, name) : NULL;
    if (!guard)
        return;
    g_free(guard->unit);
    g_free(guard->unwatched);
    guard->unit = report_text(object, "unit");
    guard->unwatched = report_text(object, "unwatched");
    struct report_limit limit = {at, report_number(object, "pause"),
                                 report_number(object, "resume")};
    const struct report_limit *last = report_limit_at(guard, INFINITY);
    gboolean same = last &&
                    (last->pause == limit.pause || (isnan(last->pause) && isnan(limit.pause))) &&
                    (last->resume == limit.resume || (isnan(last->resume) && isnan(limit.resume)));
    if (!same)
        g_array_append_val(guard->limits, limit);
}

const struct report_limit *report_limit_at(const struct report_guard *guard, double at)
{
    const struct report_limit *found = NULL;
    for (guint i = 0; i < guard->limits->len; i++) {
        const struct report_limit *limit = &g_array_index(guard->limits, struct report_limit, i);
        if (!found || limit->at <= at)
            found = limit;
    }
    return found;
}

static void coverage_take(struct report *report, double at, double span)
{
    if (isnan(report->readings_from))
        report->readings_from = at;
    report->readings_last = at;
    report->readings_to = at + span;
    report->coarsest = MAX(report->coarsest, span);
    if (span > 1)
        report->second_from = NAN;
    else if (isnan(report->second_from))
        report->second_from = at;
}

gboolean report_reading_take(struct report *report, JsonNode *reading)
{
    JsonArray *parts = JSON_NODE_HOLDS_ARRAY(reading) ? json_node_get_array(reading) : NULL;
    if (!parts || json_array_get_length(parts) != 4 ||
        !JSON_NODE_HOLDS_OBJECT(json_array_get_element(parts, 2)))
        return FALSE;
    double at = report_node_number(json_array_get_element(parts, 0));
    double span = report_node_number(json_array_get_element(parts, 1));
    gboolean in_order = isnan(report->readings_last) || at > report->readings_last;
    if (isnan(at) || !(span > 0 && span <= SPAN_MAX) || !in_order)
        return FALSE;
    values_take(report, json_array_get_object_element(parts, 2), at, span);
    JsonNode *limits = json_array_get_element(parts, 3);
    for (guint i = 0;
         JSON_NODE_HOLDS_ARRAY(limits) && i < json_array_get_length(json_node_get_array(limits));
         i++) {
        JsonNode *limit = json_array_get_element(json_node_get_array(limits), i);
        if (JSON_NODE_HOLDS_OBJECT(limit))
            limit_take(report, json_node_get_object(limit), at);
    }
    coverage_take(report, at, span);
    return TRUE;
}

static gint compare_keys(gconstpointer a, gconstpointer b)
{
    const struct report_series *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}

void report_readings_take(struct report *report, JsonArray *readings)
{
    for (guint i = 0; readings && i < json_array_get_length(readings); i++)
        report_reading_take(report, json_array_get_element(readings, i));
}

void report_series_sort(struct report *report)
{
    g_ptr_array_sort(report->series, compare_keys);
}

const struct report_point *report_peak(const struct report_series *series, double from, double to)
{
    const struct report_point *peak = NULL;
    for (guint i = 0; series && i < series->points->len; i++) {
        const struct report_point *point = &g_array_index(series->points, struct report_point, i);
        if (point->at + point->span > from && point->at < to && (!peak || point->high > peak->high))
            peak = point;
    }
    return peak;
}
