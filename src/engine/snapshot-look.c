/* The documents of the looks behind the guards and the card. */
#include "config.h"
#include "pgrollout/engine/snapshot-look.h"

#include <math.h>
#include <string.h>

#include "snapshot-private.h"

#define BUCKET_MAX_S 3600

static const struct field limit_fields[] = {
    FIELD(snap_limit, FIELD_TEXT, guard),    FIELD(snap_limit, FIELD_TEXT, limit),
    FIELD(snap_limit, FIELD_NUMBER, value),  FIELD(snap_limit, FIELD_NUMBER, plan),
    FIELD(snap_limit, FIELD_TEXT, by),       FIELD(snap_limit, FIELD_TEXT, at),
    FIELD(snap_limit, FIELD_TEXT, why),      FIELD(snap_limit, FIELD_TEXT, until),
    FIELD(snap_limit, FIELD_NUMBER, left_s), {0},
};

static const struct field trip_fields[] = {
    FIELD(snap_event, FIELD_INT64, id),  FIELD(snap_event, FIELD_TEXT, when),
    FIELD(snap_event, FIELD_TEXT, who),  FIELD(snap_event, FIELD_TEXT, kind),
    FIELD(snap_event, FIELD_TEXT, text), {0},
};

static const struct field history_fields[] = {
    FIELD(snap_history, FIELD_TEXT, guard),
    {0},
};

static const struct field guards_fields[] = {
    FIELD(snap_guards, FIELD_TEXT, migration),
    FIELD(snap_guards, FIELD_INT, bucket_s),
    {0},
};

static const struct field card_line_fields[] = {
    FIELD(snap_card_line, FIELD_TEXT, kind),
    FIELD(snap_card_line, FIELD_TEXT, text),
    {0},
};

static const struct field card_fields[] = {
    FIELD(snap_card, FIELD_TEXT, migration),
    FIELD(snap_card, FIELD_TEXT, checked),
    FIELD(snap_card, FIELD_TEXT, closed),
    {0},
};

static const struct field check_fields[] = {
    FIELD(snap_check, FIELD_TEXT, list),
    FIELD(snap_check, FIELD_TEXT, item),
    FIELD(snap_check, FIELD_TEXT, words),
    FIELD(snap_check, FIELD_TEXT, state),
    FIELD(snap_check, FIELD_TEXT, by),
    FIELD(snap_check, FIELD_TEXT, evidence),
    FIELD(snap_check, FIELD_TEXT, at),
    FIELD(snap_check, FIELD_TEXT, note),
    {0},
};

static const struct field checklist_fields[] = {
    FIELD(snap_checklist, FIELD_TEXT, migration),
    {0},
};

PLAIN_ELEMENT(static, , check)
PLAIN_ELEMENT(static, , limit)
PLAIN_ELEMENT(static, , card_line)

static void *trip_read(JsonObject *object)
{
    struct snap_event *trip = g_new0(struct snap_event, 1);
    snap_fields_read(trip_fields, object, trip);
    const char *clock = trip->when ? strchr(trip->when, 'T') : NULL;
    trip->at = clock ? g_strndup(clock + 1, 8) : NULL;
    return trip;
}

static void trip_free(void *data)
{
    struct snap_event *trip = data;
    snap_fields_clear(trip_fields, trip);
    g_free(trip->at);
    g_free(trip);
}

static double value_of(JsonNode *node)
{
    GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_NONE;
    if (type == G_TYPE_INT64)
        return (double)json_node_get_int(node);
    return type == G_TYPE_DOUBLE ? json_node_get_double(node) : NAN;
}

static void *history_read(JsonObject *object)
{
    struct snap_history *history = g_new0(struct snap_history, 1);
    JsonNode *node = json_object_get_member(object, "values");
    JsonArray *values = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    snap_fields_read(history_fields, object, history);
    history->series.n = values ? json_array_get_length(values) : 0;
    history->series.values = g_new(double, history->series.n);
    for (guint i = 0; i < history->series.n; i++)
        history->series.values[i] = value_of(json_array_get_element(values, i));
    return history;
}

static void history_free(void *data)
{
    struct snap_history *history = data;
    snap_fields_clear(history_fields, history);
    g_free(history->series.values);
    g_free(history);
}

struct snap_guards *snap_guards_read(JsonObject *object)
{
    if (!object)
        return NULL;
    struct snap_guards *guards = g_new0(struct snap_guards, 1);
    snap_fields_read(guards_fields, object, guards);
    guards->bucket_s = CLAMP(guards->bucket_s, 1, BUCKET_MAX_S);
    guards->limits = snap_list_read(object, "limits", limit_read, limit_free);
    guards->trips = snap_list_read(object, "trips", trip_read, trip_free);
    guards->history = snap_list_read(object, "history", history_read, history_free);
    return guards;
}

void snap_guards_free(struct snap_guards *guards)
{
    if (!guards)
        return;
    snap_fields_clear(guards_fields, guards);
    g_ptr_array_unref(guards->limits);
    g_ptr_array_unref(guards->trips);
    g_ptr_array_unref(guards->history);
    g_free(guards);
}

const struct snap_history *snap_history_find(const struct snap_guards *guards, const char *guard)
{
    for (guint i = 0; guards && i < guards->history->len; i++) {
        const struct snap_history *history = guards->history->pdata[i];
        if (g_strcmp0(history->guard, guard) == 0)
            return history;
    }
    return NULL;
}

const struct snap_limit *snap_limit_find(const struct snap_guards *guards, const char *guard,
                                         const char *limit)
{
    for (guint i = 0; guards && i < guards->limits->len; i++) {
        const struct snap_limit *each = guards->limits->pdata[i];
        if (g_strcmp0(each->guard, guard) == 0 && g_strcmp0(each->limit, limit) == 0)
            return each;
    }
    return NULL;
}

struct snap_card *snap_card_read(JsonObject *object)
{
    if (!object)
        return NULL;
    struct snap_card *card = g_new0(struct snap_card, 1);
    snap_fields_read(card_fields, object, card);
    card->lines = snap_list_read(object, "lines", card_line_read, card_line_free);
    return card;
}

void snap_card_free(struct snap_card *card)
{
    if (!card)
        return;
    snap_fields_clear(card_fields, card);
    g_ptr_array_unref(card->lines);
    g_free(card);
}

struct snap_checklist *snap_checklist_read(JsonObject *object)
{
    if (!object)
        return NULL;
    struct snap_checklist *checklist = g_new0(struct snap_checklist, 1);
    snap_fields_read(checklist_fields, object, checklist);
    checklist->items = snap_list_read(object, "items", check_read, check_free);
    return checklist;
}

void snap_checklist_free(struct snap_checklist *checklist)
{
    if (!checklist)
        return;
    snap_fields_clear(checklist_fields, checklist);
    g_ptr_array_unref(checklist->items);
    g_free(checklist);
}
