/* The `guards:` of a plan, laid over the defaults. */
#include "config.h"
#include "plan/guards-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/units.h"

#define GUARD(member) G_STRUCT_OFFSET(struct plan_guard, member)

static const struct guard_kind *kind_of(const struct plan_guard *guard)
{
    return guard_kind_find(guard->kind);
}

static gboolean is_kind(const struct plan_guard *guard, const char *kind)
{
    return strcmp(guard->kind, kind) == 0;
}

gboolean plan_guard_latched(const struct plan_guard *guard)
{
    return (kind_of(guard)->traits & GUARD_LATCHED) != 0;
}

static struct plan_guard *guard_add(struct plan *plan, const char *name,
                                    const struct guard_kind *basis)
{
    struct plan_guard *guard = g_new0(struct plan_guard, 1);
    guard->name = g_strdup(name);
    guard->kind = g_strdup(basis->name);
    guard->slow = guard->abort = NAN;
    guard->pause = basis->pause;
    guard->resume = basis->resume;
    guard->samples = basis->samples;
    guard->every_us = basis->every_s * (gint64)G_USEC_PER_SEC;
    g_ptr_array_add(plan->guards, guard);
    return guard;
}

static void read_pause(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    guard_limit_read(reader, kind_of(guard), value, &guard->pause);
    if (guard->pause <= 0) {
        report_error(&reader->report, value->at, "\"pause\" must be above 0");
        guard->pause = NAN;
    }
}

static void read_resume(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    if (plan_guard_latched(guard))
        report_error(&reader->report, value->at,
                     "a stall holds until an operator's resume: it has no such value");
    else
        guard_limit_read(reader, kind_of(guard), value, &guard->resume);
}

static void read_slow(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    guard_limit_read(reader, kind_of(guard), value, &guard->slow);
}

static void read_abort(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    guard_limit_read(reader, kind_of(guard), value, &guard->abort);
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
    if (kind_of(guard)->traits & GUARD_EXCEPT)
        read_texts(reader, value, &guard->except);
    else
        report_error(&reader->report, value->at,
                     "\"except\" belongs to replication_lag, replication_bytes, slot_wal and "
                     "long_transaction only");
}

static void read_query(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    if (!is_kind(guard, "sql")) {
        report_error(&reader->report, value->at,
                     "a query belongs to a guard of kind sql only, under a name of its own");
        return;
    }
    if (guard->query)
        report_error(&reader->report, value->at, "\"sql\" and \"query\" are the same: give one");
    read_text(reader, value, &guard->query);
    guard->at_query = value->at;
}

static void read_probe(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    if (is_kind(guard, "probe"))
        read_line(reader, value, &guard->probe);
    else
        report_error(&reader->report, value->at,
                     "a probe belongs to a guard of kind probe only, under a name of its own");
}

/* A key of the window's: `read` where it is one. */
static void read_of_window(struct reader *reader, const struct node *value, gpointer slot,
                           field_read *read)
{
    struct plan_guard *guard = slot;
    if (is_kind(guard, "window"))
        read(reader, value, guard);
    else
        report_error(&reader->report, value->at,
                     "\"hours\", \"days\" and \"tz\" belong to window only");
}

static void read_hours(struct reader *reader, const struct node *value, gpointer slot)
{
    read_of_window(reader, value, slot, window_read_hours);
}

static void read_days(struct reader *reader, const struct node *value, gpointer slot)
{
    read_of_window(reader, value, slot, window_read_days);
}

static void read_zone(struct reader *reader, const struct node *value, gpointer slot)
{
    read_of_window(reader, value, slot, window_read_zone);
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
    {"probe", read_probe, 0, 0, 0},
    {"hours", read_hours, 0, 0, 0},
    {"days", read_days, 0, 0, 0},
    {"tz", read_zone, 0, 0, 0},
    {"off", read_line, GUARD(off), 0, 0},
    {NULL, NULL, 0, 0, 0},
};

static void named_check(struct reader *reader, const struct node *node, struct plan_guard *guard)
{
    struct report *report = &reader->report;
    if (is_kind(guard, "sql") && !node_find(node, "sql") && !node_find(node, "query"))
        report_error(report, node->at, "guard \"%s\" needs a query under \"sql\"", guard->name);
    if (is_kind(guard, "probe") && !node_find(node, "probe"))
        report_error(report, node->at,
                     "guard \"%s\" needs \"probe\": a name in the engine's settings file",
                     guard->name);
    if (!node_find(node, "pause") || !node_find(node, "resume"))
        report_error(report, node->at, "guard \"%s\" needs \"pause\" and \"resume\"", guard->name);
}

