/* Screen 4: standbys, slots, archiving, and the WAL that they live on. */
#include "config.h"
#include "console/screens/replicas.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define LIST_LEAST 3
#define SHOWN_S 120
#define WIDE 104

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static gboolean replicas_read(const struct snapshot *s, GPtrArray *rows)
{
    const struct snap_replication *r = s->replication;
    for (guint i = 0; r && i < r->standbys->len; i++) {
        const struct snap_standby *standby = r->standbys->pdata[i];
        g_autofree char *id = g_strdup_printf("%c%" G_GINT64_FORMAT " %s", ROW_STANDBY,
                                              standby->pid, text_of(standby->name));
        list_rows_add(rows, id, standby);
    }
    static const char heading[] = {ROW_SLOTS, '\0'};
    if (r && r->slots->len)
        list_rows_add(rows, heading, NULL);
    for (guint i = 0; r && i < r->slots->len; i++) {
        const struct snap_slot *slot = r->slots->pdata[i];
        g_autofree char *id = g_strdup_printf("%c%s", ROW_SLOT, text_of(slot->name));
        list_rows_add(rows, id, slot);
    }
    return r != NULL;
}

static gboolean row_matches(const char *filter, const struct list_row *row)
{
    const struct snap_standby *s = row->data;
    const struct snap_slot *t = row->data;
    if (row->id[0] == ROW_SLOTS)
        return TRUE;
    if (row->id[0] == ROW_STANDBY) {
        const char *const texts[] = {text_of(s->name), text_of(s->state), text_of(s->address),
                                     text_of(s->sync), NULL};
        return list_matches(filter, texts);
    }
    const char *const texts[] = {text_of(t->name),     text_of(t->type),   text_of(t->plugin),
                                 text_of(t->database), text_of(t->status), NULL};
    return list_matches(filter, texts);
}

static int compare_kinds(gconstpointer a, gconstpointer b)
{
    const char *order = "rhs";
    const struct list_row *left = *(struct list_row *const *)a,
                          *right = *(struct list_row *const *)b;
    return (int)(strchr(order, left->id[0]) - strchr(order, right->id[0]));
}

static GPtrArray *replicas_rows(const struct view *view)
{
    GPtrArray *rows = list_rows_read(view->snapshot, view->past, replicas_read);
    const char *filter = view_list(view)->filter;
    for (guint i = rows && filter ? rows->len : 0; i > 0; i--)
        if (!row_matches(filter, rows->pdata[i - 1]))
            g_ptr_array_remove_index(rows, i - 1);
    if (rows) /* what has ended stands with its kind: the sort is stable */
        g_ptr_array_sort(rows, compare_kinds);
    return rows;
}

/* From left to right; 0: it is not there. */
struct widths {
    int name, state, write, replay, behind;
};

static struct widths widths_of(const struct view *view)
{
    if (view->width < 58)
        return (struct widths){MAX(8, view->width - 2 - 8 - 10), 0, 0, 8, 10};
    if (view->width < 76)
        return (struct widths){16, 11, 0, 8, 10};
    return (struct widths){view->width < WIDE ? 17 : 30, 11, 8, 8, 10};
}

static void age_cell(struct pen *pen, int width, double seconds)
{
    g_autofree char *age = age_format(seconds);
    if (width)
        pen_text_right(pen, seconds >= 5 ? TOKEN_WARN : TOKEN_TEXT, width, age);
}

static void spark_draw(const struct view *view, struct pen *pen, const struct snap_standby *s)
{
    const struct snap_migration *m = view_migration(view);
    const struct snap_guard *guard = m ? snap_guard_find(m, "replication_lag") : NULL;
    int cells = pen_room(pen) >= 42 ? 40 : pen_room(pen) >= 26 ? 24 : pen_room(pen) >= 14 ? 12 : 0;
    if (!cells)
        return;
    g_autofree char *name = g_strconcat("lag ", s->name, NULL);
    double at_s = floor(view->snapshot->at_s);
    struct snap_series series = samples_series(view->samples, name, at_s + 1, SHOWN_S + 10);
    pen_text(pen, TOKEN_TEXT, "  ");
    if (view->low_bandwidth)
        draw_spark_words(pen, &series, cells, age_format);
    else
        draw_spark(pen, &series, SPARK_PEAK, cells, SHOWN_S / cells, (gint64)at_s + 1,
                   guard ? guard->pause : 0);
    g_free(series.values);
}

