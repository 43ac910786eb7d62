/* The guards, by the room that each has left. */
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
    return isnan(room) || room >= 0.75 ? 100 : (int)floor(room * 20);
}

int guards_compare(const struct snap_guard *x, const struct snap_guard *y)
{
    int difference = guard_rank(x) - guard_rank(y);
    if (difference)
        return difference;
    /* equal ones stay as the plan has them, replicas and locks first: the sort is stable */
    return room_step(snap_guard_room(x)) - room_step(snap_guard_room(y));
}

static gint compare_guards(gconstpointer a, gconstpointer b)
{
    return guards_compare(*(struct snap_guard *const *)a, *(struct snap_guard *const *)b);
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

void guard_room_draw(struct pen *pen, const struct snap_guard *guard, int bar)
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
    int width = pen_room(pen) - bar - 5 - value_width - 2;
    g_autofree char *full = guard_title(guard, FALSE);
    g_autofree char *name = guard_title(guard, pen_measure(pen, full) > width);
    pen_text(pen, TOKEN_TEXT, " ");
    pen_text_left(pen, TOKEN_TEXT, width, name);
    pen_text(pen, TOKEN_TEXT, " ");
    pen_text_left(pen, TOKEN_TEXT, value_width, both);
    guard_room_draw(pen, guard, bar);
}

static void guard_brief_draw(struct pen *pen, const struct snap_guard *guard)
{
    double room = snap_guard_room(guard);
    g_autofree char *name = guard_title(guard, pen_room(pen) < 24);
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

/* What the verdict's words mean, where there is room to spare. */
static void legend_draw(const struct view *view, struct grid *grid, const struct area *area)
{
    struct pen pen =
        view_pen(view, grid, area->row + area->height - 1, area->col, area->col + area->width);
    static const char text[] = " CALM: every room 50%+ · WATCH: less · TIGHT: under 20";
    if (pen_measure(&pen, text) < pen_room(&pen))
        pen_text(&pen, TOKEN_DIM, text);
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
    gboolean brief = area->width < 60 && area->height < (int)sorted->len && view_is_compact(view);
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
    if (sorted->len && (int)sorted->len + 2 <= area->height && area->width >= 50)
        legend_draw(view, grid, area);
}
