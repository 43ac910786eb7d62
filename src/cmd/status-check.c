/* One line for a monitoring system. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd/print.h"
#include "cmd/status.h"

struct judgement {
    const char *hold; /* its kind */
    enum status_code code;
    const char *why;
};

/* The first of them that stands. */
static const struct judgement *judge_holds(const struct snap_migration *m,
                                           const struct judgement *table)
{
    for (; table->hold; table++)
        if (snap_hold_find(m, table->hold))
            return table;
    return NULL;
}

/* Nothing moves without an engine. Where a person has stopped it, or is waited for, nothing should move:
 * that wakes nobody. A guard's hold never clears without one, nor is a lock ever had. */
static const struct judgement *judge_undriven(const struct snap_migration *m)
{
    static const struct judgement rests[] = {
        {"operator", STATUS_WARNING, "paused, and no engine runs"},
        {"stepping", STATUS_WARNING, "stepping, and no engine runs"},
        {"gate", STATUS_WARNING, "waits for an answer, and no engine runs"},
        {"boundary", STATUS_WARNING, "waits for a person, and no engine runs"},
        {0},
    };
    static const struct judgement stranded = {NULL, STATUS_CRITICAL, "no engine runs"};
    const struct judgement *rest = judge_holds(m, rests);
    return rest ? rest : &stranded;
}

/* What is the matter with one migration; *why is set unless it is OK. */
static enum status_code judge(const struct snapshot *snapshot, const struct snap_migration *m,
                              const char **why)
{
    static const char *const moving[] = {"active", "aborting", NULL};
    static const struct judgement ambiguous[] = {
        {"ambiguous", STATUS_CRITICAL, "the outcome of a commit is unknown"},
        {0},
    };
    static const struct judgement held[] = {
        {"guard", STATUS_WARNING, "held by a guard"},
        {"lock", STATUS_WARNING, "a lock cannot be had"},
        {"operator", STATUS_WARNING, "paused"},
        {0},
    };
    if (g_strcmp0(m->state, "failed") == 0) {
        *why = "failed";
        return STATUS_CRITICAL;
    }
    gboolean moves = m->state && g_strv_contains(moving, m->state);
    const struct judgement *found = judge_holds(m, ambiguous);
    if (!found)
        found = moves && !snapshot->engine_alive ? judge_undriven(m) : judge_holds(m, held);
    if (!found)
        return STATUS_OK;
    *why = found->why;
    return found->code;
}

static void describe(GString *text, const struct snap_migration *m, const char *why)
{
    if (text->len > 0)
        g_string_append(text, "; ");
    g_string_append_printf(text, "%s %s", m->name, m->state);
    if (m->phase)
        g_string_append_printf(text, " in %s", m->phase);
    if (m->has_progress && m->progress.fraction >= 0)
        g_string_append_printf(text, " %.1f%%", m->progress.fraction * 100);
    if (why)
        g_string_append_printf(text, " (%s)", why);
}

enum status_code status_check(const struct snapshot *snapshot)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    enum status_code worst = STATUS_OK;
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < snapshot->migrations->len; i++) {
        const struct snap_migration *m = g_ptr_array_index(snapshot->migrations, i);
        const char *why = NULL;
        worst = MAX(worst, judge(snapshot, m, &why));
        describe(text, m, why);
    }
    g_autofree char *safe = print_safe(text->len > 0 ? text->str : "no migration is loaded");
    printf("PGROLLOUT %s - %s, engine %s\n", words[worst], safe,
           snapshot->engine_alive ? "alive" : "not running");
    g_string_free(text, TRUE);
    return worst;
}
