/* The parts that a picture is put together from. Rows and columns count from 0. */
#ifndef PGROLLOUT_CONSOLE_SCREENS_SCREENS_H
#define PGROLLOUT_CONSOLE_SCREENS_SCREENS_H

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
/* The hold that says most of why nothing happens; NULL: none. */
const struct snap_hold *hold_main(const struct snap_migration *m);
/* What to call a step: its title, or its name. */
const char *step_title(const struct snap_step *step);

/* panes.c */
void steps_draw(const struct view *view, struct grid *grid, const struct area *area);
void guards_draw(const struct view *view, struct grid *grid, const struct area *area);
/* why.c: "why it stopped". NULL when nothing stopped it. Lines of struct confirm_line. */
GPtrArray *why_lines(const struct view *view, const char **title);
void lines_draw(const struct view *view, struct grid *grid, const struct area *area,
                const GPtrArray *lines);

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
/* Lines of the help screen, for scrolling. */
int help_length(void);

#endif
