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
    if (strlen(text) <= 63) /* a wrong one too: others may speak of the step by it */
        *(char **)slot = g_strdup(text);
    if (name_is_valid(text, "-_"))
        return;
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
    return kind_parse(name) < KIND_COUNT;
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

/* Where steps are read. */
struct place {
    enum plan_phase phase;
    gboolean unsure; /* the phase's name is unknown */
};

/* Nothing may be said any more about what the plan lacks. */
static void steps_doubt(struct reader *reader)
{
    reader->plan->unsure = ~0U;
}

static GPtrArray *kind_words(void)
{
    GPtrArray *known = g_ptr_array_new();
    for (int i = 0; i < KIND_COUNT; i++)
        g_ptr_array_add(known, (gpointer)plan_kind_name((enum plan_kind)i));
    return known;
}

static gboolean has_kind(const struct node *step)
{
    for (guint i = 0; i < step->keys->len; i++)
        if (is_kind_word(((struct node *)g_ptr_array_index(step->keys, i))->text))
            return TRUE;
    return FALSE;
}

/* Makes sure that a key of the step is its kind; FALSE (reported): none is. Of several strangers the
 * one most like a kind is taken for it. */
static gboolean kind_mend(struct reader *reader, const struct node *step)
{
    if (has_kind(step))
        return TRUE;
    g_autoptr(GPtrArray) known = kind_words();
    struct node *stranger = NULL;
    const char *meant = NULL;
    for (guint i = 0; i < step->keys->len && !meant; i++) {
        struct node *key = g_ptr_array_index(step->keys, i);
        meant = word_meant(key->text, known);
        if (meant || (!stranger && !is_beside_word(key->text)))
            stranger = key;
    }
    if (stranger)
        unknown_report(&reader->report, stranger, "step kind", known);
    else if (!step->open)
        report_error(&reader->report, step->at, "a step needs a kind, such as add_column");
    if (!meant)
        return FALSE;
    g_free(stranger->text);
    stranger->text = g_strdup(meant);
    return TRUE;
}

/* Sorts the keys of a step into those below its kind and those beside it; one that stands at the
 * wrong depth is reported and put where it belongs. */
static void keys_sort(struct reader *reader, const struct node *part, const struct node *kind_key,
                      const struct kind *kind, struct node *below, struct node *beside)
{
    const struct node *value = node_find(part, kind_key->text);
    gboolean strays = FALSE, nested = kind->mapping && value->type == NODE_MAPPING;
    for (guint i = 0; nested && i < value->keys->len; i++) {
        const struct node *key = g_ptr_array_index(value->keys, i);
        gboolean lost =
            key_counts(key) && !fields_have(kind->mapping, key->text) &&
            (fields_have(step_fields, key->text) || fields_have(kind->beside, key->text)) &&
            !node_find(part, key->text);
        if (lost)
            report_error(&reader->report, key->at,
                         "\"%s\" belongs beside \"%s\", not below it: begin it in column %d",
                         key->text, kind_key->text, kind_key->at.column);
        pairs_add(lost ? beside : below, value, i);
    }
    for (guint i = 0; i < part->keys->len; i++) {
        const struct node *key = g_ptr_array_index(part->keys, i);
        gboolean lost = (nested || (kind->mapping && node_is_empty(value))) &&
                        !fields_have(step_fields, key->text) &&
                        !fields_have(kind->beside, key->text) &&
                        fields_have(kind->mapping, key->text) && !node_find(below, key->text);
        if (lost && !strays)
            report_error(&reader->report, key->at,
                         "\"%s\" belongs below \"%s\", not beside it: indent it deeper than "
                         "column %d",
                         key->text, kind_key->text, kind_key->at.column);
        strays = strays || lost;
        if (key != kind_key)
            pairs_add(lost ? below : beside, part, i);
    }
}

static void below_read(struct reader *reader, struct plan_step *step, const struct node *value,
                       const struct node *below)
{
    const struct kind *kind = &kinds[step->kind];
    gboolean mapping = value->type == NODE_MAPPING || below->keys->len > 0;
    if (kind->mapping && (mapping || !kind->scalar)) {
        fields_read(reader, mapping ? below : value, kind->mapping, plan_kind_name(step->kind),
                    step);
    } else {
        kind->scalar(reader, value, (char *)step + kind->offset);
        *(struct plan_place *)((char *)step + kind->place) = value->at;
    }
}

