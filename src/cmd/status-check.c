/* One line for a monitoring system. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd/print.h"
#include "cmd/status.h"

static gboolean is_one_of(const char *word, const char *const *words)
{
    return word && g_strv_contains(words, word);
}

/* What is the matter with one migration; *why is set unless it is OK. */
static enum status_code judge(const struct snapshot *snapshot, const struct snap_migration *m,
                              const char **why)
{
    static const char *const moving[] = {"active", "aborting", NULL};
    static const struct {
        const char *kind;
        enum status_code code;
        const char *why;
    } table[] = {
        {"ambiguous", STATUS_CRITICAL, "the outcome of a commit is unknown"},
        {"guard", STATUS_WARNING, "held by a guard"},
        {"lock", STATUS_WARNING, "a lock cannot be had"},
        {"operator", STATUS_WARNING, "paused"},
    };
    if (g_strcmp0(m->state, "failed") == 0) {
        *why = "failed";
        return STATUS_CRITICAL;
    }
    if (is_one_of(m->state, moving) && !snapshot->engine_alive) {
        *why = "no engine runs";
        return STATUS_CRITICAL;
    }
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        if (!snap_hold_find(m, table[i].kind))
            continue;
        *why = table[i].why;
        return table[i].code;
    }
    return STATUS_OK;
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
