/* The ":" prompt: the line, scrolled so that the cursor is in sight, and what a Tab offers. */
#include "config.h"
#include "console/screens/screens.h"

#include <string.h>

#include "console/command.h"

#define POPUP_ROWS 6
#define POPUP_WIDTH 60
#define NOTE_COLUMN 14

/* What a command does, while it is the command that is being typed. */
static const char *note_of(const struct view_prompt *prompt, const char *candidate)
{
    const char *text = prompt->text + strspn(prompt->text, " ");
    gboolean first = text + strcspn(text, " ") >= prompt->text + prompt->point;
    const struct command *command = first ? command_find(candidate, NULL) : NULL;
    return command ? command->help : NULL;
}

static void candidate_draw(const struct view *view, struct grid *grid, int row, int item)
{
    const struct view_prompt *prompt = view->prompt;
    struct pen pen = view_pen(view, grid, row, 0, MIN(view->width, POPUP_WIDTH));
    pen.faded = FALSE;
    const char *note = note_of(prompt, prompt->candidates[item]);
    enum token token = item == prompt->selected ? TOKEN_SEL : TOKEN_HEAD;
    pen_text(&pen, token, " ");
    pen_text_left(&pen, token, note ? MIN(NOTE_COLUMN, pen_room(&pen)) : pen_room(&pen),
                  prompt->candidates[item]);
    if (note)
        pen_text_left(&pen, token, pen_room(&pen), note);
    /* half a row of something else beside it could be misread */
    pen.end = view->width;
    pen_fill(&pen, TOKEN_TEXT, " ");
}

static void popup_draw(const struct view *view, struct grid *grid, int row)
{
    const struct view_prompt *prompt = view->prompt;
    int n = 0;
    while (prompt->candidates && prompt->candidates[n])
        n++;
    int rows = MIN(MIN(n, POPUP_ROWS), row);
    int from = CLAMP(prompt->selected - rows + 1, 0, MAX(0, n - rows));
    for (int i = 0; i < rows; i++)
        candidate_draw(view, grid, row - rows + i, from + i);
    if (n <= rows || !rows)
        return;
    g_autofree char *more = g_strdup_printf("%d of %d ", from + rows, n);
    int width = MIN(view->width, POPUP_WIDTH);
    struct pen pen = view_pen(view, grid, row - 1, MAX(0, width - (int)strlen(more)), width);
    pen.faded = FALSE;
    pen_text(&pen, from + rows - 1 == prompt->selected ? TOKEN_SEL : TOKEN_HEAD, more);
}

/* Where to begin so that what stands before the cursor takes at most `room` cells. */
static const char *start_of(struct pen *pen, const char *before, int room)
{
    const char *p = before;
    while (*p && pen_measure(pen, p) > room)
        p = g_utf8_next_char(p);
    return p;
}

void prompt_draw(const struct view *view, struct grid *grid, int row)
{
    const struct view_prompt *prompt = view->prompt;
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    pen.faded = FALSE;
    struct pen clear = pen;
    pen_fill(&clear, TOKEN_TEXT, " ");
    pen_text(&pen, TOKEN_PROMPT, *prompt->label ? prompt->label : ":");
    g_autofree char *before = g_strndup(prompt->text, (gsize)prompt->point);
    int room =
        pen_room(&pen) - 2; /* a cell for the cursor at the end, and one for a wide character */
    const char *start = start_of(&pen, before, MAX(room, 1));
    if (start > before) {
        start = start_of(&pen, before, MAX(room - 1, 1));
        pen_text(&pen, TOKEN_DIM, "<");
    }
    const char *rest = prompt->text + (start - before);

    grid->cursor_row = row;
    grid->cursor_col = MIN(pen.col + pen_measure(&pen, start), view->width - 1);
    gboolean cut = pen_measure(&pen, rest) > pen_room(&pen);
    struct pen end = pen;
    end.col = view->width - 1;
    pen.end = view->width - (cut ? 1 : 0);
    pen_text(&pen, TOKEN_TEXT, rest);
    if (cut)
        pen_text(&end, TOKEN_DIM, ">");
    popup_draw(view, grid, row);
}
