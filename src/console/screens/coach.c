/* Screen 0: the drill, and its pane in the cockpit. */
#include "config.h"
#include "console/screens/screens.h"

#include <string.h>

#include "console/draw.h"

int coach_height(const struct view *view)
{
    int n = 0;
    while (view->coach && view->coach->lines && view->coach->lines[n] && n < COACH_LINES)
        n++;
    return n ? n + 1 : 0;
}

static guint goals_with(const struct coach_view *coach, enum coach_mark mark)
{
    guint n = 0;
    for (guint i = 0; i < coach->n_goals; i++)
        n += coach->goals[i].mark == mark;
    return n;
}

/* "goals 2 of 4 · h hint · 0", as much of it as the rule leaves room for. */
static void note_draw(const struct view *view, struct grid *grid, int row, const char *title)
{
    const struct coach_view *coach = view->coach;
    guint met = goals_with(coach, COACH_MET), lost = goals_with(coach, COACH_LOST);
    g_autoptr(GString) text = g_string_new(" ");
    if (coach->note)
        g_string_append_printf(text, "%s ", coach->note);
    if (coach->n_goals)
        g_string_append_printf(text, "%sgoals %u of %u%s ", coach->note ? "· " : "", met,
                               coach->n_goals, lost ? ", × lost" : "");
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    int col = view->width - 1 - pen_measure(&pen, text->str);
    if (text->len < 2 || col < pen_measure(&pen, title) + 4)
        return;
    pen.col = col;
    pen.faded = FALSE;
    pen_text(&pen, coach->asks ? TOKEN_GATE : TOKEN_DIM, text->str);
}

void coach_draw(const struct view *view, struct grid *grid, const struct area *area)
{
    struct pen pen = view_pen(view, grid, area->row, 0, view->width);
    const char *title = view->coach->title ? view->coach->title : "coach";
    pen.faded = FALSE;
    draw_rule(&pen, title);
    note_draw(view, grid, area->row, title);
    for (int i = 0; i + 1 < area->height && view->coach->lines[i]; i++) {
        pen = view_pen(view, grid, area->row + 1 + i, 0, view->width);
        pen.faded = FALSE;
        pen_text(&pen, TOKEN_TEXT, " ");
        pen_text(&pen, i == 0 ? (view->coach->asks ? TOKEN_GATE : TOKEN_NOW) : TOKEN_TEXT,
                 view->coach->lines[i]);
    }
}

static void goal_draw(const struct view *view, struct grid *grid, int row,
                      const struct coach_goal *goal)
{
    static const struct {
        const char *sign;
        enum token token;
    } marks[] = {[COACH_OPEN] = {"[○]", TOKEN_TODO},
                 [COACH_MET] = {"[●]", TOKEN_OK},
                 [COACH_LOST] = {"[×]", TOKEN_DANGER}};
    struct pen pen = view_pen(view, grid, row, 1, view->width);
    pen.faded = FALSE;
    pen_text(&pen, marks[goal->mark].token, marks[goal->mark].sign);
    pen_text(&pen, TOKEN_TEXT, " ");
    pen_text(&pen, goal->mark == COACH_MET ? TOKEN_DIM : TOKEN_TEXT, goal->text);
}

static void nothing_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    static const char *const lines[] = {
        "No drill is open here.",
        "In a shell, pgrollout drill --list names what there is to practise."};
    struct pen pen = view_pen(view, grid, body->row, 0, view->width);
    draw_rule(&pen, "drill");
    for (int i = 0; i < (int)G_N_ELEMENTS(lines) && i + 1 < body->height; i++) {
        pen = view_pen(view, grid, body->row + 1 + i, 1, view->width);
        pen_text(&pen, TOKEN_TEXT, lines[i]);
    }
}

/* Where there is room the five answers stand where they stand in the cockpit. Returns the row below. */
static int answers_above(const struct view *view, struct grid *grid, const struct area *body)
{
    int row = body->row;
    if (!view_migration(view) || body->height < ANSWERS + 2 + COACH_LINES + 3)
        return row;
    rail_draw(view, grid, row);
    struct pen pen = view_pen(view, grid, row + 1, 0, view->width);
    draw_rule(&pen, NULL);
    answers_draw(view, grid, row + 2);
    return row + 2 + ANSWERS;
}

static void page_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    const struct coach_view *coach = view->coach;
    if (!coach || !coach->lines) {
        nothing_draw(view, grid, body);
        return;
    }
    int top = answers_above(view, grid, body), end = body->row + body->height;
    struct area part = {top, body->col, MIN(coach_height(view), end - top), body->width};
    coach_draw(view, grid, &part);
    int row = part.row + part.height;
    if (row < end && coach->n_goals) {
        struct pen pen = view_pen(view, grid, row++, 0, view->width);
        draw_rule(&pen, "goals");
    }
    for (guint i = 0; i < coach->n_goals && row < end - 1; i++)
        goal_draw(view, grid, row++, &coach->goals[i]);
    if (coach->score && row < end) {
        struct pen pen = view_pen(view, grid, row, 1, view->width);
        pen_text(&pen, TOKEN_DIM, coach->score);
    }
}

static const enum act page_keys[] = {ACT_HINT,    ACT_PREDICT, ACT_PAUSE, ACT_RESUME,
                                     ACT_ADVANCE, ACT_CONFIRM, ACT_NONE};

const struct screen coach_screen = {
    .id = SCREEN_DRILL,
    .key = '0',
    .name = "drill",
    .keys = page_keys,
    .draw = page_draw,
};
