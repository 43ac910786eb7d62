/* The terminal: taken over, painted, given back on every way out, a crash included. */
#ifndef PGROLLOUT_CONSOLE_TERMINAL_H
#define PGROLLOUT_CONSOLE_TERMINAL_H

#include "console/grid.h"
#include "pgrollout/console/console.h"

struct terminal;

struct terminal_options {
    gboolean ascii;
    enum console_color color;
};

/* The colours for lines on standard output: by its terminal; where it is none, what was asked for by
 * name. */
enum theme_depth terminal_depth_of_lines(enum console_color color);

/* NULL: this terminal cannot be painted (TERM=dumb, no tty). */
struct terminal *terminal_new(const struct terminal_options *options);
void terminal_free(struct terminal *term); /* gives the terminal back; NULL is fine */
gboolean terminal_is_ascii(const struct terminal *term);
void terminal_set_theme(struct terminal *term, const struct theme *theme);
/* Asks the terminal for its background (OSC 11), where it is of a kind that knows the question; the
 * answer comes like keys, or never. */
gboolean terminal_ask_ground(struct terminal *term);
void terminal_size(const struct terminal *term, int *width, int *height);
/* Asks for the size again (after SIGWINCH). */
void terminal_resize(struct terminal *term);
/* Paints what differs from the last picture, without blocking. FALSE: the terminal has not taken all
 * of it yet, or has not taken the last one, and this one was dropped. Watch terminal_fd then, and
 * show another one after terminal_drain. */
gboolean terminal_show(struct terminal *term, const struct grid *grid);
/* Sends what is left of a picture. TRUE: nothing is left. */
gboolean terminal_drain(struct terminal *term);
int terminal_fd(const struct terminal *term);
/* The next picture is painted whole. */
void terminal_forget(struct terminal *term);
/* Around a stop by Ctrl-Z. */
void terminal_leave(struct terminal *term);
void terminal_enter(struct terminal *term);

#endif
