/* Screen C: the checklists before shipping and during the rollout, with their evidence and what named
 * people have answered. */
#include "config.h"
#include "console/screens/screens.h"

#include <string.h>

#include "console/draw.h"
#include "pgrollout/engine/snapshot-look.h"

#define TITLE_REST 10 /* the rule around a title, and " (j k)" */

static const struct {
    const char *state, *mark, *word;
    enum token token;
} states[] = {
    {"met", "●", "met", TOKEN_OK},
    {"confirmed", "●", "confirmed", TOKEN_OK},
    {"open", "○", "OPEN", TOKEN_WARN},
    {"contradicted", "×", "CONTRADICTED", TOKEN_DANGER},
    {"not needed", "-", "not needed", TOKEN_DIM},
};

/* What an older console does not know is no tick. */
static guint state_of(const struct snap_check *check)
{
    for (guint i = 0; i < G_N_ELEMENTS(states); i++)
        if (g_strcmp0(check->state, states[i].state) == 0)
            return i;
    return 2;
}

/* Of the migration that is shown; NULL: not read yet. */
static const struct snap_checklist *checklist_of(const struct view *view)
{
    const struct snap_checklist *checklist = view->snapshot ? view->snapshot->checklist : NULL;
    return checklist && g_strcmp0(checklist->migration, view->migration) == 0 ? checklist : NULL;
}

static void check_add(GPtrArray *lines, const struct snap_check *check)
{
    guint state = state_of(check);
    lines_append(lines, states[state].token, "%s %s (%s): %s", states[state].mark,
                 check->item ? check->item : "?", states[state].word,
                 check->words ? check->words : "");
    if (check->evidence && *check->evidence)
        lines_append(lines, TOKEN_DIM, "    %s", check->evidence);
    if (check->by)
        lines_append(lines, TOKEN_TEXT, "    %s at %sZ: %s", check->by, check->at ? check->at : "?",
                     check->note ? check->note : "");
}

static GPtrArray *checklist_lines(const struct snap_checklist *checklist)
{
    GPtrArray *lines = lines_new();
    const char *list = "";
    for (guint i = 0; i < checklist->items->len; i++) {
        const struct snap_check *check = checklist->items->pdata[i];
        if (g_strcmp0(list, check->list) != 0) {
            if (i)
                lines_append(lines, TOKEN_TEXT, "%s", "");
            list = check->list;
            lines_append(lines, TOKEN_TITLE, "%s", list ? list : "?");
        }
        check_add(lines, check);
    }
    lines_append(lines, TOKEN_TEXT, "%s", "");
    lines_append(lines, TOKEN_DIM,
                 "to answer one: pgrollout checklist %s --confirm ITEM --note \"how you know\"",
                 checklist->migration);
    return lines;
}

/* "checklist: 1 CONTRADICTED, 3 open, 4 met or confirmed"; where that does not fit, what is wrong. */
static char *title_of(const struct view *view, const struct snap_checklist *checklist)
{
    guint n[G_N_ELEMENTS(states)] = {0};
    for (guint i = 0; i < checklist->items->len; i++)
        n[state_of(checklist->items->pdata[i])]++;
    g_autoptr(GString) title = g_string_new("checklist: ");
    if (view_is_old(view))
        g_string_append(title, "the data is old; ");
    if (n[3])
        g_string_append_printf(title, "%u CONTRADICTED, ", n[3]);
    g_string_append_printf(title, "%u open", n[2]);
    g_autofree char *met = g_strdup_printf(", %u met or confirmed", n[0] + n[1]);
    g_autofree char *brief = g_strdup_printf(", %u met", n[0] + n[1]);
    gsize room = (gsize)MAX(view->width, TITLE_REST) - TITLE_REST;
    if (title->len + strlen(met) <= room)
        g_string_append(title, met);
    else if (title->len + strlen(brief) <= room)
        g_string_append(title, brief);
    else if (title->len > room)
        g_string_erase(title, 0, (gssize)strlen("checklist: "));
    return g_string_free(g_steal_pointer(&title), FALSE);
}

static int checklist_scroll_max(const struct view *view, const struct area *body)
{
    const struct snap_checklist *checklist = checklist_of(view);
    if (!checklist || !view_migration(view))
        return 0;
    g_autoptr(GPtrArray) lines = checklist_lines(checklist);
    return lines_page_max(view, body, lines);
}

static void checklist_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    const struct snap_checklist *checklist = checklist_of(view);
    if (!view_migration(view)) {
        blank_draw(view, grid, body);
        return;
    }
    if (checklist) {
        g_autoptr(GPtrArray) lines = checklist_lines(checklist);
        g_autofree char *counts = title_of(view, checklist);
        g_autofree char *title =
            g_strconcat(counts, lines_page_max(view, body, lines) ? " (j k)" : "", NULL);
        lines_page_draw(view, grid, body, title, lines, view->scroll);
        return;
    }
    struct pen pen = view_pen(view, grid, body->row + 1, 3, view->width);
    if (view->snapshot->look_error)
        pen_format(&pen, TOKEN_LOST, "The checklist cannot be read: %s",
                   view->snapshot->look_error);
    else
        pen_text(&pen, TOKEN_DIM, "Reading the checklist …");
}

static char *of_migration(const struct view *view)
{
    return g_strdup(view->migration);
}

static const enum act checklist_keys[] = {ACT_PAUSE, ACT_RESUME, ACT_CONFIRM, ACT_JOURNAL,
                                          ACT_NONE};

const struct screen checklist_screen = {
    .id = SCREEN_CHECKLIST,
    .key = 'C',
    .name = "checklist",
    .look = LOOK_CHECKLIST,
    .look_argument = of_migration,
    .keys = checklist_keys,
    .draw = checklist_draw,
    .scroll_max = checklist_scroll_max,
};