/* "guard "x": resume (2s) must be below pause (1s)". */
static void limits_report(struct reader *reader, const struct node *node,
                          const struct plan_guard *guard, const char *name, double limit,
                          const char *rule)
{
    g_autofree char *value = guard_limit_format(kind_of(guard), limit);
    g_autofree char *pause = guard_limit_format(kind_of(guard), guard->pause);
    report_error(&reader->report, node->at, "guard \"%s\": %s (%s) must %s pause (%s)%s",
                 guard->name, name, value, rule, pause,
                 strcmp(name, "resume") == 0 ? ", or it flutters" : "");
}

/* What is missing; pause, resume, slow and abort against each other, as far as each was read. */
static void guard_check(struct reader *reader, const struct node *node, struct plan_guard *guard)
{
    gboolean complete = !node_find(node, "off") && !node->open;
    if (complete && kind_of(guard)->traits & GUARD_NAMED)
        named_check(reader, node, guard);
    if (complete && is_kind(guard, "window"))
        window_check(reader, node, guard);
    if (guard->resume >= guard->pause)
        limits_report(reader, node, guard, "resume", guard->resume, "be below");
    if (guard->slow > guard->pause)
        limits_report(reader, node, guard, "slow", guard->slow, "not be above");
    if (guard->abort <= guard->pause)
        limits_report(reader, node, guard, "abort", guard->abort, "be above");
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

/* Settings with such a key, under that word or under one that is meant for it. */
static gboolean has_key(const struct node *settings, const char *name)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    fields_names(guard_fields, known);
    for (guint i = 0; settings->keys && i < settings->keys->len; i++) {
        const struct node *key = g_ptr_array_index(settings->keys, i);
        if (g_strcmp0(word_meant(key->text, known), name) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The kind that a key with these settings means; NULL: none. */
static const struct guard_kind *kind_meant(const char *key, const struct node *settings)
{
    const struct guard_kind *kind = guard_kind_find(key);
    if (kind)
        return kind;
    if (has_key(settings, "sql") || has_key(settings, "query"))
        return guard_kind_find("sql");
    return has_key(settings, "probe") ? guard_kind_find("probe") : NULL;
}

/* The guard that a key means, made where it is on request only; NULL (reported). */
static struct plan_guard *guard_of_key(struct reader *reader, const struct node *key,
                                       const struct node *value)
{
    struct plan_guard *guard = guard_find(reader->plan, key->text);
    if (guard)
        return guard;
    const struct guard_kind *kind = kind_meant(key->text, value);
    if (kind && name_is_valid(key->text, "-_"))
        return guard_add(reader->plan, key->text, kind);
    if (kind) {
        report_error(&reader->report, key->at,
                     "not a name for a guard: [a-z0-9][a-z0-9_-]*, at most 63");
        return NULL;
    }
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (kind = guard_kinds; kind->name; kind++)
        g_ptr_array_add(known, (gpointer)kind->name);
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
    for (const struct guard_kind *kind = guard_kinds; kind->name; kind++)
        if (kind->traits & GUARD_ON)
            guard_add(reader->plan, kind->name, kind);
    struct node pairs;
    if (!guards || (guards->type == NODE_MAPPING && guards->items->len == 0) ||
        !pairs_read(reader, guards, "guards must be a mapping of names to settings", &pairs))
        return;
    for (guint i = 0; i < pairs.items->len; i++)
        guard_read(reader, g_ptr_array_index(pairs.keys, i), g_ptr_array_index(pairs.items, i));
    pairs_clear(&pairs);
}

static void threshold_append(GString *out, const struct plan_guard *guard, const char *name,
                             double value)
{
    if (isnan(value))
        return;
    g_autofree char *text = guard_limit_format(kind_of(guard), value);
    g_string_append_printf(out, "%s%s %s", out->len ? ", " : "", name, text);
}

char *plan_guard_format(const struct plan_guard *guard)
{
    if (guard->off)
        return g_strdup_printf("off: %s", guard->off);
    if (is_kind(guard, "window"))
        return plan_window_format(&guard->window);
    GString *out = g_string_new(NULL);
    if (guard->probe)
        g_string_append_printf(out, "probe %s", guard->probe);
    threshold_append(out, guard, "slow", guard->slow);
    threshold_append(out, guard, "pause", guard->pause);
    if (!plan_guard_latched(guard))
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
