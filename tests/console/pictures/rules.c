/* What holds for every picture, at whatever size. */
#include "config.h"

#include <string.h>

#include "console/screens/screens.h"
#include "picture.h"

/* From this size on the key bar has words. */
#define WORDS_WIDTH 60
#define KEYBAR_HEIGHT 7
#define PAST_WIDTH 13 /* " HURTING PAST" */

G_GNUC_PRINTF(2, 3) static char *broken(const struct grid *grid, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    return g_strdup_printf("%dx%d: %s", grid->width, grid->height, what);
}

static gboolean char_is_fine(gunichar c, const struct view *view, const struct picture *picture)
{
    if (c >= 0x20 && c < 0x7F)
        return TRUE;
    int width = safe_char_width(c);
    if (c < 0x20 || (c >= 0x7F && c < 0xA0) || g_unichar_type(c) == G_UNICODE_FORMAT || width < 1)
        return FALSE;
    return !view->ascii && (picture->foreign || !char_may_be_emoji(c));
}

/* Exactly the size, nothing a terminal would obey or draw as a picture, every wide character whole and
 * none over the edge. */
char *rule_cells(const struct grid *grid, const struct view *view, const struct picture *picture)
{
    if (grid->width != view->width || grid->height != view->height)
        return broken(grid, "asked for %dx%d", view->width, view->height);
    for (int row = 0; row < grid->height; row++) {
        int cells = 0;
        for (int col = 0; col < grid->width; col++) {
            const struct cell *cell = grid_cell(grid, row, col);
            if (cell->c == 0)
                continue;
            if (!char_is_fine(cell->c, view, picture))
                return broken(grid, "U+%04X at row %d column %d", cell->c, row + 1, col + 1);
            for (int i = 0; i < 2 && cell->marks[i]; i++)
                if (view->ascii || safe_char_width(cell->marks[i]) != 0)
                    return broken(grid, "U+%04X as a mark in row %d", cell->marks[i], row + 1);
            cells += safe_char_width(cell->c);
        }
        if (cells != grid->width)
            return broken(grid, "row %d has %d cells", row + 1, cells);
    }
    return NULL;
}

/* What one does takes the room of a small screen. */
static gboolean is_covered(const struct grid *grid, const struct view *view)
{
    if (view->confirm)
        return grid->height < (view->confirm->level > 1 ? 40 : 24);
    gboolean spoken = view->prompt || view->message || view->entry || view->secret_of;
    gboolean offers = view->prompt && view->prompt->candidates;
    return (spoken && grid->height < 9) || (offers && grid->height < 16);
}

/* PHASE DONE HARM PAUSE ABORT: rows 4 to 8, or 2 to 6 where there is no rail. */
char *rule_labels(const struct grid *grid, const struct view *view, const struct picture *picture)
{
    static const char *const labels[] = {" PHASE ", " DONE ", " HARM ", " PAUSE ", " ABORT "};
    if (!picture_shows_answers(picture) || view_is_tiny(view) || is_covered(grid, view))
        return NULL;
    int first = view_is_compact(view) ? 1 : 3;
    for (guint i = 0; i < G_N_ELEMENTS(labels); i++) {
        g_autofree char *text = grid_row_text(grid, first + (int)i);
        if (!g_str_has_prefix(text, labels[i]))
            return broken(grid, "row %d is \"%s\", not%s", first + (int)i + 1, text, labels[i]);
    }
    return NULL;
}

/* A question that takes the room of the key bar says itself how to get out of it. */
static gboolean question_says_out(const struct grid *grid)
{
    for (int row = 0; row < grid->height; row++) {
        g_autofree char *text = grid_row_text(grid, row);
        if (strstr(text, "Esc ") || strstr(text, "any other key "))
            return TRUE;
    }
    return FALSE;
}

/* The key bar ends with help, the prompt and quit, none of them cut; but where every key is taken by
 * what one types, it says how to get out of that, and offers no act. */
char *rule_help(const struct grid *grid, const struct view *view, const struct picture *picture)
{
    (void)picture;
    if (view_is_tiny(view) || grid->height < KEYBAR_HEIGHT)
        return NULL;
    gboolean typing = view->confirm || view->prompt || view->entry || view->secret_of;
    gboolean bar = grid_cell(grid, grid->height - 1, 0)->token == TOKEN_HEAD;
    g_autofree char *text = grid_row_text(grid, grid->height - 1);
    const char *ends = typing                       ? "^ Esc (cancel|clear)( |$)"
                       : grid->width >= WORDS_WIDTH ? " \\? help +:( command)? +q quit$"
                                                    : " \\? : q$";
    if (typing && !bar)
        return view->prompt || question_says_out(grid) ? NULL : broken(grid, "no way out");
    if (!g_regex_match_simple(ends, text, 0, 0))
        return broken(grid, "the key bar is \"%s\"", text);
    return NULL;
}

/* Wherever there is room for two words: what is over says so in its first row, and nothing of it says that it is now. */
char *rule_past(const struct grid *grid, const struct view *view, const struct picture *picture)
{
    (void)picture;
    for (int row = 0; row < grid->height && view->past_s > 0; row++) {
        g_autofree char *text = grid_row_text(grid, row);
        if ((row == 0 && grid->width >= PAST_WIDTH && !strstr(text, "PAST")) ||
            strstr(text, "LIVE"))
            return broken(grid, "row %d of what is over is \"%s\"", row + 1, text);
    }
    return NULL;
}

char *rules_broken(const struct grid *grid, const struct view *view, const struct picture *picture)
{
    char *what = rule_cells(grid, view, picture);
    if (!what)
        what = rule_labels(grid, view, picture);
    if (!what)
        what = rule_help(grid, view, picture);
    return what ? what : rule_past(grid, view, picture);
}
