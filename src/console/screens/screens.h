/* The parts that a picture is put together from. Rows and columns count from 0. */
#ifndef PGROLLOUT_CONSOLE_SCREENS_SCREENS_H
#define PGROLLOUT_CONSOLE_SCREENS_SCREENS_H

#include "console/holds.h"
#include "console/view.h"

/* A rectangle of the grid. */
struct area {
    int row, col, height, width;
};

/* Below this size the picture has no rail and fewer words. */
static inline gboolean view_is_compact(const struct view *view)
{
    return view->width < 60 || view->height < 16;
}

/* answers.c: the rail and the five lines. */
void rail_draw(const struct view *view, struct grid *grid, int row);
void answers_draw(const struct view *view, struct grid *grid, int row);
/* What to call a step: its title, or its name. */
const char *step_title(const struct snap_step *step);

/* panes.c */
void steps_draw(const struct view *view, struct grid *grid, const struct area *area);
void guards_draw(const struct view *view, struct grid *grid, const struct area *area);
/* why.c: "why it stopped". NULL when nothing stopped it. Lines of struct confirm_line. */
GPtrArray *why_lines(const struct view *view, const char **title);

/* lines.c. A row of the screen, cut off a line. */
struct lines_row {
    const struct confirm_line *line;
    char *text;
};
/* `lines` as rows of at most `width` cells (struct lines_row). */
GPtrArray *lines_wrap(const struct view *view, const GPtrArray *lines, int width);
/* Takes rows away until there are `height`: never what a person can do while there is anything
 * else, and of each line the start as long as possible. */
void lines_fit(GPtrArray *rows, int height);
void lines_draw(const struct view *view, struct grid *grid, const struct area *area,
                const GPtrArray *rows);

/* history.c */
void sparks_draw(const struct view *view, struct grid *grid, const struct area *area);
void locks_draw(const struct view *view, struct grid *grid, const struct area *area);
void replicas_draw(const struct view *view, struct grid *grid, const struct area *area);
void events_draw(const struct view *view, struct grid *grid, const struct area *area,
                 const GPtrArray *events, int skip);

/* One screen a file. `body` is what lies between the status line and the message line. */
void cockpit_draw(const struct view *view, struct grid *grid, const struct area *body);
void blank_draw(const struct view *view, struct grid *grid, const struct area *body);
void journal_draw(const struct view *view, struct grid *grid, const struct area *body);
void help_draw(const struct view *view, struct grid *grid, const struct area *body);
void dialog_draw(const struct view *view, struct grid *grid);
/* prompt.c: the open prompt on that row, its completions above it. */
void prompt_draw(const struct view *view, struct grid *grid, int row);
/* How the open question is laid out on this screen. */
struct dialog_layout {
    int width, height, top; /* of the frame */
    int rows, page;         /* of the text: all of them, and those shown at a time */
    int room;               /* rows for the text */
    int choices;            /* rows: one for each, or one for all */
    gboolean tall_name;     /* the name to type is too long to stand beside its field */
    int blanks;
};
/* FALSE: it cannot be asked here. */
gboolean dialog_measure(const struct view *view, struct dialog_layout *layout);
/* The furthest that the screen can be scrolled. */
int help_scroll_max(const struct view *view, const struct area *body);
int journal_scroll_max(const struct view *view, const struct area *body);

#endif
