/* What a file says is to be ignored: `-- pgrollout: ignore L07 reason` in a script, with `#` in a
 * plan. A reason is needed, and what is ignored for nothing is told. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

#include "lint/text-private.h"

struct waiver {
    struct plan_place at;
    int from, to; /* lines it speaks of */
    char **ids;
    gboolean *used; /* of each */
    gboolean reason;
};

static void waiver_free(struct waiver *waiver)
{
    g_strfreev(waiver->ids);
    g_free(waiver->used);
    g_free(waiver);
}

/* "ignore L07,L01 because": NULL when the comment says something else. */
static struct waiver *waiver_parse(const char *comment, gsize length)
{
    static const char head[] = "pgrollout: ignore";
    g_autofree char *text = g_strndup(comment, length);
    g_strstrip(text);
    if (!g_str_has_prefix(text, head))
        return NULL;
    char *words = g_strchug(text + strlen(head));
    gsize size = strcspn(words, " \t");
    struct waiver *waiver = g_new0(struct waiver, 1);
    waiver->reason = words[size] != '\0'; /* stripped: something follows */
    words[size] = '\0';
    waiver->ids = g_strsplit(words, ",", -1);
    waiver->used = g_new0(gboolean, g_strv_length(waiver->ids) + 1);
    return waiver;
}

/* A comment on a line of a statement is about that statement, another about the next one. */
static void waiver_aim(struct waiver *waiver, const GPtrArray *statements)
{
    waiver->from = waiver->to = waiver->at.line;
    for (guint i = 0; i < statements->len; i++) {
        const struct statement *statement = g_ptr_array_index(statements, i);
        if (statement->last.line < waiver->at.line)
            continue;
        waiver->from = statement->at.line;
        waiver->to = statement->last.line;
        return;
    }
}

static void script_waivers(const struct lint_run *run, GPtrArray *waivers)
{
    const char *text = run->script->text;
    gsize length = run->script->length, counted = 0;
    struct plan_place place = {1, 1};
    for (gsize at = 0, end; at < length; at = end) {
        if (text_piece(text, length, at, &end) != TEXT_COMMENT || text[at] != '-')
            continue;
        struct waiver *waiver = waiver_parse(text + at + 2, end - at - 2);
        if (!waiver)
            continue;
        struct plan_place more = text_place(text + counted, at - counted);
        place.column = more.line > 1 ? more.column : place.column + more.column - 1;
        place.line += more.line - 1;
        counted = at;
        waiver->at = place;
        waiver_aim(waiver, run->statements);
        g_ptr_array_add(waivers, waiver);
    }
}

/* A comment on a line of its own is about the step that comes next, or the line. */
static void waiver_aim_step(struct waiver *waiver, const struct plan *plan, gboolean alone)
{
    const struct plan_step *found = NULL;
    waiver->from = waiver->at.line;
    waiver->to = waiver->at.line + alone;
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (found && step->line > found->line) {
            waiver->to = step->line - 1;
            return;
        }
        if (!found && (alone ? step->line > waiver->at.line : step->line == waiver->at.line)) {
            found = step;
            waiver->from = step->line;
            waiver->to = G_MAXINT;
        }
    }
}

static void plan_waivers(const struct lint_run *run, const char *text, GPtrArray *waivers)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        const char *mark = strstr(lines[i], "# pgrollout: ignore");
        struct waiver *waiver = mark ? waiver_parse(mark + 1, strlen(mark + 1)) : NULL;
        if (!waiver)
            continue;
        g_autofree char *before = g_strndup(lines[i], (gsize)(mark - lines[i]));
        waiver->at = (struct plan_place){i + 1, (int)g_utf8_strlen(before, -1) + 1};
        waiver_aim_step(waiver, run->plan, !*g_strchug(before));
        g_ptr_array_add(waivers, waiver);
    }
}

static gboolean is_waived(const struct lint_run *run, const GPtrArray *waivers,
                          const struct plan_finding *finding)
{
    gboolean waived = FALSE;
    if ((run->plan && !finding->warning) || strcmp(finding->id, "S01") == 0)
        return FALSE;
    for (guint i = 0; i < waivers->len; i++) {
        struct waiver *waiver = g_ptr_array_index(waivers, i);
        if (!waiver->reason || finding->line < waiver->from || finding->line > waiver->to)
            continue;
        for (int j = 0; waiver->ids[j]; j++)
            if (strcmp(waiver->ids[j], finding->id) == 0)
                waived = waiver->used[j] = TRUE;
    }
    return waived;
}

static void waiver_report(struct lint_run *run, const struct waiver *waiver)
{
    if (!waiver->reason) {
        lint_warn(
            run, "S05", NULL, waiver->at,
            "an ignore needs an id and a reason: \"pgrollout: ignore L07 the table is small\"");
        return;
    }
    for (int i = 0; waiver->ids[i]; i++) {
        g_autofree char *shown =
            g_utf8_substring(waiver->ids[i], 0, MIN(g_utf8_strlen(waiver->ids[i], -1), 20));
        if (!waiver->used[i])
            lint_warn(run, "S05", NULL, waiver->at,
                      "nothing here is found that \"%s\" could ignore: take the comment away",
                      shown);
    }
}

void lint_ignore(struct lint_run *run, const char *text)
{
    g_autoptr(GPtrArray) waivers = g_ptr_array_new_with_free_func((GDestroyNotify)waiver_free);
    if (run->script)
        script_waivers(run, waivers);
    else
        plan_waivers(run, text, waivers);
    for (guint i = waivers->len ? run->findings->len : 0; i-- > 0;)
        if (is_waived(run, waivers, g_ptr_array_index(run->findings, i)))
            g_ptr_array_remove_index(run->findings, i);
    for (guint i = 0; i < waivers->len; i++)
        waiver_report(run, g_ptr_array_index(waivers, i));
}

const struct lint_rule lint_rule_ignore = {
    .ids = "S05",
    .summary = "what is ignored has a reason, and is there",
};
