/* Screen 7: what happened and who did it. */
#include "config.h"
#include "console/screens/screens.h"

#include "console/draw.h"

static int journal_scroll_max(const struct view *view, const struct area *body)
{
    return view->journal ? MAX(0, (int)view->journal->len - (body->height - 2)) : 0;
}

static void journal_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    struct pen pen = view_pen(view, grid, body->row, 0, view->width);
    pen_text(&pen, TOKEN_TITLE,
             view->width >= 60 ? " time     who            what" : " what happened");
    pen = view_pen(view, grid, body->row + 1, 0, view->width);
    draw_rule(&pen, NULL);
    pen = view_pen(view, grid, body->row + 3, 3, view->width);
    if (view->journal_error)
        pen_text(&pen, TOKEN_LOST, view->journal_error);
    else if (!view->journal)
        pen_text(&pen, TOKEN_DIM, "Reading the journal …");
    else if (!view->journal->len)
        pen_text(&pen, TOKEN_DIM, "Nothing has happened yet.");
    if (!view->journal)
        return;
    struct area area = {body->row + 2, 0, body->height - 2, view->width};
    events_draw(view, grid, &area, view->journal,
                CLAMP(view->scroll, 0, journal_scroll_max(view, body)));
}

const struct screen journal_screen = {
    .id = SCREEN_JOURNAL,
    .key = '7',
    .name = "journal",
    .draw = journal_draw,
    .scroll_max = journal_scroll_max,
};
