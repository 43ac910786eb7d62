/* The steps, what they have found, and the rows that could not be filled. */
#include "config.h"
#include "console/screens/screens.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define DETAIL_INDENT 6

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

/* One row of the steps pane: a step, or a run of finished ones. */
struct step_row {
    guint first, last; /* numbers from 1 */
    const struct snap_step *step;
    const struct snap_phase *phase;
    double elapsed_s;
    GString *names;     /* of a run; NULL: a single step */
    GPtrArray *details; /* char *: what stands below it; NULL: nothing */
    enum token token;   /* of these */
};

static void row_free(void *data)
{
    struct step_row *row = data;
    if (row->names)
        g_string_free(row->names, TRUE);
    if (row->details)
        g_ptr_array_unref(row->details);
    g_free(row);
}

static gboolean is_past(const struct snap_step *step)
{
    return is(step->state, "done") || is(step->state, "skipped") || is(step->state, "undone");
}

static GPtrArray *rows_of(const struct snap_migration *m)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(row_free);
    guint number = 0;
    for (guint i = 0; i < m->phases->len; i++) {
        const struct snap_phase *phase = g_ptr_array_index(m->phases, i);
        for (guint j = 0; j < phase->steps->len; j++) {
            struct step_row *row = g_new0(struct step_row, 1);
            row->first = row->last = ++number;
            row->phase = phase;
            row->step = g_ptr_array_index(phase->steps, j);
            row->elapsed_s = row->step->elapsed_s;
            g_ptr_array_add(rows, row);
        }
    }
    return rows;
}

/* Makes one row of the finished steps at the start, as many as it takes to fit into `height`. */
static void rows_collapse(GPtrArray *rows, guint height)
{
    guint past = 0;
    while (past < rows->len && is_past(((struct step_row *)rows->pdata[past])->step))
        past++;
    if (rows->len <= height || past < 2)
        return;
    guint merged = MIN(past, rows->len - height + 1);
    struct step_row *head = rows->pdata[0];
    head->names = g_string_new(NULL);
    double elapsed = 0;
    for (guint i = 0; i < merged; i++) {
        struct step_row *row = rows->pdata[i];
        g_string_append_printf(head->names, "%s%s", i ? ", " : "", row->step->name);
        elapsed += isnan(row->elapsed_s) ? 0 : row->elapsed_s;
        head->last = row->last;
    }
    head->elapsed_s = elapsed;
    g_ptr_array_remove_range(rows, 1, merged - 1);
}

static const char *step_glyph(const struct snap_migration *m, const struct step_row *row,
                              enum token *token)
{
    static const struct {
        const char *state, *glyph;
        enum token token;
    } marks[] = {
        {"running", "►", TOKEN_NOW},   {"waiting", "‖", TOKEN_HELD}, {"done", "●", TOKEN_OK},
        {"failed", "×", TOKEN_DANGER}, {"undoing", "◄", TOKEN_HELD}, {"undone", "○", TOKEN_TODO},
        {"skipped", "·", TOKEN_DIM},
    };
    const struct snap_step *step = row->step;
    for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
        if (!is(step->state, marks[i].state))
            continue;
        *token = marks[i].token;
        if (i == 0 && hold_main(m)) {
            *token = TOKEN_HELD;
            return "‖";
        }
        return marks[i].glyph;
    }
    gboolean gate = step->irreversible || is(row->phase->name, "contract");
    *token = gate ? TOKEN_GATE : TOKEN_TODO;
    return gate ? "╫" : "○";
}

static char *step_note(const struct snap_migration *m, const struct step_row *row)
{
    const struct snap_step *step = row->step;
    const struct snap_hold *hold = hold_main(m);
    if (is(step->state, "running")) /* how long stands in PHASE */
        return g_strdup(!hold ? "running" : is(hold->kind, "lock") ? "waits" : "held");
    if (!isnan(row->elapsed_s))
        return age_format(row->elapsed_s);
    if (step->irreversible || is(row->phase->name, "contract"))
        return g_strdup("typed");
    if (is_past(step))
        return g_strdup(is(step->state, "done") ? "done" : step->state);
    if (is(step->kind, "confirm"))
        return g_strdup("you say");
    return g_strdup("-");
}

