/* Screen 5: the guards with the room that each has left, and what stands behind the selected one. */
#include "config.h"
#include "console/screens/screens.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"
#include "console/screens/guard-detail.h"
#include "pgrollout/engine/plan-sql.h"

#define LIST_LEAST 3
#define NARROW 60
/* From this height on the line HARM says whose room it comes from. */
#define HARM_FROM 18

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static int by_room(const void *a, const void *b)
{
    return guards_compare(a, b);
}

static int by_name(const void *a, const void *b)
{
    return g_strcmp0(((const struct snap_guard *)a)->name, ((const struct snap_guard *)b)->name);
}

static const char *const sorts[] = {"tightest first", "by name", NULL};

static GPtrArray *guards_rows(const struct view *view)
{
    static const list_compare_fn compares[] = {by_room, by_name};
    const struct list_state *state = view_list(view);
    const struct snap_migration *m = view_migration(view);
    GPtrArray *rows = list_rows_new();
    for (guint i = 0; m && i < m->guards->len; i++) {
        const struct snap_guard *guard = m->guards->pdata[i];
        g_autofree char *title = guard_title(guard, FALSE);
        const char *const texts[] = {text_of(guard->name), title, text_of(guard->state),
                                     text_of(guard->detail), NULL};
        if (list_matches(state->filter, texts))
            list_rows_add(rows, text_of(guard->name), guard);
    }
    list_rows_sort(rows, compares[state->sort % G_N_ELEMENTS(compares)], state->reverse);
    return rows;
}

struct widths {
    int name, number, bar, history;
    gboolean resume;
};

static struct widths widths_of(const struct view *view)
{
    struct widths w = {20, 9, 12, 0, TRUE};
    if (view->width < NARROW)
        w = (struct widths){13, 8, 4, 0, FALSE};
    int left = view->width - 2 - w.name - (w.resume ? 3 : 2) * w.number - w.bar - 7;
    w.history = left >= 8 ? MIN(left, 60) : 0;
    return w;
}

static void number_cell(struct pen *pen, enum token token, int width, const char *text)
{
    pen_text_right(pen, token, width - 1, text);
    pen_text(pen, TOKEN_TEXT, " ");
}

/* With a star where a person has set it. */
static void limit_cell(const struct view *view, struct pen *pen, int width,
                       const struct snap_guard *guard, const char *limit, double value)
{
    const struct snap_limit *set = snap_limit_find(view->snapshot->guards, guard->name, limit);
    g_autofree char *number = reading_format(value, guard->pause, guard->unit);
    g_autofree char *text = g_strconcat(number, set ? "*" : NULL, NULL);
    number_cell(pen, set ? TOKEN_HELD : TOKEN_DIM, width, text);
}

static void room_cell(struct pen *pen, const struct snap_guard *guard, int bar)
{
    if (is(guard->state, "slow")) {
        g_autofree char *text =
            g_strdup_printf("▲ SLOW %.0f%%", floor(snap_guard_room(guard) * 100 + 1e-9));
        pen_text_left(pen, TOKEN_WARN, bar + 5, bar >= 8 ? text : "▲ SLOW");
    } else {
        guard_room_draw(pen, guard, bar);
    }
    pen_text(pen, TOKEN_TEXT, "  ");
}

static void row_draw(const struct view *view, struct pen *pen, const struct list_row *row,
                     gboolean selected)
{
    (void)selected;
    const struct snap_guard *guard = row->data;
    struct widths w = widths_of(view);
    g_autofree char *title = guard_title(guard, view->width < NARROW);
    g_autofree char *now = reading_format(guard->value, guard->pause, guard->unit);
    pen_text_left(pen, TOKEN_TEXT, w.name - 1, title);
    pen_text(pen, TOKEN_TEXT, " ");
    number_cell(pen, TOKEN_TEXT, w.number, now);
    limit_cell(view, pen, w.number, guard, "pause", guard->pause);
    const struct plan_sql_guard *plan = plan_sql_guard_find(view->plan, guard->name);
    if (w.resume && plan && plan->latched)
        number_cell(pen, TOKEN_DIM, w.number, "by r");
    else if (w.resume)
        limit_cell(view, pen, w.number, guard, "resume", guard->resume);
    room_cell(pen, guard, w.bar);
    const struct snap_history *history = snap_history_find(view->snapshot->guards, guard->name);
    if (w.history && history)
        guard_history_draw(pen, guard, history, w.history);
}

static void titles_draw(const struct view *view, struct pen *pen)
{
    struct widths w = widths_of(view);
    const struct snap_guards *more = view->snapshot->guards;
    pen_text(pen, TOKEN_TITLE, "  ");
    pen_text_left(pen, TOKEN_TITLE, w.name, "guard");
    number_cell(pen, TOKEN_TITLE, w.number, "now");
    number_cell(pen, TOKEN_TITLE, w.number, view->width < NARROW ? "limit" : "holds at");
    if (w.resume)
        number_cell(pen, TOKEN_TITLE, w.number, "frees at");
    pen_text_left(pen, TOKEN_TITLE, w.bar + 7, "room");
    if (!w.history || !more)
        return;
    g_autofree char *span = age_format((double)more->bucket_s * w.history);
    pen_format(pen, TOKEN_TITLE, w.history >= 24 ? "the last %s, 0 to the limit" : "last %s", span);
}

