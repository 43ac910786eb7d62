/* The steps and the guards. */
#include "config.h"
#include "console/screens/screens.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

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
    GString *names; /* of a run; NULL: a single step */
};

static void row_free(void *data)
{
    struct step_row *row = data;
    if (row->names)
        g_string_free(row->names, TRUE);
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

static char *step_note(const struct step_row *row)
{
    const struct snap_step *step = row->step;
    if (is(step->state, "running")) /* how long stands in PHASE */
        return g_strdup("running");
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
    g_autofree char *note = step_note(row);
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

void steps_draw(const struct view *view, struct grid *grid, const struct area *area)
{
    g_autoptr(GPtrArray) rows = rows_of(view_migration(view));
    guint height = (guint)MAX(area->height, 0);
    rows_collapse(rows, height);
    for (guint i = 0; i < rows->len && i < height; i++) {
        struct pen pen =
            view_pen(view, grid, area->row + (int)i, area->col, area->col + area->width);
        if (i + 1 == height && rows->len > height)
            pen_format(&pen, TOKEN_DIM, "   … %u more steps", rows->len - height + 1);
        else
            step_row_draw(view, &pen, rows->pdata[i]);
    }
}

/* Tripped, then blind, then by room; what is not watched comes last. */
static int guard_rank(const struct snap_guard *guard)
{
    if (is(guard->state, "tripped"))
        return 0;
    if (is(guard->state, "blind"))
        return 1;
    return isnan(snap_guard_room(guard)) ? 3 : 2;
}

/* The order is in steps, so that calm guards do not change places with every sample. */
static int room_step(double room)
{
    if (isnan(room) || room >= 0.75)
        return 100;
    return room >= 0.5 ? 50 : (int)floor(room * 20);
}

static gint compare_guards(gconstpointer a, gconstpointer b)
{
    const struct snap_guard *x = *(struct snap_guard *const *)a,
                            *y = *(struct snap_guard *const *)b;
    int difference = guard_rank(x) - guard_rank(y);
    if (difference)
        return difference;
    /* equal ones stay as the plan has them, replicas and locks first: the sort is stable */
    return room_step(snap_guard_room(x)) - room_step(snap_guard_room(y));
}

static enum token room_token(double room)
{
    return room < 0.2 ? TOKEN_DANGER : room < 0.5 ? TOKEN_WARN : TOKEN_BAR_FILL;
}

/* Where there is plenty, coarse steps say it as well, and a calm screen stands still. */
static double room_shown(double room)
{
    double step = room >= 0.75 ? 10 : room >= 0.5 ? 20 : 100;
    return floor(room * step + 1e-9) / step;
}

/* The right end of a guard's row: its room, or why there is none. `width` cells. */
static void guard_room_draw(struct pen *pen, const struct snap_guard *guard, int bar)
{
    double room = snap_guard_room(guard);
    if (is(guard->state, "tripped")) {
        pen_text_left(pen, TOKEN_DANGER, bar + 5, "◆ TRIPPED");
    } else if (is(guard->state, "blind")) {
        pen_text_left(pen, TOKEN_LOST, bar + 5, "? BLIND");
    } else if (isnan(room)) {
        pen_text_left(pen, TOKEN_DIM, bar + 5,
                      is(guard->state, "off")         ? "off"
                      : is(guard->state, "unwatched") ? "unwatched"
                                                      : "no value");
    } else {
        draw_bar(pen, room_token(room), bar, room_shown(room));
        pen_format(pen, TOKEN_TEXT, " %3.0f%%", room_shown(room) * 100);
    }
}

/* "3.0 GB" and "10.0 GB" as "3 / 10 GB": a unit that both have is said once. */
static char *bytes_pair(double now, double limit)
{
    g_autofree char *value = reading_format(now, limit, "B"),
                    *most = reading_format(limit, limit, "B");
    g_auto(GStrv) left = g_strsplit(value, " ", 2), right = g_strsplit(most, " ", 2);
    for (char **number = (char *[]){left[0], right[0], NULL}; *number; number++)
        if (g_str_has_suffix(*number, ".0"))
            (*number)[strlen(*number) - 2] = '\0';
    gboolean same = now == 0 || g_strcmp0(left[1], right[1]) == 0;
    return g_strdup_printf("%s%s%s / %s %s", left[0], same ? "" : " ", same ? "" : left[1],
                           right[0], right[1]);
}

/* Limits of ten minutes and more are told in minutes. */
#define MINUTES_FROM_S 600

static char *guard_value(const struct snap_guard *guard)
{
    double now = guard->value > 0 || isnan(guard->value) ? guard->value : 0, limit = guard->pause;
    const char *unit = guard->unit;
    if (guard->resume <= limit && now < limit / 4)
        now = floor(now / limit * 10 + 0.5) * limit / 10;
    if (is(unit, "B") && isfinite(now) && isfinite(limit))
        return bytes_pair(now, limit);
    if (is(unit, "s") && limit >= MINUTES_FROM_S) {
        now /= 60;
        limit /= 60;
        unit = "m";
    }
    g_autofree char *value = reading_format(now, limit, unit);
    g_autofree char *most = reading_format(limit, limit, unit);
    return g_strdup_printf("%s / %s", value, most);
}

/* `value_width`: of the widest reading of the pane. */
static void guard_row_draw(struct pen *pen, const struct snap_guard *guard, int value_width)
{
    int bar = pen_room(pen) >= 50 ? 12 : 5;
    g_autofree char *both = guard_value(guard);
    g_autofree char *name = g_strdup(guard->name ? guard->name : "?");
    g_strdelimit(name, "_", ' ');
    pen_text(pen, TOKEN_TEXT, " ");
    pen_text_left(pen, TOKEN_TEXT, pen_room(pen) - bar - 5 - value_width - 1, name);
    pen_text(pen, TOKEN_TEXT, " ");
    pen_text_left(pen, TOKEN_TEXT, value_width, both);
    guard_room_draw(pen, guard, bar);
}

static void guard_brief_draw(struct pen *pen, const struct snap_guard *guard)
{
    double room = snap_guard_room(guard);
    g_autofree char *name = g_strdup(guard->name ? guard->name : "?");
    g_strdelimit(name, "_", ' ');
    pen_text(pen, TOKEN_TEXT, " ");
    pen_text_left(pen, TOKEN_TEXT, pen_room(pen) - 6, name);
    if (is(guard->state, "tripped"))
        pen_text(pen, TOKEN_DANGER, " TRIP");
    else if (isnan(room))
        pen_text(pen, TOKEN_DIM, "     -");
    else
        pen_format(pen,
                   room < 0.2   ? TOKEN_DANGER
                   : room < 0.5 ? TOKEN_WARN
                                : TOKEN_TEXT,
                   " %4.0f%%", room_shown(room) * 100);
}

void guards_draw(const struct view *view, struct grid *grid, const struct area *area)
{
    const struct snap_migration *m = view_migration(view);
    g_autoptr(GPtrArray) sorted = g_ptr_array_copy(m->guards, NULL, NULL);
    g_ptr_array_set_free_func(sorted, NULL); /* the migration owns them */
    g_ptr_array_sort(sorted, compare_guards);
    if (!sorted->len) {
        struct pen none = view_pen(view, grid, area->row, area->col, area->col + area->width);
        gboolean open = !is(m->state, "done") && !is(m->state, "aborted");
        pen_text(&none, TOKEN_DIM,
                 open ? " no engine has read them yet" : " nothing to guard any more");
    }
    gboolean brief = view_is_compact(view);
    int columns = brief ? 2 : 1, width = area->width / columns, value_width = 9;
    struct pen any = view_pen(view, grid, area->row, area->col, area->col + area->width);
    for (guint i = 0; i < sorted->len && (int)i < area->height; i++) {
        g_autofree char *both = guard_value(sorted->pdata[i]);
        value_width = CLAMP(pen_measure(&any, both) + 1, value_width, MAX(10, area->width / 3));
    }
    int places = area->height * columns, hidden = (int)sorted->len - places;
    for (int i = 0; i < (int)sorted->len && i < places; i++) {
        int col = area->col + i % columns * width;
        struct pen pen = view_pen(view, grid, area->row + i / columns, col, col + width);
        if (hidden > 0 && i == places - 1) /* the calmest come last */
            pen_format(&pen, TOKEN_DIM, " and %d more", hidden + 1);
        else if (brief)
            guard_brief_draw(&pen, sorted->pdata[i]);
        else
            guard_row_draw(&pen, sorted->pdata[i], value_width);
    }
}