static void step_row_draw(const struct view *view, struct pen *pen, const struct step_row *row)
{
    const struct snap_migration *m = view_migration(view);
    enum token mark;
    const char *glyph = step_glyph(m, row, &mark);
    g_autofree char *note = step_note(m, row);
    g_autofree char *number = row->names ? g_strdup_printf("%u-%u", row->first, row->last)
                                         : g_strdup_printf("%u", row->first);
    enum token text = mark == TOKEN_OK || mark == TOKEN_TODO ? TOKEN_DIM
                      : mark == TOKEN_GATE                   ? TOKEN_TODO
                                                             : TOKEN_TEXT;
    const char *title = row->names ? row->names->str : step_title(row->step);
    int note_width = MAX(8, pen_measure(pen, note));
    int spare = pen_room(pen) - note_width - 8 - pen_measure(pen, title);
    gboolean lock = !row->names && row->step->lock && spare > pen_measure(pen, row->step->lock) + 2;
    int lock_width = lock ? pen_measure(pen, row->step->lock) + 2 : 0;
    pen_format(pen, mark, " %s ", glyph);
    pen_text_right(pen, text, row->names ? 3 : 2, number);
    pen_text(pen, text, " ");
    pen_text_left(pen, text, pen_room(pen) - note_width - 1 - lock_width, title);
    if (lock)
        pen_text_right(pen, TOKEN_DIM, lock_width, row->step->lock);
    pen_text(pen, TOKEN_DIM, " ");
    pen_text_right(pen, text, note_width, note);
}

/* Rows of this step that could not be filled: they matter more than what has gone well. */
static char *unfilled_text(const struct snap_migration *m, const struct step_row *row)
{
    const struct snap_progress *p = &m->progress;
    gboolean of_it = is(p->step ? p->step : m->step, row->step->name);
    if (!m->has_progress || !(p->quarantined > 0) || row->names || !of_it)
        return NULL;
    g_autofree char *count = grouped_format(p->quarantined);
    return g_strdup_printf("%s %s not filled%s%s", count, p->quarantined == 1 ? "row" : "rows",
                           p->unfilled ? ": " : "", p->unfilled ? p->unfilled : "");
}

guint steps_details(const struct snap_migration *m)
{
    guint n = m->has_progress && m->progress.quarantined > 0 ? 2 : 0;
    for (guint i = 0; i < m->phases->len; i++) {
        const GPtrArray *steps = ((struct snap_phase *)m->phases->pdata[i])->steps;
        for (guint j = 0; j < steps->len; j++)
            n += ((struct snap_step *)steps->pdata[j])->evidence ? 2 : 0;
    }
    return n;
}

/* Puts `text` below a row, in as many rows as there are left. */
static void detail_give(const struct pen *pen, struct step_row *row, enum token token,
                        const char *text, int *left)
{
    int width = MAX(pen_room(pen) - DETAIL_INDENT - 1, 1);
    row->details = g_ptr_array_new_with_free_func(g_free);
    row->token = token;
    for (const char *rest = text; *rest && *left > 0; --*left) {
        gsize n = draw_wrap(pen, rest, width);
        gboolean cut = *left == 1 && rest[n];
        g_ptr_array_add(row->details, g_strdup_printf("%.*s%s", (int)n, rest, cut ? " …" : ""));
        rest += n;
        rest += *rest == ' ';
    }
}

/* What could not be filled first, then what the latest steps have found. */
static void details_give(const struct view *view, const struct pen *pen, const GPtrArray *rows,
                         int left)
{
    const struct snap_migration *m = view_migration(view);
    for (guint i = 0; i < rows->len; i++) {
        g_autofree char *text = unfilled_text(m, rows->pdata[i]);
        if (text && left > 0)
            detail_give(pen, rows->pdata[i], TOKEN_WARN, text, &left);
    }
    for (guint i = rows->len; i > 0 && left > 0; i--) {
        struct step_row *row = rows->pdata[i - 1];
        if (!row->names && !row->details && row->step->evidence)
            detail_give(pen, row, TOKEN_DIM, row->step->evidence, &left);
    }
}

static void details_draw(const struct pen *pen, const struct step_row *row)
{
    for (guint i = 0; row->details && i < row->details->len; i++) {
        struct pen line = *pen;
        line.row += 1 + (int)i;
        line.col += DETAIL_INDENT;
        pen_text(&line, row->token, row->details->pdata[i]);
    }
}

void steps_draw(const struct view *view, struct grid *grid, const struct area *area)
{
    const struct snap_migration *m = view_migration(view);
    g_autoptr(GPtrArray) rows = rows_of(m);
    int height = MAX(area->height, 0);
    gboolean unfilled = m->has_progress && m->progress.quarantined > 0 && height > 3;
    rows_collapse(rows, (guint)(height - unfilled));
    struct pen pen = view_pen(view, grid, area->row, area->col, area->col + area->width);
    int shown = (int)rows->len + unfilled > height ? height - unfilled : (int)rows->len;
    details_give(view, &pen, rows, height - shown);
    for (int i = 0; i < shown; i++) {
        const struct step_row *row = rows->pdata[i];
        struct pen line = pen;
        if (i + 1 == shown && (int)rows->len > shown) {
            pen_format(&line, TOKEN_DIM, "   … %d more steps", (int)rows->len - shown + 1);
            return;
        }
        step_row_draw(view, &line, row);
        details_draw(&pen, row);
        pen.row += 1 + (row->details ? (int)row->details->len : 0);
    }
}
