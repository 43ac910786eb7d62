/* Reading a recording: line by line, strictly. */
#include "config.h"
#include "pgrollout/report/recording.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/error.h"
#include "report/report-private.h"

#define LINE_MOST (16 * 1024 * 1024) /* of bytes; the first one carries the plan */
#define DEPTH_MOST 32                /* json-glib's parser calls itself */
#define LATEST 253402300799.0        /* the year 9999 */

struct reader {
    struct report *report; /* NULL: the first line was not read yet */
    guint line;
    double at; /* of the line before */
    gint64 events, readings;
    gboolean ended;
};

static gboolean wrong(const struct reader *reader, GError **error, const char *what)
{
    return rollout_fail(error, ROLLOUT_ERROR_USAGE, "line %u: %s", reader->line, what);
}

/* How deep brackets are nested, outside texts. */
static int depth_of(const char *line, gsize length)
{
    int depth = 0, most = 0;
    gboolean quoted = FALSE;
    for (gsize i = 0; i < length; i++) {
        char c = line[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            most = MAX(most, ++depth);
        else if (!quoted && (c == '}' || c == ']'))
            depth--;
    }
    return most;
}

static gboolean time_ok(const struct reader *reader, double at, GError **error)
{
    if (!(at >= 0 && at <= LATEST))
        return wrong(reader, error, "it has no time that a calendar knows");
    if (at < reader->at)
        return wrong(reader, error, "it is older than the line before");
    return TRUE;
}

static gboolean first_take(struct reader *reader, JsonObject *object, GError **error)
{
    double version = report_number(object, "pgrollout_recording");
    if (isnan(version))
        return wrong(reader, error,
                     "this is no recording: its first line has no \"pgrollout_recording\"");
    if (version != 1)
        return wrong(reader, error, "a recording of a newer kind than this pgrollout knows");
    double loaded = report_number(object, "loaded_at"), at = report_number(object, "at");
    double finished = report_number(object, "finished_at");
    if (!(loaded >= 0 && at >= loaded && at <= LATEST) || finished < loaded || finished > LATEST)
        return wrong(reader, error, "its times are no times");
    json_object_set_int_member(object, "pgrollout_report", 1);
    json_object_remove_member(object, "events");
    json_object_remove_member(object, "readings");
    reader->report = report_take(object, error);
    return reader->report != NULL;
}

static gboolean event_take(struct reader *reader, JsonNode *node, GError **error)
{
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    if (!object || !time_ok(reader, report_number(object, "at"), error))
        return object ? FALSE : wrong(reader, error, "its event is none");
    reader->at = report_number(object, "at");
    reader->events++;
    report_event_take(reader->report, object);
    return TRUE;
}

static gboolean reading_take(struct reader *reader, JsonNode *node, GError **error)
{
    JsonArray *parts = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    JsonNode *first =
        parts && json_array_get_length(parts) == 4 ? json_array_get_element(parts, 0) : NULL;
    double at = first ? report_node_number(first) : NAN;
    if (!time_ok(reader, at, error))
        return FALSE;
    if (!report_reading_take(reader->report, node))
        return wrong(reader, error, "its reading is none, or not newer than the one before");
    reader->at = at;
    reader->readings++;
    return TRUE;
}

static gboolean end_take(struct reader *reader, JsonNode *node, GError **error)
{
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    if (!object || report_number(object, "events") != (double)reader->events ||
        report_number(object, "readings") != (double)reader->readings)
        return wrong(reader, error,
                     "some of it is missing: there are not as many lines as its end says");
    reader->ended = TRUE;
    return TRUE;
}

static gboolean object_take(struct reader *reader, JsonObject *object, GError **error)
{
    JsonNode *node;
    if (!reader->report)
        return first_take(reader, object, error);
    if ((node = json_object_get_member(object, "event")))
        return event_take(reader, node, error);
    if ((node = json_object_get_member(object, "reading")))
        return reading_take(reader, node, error);
    if ((node = json_object_get_member(object, "end")))
        return end_take(reader, node, error);
    return wrong(reader, error, "neither an event nor a reading nor the end");
}

static gboolean line_take(struct reader *reader, const char *line, gsize length, GError **error)
{
    reader->line++;
    if (reader->ended)
        return wrong(reader, error, "there is more behind its end");
    if (length > LINE_MOST)
        return wrong(reader, error, "it is too long");
    if (!g_utf8_validate(line, (gssize)length, NULL))
        return wrong(reader, error, "it is not UTF-8");
    if (depth_of(line, length) > DEPTH_MOST)
        return wrong(reader, error, "it is nested too deeply");
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonNode *root = json_parser_load_from_data(parser, line, (gssize)length, NULL)
                         ? json_parser_get_root(parser)
                         : NULL;
    if (!root || !JSON_NODE_HOLDS_OBJECT(root))
        return wrong(reader, error, "it is no object in JSON");
    return object_take(reader, json_node_get_object(root), error);
}

struct report *recording_parse(const char *text, gsize length, GError **error)
{
    struct reader reader = {.at = 0};
    gboolean good = TRUE;
    for (gsize from = 0; good && from < length;) {
        const char *end = memchr(text + from, '\n', length - from);
        gsize n = end ? (gsize)(end - text) - from : length - from;
        good = line_take(&reader, text + from, n, error);
        from += n + 1;
    }
    if (good && !reader.ended) {
        good = reader.line == 0
                   ? rollout_fail(error, ROLLOUT_ERROR_USAGE, "it is empty")
                   : rollout_fail(error, ROLLOUT_ERROR_USAGE,
                                  "it is cut off behind line %u: its end is missing", reader.line);
    }
    if (good) {
        report_finish(reader.report);
        return reader.report;
    }
    report_free(reader.report);
    return NULL;
}
