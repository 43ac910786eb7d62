/* The `guards:` of a plan, laid over the defaults. */
#include "config.h"
#include "plan/fields-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/units.h"

#define GUARD(member) G_STRUCT_OFFSET(struct plan_guard, member)

enum guard_unit { UNIT_SECONDS, UNIT_COUNT, UNIT_RATIO, UNIT_NUMBER };

static const struct guard_default {
    const char *kind;
    enum guard_unit unit;
    double pause, resume;
} guard_defaults[] = {
    {"replication_lag", UNIT_SECONDS, 5, 2},
    {"lock_waiters", UNIT_COUNT, 3, 0},
    {"lock_wait", UNIT_SECONDS, 0.5, 0.1},
    {"query_latency", UNIT_RATIO, 2.0, 1.3},
    {"stall", UNIT_SECONDS, 300, 0},
    {"sql", UNIT_NUMBER, NAN, NAN}, /* one for each that the plan names */
};

static const struct guard_default *guard_default_find(const char *kind)
{
    for (gsize i = 0; i < G_N_ELEMENTS(guard_defaults); i++)
        if (strcmp(guard_defaults[i].kind, kind) == 0)
            return &guard_defaults[i];
    return NULL;
}

static enum guard_unit guard_unit(const struct plan_guard *guard)
{
    return guard_default_find(guard->kind)->unit;
}

static struct plan_guard *guard_add(struct plan *plan, const char *name,
                                    const struct guard_default *basis)
{
    struct plan_guard *guard = g_new0(struct plan_guard, 1);
    guard->name = g_strdup(name);
    guard->kind = g_strdup(basis->kind);
    guard->slow = guard->abort = NAN;
    guard->pause = basis->pause;
    guard->resume = basis->resume;
    guard->samples = 2;
    guard->every_us = G_USEC_PER_SEC;
    g_ptr_array_add(plan->guards, guard);
    return guard;
}

static void read_threshold(struct reader *reader, const struct plan_guard *guard,
                           const struct node *value, double *out)
{
    gint64 whole;
    GError *error = NULL;
    const char *text = scalar_text(reader, value);
    *out = NAN; /* until it is read: nothing is compared with it */
    if (!text)
        return;
    switch (guard_unit(guard)) {
    case UNIT_SECONDS:
        if (duration_parse(text, &whole, &error))
            *out = (double)whole / G_USEC_PER_SEC;
        break;
    case UNIT_COUNT:
        if (count_parse(text, 0, G_MAXINT, &whole, &error))
            *out = (double)whole;
        break;
    case UNIT_RATIO:
    case UNIT_NUMBER:
        number_parse(text, out, &error);
        break;
    }
    if (error)
        report_taken(reader, value, error);
}

static void read_pause(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    read_threshold(reader, guard, value, &guard->pause);
    if (guard->pause <= 0) {
        report_error(&reader->report, value->at, "\"pause\" must be above 0");
        guard->pause = NAN;
    }
}

static void read_resume(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    if (strcmp(guard->kind, "stall") == 0)
        report_error(&reader->report, value->at,
                     "a stall holds until an operator's resume: it has no such value");
    else
        read_threshold(reader, guard, value, &guard->resume);
}

static void read_slow(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    read_threshold(reader, guard, value, &guard->slow);
}

static void read_abort(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    read_threshold(reader, guard, value, &guard->abort);
}

static void read_samples(struct reader *reader, const struct node *value, gpointer slot)
{
    GError *error = NULL;
    gint64 samples = 0;
    const char *text = scalar_text(reader, value);
    if (text && !count_parse(text, 1, 1000, &samples, &error))
        report_taken(reader, value, error);
    else if (text)
        *(int *)slot = (int)samples;
}

static void read_every(struct reader *reader, const struct node *value, gpointer slot)
{
    gint64 us = 0;
    read_duration(reader, value, &us);
    if (us > 0 && us < G_USEC_PER_SEC)
        report_error(&reader->report, value->at, "a guard is read once a second at the most");
    else if (us > 0)
        *(gint64 *)slot = us;
}

static void read_except(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    if (strcmp(guard->kind, "replication_lag") != 0)
        report_error(&reader->report, value->at, "\"except\" belongs to replication_lag only");
    else
        read_texts(reader, value, &guard->except);
}

static void read_query(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    if (strcmp(guard->kind, "sql") != 0) {
        report_error(&reader->report, value->at,
                     "a query belongs to a guard of kind sql only, under a name of its own");
        return;
    }
    if (guard->query)
        report_error(&reader->report, value->at, "\"sql\" and \"query\" are the same: give one");
    read_text(reader, value, &guard->query);
    guard->at_query = value->at;
}

const struct field guard_fields[] = {
    {"pause", read_pause, 0, 0, 0},
    {"resume", read_resume, 0, 0, 0},
    {"slow", read_slow, 0, 0, 0},
    {"abort", read_abort, 0, 0, 0},
    {"samples", read_samples, GUARD(samples), 0, 0},
    {"every", read_every, GUARD(every_us), 0, 0},
    {"except", read_except, 0, 0, 0},
    {"sql", read_query, 0, 0, 0},
    {"query", read_query, 0, 0, 0},
    {"off", read_line, GUARD(off), 0, 0},
    {NULL, NULL, 0, 0, 0},
};

