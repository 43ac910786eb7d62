/* Texts that are wrapped: counted once, and drawn by the same count. */
#include "config.h"
#include "console/screens/screens.h"

#include <string.h>

#include "console/draw.h"

#define INDENT_MAX 6
#define RANK_LAST 3

static void row_free(void *data)
{
    struct lines_row *row = data;
    g_free(row->text);
    g_free(row);
}

static void row_add(GPtrArray *rows, const struct confirm_line *line, char *text)
{
    struct lines_row *row = g_new0(struct lines_row, 1);
    *row = (struct lines_row){line, text};
    g_ptr_array_add(rows, row);
}

static void line_free(void *data)
{
    struct confirm_line *line = data;
    g_free(line->text);
    g_free(line);
}

GPtrArray *lines_new(void)
{
    return g_ptr_array_new_with_free_func(line_free);
}

void lines_append(GPtrArray *lines, enum token token, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct confirm_line *line = g_new0(struct confirm_line, 1);
    *line = (struct confirm_line){token, g_strdup_vprintf(format, args)};
    va_end(args);
    g_ptr_array_add(lines, line);
}

GPtrArray *lines_wrap(const struct view *view, const GPtrArray *lines, int width)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(row_free);
    struct pen pen = view_pen(view, NULL, 0, 0, view->width);
    width = MAX(width, 1);
    for (guint i = 0; i < lines->len; i++) {
        const struct confirm_line *line = lines->pdata[i];
        const char *rest = line->text;
        int blanks = (int)MIN(strspn(rest, " "), INDENT_MAX - 2);
        int indent = width > 3 * INDENT_MAX ? blanks + 2 : 0;
        gsize n = draw_wrap(&pen, rest, width);
        row_add(rows, line, g_strndup(rest, n));
        while (*(rest += n)) {
            rest += *rest == ' ';
            n = draw_wrap(&pen, rest, width - indent);
            if (n)
                row_add(rows, line, g_strdup_printf("%*s%.*s", indent, "", (int)n, rest));
        }
    }
    return rows;
}

/* What is kept where not all fits: first what a person can do and what went wrong. */
static int rank_of(const struct confirm_line *line)
{
    switch (line->token) {
    case TOKEN_KEY:
    case TOKEN_DANGER:
        return 0;
    case TOKEN_NOW:
    case TOKEN_HELD:
    case TOKEN_WARN:
    case TOKEN_GATE:
        return 1;
    case TOKEN_DIM:
        return RANK_LAST;
    default:
        return 2;
    }
}

/* The rows of the line that begins at `from`. */
static guint rows_of_line(const GPtrArray *rows, guint from)
{
    const struct lines_row *first = rows->pdata[from];
    guint n = 1;
    while (from + n < rows->len && ((struct lines_row *)rows->pdata[from + n])->line == first->line)
        n++;
    return n;
}

/* Gives each line of the ranks `from` to `to` up to `most` rows, as long as there are some. */
static void rows_give(const GPtrArray *rows, int from, int to, int most, int *height, int *kept)
{
    for (int rank = from; rank <= to; rank++) {
        for (guint i = 0; i < rows->len; i += rows_of_line(rows, i)) {
            if (rank_of(((struct lines_row *)rows->pdata[i])->line) != rank)
                continue;
            int more = CLAMP(MIN((int)rows_of_line(rows, i), most) - kept[i], 0, *height);
            kept[i] += more;
            *height -= more;
        }
    }
}

/* How many of its rows each line may keep, written at the place of its first row. What matters gets
 * one row each before any of it gets a second one. */
static void rows_allot(const GPtrArray *rows, int height, int *kept)
{
    rows_give(rows, 0, 1, 1, &height, kept);
    rows_give(rows, 0, 1, G_MAXINT, &height, kept);
    rows_give(rows, 2, RANK_LAST, 1, &height, kept);
    rows_give(rows, 2, RANK_LAST, G_MAXINT, &height, kept);
}

void lines_fit(GPtrArray *rows, int height)
{
    if ((int)rows->len <= height)
        return;
    g_autofree int *kept = g_new0(int, rows->len);
    rows_allot(rows, MAX(height, 0), kept);
    for (guint i = 0, at = 0; at < rows->len;) {
        guint n = rows_of_line(rows, at), keep = (guint)kept[i];
        if (keep && keep < n) {
            struct lines_row *last = rows->pdata[at + keep - 1];
            char *cut = g_strconcat(last->text, " …", NULL);
            g_free(last->text);
            last->text = cut;
        }
        if (keep < n)
            g_ptr_array_remove_range(rows, at + keep, n - keep);
        i += n;
        at += keep;
    }
}

void lines_draw(const struct view *view, struct grid *grid, const struct area *area,
                const GPtrArray *rows)
{
    for (guint i = 0; i < rows->len && (int)i < area->height; i++) {
        const struct lines_row *row = rows->pdata[i];
        struct pen pen =
            view_pen(view, grid, area->row + (int)i, area->col, area->col + area->width);
        pen_text(&pen, row->line->token, row->text);
    }
}

void lines_page_draw(const struct view *view, struct grid *grid, const struct area *area,
                     const char *title, const GPtrArray *lines, int scroll)
{
    struct pen pen = view_pen(view, grid, area->row, area->col, area->col + area->width);
    draw_rule(&pen, title);
    g_autoptr(GPtrArray) rows = lines_wrap(view, lines, area->width - 2);
    int room = MAX(0, area->height - 1), last = MAX(0, (int)rows->len - room);
    if (CLAMP(scroll, 0, last))
        g_ptr_array_remove_range(rows, 0, (guint)CLAMP(scroll, 0, last));
    struct area rest = {area->row + 1, area->col + 1, room, area->width - 1};
    lines_draw(view, grid, &rest, rows);
}

int lines_page_max(const struct view *view, const struct area *area, const GPtrArray *lines)
{
    g_autoptr(GPtrArray) rows = lines_wrap(view, lines, area->width - 2);
    return MAX(0, (int)rows->len - MAX(0, area->height - 1));
}
