/* What has changed between two looks, as sentences. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "console/format.h"
#include "console/screens/screens.h"
#include "console/sentences.h"

struct said_migration {
    char *state, *phase, *step;
    GHashTable *holds; /* hold_name of each */
    enum harm harm;
    int tenth; /* of the rows; -1: not counted */
};

struct said {
    gboolean begun;
    gboolean alive;
    GHashTable *migrations; /* name -> struct said_migration */
};

static void said_migration_free(void *data)
{
    struct said_migration *s = data;
    g_free(s->state);
    g_free(s->phase);
    g_free(s->step);
    g_hash_table_unref(s->holds);
    g_free(s);
}

struct said *said_new(void)
{
    struct said *said = g_new0(struct said, 1);
    said->migrations = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, said_migration_free);
    return said;
}

void said_free(struct said *said)
{
    if (!said)
        return;
    g_hash_table_unref(said->migrations);
    g_free(said);
}

static struct said_migration *said_of(const struct view *view, const struct snap_migration *m)
{
    struct said_migration *s = g_new0(struct said_migration, 1);
    s->state = g_strdup(m->state);
    s->phase = g_strdup(m->phase);
    s->step = g_strdup(m->step);
    s->holds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < m->holds->len; i++)
        g_hash_table_add(s->holds, hold_name(m->holds->pdata[i]));
    s->harm = snap_harm(view->snapshot, m);
    s->tenth = migration_progress_counts(m) ? (int)(m->progress.fraction * 10) : -1;
    return s;
}

struct telling {
    GPtrArray *out;
    const struct view *view;
    const struct snap_migration *m;
    const char *prefix; /* the migration's name, where there are several; "" */
};

static void tell(const struct telling *t, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void tell(const struct telling *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    gboolean ends = g_str_has_suffix(text, ".");
    g_ptr_array_add(t->out, g_strdup_printf("%s%s%s%s", t->prefix, *t->prefix ? ": " : "", text,
                                            ends ? "" : "."));
}

static void tell_holds(const struct telling *t, const struct said_migration *before,
                       const struct said_migration *now)
{
    for (guint i = 0; i < t->m->holds->len; i++) {
        const struct snap_hold *hold = t->m->holds->pdata[i];
        g_autofree char *name = hold_name(hold);
        if (g_hash_table_contains(before->holds, name))
            continue;
        gboolean waits = g_strcmp0(hold->kind, "gate") == 0 ||
                         g_strcmp0(hold->kind, "boundary") == 0 ||
                         g_strcmp0(hold->kind, "lock") == 0;
        gboolean reason = hold->reason && *hold->reason;
        if (g_strcmp0(hold->kind, "no_engine") == 0)
            continue; /* told of all of them at once */
        tell(t, "%s %s%s%s", waits ? "Waits:" : "Held:", name, reason ? ": " : "",
             reason ? hold->reason : "");
    }
    GHashTableIter iter;
    void *name;
    g_hash_table_iter_init(&iter, before->holds);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (!g_hash_table_contains(now->holds, name) && strcmp(name, "no_engine") != 0)
            tell(t, "No longer held: %s", (char *)name);
}

static void tell_state(const struct telling *t, const struct said_migration *before)
{
    const struct snap_migration *m = t->m;
    const struct snap_step *step = snap_step_current(m, NULL, NULL);
    gboolean failed = g_strcmp0(m->state, "failed") == 0;
    if (g_strcmp0(before->state, m->state) != 0 && failed)
        tell(t, "Failed: step %s%s%s", step ? step->name : "?", step && step->error ? ": " : "",
             step && step->error ? step->error : "");
    else if (g_strcmp0(before->state, m->state) != 0)
        tell(t, "It is %s now", m->state ? m->state : "?");
    if (m->phase && g_strcmp0(before->phase, m->phase) != 0)
        tell(t, "Phase %s", phase_title(m->phase));
    if (m->step && g_strcmp0(before->step, m->step) != 0 && step && !failed)
        tell(t, "Step %s: %s", m->step, step_title(step));
}

static void tell_migration(const struct telling *t, const struct said_migration *before,
                           const struct said_migration *now)
{
    static const char *const words[] = {"calm", "watch", "tight", "hurting", "unknown"};
    tell_state(t, before);
    tell_holds(t, before, now);
    if (now->harm != before->harm) {
        gboolean known = now->harm != HARM_UNKNOWN;
        const struct snap_guard *tight = known ? guard_tightest(t->m) : NULL;
        g_autofree char *guard = tight ? sentence_of_guard(tight) : NULL;
        tell(t, "Harm: %s, was %s%s%s", words[now->harm], words[before->harm],
             guard ? ". Tightest guard: " : "", guard ? guard : "");
    }
    if (now->tenth > before->tenth && before->tenth >= 0) {
        g_autofree char *left = spoken_range(t->m->progress.eta_low_s, t->m->progress.eta_high_s);
        tell(t, "Done: %d percent%s%s%s", (int)floor(t->m->progress.fraction * 100),
             left ? ", " : "", left ? left : "", left ? " left" : "");
    }
}

static void tell_gone(const struct telling *t, struct said *said)
{
    GHashTableIter iter;
    void *name;
    g_hash_table_iter_init(&iter, said->migrations);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (!snapshot_migration_find(t->view->snapshot, name)) {
            tell(t, "The migration %s is gone", (char *)name);
            g_hash_table_iter_remove(&iter);
        }
}

GPtrArray *said_changes(struct said *said, const struct view *view)
{
    const struct snapshot *s = view->snapshot;
    struct telling t = {g_ptr_array_new_with_free_func(g_free), view, NULL, ""};
    if (!s)
        return t.out;
    if (said->begun && said->alive != s->engine_alive)
        tell(&t, s->engine_alive ? "An engine drives again" : "No engine drives any more");
    for (guint i = 0; i < s->migrations->len; i++) {
        t.m = s->migrations->pdata[i];
        t.prefix = s->migrations->len > 1 ? t.m->name : "";
        struct said_migration *now = said_of(view, t.m);
        const struct said_migration *before = g_hash_table_lookup(said->migrations, t.m->name);
        if (before)
            tell_migration(&t, before, now);
        else if (said->begun)
            tell(&t, "The migration %s is loaded", t.m->name);
        g_hash_table_insert(said->migrations, g_strdup(t.m->name), now);
    }
    t.prefix = "";
    tell_gone(&t, said);
    said->begun = TRUE;
    said->alive = s->engine_alive;
    return t.out;
}