/* Keys that stand beside the kind: those of every step, its own, and others (reported). */
static void beside_read(struct reader *reader, struct plan_step *step, const struct node *beside)
{
    const struct field *own = kinds[step->kind].beside;
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    fields_names(step_fields, known);
    fields_names(own, known);
    for (guint i = 0; i < beside->keys->len; i++) {
        struct node *key = g_ptr_array_index(beside->keys, i);
        if (key->again || fields_have(step_fields, key->text) || fields_have(own, key->text) ||
            !is_beside_word(key->text))
            continue;
        report_error(&reader->report, key->at, "\"%s\" does not belong to a step of kind \"%s\"",
                     key->text, plan_kind_name(step->kind));
        key->type = NODE_BROKEN;
    }
    keys_mend(reader, beside, known);
    for (guint i = 0; i < beside->keys->len; i++) {
        const struct node *key = g_ptr_array_index(beside->keys, i);
        const struct node *value = g_ptr_array_index(beside->items, i);
        if (key_counts(key) && !field_read_one(reader, step_fields, key, value, step))
            field_read_one(reader, own, key, value, step);
    }
}

/* What a step must have beside its kind. */
static void beside_check(struct reader *reader, const struct plan_step *step,
                         const struct node *below, const struct node *beside)
{
    struct report *report = &reader->report;
    gboolean named = step->kind == KIND_CHECK || step->kind == KIND_CONFIRM;
    const char *kind = plan_kind_name(step->kind);
    if (beside->open)
        return;
    if (named && !node_find(beside, "name"))
        report_error(report, beside->at, "a %s step needs a name: add \"name:\" beside \"%s\"",
                     kind, kind);
    if (step->kind == KIND_CHECK && !node_find(beside, "expect") && !node_find(below, "expect"))
        report_error(report, beside->at, "a check step needs \"expect\"");
    const struct node *says = node_find(beside, "irreversible");
    gboolean denied = !says || (says->type == NODE_SCALAR && strcmp(says->text, "false") == 0);
    if (step->kind == KIND_SQL && !node_find(beside, "undo") && denied)
        report_error(report, beside->at, "a sql step needs \"undo\", or \"irreversible: true\"");
}

static void step_defaults_set(struct plan_step *step)
{
    step->coverage = 0.95;
    if (step->kind != KIND_BACKFILL)
        return;
    step->workers = 1;
    step->quarantine = 1000;
    step->batch = (struct plan_batch){.start = 500, .min = 10, .max = 50000, .target_us = 10000};
    step->rest = 1.0;
}

static void step_fill(struct reader *reader, struct plan_step *step, const struct node *part,
                      const struct node *kind_key)
{
    const struct node *value = node_find(part, kind_key->text);
    struct node below = pairs_new(value->at, value->open || (node_is_empty(value) && part->open));
    struct node beside = pairs_new(part->at, part->open);
    step->at_kind = value->at;
    keys_sort(reader, part, kind_key, &kinds[step->kind], &below, &beside);
    below_read(reader, step, value, &below);
    beside_read(reader, step, &beside);
    beside_check(reader, step, &below, &beside);
    check_shape(reader, step, &below);
    pairs_clear(&below);
    pairs_clear(&beside);
}

/* One step: pairs with exactly one kind key among them. */
static void part_read(struct reader *reader, struct place place, const struct node *part,
                      const struct node *kind_key)
{
    struct plan *plan = reader->plan;
    guint errors = reader->report.errors;
    if (g_strv_contains(later_kinds, kind_key->text)) {
        report_error(&reader->report, kind_key->at,
                     "step kind \"%s\" is not supported by this version", kind_key->text);
        steps_doubt(reader);
        return;
    }
    if (plan->steps->len == STEPS_MAX) {
        report_error(&reader->report, part->at, "more than %d steps: that is no plan", STEPS_MAX);
        return;
    }
    struct plan_step *step = plan_step_add(plan);
    step->phase = place.phase;
    step->phase_unsure = place.unsure;
    step->kind = kind_parse(kind_key->text);
    step->line = part->at.line;
    step->column = part->at.column;
    step_defaults_set(step);
    step_fill(reader, step, part, kind_key);
    if (errors != reader->report.errors)
        plan->unsure |= 1U << step->kind;
}

/* The keys of the next part are read as in a step of their own. */
static void part_open(struct node *part, struct node *key)
{
    key->again = FALSE;
    part->at = key->at;
    g_ptr_array_set_size(part->keys, 0);
    g_ptr_array_set_size(part->items, 0);
}

/* Reads a mapping as one step, or as several where it has several kinds (reported unless `listed`:
 * a mapping in the place of the list). */
static void step_split(struct reader *reader, struct place place, const struct node *node,
                       gboolean listed)
{
    const struct node *kind_key = NULL;
    struct node part = pairs_new(node->at, FALSE);
    for (guint i = 0; i < node->keys->len; i++) {
        struct node *key = g_ptr_array_index(node->keys, i);
        gboolean is_kind = is_kind_word(key->text);
        if (is_kind && kind_key) {
            if (!listed && !key->again)
                report_error(&reader->report, key->at,
                             "\"%s\" and \"%s\" in one step: a step has one kind, begin the next "
                             "one with \"- \"",
                             kind_key->text, key->text);
            part_read(reader, place, &part, kind_key);
            part_open(&part, key);
        } else if (key->again && !node_find(&part, key->text)) {
            key->again = FALSE;
        }
        kind_key = is_kind ? key : kind_key;
        pairs_add(&part, node, i);
    }
    part.open = node->open;
    part_read(reader, place, &part, kind_key);
    pairs_clear(&part);
}

