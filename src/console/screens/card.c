/* Screen 8: the rollback card. Whether there is a way back now, what it does in which order with which
 * locks, what is lost, and where it ends. One page that can be read aloud. */
#include "config.h"
#include "console/screens/screens.h"

#include <string.h>

#include "console/draw.h"
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

/* Each line as the server has written it; of what a newer one may send the words stay. */
static enum token token_of(const char *kind)
{
    static const struct {
        const char *kind;
        enum token token;
    } kinds[] = {{"title", TOKEN_TITLE}, {"sql", TOKEN_DIM},   {"dim", TOKEN_DIM},
                 {"ok", TOKEN_OK},       {"warn", TOKEN_WARN}, {"danger", TOKEN_DANGER},
                 {"gate", TOKEN_GATE},   {"text", TOKEN_TEXT}};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (is(kind, kinds[i].kind))
            return kinds[i].token;
    return TOKEN_TEXT;
}

static GPtrArray *card_lines(const struct snap_card *card)
{
    GPtrArray *lines = lines_new();
    for (guint i = 0; i < card->lines->len; i++) {
        const struct snap_card_line *line = card->lines->pdata[i];
        /* that one stands above the page */
        if (!is(line->kind, "answer"))
            lines_append(lines, token_of(line->kind), "%s", text_of(line->text));
    }
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
    } else if (card->closed) {
        pen_text(&pen, TOKEN_GATE, "╫ NO  ");
        pen_text(&pen, TOKEN_TEXT, card->closed);
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
    g_autoptr(GPtrArray) lines = card_lines(card);
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
    g_autoptr(GPtrArray) lines = card_lines(card);
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
