/* The `phases:` of a plan: each step is a mapping with one kind, its keys and those of every step.
 */
#include "config.h"
#include "plan/kinds-private.h"

#include <string.h>

#define STEPS_MAX 1000
#define STEP(member) G_STRUCT_OFFSET(struct plan_step, member)

static void read_step_name(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    if (name_is_valid(text, "-_")) {
        *(char **)slot = g_strdup(text);
        return;
    }
    g_autofree char *shown = report_clip(text);
    report_error(&reader->report, value->at,
                 "\"%s\" is not a name for a step: [a-z0-9][a-z0-9_-]*, at most 63", shown);
}

const struct field step_fields[] = {
    {"name", read_step_name, STEP(name), 0, 0},
    {"lock_timeout", read_duration, STEP(lock_timeout_us), 0, 0},
    {"statement_timeout", read_duration, STEP(statement_timeout_us), 0, 0},
    {NULL, NULL, 0, 0, 0},
};

static enum plan_kind kind_parse(const char *name)
{
    enum plan_kind kind = KIND_SQL;
    while (kind < KIND_COUNT && strcmp(plan_kind_name(kind), name) != 0)
        kind++;
    return kind;
}

static gboolean is_kind_word(const char *name)
{
    return kind_parse(name) < KIND_COUNT || g_strv_contains(later_kinds, name);
}

/* Keys that stand beside some kind. */
static gboolean is_beside_word(const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    fields_names(step_fields, names);
    for (int i = 0; i < KIND_COUNT; i++)
        fields_names(kinds[i].beside, names);
    return g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL);
}

/* The step's kind key; NULL (reported) unless there is exactly one. */
static const struct node *kind_key_find(struct reader *reader, const struct node *step)
{
    const struct node *found = NULL, *stranger = NULL;
    for (guint i = 0; i < step->keys->len; i++) {
        const struct node *key = g_ptr_array_index(step->keys, i);
        if (is_kind_word(key->text)) {
            if (found) {
                report_error(&reader->report, key->at,
                             "\"%s\" and \"%s\" in one step: a step has one kind", found->text,
                             key->text);
                return NULL;
            }
            found = key;
        } else if (!stranger && !is_beside_word(key->text)) {
            stranger = key;
        }
    }
    if (found)
        return found;
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (int i = 0; i < KIND_COUNT; i++)
        g_ptr_array_add(known, (gpointer)plan_kind_name((enum plan_kind)i));
    for (const char *const *later = later_kinds; *later; later++)
        g_ptr_array_add(known, (gpointer)*later);
    if (stranger)
        unknown_report(&reader->report, stranger, "step kind", known);
    else
        report_error(&reader->report, step->at, "a step needs a kind, such as add_column");
    return NULL;
}

static void beside_read(struct reader *reader, struct plan_step *step, const struct node *key,
                        const struct node *value)
{
    const struct field *own = kinds[step->kind].beside;
    if (field_read_one(reader, step_fields, key, value, step) ||
        field_read_one(reader, own, key, value, step))
        return;
    if (is_beside_word(key->text)) {
        report_error(&reader->report, key->at, "\"%s\" does not belong to a step of kind \"%s\"",
                     key->text, plan_kind_name(step->kind));
        return;
    }
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    fields_names(step_fields, known);
    fields_names(own, known);
    unknown_report(&reader->report, key, "key", known);
}

static void kind_value_read(struct reader *reader, struct plan_step *step, const struct node *value)
{
    const struct kind *kind = &kinds[step->kind];
    const char *name = plan_kind_name(step->kind);
    if (kind->mapping && (value->type == NODE_MAPPING || !kind->scalar)) {
        fields_read(reader, value, kind->mapping, name, step);
    } else {
        kind->scalar(reader, value, (char *)step + kind->offset);
        *(struct plan_place *)((char *)step + kind->place) = value->at;
    }
}

static void step_defaults_set(struct plan_step *step)
{
    step->batch = (struct plan_batch){.start = 500, .min = 10, .max = 50000, .target_us = 10000};
    step->rest = 1.0;
}

static void step_read(struct reader *reader, enum plan_phase phase, const struct node *node)
{
    if (node->type == NODE_BROKEN)
        return;
    if (node->type != NODE_MAPPING) {
        report_error(&reader->report, node->at, "a step must be a mapping, not %s",
                     node_type_name(node->type));
        return;
    }
    const struct node *kind_key = kind_key_find(reader, node);
    if (!kind_key)
        return;
    if (kind_parse(kind_key->text) == KIND_COUNT) {
        report_error(&reader->report, kind_key->at,
                     "step kind \"%s\" is not supported by this version", kind_key->text);
        return;
    }
    if (reader->plan->steps->len == STEPS_MAX) {
        report_error(&reader->report, node->at, "more than %d steps: that is no plan", STEPS_MAX);
        return;
    }
    struct plan_step *step = plan_step_add(reader->plan);
    step->phase = phase;
    step->kind = kind_parse(kind_key->text);
    step->line = node->at.line;
    step->column = node->at.column;
    if (step->kind == KIND_BACKFILL)
        step_defaults_set(step);
    for (guint i = 0; i < node->keys->len; i++) {
        const struct node *key = g_ptr_array_index(node->keys, i);
        const struct node *value = g_ptr_array_index(node->items, i);
        if (key == kind_key)
            kind_value_read(reader, step, value);
        else
            beside_read(reader, step, key, value);
    }
}

static void phase_read(struct reader *reader, const struct node *key, const struct node *value,
                       enum plan_phase *last)
{
    enum plan_phase phase = plan_phase_parse(key->text);
    if (phase == PHASE_COUNT) {
        g_autoptr(GPtrArray) known = g_ptr_array_new();
        for (int i = 0; i < PHASE_COUNT; i++)
            g_ptr_array_add(known, (gpointer)plan_phase_name((enum plan_phase)i));
        unknown_report(&reader->report, key, "phase", known);
        return;
    }
    if (phase < *last)
        report_error(&reader->report, key->at, "phase \"%s\" comes before \"%s\": put it there",
                     key->text, plan_phase_name(*last));
    *last = MAX(*last, phase);
    if (value->type == NODE_BROKEN)
        return;
    if (value->type != NODE_SEQUENCE || value->items->len == 0) {
        report_error(&reader->report, value->at,
                     "phase \"%s\" must be a list of steps: leave it out when it has none",
                     key->text);
        return;
    }
    for (guint i = 0; i < value->items->len; i++)
        step_read(reader, phase, g_ptr_array_index(value->items, i));
}

void steps_read(struct reader *reader, const struct node *phases)
{
    enum plan_phase last = PHASE_EXPAND;
    if (phases->type == NODE_BROKEN)
        return;
    if (phases->type != NODE_MAPPING || phases->items->len == 0) {
        report_error(&reader->report, phases->at,
                     "phases must be a mapping of phases to lists of steps");
        return;
    }
    for (guint i = 0; i < phases->items->len; i++)
        phase_read(reader, g_ptr_array_index(phases->keys, i), g_ptr_array_index(phases->items, i),
                   &last);
}
