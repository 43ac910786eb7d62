/* The plan's text as a rehearsal loads it: guards off, since nothing here is what they watch, and the time
 * of a brown-out cut short. Lines stay where they are, and nothing else may change: that is looked at. */
#include "config.h"
#include "rehearse-private.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/plan/reader.h"

static struct plan *parse(const char *text, const char *file)
{
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    return plan_parse(text, strlen(text), file, findings);
}

/* The section begins at its word and ends before the next word at the beginning of a line. */
static void guards_blank(char **lines)
{
    gboolean inside = FALSE;
    for (; *lines; lines++) {
        if (g_str_has_prefix(*lines, "guards:"))
            inside = TRUE;
        else if (**lines && !strchr(" \t\r#-}]", **lines))
            inside = FALSE;
        if (inside)
            **lines = '\0';
    }
}

static void brown_outs_cut(const struct plan *plan, char **lines)
{
    g_autoptr(GRegex) regex = g_regex_new("\\bfor:\\s*\"?[0-9.]+\\s*[a-z]+\"?", 0, 0, NULL);
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = plan->steps->pdata[i];
        const struct plan_step *next = i + 1 < plan->steps->len ? plan->steps->pdata[i + 1] : NULL;
        int end = next ? next->line : (int)g_strv_length(lines) + 1;
        for (int line = step->line; step->kind == KIND_BROWN_OUT && line < end; line++) {
            char *cut = g_regex_replace_literal(regex, lines[line - 1], -1, 0, "for: 1s", 0, NULL);
            g_free(lines[line - 1]);
            lines[line - 1] = cut;
        }
    }
}

static gboolean same_step(const struct plan_step *a, const struct plan_step *b)
{
    return a->kind == b->kind && a->phase == b->phase && a->line == b->line &&
           g_strcmp0(a->name, b->name) == 0 && g_strcmp0(a->sql, b->sql) == 0 &&
           g_strcmp0(a->where, b->where) == 0 && g_strcmp0(a->text, b->text) == 0 &&
           (a->kind == KIND_BROWN_OUT || a->for_us == b->for_us);
}

static gboolean same_plan(const struct plan *a, const struct plan *b)
{
    if (a->steps->len != b->steps->len || g_strcmp0(a->name, b->name) != 0)
        return FALSE;
    for (guint i = 0; i < a->steps->len; i++)
        if (!same_step(a->steps->pdata[i], b->steps->pdata[i]))
            return FALSE;
    return TRUE;
}

static gboolean all_off(const struct plan *plan)
{
    for (guint i = 0; i < plan->guards->len; i++)
        if (!((const struct plan_guard *)plan->guards->pdata[i])->off)
            return FALSE;
    return TRUE;
}

char *plan_shorten(const struct plan *plan, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(plan->text, "\n", -1);
    brown_outs_cut(plan, lines);
    guards_blank(lines);
    g_autofree char *bare = g_strjoinv("\n", lines);
    struct plan *without = parse(bare, plan->name);
    GString *out = g_string_new(bare);
    g_string_append(out, "\nguards:\n");
    for (guint i = 0; without && i < without->guards->len; i++)
        g_string_append_printf(out, "  %s: {off: \"a rehearsal\"}\n",
                               ((const struct plan_guard *)without->guards->pdata[i])->name);
    struct plan *shown = without ? parse(out->str, plan->name) : NULL;
    gboolean good = shown && same_plan(plan, shown) && all_off(shown);
    plan_free(without);
    plan_free(shown);
    if (good)
        return g_string_free(out, FALSE);
    g_string_free(out, TRUE);
    rollout_fail(error, ROLLOUT_ERROR_USAGE, "the guards of this plan cannot be switched off");
    if (error)
        rollout_error_set_hint(*error, "write \"guards:\" at the beginning of a line, with its "
                                       "guards indented below it");
    return NULL;
}