struct parts {
    int head, list, detail;
};

static struct parts parts_of(const struct view *view, const struct area *body)
{
    struct parts parts = {view_is_compact(view) ? 1 : body->height >= HARM_FROM ? 3 : 2, 0, 0};
    const struct snap_migration *m = view_migration(view);
    int left = body->height - parts.head, rows = m ? (int)m->guards->len : 0;
    if (left >= 2 * LIST_LEAST + 3)
        parts.detail = CLAMP(left - rows, left * 2 / 5, left - LIST_LEAST);
    parts.list = left - parts.detail;
    return parts;
}

static int guards_height(const struct view *view, const struct area *body)
{
    return parts_of(view, body).list;
}

static void detail_draw(const struct view *view, struct grid *grid, const struct area *area,
                        const struct list_row *row)
{
    const struct list_state *state = view_list(view);
    if (!row) {
        struct pen pen = view_pen(view, grid, area->row, 0, view->width);
        draw_rule(&pen, "nothing selected");
        return;
    }
    const struct snap_guard *guard = row->data;
    g_autofree char *name = guard_title(guard, FALSE);
    g_autofree char *title = g_strdup_printf("selected: %s", name);
    g_autoptr(GPtrArray) lines = guard_detail_lines(view, guard);
    lines_page_draw(view, grid, area, title, lines, state->open ? state->scroll : 0);
}

static int guards_scroll_max(const struct view *view, const struct area *body)
{
    g_autoptr(GPtrArray) rows = guards_rows(view);
    const struct list_row *row = list_selected(view_list(view), rows);
    if (!row || !view_list(view)->open)
        return 0;
    g_autoptr(GPtrArray) lines = guard_detail_lines(view, row->data);
    return lines_page_max(view, body, lines);
}

static void list_part_draw(const struct view *view, struct grid *grid, const struct area *body,
                           const GPtrArray *rows)
{
    const struct snap_migration *m = view_migration(view);
    struct parts parts = parts_of(view, body);
    int row = body->row;
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    if (parts.head > 2)
        answer_draw(view, grid, row++, ANSWER_HARM);
    pen = view_pen(view, grid, row++, 0, view->width);
    titles_draw(view, &pen);
    if (parts.head > 1) {
        pen = view_pen(view, grid, row++, 0, view->width);
        pen_text(&pen, TOKEN_RULE, "─");
        list_note_draw(view, &pen, rows, (int)m->guards->len);
        if (view->snapshot->look_error)
            pen_format(&pen, TOKEN_LOST, " · without limits and history: %s",
                       view->snapshot->look_error);
        else if (view->snapshot->guards && view->snapshot->guards->limits->len)
            pen_text(&pen, TOKEN_HELD, " · * set by a person");
        pen_text(&pen, TOKEN_RULE, " ");
        pen_fill(&pen, TOKEN_RULE, "─");
    }
    struct area area = {row, 0, parts.list, view->width};
    list_draw(view, grid, &area, rows, row_draw);
    area.row += parts.list;
    area.height = parts.detail;
    if (parts.detail)
        detail_draw(view, grid, &area, list_selected(view_list(view), rows));
}

static void guards_screen_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    const struct snap_migration *m = view_migration(view);
    if (!m) {
        blank_draw(view, grid, body);
        return;
    }
    if (!m->guards->len) {
        struct pen pen = view_pen(view, grid, body->row + 1, 3, view->width);
        pen_text(&pen, TOKEN_DIM,
                 migration_is_open(m) ? "No engine has read the guards yet."
                                      : "Nothing to guard any more.");
        return;
    }
    g_autoptr(GPtrArray) rows = guards_rows(view);
    if (view_list(view)->open)
        detail_draw(view, grid, body, list_selected(view_list(view), rows));
    else
        list_part_draw(view, grid, body, rows);
}

static char *of_migration(const struct view *view)
{
    return g_strdup(view->migration);
}

static const struct screen_list guards_list = {
    .rows = guards_rows,
    .height = guards_height,
    .sorts = sorts,
    .has_detail = TRUE,
};

static const enum act guards_keys[] = {ACT_EDIT, ACT_OPEN,   ACT_PAUSE,  ACT_RESUME,
                                       ACT_SORT, ACT_FILTER, ACT_FREEZE, ACT_NONE};

const struct screen guards_screen = {
    .id = SCREEN_GUARDS,
    .key = '5',
    .name = "guards",
    .look = LOOK_GUARDS,
    .look_argument = of_migration,
    .keys = guards_keys,
    .draw = guards_screen_draw,
    .scroll_max = guards_scroll_max,
    .list = &guards_list,
};