/* "- analyze users": the colon is missing. */
static void step_text_report(struct reader *reader, const struct node *node)
{
    g_autofree char *word = g_strndup(node->text, strcspn(node->text, " \t\n"));
    enum plan_kind kind = kind_parse(word);
    if (kind < KIND_COUNT)
        reader->plan->unsure |= 1U << kind;
    else
        steps_doubt(reader);
    if (is_kind_word(word))
        report_error(&reader->report, node->at,
                     "a step must be a mapping, not text: a \":\" is missing behind \"%s\"", word);
    else
        report_error(&reader->report, node->at, "a step must be a mapping, not text");
}

static void step_read(struct reader *reader, struct place place, const struct node *node)
{
    if (node->type == NODE_MAPPING && kind_mend(reader, node)) {
        step_split(reader, place, node, FALSE);
        return;
    }
    if (node->type == NODE_SCALAR) {
        step_text_report(reader, node);
        return;
    }
    steps_doubt(reader);
    if (node->type == NODE_SEQUENCE)
        report_error(&reader->report, node->at, "a step must be a mapping, not a list");
}

/* "expand: {analyze: t}", or "-analyze: t" below it: steps that make no list. */
static void steps_mapping_read(struct reader *reader, struct place place, const struct node *phase,
                               const struct node *steps)
{
    gboolean glued = FALSE;
    for (guint i = 0; i < steps->keys->len; i++) {
        struct node *key = g_ptr_array_index(steps->keys, i);
        if (*key->text == '-') {
            g_autofree char *text = key->text;
            key->text = g_strdup(text + 1);
            glued = TRUE;
        }
    }
    report_error(&reader->report, steps->at,
                 glued ? "phase \"%s\" must be a list of steps: a blank is missing behind \"-\""
                       : "phase \"%s\" must be a list of steps: begin each with \"- \"",
                 phase->text);
    if (has_kind(steps))
        step_split(reader, place, steps, TRUE);
    else
        steps_doubt(reader);
}

static void phase_steps_read(struct reader *reader, struct place place, const struct node *key,
                             const struct node *value)
{
    if (value->type == NODE_BROKEN) {
        steps_doubt(reader);
    } else if (value->type == NODE_MAPPING && value->items->len > 0) {
        steps_mapping_read(reader, place, key, value);
    } else if (value->type != NODE_SEQUENCE || (value->items->len == 0 && !value->open)) {
        if (!node_is_empty(value))
            steps_doubt(reader);
        report_error(&reader->report, value->at,
                     "phase \"%s\" must be a list of steps: leave it out when it has none",
                     key->text);
    } else {
        for (guint i = 0; i < value->items->len; i++)
            step_read(reader, place, g_ptr_array_index(value->items, i));
    }
}

static void phase_read(struct reader *reader, const struct node *key, const struct node *value,
                       enum plan_phase *last)
{
    struct place place = {plan_phase_parse(key->text), FALSE};
    if (place.phase == PHASE_COUNT) {
        g_autoptr(GPtrArray) known = g_ptr_array_new();
        for (int i = 0; i < PHASE_COUNT; i++)
            g_ptr_array_add(known, (gpointer)plan_phase_name((enum plan_phase)i));
        if (!key->again)
            unknown_report(&reader->report, key, "phase", known);
        const char *meant = word_meant(key->text, known);
        place.unsure = !meant;
        place.phase = meant ? plan_phase_parse(meant) : *last;
    }
    if (place.phase < *last && !key->again)
        report_error(&reader->report, key->at, "phase \"%s\" comes before \"%s\": put it there",
                     plan_phase_name(place.phase), plan_phase_name(*last));
    *last = MAX(*last, place.phase);
    phase_steps_read(reader, place, key, value);
}

/* In the order in which they run, which is not that of the file where its phases are mixed up. */
static gint step_compare(gconstpointer a, gconstpointer b)
{
    const struct plan_step *x = *(struct plan_step *const *)a;
    const struct plan_step *y = *(struct plan_step *const *)b;
    if (x->phase != y->phase)
        return x->phase < y->phase ? -1 : 1;
    return x->line != y->line ? x->line - y->line : x->column - y->column;
}

void steps_read(struct reader *reader, const struct node *phases)
{
    enum plan_phase last = PHASE_EXPAND;
    struct node pairs;
    if (!pairs_read(reader, phases, "phases must be a mapping of phases to lists of steps", &pairs))
        return;
    for (guint i = 0; i < pairs.items->len; i++)
        phase_read(reader, g_ptr_array_index(pairs.keys, i), g_ptr_array_index(pairs.items, i),
                   &last);
    pairs_clear(&pairs);
    g_ptr_array_sort(reader->plan->steps, step_compare);
}