/* What is missing; pause, resume, slow and abort against each other, as far as each was read. */
static void guard_check(struct reader *reader, const struct node *node, struct plan_guard *guard)
{
    struct report *report = &reader->report;
    if (strcmp(guard->kind, "sql") == 0 && !node_find(node, "off") && !node->open) {
        if (!node_find(node, "sql") && !node_find(node, "query"))
            report_error(report, node->at, "guard \"%s\" needs a query under \"sql\"", guard->name);
        if (!node_find(node, "pause") || !node_find(node, "resume"))
            report_error(report, node->at, "guard \"%s\" needs \"pause\" and \"resume\"",
                         guard->name);
    }
    if (guard->resume >= guard->pause)
        report_error(report, node->at,
                     "guard \"%s\": resume (%g) must be below pause (%g), or it flutters",
                     guard->name, guard->resume, guard->pause);
    if (guard->slow > guard->pause)
        report_error(report, node->at, "guard \"%s\": slow (%g) must not be above pause (%g)",
                     guard->name, guard->slow, guard->pause);
    if (guard->abort <= guard->pause)
        report_error(report, node->at, "guard \"%s\": abort (%g) must be above pause (%g)",
                     guard->name, guard->abort, guard->pause);
}

static struct plan_guard *guard_find(struct plan *plan, const char *name)
{
    for (guint i = 0; i < plan->guards->len; i++) {
        struct plan_guard *guard = g_ptr_array_index(plan->guards, i);
        if (strcmp(guard->name, name) == 0)
            return guard;
    }
    return NULL;
}

/* Settings with a query, under that word or under one that is meant for it. */
static gboolean has_query(const struct node *settings)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    fields_names(guard_fields, known);
    for (guint i = 0; settings->keys && i < settings->keys->len; i++) {
        const struct node *key = g_ptr_array_index(settings->keys, i);
        const char *meant = word_meant(key->text, known);
        if (g_strcmp0(meant, "sql") == 0 || g_strcmp0(meant, "query") == 0)
            return TRUE;
    }
    return FALSE;
}

/* The guard that a key means, made where it is a query of the plan's own; NULL (reported). */
static struct plan_guard *guard_of_key(struct reader *reader, const struct node *key,
                                       const struct node *value)
{
    struct plan_guard *guard = guard_find(reader->plan, key->text);
    if (guard)
        return guard;
    if (g_strv_contains(later_guards, key->text)) {
        report_error(&reader->report, key->at, "guard \"%s\" is not supported by this version",
                     key->text);
        return NULL;
    }
    gboolean query = strcmp(key->text, "sql") == 0 || has_query(value);
    if (query && name_is_valid(key->text, "-_"))
        return guard_add(reader->plan, key->text, guard_default_find("sql"));
    if (query) {
        report_error(&reader->report, key->at,
                     "not a name for a guard: [a-z0-9][a-z0-9_-]*, at most 63");
        return NULL;
    }
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (gsize i = 0; i < G_N_ELEMENTS(guard_defaults); i++)
        g_ptr_array_add(known, (gpointer)guard_defaults[i].kind);
    for (const char *const *later = later_guards; *later; later++)
        g_ptr_array_add(known, (gpointer)*later);
    unknown_report(&reader->report, key, "guard", known);
    const char *meant = word_meant(key->text, known);
    return meant ? guard_find(reader->plan, meant) : NULL;
}

static void guard_read(struct reader *reader, const struct node *key, const struct node *value)
{
    struct plan_guard *guard = key_counts(key) ? guard_of_key(reader, key, value) : NULL;
    if (!guard)
        return;
    g_autofree char *what = g_strdup_printf("guard \"%s\"", guard->name);
    guard->at = key->at;
    fields_read(reader, value, guard_fields, what, guard);
    if (value->type == NODE_MAPPING)
        guard_check(reader, value, guard);
}

void guards_read(struct reader *reader, const struct node *guards)
{
    for (gsize i = 0; i < G_N_ELEMENTS(guard_defaults); i++)
        if (!isnan(guard_defaults[i].pause))
            guard_add(reader->plan, guard_defaults[i].kind, &guard_defaults[i]);
    struct node pairs;
    if (!guards || (guards->type == NODE_MAPPING && guards->items->len == 0) ||
        !pairs_read(reader, guards, "guards must be a mapping of names to settings", &pairs))
        return;
    for (guint i = 0; i < pairs.items->len; i++)
        guard_read(reader, g_ptr_array_index(pairs.keys, i), g_ptr_array_index(pairs.items, i));
    pairs_clear(&pairs);
}

static char *threshold_format(const struct plan_guard *guard, double value)
{
    g_autofree char *number = NULL;
    switch (guard_unit(guard)) {
    case UNIT_SECONDS:
        return duration_format((gint64)llround(value * G_USEC_PER_SEC));
    case UNIT_RATIO:
        number = number_format(value);
        return g_strdup_printf("%s x baseline", number);
    case UNIT_COUNT:
    case UNIT_NUMBER:
        break;
    }
    return number_format(value);
}

static void threshold_append(GString *out, const struct plan_guard *guard, const char *name,
                             double value)
{
    if (isnan(value))
        return;
    g_autofree char *text = threshold_format(guard, value);
    g_string_append_printf(out, "%s%s %s", out->len ? ", " : "", name, text);
}

char *plan_guard_format(const struct plan_guard *guard)
{
    if (guard->off)
        return g_strdup_printf("off: %s", guard->off);
    GString *out = g_string_new(NULL);
    threshold_append(out, guard, "slow", guard->slow);
    threshold_append(out, guard, "pause", guard->pause);
    if (strcmp(guard->kind, "stall") != 0) /* latched until an operator's resume */
        threshold_append(out, guard, "resume", guard->resume);
    threshold_append(out, guard, "abort", guard->abort);
    g_autofree char *every = duration_format(guard->every_us);
    g_string_append_printf(out, ", %d samples every %s", guard->samples, every);
    if (guard->except) {
        g_autofree char *list = g_strjoinv(", ", guard->except);
        g_string_append_printf(out, ", except %s", list);
    }
    return g_string_free(out, FALSE);
}
