/* Screen 8: the rollback card. Whether there is a way back now, what it does in which order with which
 * locks, what is lost, and where it ends. One page that can be read aloud. */
#include "config.h"
#include "console/screens/screens.h"

#include <string.h>

#include "console/draw.h"
#include "console/format.h"
#include "pgrollout/engine/plan-sql.h"
#include "pgrollout/engine/snapshot-look.h"

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

/* Of the migration that is shown; NULL: not read yet. */
static const struct snap_card *card_of(const struct view *view)
{
    const struct snap_card *card = view->snapshot ? view->snapshot->card : NULL;
    return card && is(card->migration, view->migration) ? card : NULL;
}

static gboolean is_closed(const struct snap_card *card)
{
    return card->undo->len && is(((struct snap_undo *)card->undo->pdata[0])->target, "none");
}

/* The statements of an undo, as the engine sends them. The action begins with the step's name. */
static void sql_add(GPtrArray *lines, const struct view *view, const struct snap_undo *undo)
{
    const char *colon = strstr(text_of(undo->action), ": ");
    g_autofree char *name =
        colon ? g_strndup(undo->action, (gsize)(colon - undo->action)) : g_strdup("");
    const struct plan_sql_step *step = plan_sql_step_find(view->plan, name);
    for (guint i = 0; step && i < step->undo_parts->len; i++) {
        const struct plan_sql_part *part = step->undo_parts->pdata[i];
        g_auto(GStrv) all = g_strsplit(part->sql, "\n", -1);
        for (char **line = all; *line; line++)
            if (**line)
                lines_append(lines, TOKEN_DIM, "      %s", *line);
    }
}

static void target_add(GPtrArray *lines, const char *target)
{
    if (is(target, "start"))
        lines_append(lines, TOKEN_TITLE, "abort: everything is taken back, in this order");
    else
        lines_append(lines, TOKEN_TITLE, "abort to %s: back to the end of that phase",
                     phase_title(target));
}

static void undo_add(GPtrArray *lines, const struct view *view, const struct snap_undo *undo,
                     gboolean whole)
{
    lines_append(lines, TOKEN_TEXT, "  %d  %s", undo->n, text_of(undo->action));
    if (!whole)
        return;
    sql_add(lines, view, undo);
    if (undo->locks && !is(undo->locks, "none"))
        lines_append(lines, TOKEN_TEXT, "     lock: %s", undo->locks);
    if (undo->loses)
        lines_append(lines, TOKEN_WARN, "     loses: %s", undo->loses);
}

static void loss_add(GPtrArray *lines, const struct snap_card *card)
{
    g_autoptr(GString) loses = g_string_new(NULL);
    for (guint i = 0; i < card->undo->len; i++) {
        const struct snap_undo *undo = card->undo->pdata[i];
        if (is(undo->target, "start") && undo->loses)
            g_string_append_printf(loses, "%s%s", loses->len ? "; " : "", undo->loses);
    }
    if (loses->len)
        lines_append(lines, TOKEN_WARN, "You lose   %s", loses->str);
    else
        lines_append(lines, TOKEN_OK, "You lose   nothing");
    lines_append(lines, TOKEN_TEXT,
                 "You keep   what was there before the migration: only contract takes it away");
}

/* What an abort takes away, and whether the catalog still has it. */
static void takes_add(GPtrArray *lines, const struct snap_card *card)
{
    guint there = 0;
    for (guint i = 0; i < card->takes->len; i++)
        there += ((struct snap_take *)card->takes->pdata[i])->there ? 1 : 0;
    if (!card->takes->len) {
        lines_append(lines, TOKEN_TEXT, "Checked    %s: it takes no column and no table away",
                     text_of(card->checked));
        return;
    }
    lines_append(lines, there == card->takes->len ? TOKEN_TEXT : TOKEN_WARN,
                 "Checked    %s against the live catalog: %u of %u things it takes away are there",
                 text_of(card->checked), there, card->takes->len);
    for (guint i = 0; i < card->takes->len; i++) {
        const struct snap_take *take = card->takes->pdata[i];
        lines_append(lines, take->there ? TOKEN_DIM : TOKEN_DANGER, "  %s %s.%s%s%s%s",
                     take->there ? "●" : "×", text_of(take->schema), text_of(take->relation),
                     take->column ? "." : "", text_of(take->column),
                     take->there ? "" : " is not there: somebody else has taken it away");
    }
}

/* From where there is no way back. */
static void gate_add(GPtrArray *lines, const struct view *view, const struct snap_card *card)
{
    const struct snap_phase *contract = snap_phase_find(view_migration(view), "contract");
    if (is_closed(card))
        return;
    if (!contract) {
        lines_append(lines, TOKEN_OK, "No phase of this plan is beyond return.");
        return;
    }
    lines_append(
        lines, TOKEN_GATE,
        "╫ contract is the point of no return: behind it there is only a restore. Gone then:");
    for (guint i = 0; i < contract->steps->len; i++) {
        const struct snap_step *step = contract->steps->pdata[i];
        if (step->irreversible)
            lines_append(lines, TOKEN_GATE, "  ╫ %s", step_title(step));
    }
}

