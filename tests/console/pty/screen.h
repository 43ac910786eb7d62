/* A program on a pty of its own, with libvterm as its screen. */
#ifndef PGROLLOUT_TESTS_PTY_SCREEN_H
#define PGROLLOUT_TESTS_PTY_SCREEN_H

#include <glib.h>
#include <sys/types.h>

struct screen;

/* Starts `command` through sh, with `environment` ("NAME=VALUE", NULL-terminated) added. */
struct screen *screen_new(int width, int height, const char *const *environment,
                          const char *command);
void screen_free(struct screen *screen); /* ends the program if it is still there */

/* Reads what there is, for at most `ms`; FALSE: nothing came. */
gboolean screen_pump(struct screen *screen, int ms);
void screen_send(struct screen *screen, const char *bytes, gsize n);
/* What it answers when it is asked for its background, "rgb:ff/ff/ff"; without it nothing. */
void screen_set_ground(struct screen *screen, const char *colour);
void screen_resize(struct screen *screen, int width, int height);
int screen_width(const struct screen *screen);
/* The line is cut: nobody reads any more, and the program is told so. */
void screen_hang_up(struct screen *screen);
int screen_height(const struct screen *screen);
/* One row as text, without trailing blanks. Free with g_free. */
char *screen_row(const struct screen *screen, int row);
/* All rows, each with its line end. */
char *screen_picture(const struct screen *screen);

/* Where the cursor is, and whether it is shown. */
gboolean screen_cursor(const struct screen *screen, int *row, int *col);

pid_t screen_pid(const struct screen *screen);
/* TRUE when the program has ended; *status as from waitpid. */
gboolean screen_ended(struct screen *screen, int *status);
/* Bytes that came so far. */
gsize screen_bytes(const struct screen *screen);
/* The first thing that was sent and is not on the list of what a console sends (wire.h). NULL: none. */
const char *screen_offence(const struct screen *screen);
/* As the program found it: echo and line mode on, the first screen shown, the cursor visible. */
const char *screen_left_changed(const struct screen *screen);
/* No escape sequence at all was sent. */
gboolean screen_is_plain(const struct screen *screen);
gboolean screen_has_colours(const struct screen *screen);
/* Colours that no palette has. */
gboolean screen_has_direct(const struct screen *screen);

#endif