static void standby_draw(const struct view *view, struct pen *pen, const struct snap_standby *s)
{
    struct widths w = widths_of(view);
    gboolean streams = g_strcmp0(s->state, "streaming") == 0;
    pen_text_left(pen, TOKEN_TEXT, w.name - 1, s->name);
    pen_text(pen, TOKEN_TEXT, " ");
    if (!s->state) {
        pen_text(pen, TOKEN_DIM, "not shown to your login (pg_monitor)");
        return;
    }
    if (w.state)
        pen_text_left(pen, streams ? TOKEN_TEXT : TOKEN_WARN, w.state, s->state);
    age_cell(pen, w.write, s->write_s);
    age_cell(pen, w.write, s->flush_s);
    age_cell(pen, w.replay, s->replay_s);
    g_autofree char *behind = bytes_format(s->behind);
    pen_text_right(pen, TOKEN_TEXT, w.behind, behind);
    spark_draw(view, pen, s);
}

static void slot_draw(const struct view *view, struct pen *pen, const struct snap_slot *s)
{
    struct widths w = widths_of(view);
    double limit = slot_limit(view), rate = slot_growth(view, s);
    double until = samples_until(s->retained, rate, limit);
    gboolean lost = g_strcmp0(s->status, "lost") == 0;
    g_autofree char *kept = bytes_format(s->retained), *growth = growth_text(rate);
    g_autofree char *left = lost           ? g_strdup("LOST")
                            : isnan(limit) ? g_strdup("no limit")
                                           : until_text(until);
    gboolean soon = lost || until < 3600;
    pen_text_left(pen, s->active ? TOKEN_TEXT : TOKEN_WARN, w.name - 1, s->name);
    pen_text(pen, TOKEN_TEXT, " ");
    if (w.state)
        pen_text_left(pen, TOKEN_TEXT, w.state, s->type);
    if (w.state)
        pen_text_left(pen, s->active ? TOKEN_TEXT : TOKEN_WARN, 7, s->active ? "yes" : "NO");
    pen_text_right(pen, TOKEN_TEXT, 9, kept);
    if (view->width >= 58)
        pen_text_right(pen, rate > 0 && !s->active ? TOKEN_WARN : TOKEN_TEXT, 12, growth);
    if (view->width >= 76 || !w.state)
        pen_format(pen, soon ? TOKEN_DANGER : TOKEN_TEXT, " %s%s", left, soon ? " ▲" : "");
}

static void slots_head_draw(const struct view *view, struct pen *pen)
{
    struct widths w = widths_of(view);
    g_autofree char *limit = bytes_format(slot_limit(view));
    pen_text_left(pen, TOKEN_TITLE, w.name, "slot");
    if (w.state) {
        pen_text_left(pen, TOKEN_TITLE, w.state, "type");
        pen_text_left(pen, TOKEN_TITLE, 7, "active");
    }
    pen_text_right(pen, TOKEN_TITLE, 9, "retained");
    if (view->width >= 58)
        pen_text_right(pen, TOKEN_TITLE, 12, "growth");
    if (view->width >= 76 || !w.state)
        pen_format(pen, TOKEN_TITLE, " until %s%s", isnan(slot_limit(view)) ? "a limit" : "limit ",
                   isnan(slot_limit(view)) ? "" : limit);
}

static void row_draw(const struct view *view, struct pen *pen, const struct list_row *row,
                     gboolean selected)
{
    (void)selected;
    if (row->id[0] == ROW_STANDBY)
        standby_draw(view, pen, row->data);
    else if (row->id[0] == ROW_SLOT)
        slot_draw(view, pen, row->data);
    else
        slots_head_draw(view, pen);
}

static void head_draw(const struct view *view, struct pen *pen)
{
    struct widths w = widths_of(view);
    pen_text(pen, TOKEN_TITLE, "  ");
    pen_text_left(pen, TOKEN_TITLE, w.name, "standby");
    if (w.state)
        pen_text_left(pen, TOKEN_TITLE, w.state, "state");
    if (w.write) {
        pen_text_right(pen, TOKEN_TITLE, w.write, "write");
        pen_text_right(pen, TOKEN_TITLE, w.write, "flush");
    }
    pen_text_right(pen, TOKEN_TITLE, w.replay, "replay");
    pen_text_right(pen, TOKEN_TITLE, w.behind, "behind");
    if (pen_room(pen) >= 16)
        pen_text(pen, TOKEN_TITLE, "  lag, 2 min");
}

