/* Pictures as text, and the files they are compared with. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "picture.h"

/* What a cell means. Plain text is a dot, and left out at the end of a row. */
static const char letters[TOKEN_COUNT] = {
    [TOKEN_TEXT] = '.',  [TOKEN_DIM] = 'd',      [TOKEN_OK] = 'o',       [TOKEN_NOW] = 'n',
    [TOKEN_WARN] = 'w',  [TOKEN_DANGER] = 'X',   [TOKEN_LOST] = 'L',     [TOKEN_GATE] = 'G',
    [TOKEN_HELD] = 'H',  [TOKEN_TODO] = 't',     [TOKEN_BAR_FILL] = 'B', [TOKEN_BAR_REST] = 'b',
    [TOKEN_SPARK] = 's', [TOKEN_KEY] = 'k',      [TOKEN_TITLE] = 'T',    [TOKEN_RULE] = '-',
    [TOKEN_SEL] = 'S',   [TOKEN_PROMPT] = 'p',   [TOKEN_HEAD] = 'h',     [TOKEN_BADGE] = 'E',
    [TOKEN_OURS] = 'u',  [TOKEN_HEAD_KEY] = 'K', [TOKEN_HEAD_WARN] = 'W'};

static char *tokens_text(const struct grid *grid, int row)
{
    GString *out = g_string_new(NULL);
    for (int col = 0; col < grid->width; col++)
        g_string_append_c(out, letters[grid_cell(grid, row, col)->token]);
    while (out->len && out->str[out->len - 1] == letters[TOKEN_TEXT])
        g_string_truncate(out, out->len - 1);
    return g_string_free(out, FALSE);
}

static gboolean is_twin(const struct cell *cell, const struct cell *ascii,
                        const struct theme *theme)
{
    gunichar twin = cell->c < 0x80 ? cell->c : theme_glyph(theme, cell->c, TRUE);
    return cell->token == ascii->token && !cell->marks[0] && twin && ascii->c == twin;
}

static gboolean is_twin_row(const struct grid *grid, const struct grid *ascii, int row,
                            const struct theme *theme)
{
    for (int col = 0; col < grid->width; col++)
        if (!is_twin(grid_cell(grid, row, col), grid_cell(ascii, row, col), theme))
            return FALSE;
    return TRUE;
}

static void cursor_add(GString *out, const struct grid *grid)
{
    if (grid->cursor_row >= 0)
        g_string_append_printf(out, ", cursor in row %d column %d", grid->cursor_row + 1,
                               grid->cursor_col + 1);
}

void golden_add(GString *out, const struct grid *grid, const struct grid *ascii,
                const struct theme *theme)
{
    g_string_append_printf(out, "== %dx%d", grid->width, grid->height);
    cursor_add(out, grid);
    g_string_append_c(out, '\n');
    for (int row = 0; row < grid->height; row++) {
        g_autofree char *text = grid_row_text(grid, row);
        g_string_append_printf(out, "%s\n", text);
    }
    g_string_append(out, "-- tokens\n");
    for (int row = 0; row < grid->height; row++) {
        g_autofree char *text = tokens_text(grid, row);
        g_string_append_printf(out, "%s\n", text);
    }
    for (int row = 0; row < grid->height; row++) {
        if (is_twin_row(grid, ascii, row, theme))
            continue;
        g_autofree char *text = grid_row_text(ascii, row), *tokens = tokens_text(ascii, row);
        g_string_append_printf(out, "-- ascii row %d\n%s\n%s\n", row + 1, text, tokens);
    }
    if (ascii->cursor_row != grid->cursor_row || ascii->cursor_col != grid->cursor_col) {
        g_string_append(out, "-- ascii");
        cursor_add(out, ascii);
        g_string_append_c(out, '\n');
    }
}

void golden_looks(GString *out, const struct theme *theme)
{
    g_string_append_printf(out, "== %s\n", theme_name(theme));
    for (int token = 0; token < TOKEN_COUNT; token++) {
        g_string_append_printf(out, "%c %-10s", letters[token], token_name((enum token)token));
        for (int depth = DEPTH_MONO; depth <= DEPTH_256; depth++) {
            struct theme_look look = theme_look(theme, (enum token)token, (enum theme_depth)depth);
            g_autofree char *text = theme_look_text(&look, (enum theme_depth)depth);
            g_string_append_printf(out, " | %-28s", text);
        }
        while (out->str[out->len - 1] == ' ')
            g_string_truncate(out, out->len - 1);
        g_string_append_c(out, '\n');
    }
}

gboolean golden_is(const char *folder, const char *name, const char *drawn)
{
    g_autofree char *path = picture_path(folder, name, ".txt"), *golden = NULL;
    if (g_getenv("PGROLLOUT_UPDATE_PICTURES")) {
        assert_true(g_file_set_contents(path, drawn, -1, NULL));
        return TRUE;
    }
    if (g_file_get_contents(path, &golden, NULL, NULL) && strcmp(golden, drawn) == 0)
        return TRUE;
    g_autofree char *base = g_strconcat(name, ".txt.drawn", NULL);
    assert_true(g_file_set_contents(base, drawn, -1, NULL));
    print_message("%s differs: compare %s\n", path, base);
    return FALSE;
}
