/* Cells, and the pen that writes them. */
#include "config.h"
#include "console/grid.h"

#include <string.h>

struct grid *grid_new(int width, int height)
{
    struct grid *grid = g_new0(struct grid, 1);
    grid->width = width;
    grid->height = height;
    grid->cursor_row = grid->cursor_col = -1;
    grid->cells = g_new0(struct cell, (gsize)width * (gsize)height);
    for (int i = 0; i < width * height; i++)
        grid->cells[i].c = ' ';
    return grid;
}

void grid_free(struct grid *grid)
{
    if (!grid)
        return;
    g_free(grid->cells);
    g_free(grid);
}

struct cell *grid_cell(const struct grid *grid, int row, int col)
{
    return &grid->cells[row * grid->width + col];
}

char *grid_row_text(const struct grid *grid, int row)
{
    GString *out = g_string_new(NULL);
    for (int col = 0; col < grid->width; col++) {
        const struct cell *cell = grid_cell(grid, row, col);
        if (cell->c)
            g_string_append_unichar(out, cell->c);
        for (int i = 0; i < 2 && cell->marks[i]; i++)
            g_string_append_unichar(out, cell->marks[i]);
    }
    g_strchomp(out->str);
    return g_string_free(out, FALSE);
}

static enum token shade(const struct pen *pen, enum token token)
{
    if (!pen->faded || token == TOKEN_LOST || token == TOKEN_HEAD || token == TOKEN_KEY ||
        token == TOKEN_WARN || token == TOKEN_RULE)
        return token;
    return TOKEN_DIM;
}

/* The program's own glyphs as this theme and terminal show them. */
static char *translate(const struct pen *pen, const char *text)
{
    const char *p = text;
    while (*p && (guchar)*p < 0x80)
        p++;
    if (!*p)
        return g_strdup(text);
    GString *out = g_string_new_len(text, p - text);
    while (*p) {
        gunichar c = g_utf8_get_char_validated(p, -1);
        if (c == (gunichar)-1 || c == (gunichar)-2) {
            g_string_append_c(out, *p++); /* safe_text will deal with it */
            continue;
        }
        gunichar twin = c < 0x80 ? 0 : theme_glyph(pen->theme, c, pen->ascii);
        g_string_append_unichar(out, twin ? twin : c);
        p = g_utf8_next_char(p);
    }
    return g_string_free(out, FALSE);
}

static char *prepare(const struct pen *pen, const char *text, int width)
{
    g_autofree char *own = translate(pen, text ? text : "");
    return safe_text_cut(own, width, pen->ascii ? TEXT_ASCII : TEXT_UTF8);
}

/* Where half a wide character would be left standing, a blank takes its place. */
static void cell_set(struct grid *grid, int row, int col, struct cell value)
{
    struct cell *cell = grid_cell(grid, row, col);
    if (cell->c == 0 && value.c != 0 && col > 0)
        cell[-1].c = ' ';
    if (col + 1 < grid->width && cell[1].c == 0)
        cell[1].c = ' ';
    *cell = value;
}

static void put_char(struct pen *pen, enum token token, gunichar c)
{
    int width = safe_char_width(c);
    if (width == 0) {
        struct cell *before = pen->col > 0 ? grid_cell(pen->grid, pen->row, pen->col - 1) : NULL;
        if (before && !before->c && pen->col > 1)
            before--;
        for (int i = 0; before && i < 2; i++)
            if (!before->marks[i]) {
                before->marks[i] = c;
                break;
            }
        return;
    }
    cell_set(pen->grid, pen->row, pen->col, (struct cell){c, {0, 0}, token});
    if (width == 2)
        cell_set(pen->grid, pen->row, pen->col + 1, (struct cell){0, {0, 0}, token});
    pen->col += width;
}

int pen_room(const struct pen *pen)
{
    return MAX(0, MIN(pen->end, pen->grid->width) - pen->col);
}

static gboolean is_off_grid(const struct pen *pen)
{
    return pen->row < 0 || pen->row >= pen->grid->height || pen->col < 0;
}

void pen_text(struct pen *pen, enum token token, const char *text)
{
    if (is_off_grid(pen))
        return;
    g_autofree char *safe = prepare(pen, text, pen_room(pen));
    token = shade(pen, token);
    for (const char *p = safe; *p; p = g_utf8_next_char(p))
        put_char(pen, token, g_utf8_get_char(p));
}

void pen_format(struct pen *pen, enum token token, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    pen_text(pen, token, text);
}

int pen_measure(const struct pen *pen, const char *text)
{
    g_autofree char *safe = prepare(pen, text, G_MAXINT - 2);
    return safe_text_width(safe);
}

static void pad(struct pen *pen, enum token token, int cells)
{
    for (int i = 0; i < cells && pen_room(pen) > 0; i++)
        pen_text(pen, token, " ");
}

void pen_text_left(struct pen *pen, enum token token, int width, const char *text)
{
    width = MIN(width, pen_room(pen));
    struct pen part = *pen;
    part.end = pen->col + width;
    pen_text(&part, token, text);
    pad(&part, token, pen_room(&part));
    pen->col += MAX(0, width);
}

void pen_text_right(struct pen *pen, enum token token, int width, const char *text)
{
    width = MIN(width, pen_room(pen));
    struct pen part = *pen;
    part.end = pen->col + width;
    pad(&part, token, width - pen_measure(pen, text));
    pen_text(&part, token, text);
    pen->col += MAX(0, width);
}

void pen_skip(struct pen *pen, int cells)
{
    pen->col = MIN(pen->col + cells, MAX(pen->end, pen->col));
}

void pen_fill(struct pen *pen, enum token token, const char *glyph)
{
    while (pen_room(pen) > 0) {
        int before = pen->col;
        pen_text(pen, token, glyph);
        if (pen->col == before)
            return;
    }
}