struct parts {
    int head, list, facts, detail;
};

static struct parts parts_of(const struct view *view, const struct area *body)
{
    struct parts p = {.head = view_is_compact(view) ? 1 : 3};
    if (view_list(view)->open)
        return (struct parts){0, 0, 0, body->height};
    int left = body->height - p.head;
    p.facts = left >= 10 ? MIN(5, left / 3) : left >= 5 ? 1 : 0;
    left -= p.facts;
    p.detail = left >= 2 * LIST_LEAST + 3 ? CLAMP(left * 2 / 5, 4, 9) : 0;
    p.list = MAX(0, left - p.detail);
    return p;
}

static int replicas_height(const struct view *view, const struct area *body)
{
    return parts_of(view, body).list;
}

static void standby_sum_draw(const struct view *view, struct pen *pen)
{
    const struct snap_replication *r = view->snapshot->replication;
    gboolean first = TRUE;
    g_autofree char *age = age_format(r->replay_age_s), *left = bytes_format(r->replay_left);
    pen_text(pen, TOKEN_TEXT, " ");
    draw_part_format(pen, TOKEN_WARN, &first, "this is a STANDBY, replays %s",
                     r->lsn ? r->lsn : "nothing");
    if (!r->upstream)
        draw_part(pen, TOKEN_DANGER, &first, "follows nobody: no WAL receiver runs");
    else
        draw_part_format(pen, TOKEN_TEXT, &first, "%s%s%s", text_of(r->upstream->status),
                         r->upstream->host ? " from " : "", text_of(r->upstream->host));
    if (!isnan(r->replay_left))
        draw_part_format(pen, TOKEN_TEXT, &first, "%s to replay", left);
    draw_part_format(pen, TOKEN_TEXT, &first, "last commit %s ago", age);
}

static void sum_draw(const struct view *view, struct pen *pen)
{
    const struct snapshot *s = view->snapshot;
    const struct snap_replication *r = s->replication;
    gboolean first = TRUE;
    if (r->recovery) {
        standby_sum_draw(view, pen);
        return;
    }
    double rate = samples_rate(view->samples, "wal", s->at_s);
    g_autofree char *wal = bytes_format(rounded(rate));
    guint idle = 0;
    for (guint i = 0; i < r->slots->len; i++)
        idle += !((struct snap_slot *)r->slots->pdata[i])->active;
    pen_text(pen, TOKEN_TEXT, " ");
    draw_part_format(pen, TOKEN_TEXT, &first, "primary %s", r->lsn ? r->lsn : "?");
    if (isnan(rate))
        draw_part(pen, TOKEN_DIM, &first, "WAL/s: measuring");
    else if (isnan(s->our_wal_share))
        draw_part_format(pen, TOKEN_TEXT, &first, "WAL %s/s", wal);
    else
        draw_part_format(pen, TOKEN_TEXT, &first, "WAL %s/s, ours %.0f%%", wal,
                         s->our_wal_share * 100);
    draw_part_format(pen, TOKEN_TEXT, &first, "%u standby%s", r->standbys->len,
                     r->standbys->len == 1 ? "" : "s");
    const char *many = r->slots->len == 1 ? "" : "s";
    if (idle)
        draw_part_format(pen, TOKEN_WARN, &first, "%u of %u slot%s idle", idle, r->slots->len,
                         many);
    else
        draw_part_format(pen, TOKEN_TEXT, &first, "%u slot%s", r->slots->len, many);
}

static void lines_part_draw(const struct view *view, struct grid *grid, const struct area *area,
                            const GPtrArray *lines, int skip)
{
    g_autoptr(GPtrArray) rows = lines_wrap(view, lines, view->width - 2);
    if (skip)
        g_ptr_array_remove_range(rows, 0,
                                 (guint)CLAMP(skip, 0, MAX(0, (int)rows->len - area->height)));
    else
        lines_fit(rows, area->height);
    lines_draw(view, grid, area, rows);
}

