/* A screen as plain data: cells with a character and a meaning. Screens draw into it; the terminal
 * and the tests read it. A pen is the only way to draw, and it passes every text through safe_text.
 */
#ifndef PGROLLOUT_CONSOLE_GRID_H
#define PGROLLOUT_CONSOLE_GRID_H

#include "console/theme.h"
#include "pgrollout/base/text.h"

struct cell {
    gunichar c;        /* 0: the right half of a wide character */
    gunichar marks[2]; /* combining; 0: none */
    enum token token;
};

struct grid {
    int width, height;
    int cursor_row, cursor_col; /* -1: hidden */
    struct cell *cells;
};

struct grid *grid_new(int width, int height);
void grid_free(struct grid *grid);
struct cell *grid_cell(const struct grid *grid, int row, int col);
/* The characters of one row as UTF-8, without trailing blanks. Free with g_free. */
char *grid_row_text(const struct grid *grid, int row);

/* Writes to one row from `col` up to, not including, `end`. */
struct pen {
    struct grid *grid;
    const struct theme *theme;
    gboolean ascii;
    gboolean faded; /* old data: everything but what says so is drawn dim */
    int row, col, end;
};

/* Any text, foreign or own; cut at the end of the pen's room. */
void pen_text(struct pen *pen, enum token token, const char *text);
void pen_format(struct pen *pen, enum token token, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Exactly `width` cells, padded at the right, or at the left with `pen_text_right`. */
void pen_text_left(struct pen *pen, enum token token, int width, const char *text);
void pen_text_right(struct pen *pen, enum token token, int width, const char *text);
/* Moves on; what lies between stays as it is. */
void pen_skip(struct pen *pen, int cells);
/* Fills the rest of the room with one of the glyphs. */
void pen_fill(struct pen *pen, enum token token, const char *glyph);
int pen_room(const struct pen *pen);
/* The cells that `text` would take up. */
int pen_measure(const struct pen *pen, const char *text);

#endif
