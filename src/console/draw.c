/* The small drawings. */
#include "config.h"
#include "console/draw.h"

#include <math.h>
#include <string.h>

#include "console/format.h"

void draw_rule(struct pen *pen, const char *title)
{
    if (title) {
        pen_text(pen, TOKEN_RULE, "─ ");
        pen_text(pen, TOKEN_TITLE, title);
        pen_text(pen, TOKEN_RULE, " ");
    }
    pen_fill(pen, TOKEN_RULE, "─");
}

/* A line that goes on to the neighbour in that direction: a rule sideways, a wall up or down. */
static gboolean goes_on(const struct grid *grid, int row, int col, gboolean sideways)
{
    if (row < 0 || row >= grid->height || col < 0 || col >= grid->width)
        return FALSE;
    const struct cell *cell = grid_cell(grid, row, col);
    if (cell->token != TOKEN_RULE)
        return FALSE;
    return sideways ? cell->c == 0x2500 || cell->c == '-' : cell->c == 0x2502 || cell->c == '|';
}

void draw_joints(struct grid *grid, int row, int height)
{
    /* by the sum of up 1, down 2, left 4, right 8; 0: it is none */
    static const gunichar joints[16] = {
        [3 | 4] = 0x2524, [3 | 8] = 0x251C, [12 | 1] = 0x2534, [12 | 2] = 0x252C, [15] = 0x253C};
    for (int r = row; r < row + height; r++) {
        for (int c = 0; c < grid->width; c++) {
            struct cell *cell = grid_cell(grid, r, c);
            gboolean rule = goes_on(grid, r, c, TRUE), wall = goes_on(grid, r, c, FALSE);
            if (!rule && !wall)
                continue;
            int sum = (goes_on(grid, r - 1, c, FALSE) ? 1 : 0) |
                      (goes_on(grid, r + 1, c, FALSE) ? 2 : 0) |
                      (goes_on(grid, r, c - 1, TRUE) ? 4 : 0) |
                      (goes_on(grid, r, c + 1, TRUE) ? 8 : 0);
            if (joints[sum])
                cell->c = cell->c < 0x80 ? '+' : joints[sum];
        }
    }
}

void draw_bar(struct pen *pen, enum token fill, int cells, double fraction)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int total = isnan(fraction) ? 0 : (int)(CLAMP(fraction, 0, 1) * cells * 8 + 1e-9);
    int full = total / 8, rest = total % 8;
    for (int i = 0; i < cells; i++) {
        if (i < full)
            pen_text(pen, fill, "█");
        else if (i == full && rest)
            pen_text(pen, fill, eighths[rest]);
        else
            pen_text(pen, TOKEN_BAR_REST, "░");
    }
}

double series_last(const struct snap_series *series)
{
    for (guint i = series->n; i > 0; i--)
        if (!isnan(series->values[i - 1]))
            return series->values[i - 1];
    return NAN;
}

/* What one cell shows: the bucket of seconds [from, to) counted from the epoch. */
static double bucket_value(const struct snap_series *series, enum spark_kind kind, gint64 now_s,
                           gint64 from, gint64 to)
{
    double sum = 0, peak = NAN;
    int n = 0;
    for (gint64 t = from; t < to; t++) {
        gint64 i = (gint64)series->n - 1 - (now_s - t);
        double v = i >= 0 && i < (gint64)series->n ? series->values[i] : NAN;
        if (isnan(v))
            continue;
        sum += v;
        n++;
        if (!(v <= peak))
            peak = v;
    }
    if (!n)
        return NAN;
    return kind == SPARK_PEAK ? peak : sum / n;
}

static double series_peak(const struct snap_series *series)
{
    double peak = 0;
    for (guint i = 0; i < series->n; i++)
        if (series->values[i] > peak)
            peak = series->values[i];
    return peak;
}

