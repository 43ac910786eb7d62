/* What every list has in common: the marker, the rows that have ended, what is said about it. */
#include "config.h"
#include "console/screens/screens.h"

#include <math.h>

#include "console/draw.h"

void list_draw(const struct view *view, struct grid *grid, const struct area *area,
               const GPtrArray *rows, list_draw_fn draw)
{
    const struct list_state *state = view_list(view);
    int top = list_top(state, rows, area->height), selected = list_index(state, rows);
    for (int i = 0; i < area->height && top + i < (int)rows->len; i++) {
        const struct list_row *row = rows->pdata[top + i];
        struct pen pen = view_pen(view, grid, area->row + i, area->col, area->col + area->width);
        pen.faded |= !isnan(row->ended_s);
        gboolean is_selected = top + i == selected;
        pen_text(&pen, TOKEN_NOW, is_selected ? "► " : "  ");
        draw(view, &pen, row, is_selected);
    }
}

void list_note_draw(const struct view *view, struct pen *pen, const GPtrArray *rows, int total)
{
    const struct list_state *state = view_list(view);
    const struct screen *screen = screen_by_id(view->screen);
    const char *const *sorts = screen && screen->list ? screen->list->sorts : NULL;
    gboolean first = FALSE;
    guint there = 0;
    for (guint i = 0; i < rows->len; i++)
        there += isnan(((struct list_row *)rows->pdata[i])->ended_s) ? 1 : 0;
    pen_format(pen, TOKEN_DIM, " %u of %d", there, total);
    if (sorts && sorts[0])
        draw_part_format(pen, TOKEN_DIM, &first, "%s%s", sorts[state->sort],
                         state->reverse ? ", backwards" : "");
    if (state->filter)
        draw_part_format(pen, TOKEN_WARN, &first, "filter: %s", state->filter);
    if (state->loose)
        draw_part(pen, TOKEN_DIM, &first, "not following");
}

void list_parts_draw(const struct view *view, struct grid *grid, const struct area *body,
                     const GPtrArray *rows, const struct list_parts *parts)
{
    struct pen pen = view_pen(view, grid, body->row + 1, 3, view->width);
    if (!rows && view->snapshot->look_error)
        pen_format(&pen, TOKEN_LOST, "%c%s cannot be read: %s", g_ascii_toupper(*parts->what),
                   parts->what + 1, view->snapshot->look_error);
    else if (!rows)
        pen_format(&pen, TOKEN_DIM, "Reading %s …", parts->what);
    else if (view_list(view)->open)
        parts->detail(view, grid, body, list_selected(view_list(view), rows));
    else
        parts->list(view, grid, body, rows);
}