static void detail_draw(const struct view *view, struct grid *grid, const struct area *area,
                        const struct list_row *row)
{
    const struct list_state *state = view_list(view);
    const char *what = !row                        ? "the selected one has gone"
                       : row->id[0] == ROW_SLOTS   ? "slots"
                       : row->id[0] == ROW_STANDBY ? "standby"
                                                   : "slot";
    const char *name = !row || row->id[0] == ROW_SLOTS ? NULL
                       : row->id[0] == ROW_STANDBY ? ((const struct snap_standby *)row->data)->name
                                                   : ((const struct snap_slot *)row->data)->name;
    g_autofree char *title = g_strdup_printf("%s%s%s", what, name ? " " : "", text_of(name));
    struct pen pen = view_pen(view, grid, area->row, 0, view->width);
    draw_rule(&pen, title);
    if (!row)
        return;
    g_autoptr(GPtrArray) lines = replicas_detail(view, row);
    struct area rest = {area->row + 1, 1, area->height - 1, view->width - 1};
    lines_part_draw(view, grid, &rest, lines, state->open ? state->scroll : 0);
}

static int replicas_scroll_max(const struct view *view, const struct area *body)
{
    g_autoptr(GPtrArray) rows = view_list(view)->open ? replicas_rows(view) : NULL;
    const struct list_row *row = rows ? list_selected(view_list(view), rows) : NULL;
    if (!row)
        return 0;
    g_autoptr(GPtrArray) lines = replicas_detail(view, row);
    g_autoptr(GPtrArray) wrapped = lines_wrap(view, lines, view->width - 2);
    return MAX(0, (int)wrapped->len - (body->height - 1));
}

static void list_part_draw(const struct view *view, struct grid *grid, const struct area *body,
                           const GPtrArray *rows)
{
    const struct snap_replication *r = view->snapshot->replication;
    struct parts p = parts_of(view, body);
    int row = body->row;
    struct pen pen = view_pen(view, grid, row++, 0, view->width);
    sum_draw(view, &pen);
    if (p.head > 1) {
        pen = view_pen(view, grid, row++, 0, view->width);
        head_draw(view, &pen);
        pen = view_pen(view, grid, row++, 0, view->width);
        pen_text(&pen, TOKEN_RULE, "─");
        list_note_draw(view, &pen, rows,
                       (int)(r->standbys->len + r->slots->len + (r->slots->len > 0)));
        pen_text(&pen, TOKEN_RULE, " ");
        pen_fill(&pen, TOKEN_RULE, "─");
    }
    struct area area = {row, 0, p.list, view->width};
    list_draw(view, grid, &area, rows, row_draw);
    if (!rows->len && p.list) {
        pen = view_pen(view, grid, row, 2, view->width);
        pen_text(&pen, TOKEN_DIM,
                 view_list(view)->filter ? "Nothing here has these words."
                                         : "No standby is connected, and there is no slot.");
    }
    area = (struct area){row + p.list, 1, p.facts, view->width - 1};
    g_autoptr(GPtrArray) facts = replicas_facts(view);
    lines_part_draw(view, grid, &area, facts, 0);
    area = (struct area){row + p.list + p.facts, 0, p.detail, view->width};
    if (p.detail && rows->len)
        detail_draw(view, grid, &area, list_selected(view_list(view), rows));
}

static void screen_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    static const struct list_parts parts = {"replicas and slots", list_part_draw, detail_draw};
    g_autoptr(GPtrArray) rows = replicas_rows(view);
    list_parts_draw(view, grid, body, rows, &parts);
}

static const char *const sorts[] = {NULL};

static const struct screen_list replicas_list = {
    .rows = replicas_rows,
    .height = replicas_height,
    .sorts = sorts,
    .has_detail = TRUE,
};

static const enum act replicas_keys[] = {ACT_OPEN,   ACT_THROTTLE, ACT_PAUSE,
                                         ACT_FILTER, ACT_FREEZE,   ACT_NONE};

const struct screen replicas_screen = {
    .id = SCREEN_REPLICAS,
    .key = '4',
    .name = "replicas",
    .look = LOOK_REPLICAS,
    .of_server = TRUE,
    .keys = replicas_keys,
    .draw = screen_draw,
    .scroll_max = replicas_scroll_max,
    .list = &replicas_list,
};
