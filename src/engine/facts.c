/* Reading engine_state(). */
#include "config.h"
#include "facts.h"

#include <math.h>

#include "pgrollout/base/error.h"
#include "pgrollout/engine/steps.h"

static char *text_of(JsonObject *object, const char *member)
{
    return g_strdup(json_object_get_string_member_with_default(object, member, NULL));
}

static double number_of(JsonObject *object, const char *member)
{
    JsonNode *node = json_object_get_member(object, member);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_double(node) : NAN;
}

static void step_free(void *data)
{
    struct step_facts *step = data;
    g_free(step->name);
    g_free(step->phase);
    g_free(step->kind);
    g_free(step->state);
    g_free(step->gate_by);
    json_object_unref(step->detail);
    g_free(step);
}

static void phase_free(void *data)
{
    struct phase_facts *phase = data;
    g_free(phase->name);
    g_free(phase->state);
    g_free(phase);
}

static void hold_free(void *data)
{
    struct hold_facts *hold = data;
    g_free(hold->kind);
    g_free(hold->key);
    g_free(hold->reason);
    g_free(hold);
}

void facts_free(struct facts *facts)
{
    if (!facts)
        return;
    g_free(facts->name);
    g_free(facts->state);
    g_free(facts->phase);
    g_free(facts->abort_to);
    g_free(facts->plan_sha256);
    g_free(facts->held);
    if (facts->takes)
        json_node_unref(facts->takes);
    g_ptr_array_unref(facts->phases);
    g_ptr_array_unref(facts->steps);
    g_ptr_array_unref(facts->holds);
    g_hash_table_unref(facts->settings);
    g_free(facts);
}

static void *step_read(JsonObject *object)
{
    struct step_facts *step = g_new0(struct step_facts, 1);
    step->name = text_of(object, "name");
    step->phase = text_of(object, "phase");
    step->kind = text_of(object, "kind");
    step->state = text_of(object, "state");
    step->irreversible = json_object_get_boolean_member_with_default(object, "irreversible", FALSE);
    step->gate_by = text_of(object, "gate_by");
    step->attempts = (int)json_object_get_int_member_with_default(object, "attempts", 0);
    step->age_s = number_of(object, "age_s");
    step->answered = json_object_get_boolean_member_with_default(object, "answered", FALSE);
    step->reread = json_object_get_boolean_member_with_default(object, "reread", FALSE);
    const struct step_class *class = step->kind ? step_class_named(step->kind) : NULL;
    step->by_evidence = class && class->worker == STEP_BY_EVIDENCE;
    step->detail = json_object_ref(json_object_get_object_member(object, "detail"));
    return step;
}

static void *phase_read(JsonObject *object)
{
    struct phase_facts *phase = g_new0(struct phase_facts, 1);
    phase->name = text_of(object, "name");
    phase->state = text_of(object, "state");
    return phase;
}

static void *hold_read(JsonObject *object)
{
    struct hold_facts *hold = g_new0(struct hold_facts, 1);
    hold->kind = text_of(object, "kind");
    hold->key = text_of(object, "key");
    hold->reason = text_of(object, "reason");
    hold->by_hand = json_object_get_boolean_member_with_default(object, "by_hand", FALSE);
    return hold;
}

static GPtrArray *read_array(JsonObject *object, const char *member, void *(*read)(JsonObject *),
                             GDestroyNotify free_item)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(free_item);
    JsonArray *array = json_object_get_array_member(object, member);
    for (guint i = 0; array && i < json_array_get_length(array); i++)
        g_ptr_array_add(items, read(json_array_get_object_element(array, i)));
    return items;
}

static void setting_read(JsonObject *object, const char *key, JsonNode *value, void *settings)
{
    (void)object;
    g_hash_table_insert(settings, g_strdup(key), g_strdup(json_node_get_string(value)));
}

static struct facts *facts_read(JsonObject *object)
{
    struct facts *facts = g_new0(struct facts, 1);
    facts->id = json_object_get_int_member(object, "id");
    facts->name = text_of(object, "name");
    facts->state = text_of(object, "state");
    facts->phase = text_of(object, "phase");
    facts->abort_to = text_of(object, "abort_to");
    facts->plan_sha256 = text_of(object, "plan_sha256");
    facts->held = text_of(object, "held");
    facts->contract_age_s = number_of(object, "contract_age_s");
    facts->contract_agreed =
        json_object_get_boolean_member_with_default(object, "contract_agreed", FALSE);
    facts->reverse_answered =
        json_object_get_boolean_member_with_default(object, "reverse_answered", FALSE);
    JsonNode *takes = json_object_get_member(object, "takes");
    if (takes && JSON_NODE_HOLDS_ARRAY(takes) && json_array_get_length(json_node_get_array(takes)))
        facts->takes = json_node_ref(takes);
    facts->phases = read_array(object, "phases", phase_read, phase_free);
    facts->steps = read_array(object, "steps", step_read, step_free);
    facts->holds = read_array(object, "holds", hold_read, hold_free);
    facts->settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    json_object_foreach_member(json_object_get_object_member(object, "settings"), setting_read,
                               facts->settings);
    return facts;
}

GPtrArray *facts_parse(const char *json, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) local = NULL;
    if (!json_parser_load_from_data(parser, json, -1, &local)) {
        rollout_fail(error, ROLLOUT_ERROR_BUG, "engine_state() is not JSON: %s", local->message);
        return NULL;
    }
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)facts_free);
    JsonArray *array = json_node_get_array(json_parser_get_root(parser));
    for (guint i = 0; i < json_array_get_length(array); i++)
        g_ptr_array_add(all, facts_read(json_array_get_object_element(array, i)));
    return all;
}

struct step_facts *facts_step(const struct facts *facts, const char *name)
{
    for (guint i = 0; i < facts->steps->len; i++) {
        struct step_facts *step = g_ptr_array_index(facts->steps, i);
        if (g_strcmp0(step->name, name) == 0)
            return step;
    }
    return NULL;
}

const struct hold_facts *facts_hold(const struct facts *facts, const char *kind, const char *key)
{
    for (guint i = 0; i < facts->holds->len; i++) {
        const struct hold_facts *hold = g_ptr_array_index(facts->holds, i);
        if (g_strcmp0(hold->kind, kind) == 0 && (!key || g_strcmp0(hold->key, key) == 0))
            return hold;
    }
    return NULL;
}

const char *step_facts_text(const struct step_facts *step, const char *member)
{
    return json_object_get_string_member_with_default(step->detail, member, NULL);
}

gint64 step_facts_int(const struct step_facts *step, const char *member)
{
    return json_object_get_int_member_with_default(step->detail, member, 0);
}