static GPtrArray *card_lines(const struct view *view, const struct snap_card *card)
{
    GPtrArray *lines = lines_new();
    const char *target = "start";
    if (is_closed(card)) {
        takes_add(lines, card);
        return lines;
    }
    target_add(lines, target);
    for (guint i = 0; i < card->undo->len; i++) {
        const struct snap_undo *undo = card->undo->pdata[i];
        if (!is(undo->target, target)) {
            if (is(target, "start")) {
                loss_add(lines, card);
                takes_add(lines, card);
                gate_add(lines, view, card);
            }
            lines_append(lines, TOKEN_TEXT, "%s", "");
            target_add(lines, target = text_of(undo->target));
        }
        undo_add(lines, view, undo, is(target, "start"));
    }
    if (is(target, "start")) {
        loss_add(lines, card);
        takes_add(lines, card);
        gate_add(lines, view, card);
    }
    if (view->plan_error)
        lines_append(lines, TOKEN_LOST, "without its statements: %s", view->plan_error);
    return lines;
}

/* The rows above the page: the rail, what it means, and the answer. */
static int head_rows(const struct view *view)
{
    return view_is_compact(view) ? 1 : view->width >= 100 ? 4 : 2;
}

static void answer_row(const struct view *view, struct grid *grid, int row,
                       const struct snap_card *card)
{
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    const struct snap_migration *m = view_migration(view);
    pen_text(&pen, TOKEN_TITLE, view_is_compact(view) ? " Back? " : " Can we go back now?  ");
    if (view_is_old(view)) {
        pen_text(&pen, TOKEN_LOST, "? unknown: the data is old");
    } else if (is_closed(card)) {
        pen_text(&pen, TOKEN_GATE, "╫ NO  ");
        pen_text(&pen, TOKEN_TEXT, text_of(((struct snap_undo *)card->undo->pdata[0])->action));
    } else if (m->abort_text && g_str_has_prefix(m->abort_text, "way back open: ")) {
        pen_text(&pen, TOKEN_OK, "● YES  ");
        pen_text(&pen, TOKEN_TEXT, m->abort_text + strlen("way back open: "));
    } else {
        pen_text(&pen, TOKEN_OK, "● YES  ");
        pen_text(&pen, TOKEN_TEXT, text_of(m->abort_text));
    }
}

static struct area page_of(const struct view *view, const struct area *body)
{
    int head = head_rows(view);
    return (struct area){body->row + head, 0, MAX(0, body->height - head), view->width};
}

static int card_scroll_max(const struct view *view, const struct area *body)
{
    const struct snap_card *card = card_of(view);
    if (!card || !view_migration(view))
        return 0;
    struct area page = page_of(view, body);
    g_autoptr(GPtrArray) lines = card_lines(view, card);
    return lines_page_max(view, &page, lines);
}

static void card_page_draw(const struct view *view, struct grid *grid, const struct area *body,
                           const struct snap_card *card)
{
    int head = head_rows(view);
    if (!view_is_compact(view))
        rail_draw(view, grid, body->row);
    if (head > 3)
        rail_notes_draw(view, grid, body->row + 1);
    answer_row(view, grid, body->row + head - 1, card);
    struct area page = page_of(view, body);
    g_autoptr(GPtrArray) lines = card_lines(view, card);
    int last = lines_page_max(view, &page, lines);
    g_autofree char *title =
        last ? g_strdup_printf("rollback card, line %d on (j k)", CLAMP(view->scroll, 0, last) + 1)
             : g_strdup("rollback card");
    lines_page_draw(view, grid, &page, title, lines, view->scroll);
}

static void card_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    const struct snap_card *card = card_of(view);
    if (!view_migration(view)) {
        blank_draw(view, grid, body);
        return;
    }
    if (card) {
        card_page_draw(view, grid, body, card);
        return;
    }
    struct pen pen = view_pen(view, grid, body->row + 1, 3, view->width);
    if (view->snapshot->look_error)
        pen_format(&pen, TOKEN_LOST, "The card cannot be read: %s", view->snapshot->look_error);
    else
        pen_text(&pen, TOKEN_DIM, "Reading the card …");
}

static char *of_migration(const struct view *view)
{
    return g_strdup(view->migration);
}

static const enum act card_keys[] = {ACT_ABORT, ACT_PAUSE, ACT_RESUME, ACT_JOURNAL, ACT_NONE};

const struct screen card_screen = {
    .id = SCREEN_CARD,
    .key = '8',
    .name = "card",
    .look = LOOK_CARD,
    .look_argument = of_migration,
    .keys = card_keys,
    .draw = card_draw,
    .scroll_max = card_scroll_max,
};