void draw_spark(struct pen *pen, const struct snap_series *series, enum spark_kind kind, int cells,
                int bucket_s, gint64 now_s, double limit)
{
    static const char *const heights[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double top = limit > 0 ? limit : series_peak(series);
    gint64 end = (now_s / bucket_s + 1) * bucket_s;
    for (int cell = 0; cell < cells; cell++) {
        gint64 from = end - (gint64)(cells - cell) * bucket_s;
        double v = bucket_value(series, kind, now_s, from, from + bucket_s);
        if (isnan(v)) {
            pen_text(pen, TOKEN_TEXT, " ");
            continue;
        }
        int height = top > 0 ? (int)(v / top * 7.999) : 0;
        gboolean over = limit > 0 && v >= limit;
        pen_text(pen, over ? TOKEN_DANGER : TOKEN_SPARK, heights[CLAMP(height, 0, 7)]);
    }
}

/* Where it goes to now, as the verdict's evidence has it; a tenth of the range is noise. */
static const char *trend_of(const struct snap_series *series, double least, double most)
{
    guint back = MIN(TREND_S, series->n - 1);
    double by = series_last(series) - series->values[series->n - 1 - back];
    return isnan(by) || fabs(by) <= (most - least) / 10 ? "level" : by > 0 ? "rising" : "falling";
}

void draw_spark_words(struct pen *pen, const struct snap_series *series, int cells,
                      char *(*format)(double value))
{
    double least = NAN, most = NAN;
    for (guint i = 0; i < series->n; i++) {
        double v = series->values[i];
        least = isnan(least) || v < least ? v : least;
        most = isnan(most) || v > most ? v : most;
    }
    const char *trend = isnan(most) ? "-" : trend_of(series, least, most);
    g_autofree char *from = format(rounded(least)), *to = format(rounded(most));
    gboolean still = isnan(most) || strcmp(from, to) == 0;
    g_autofree char *range = still ? g_strdup(trend) : g_strdup_printf("%s..%s", from, to);
    g_autofree char *text = still ? g_strdup(trend) : g_strdup_printf("%s %s", range, trend);
    pen_text_left(pen, TOKEN_TEXT, cells, pen_measure(pen, text) <= cells ? text : range);
}

gboolean draw_part(struct pen *pen, enum token token, gboolean *first, const char *text)
{
    int needed = pen_measure(pen, text) + (*first ? 0 : 3);
    if (needed > pen_room(pen))
        return FALSE;
    if (!*first)
        pen_text(pen, TOKEN_DIM, " · ");
    *first = FALSE;
    pen_text(pen, token, text);
    return TRUE;
}

gboolean draw_part_format(struct pen *pen, enum token token, gboolean *first, const char *format,
                          ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    return draw_part(pen, token, first, text);
}

/* The blank in the middle of "10 000": a number is not taken apart. */
static gboolean is_in_number(const char *text, const char *blank)
{
    return blank > text && g_ascii_isdigit(blank[-1]) && g_ascii_isdigit(blank[1]) &&
           g_ascii_isdigit(blank[2]) && g_ascii_isdigit(blank[3]) && !g_ascii_isdigit(blank[4]);
}

gsize draw_wrap(const struct pen *pen, const char *text, int width)
{
    gsize end = 0, blank = 0;
    int cells = 0;
    for (const char *p = text; *p;) {
        gunichar c = g_utf8_get_char_validated(p, -1);
        const char *next = c >= (gunichar)-2 ? p + 1 : g_utf8_next_char(p);
        g_autofree char *one = g_strndup(p, (gsize)(next - p));
        cells += pen_measure(pen, one);
        if (*p == ' ' && !is_in_number(text, p))
            blank = (gsize)(p - text);
        if (cells > width)
            return blank ? blank : MAX(end, 1);
        end = (gsize)(next - text);
        p = next;
    }
    return end;
}

static void box_edge(const struct pen *pen, int row, int col, int width, const char *const ends[2],
                     enum token token)
{
    struct pen edge = *pen;
    edge.row = row;
    edge.col = col;
    edge.end = col + width - 1;
    pen_text(&edge, token, ends[0]);
    pen_fill(&edge, token, "─");
    edge.end++;
    pen_text(&edge, token, ends[1]);
}

void draw_box(struct pen *pen, int row, int col, int height, int width, const char *title,
              const char *note, enum token token)
{
    static const char *const upper[2] = {"┌", "┐"}, *const lower[2] = {"└", "┘"};
    box_edge(pen, row, col, width, upper, token);
    box_edge(pen, row + height - 1, col, width, lower, token);
    for (int r = row + 1; r < row + height - 1; r++) {
        struct pen line = *pen;
        line.row = r;
        line.col = col;
        line.end = col + width;
        pen_text(&line, token, "│");
        line.end--;
        pen_fill(&line, TOKEN_TEXT, " ");
        line.end++;
        pen_text(&line, token, "│");
    }
    struct pen head = *pen;
    head.row = row;
    head.col = col + 2;
    head.end = col + width - 2;
    pen_format(&head, TOKEN_TITLE, " %s ", title);
    int needed = note ? pen_measure(&head, note) + 2 : 0;
    if (note && needed < pen_room(&head)) {
        head.col = head.end - needed;
        pen_format(&head, token, " %s ", note);
    }
}
