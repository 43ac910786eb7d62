/* Screen 6: the sessions of the server, ours marked, and the whole of the selected one. */
#include "config.h"
#include "console/screens/screens.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define LIST_LEAST 3
#define WIDE 104
#define SHORT_S 1

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

static gboolean known(const char *text)
{
    return text && *text;
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static gboolean activity_read(const struct snapshot *s, GPtrArray *rows)
{
    for (guint i = 0; s->activity && i < s->activity->sessions->len; i++) {
        const struct snap_session *session = s->activity->sessions->pdata[i];
        g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT " %s", session->pid,
                                              text_of(session->backend_start));
        list_rows_add(rows, id, session);
    }
    return s->activity != NULL;
}

/* All that are shorter count the same: they begin and end between two readings, and would only jump. */
static double rank_of(double seconds)
{
    return isnan(seconds) ? -1 : seconds < SHORT_S ? 0 : seconds;
}

/* The longest first; unknown ones last. */
static int longest(double a, double b)
{
    double left = rank_of(a), right = rank_of(b);
    return left > right ? -1 : left < right;
}

static int by_xact(const void *a, const void *b)
{
    return longest(((const struct snap_session *)a)->xact_s,
                   ((const struct snap_session *)b)->xact_s);
}

static int by_query(const void *a, const void *b)
{
    return longest(((const struct snap_session *)a)->query_s,
                   ((const struct snap_session *)b)->query_s);
}

static int by_waiting(const void *a, const void *b)
{
    const struct snap_session *left = a, *right = b;
    int difference = (int)is(right->wait_type, "Lock") - (int)is(left->wait_type, "Lock");
    if (!difference)
        difference = (int)is(right->state, "active") - (int)is(left->state, "active");
    return difference ? difference : by_query(a, b);
}

static const char *const sorts[] = {"longest transaction first", "longest statement first",
                                    "waiting first", NULL};

/* "▸engine/work" for ours. Free with g_free. */
static char *who_text(const struct snap_session *s)
{
    if (s->ours && g_str_has_prefix(text_of(s->application), "pgrollout/"))
        return g_strdup_printf("▸%s", s->application + strlen("pgrollout/"));
    if (known(s->application))
        return g_strdup(s->application);
    return g_strdup(known(s->login) ? s->login : known(s->kind) ? s->kind : "?");
}

static const char *state_text(const struct snap_session *s)
{
    if (!s->state)
        return s->query_hidden ? "hidden" : "-";
    if (is(s->state, "idle in transaction"))
        return "idle in xact";
    return is(s->state, "idle in transaction (aborted)") ? "aborted xact" : s->state;
}

static GPtrArray *activity_rows(const struct view *view)
{
    static const list_compare_fn compares[] = {by_xact, by_query, by_waiting};
    const struct list_state *state = view_list(view);
    GPtrArray *rows = list_rows_read(view->snapshot, view->past, activity_read);
    for (guint i = rows ? rows->len : 0; i > 0; i--) {
        const struct snap_session *s = ((struct list_row *)rows->pdata[i - 1])->data;
        g_autofree char *pid = g_strdup_printf("%" G_GINT64_FORMAT, s->pid);
        const char *const texts[] = {pid,
                                     text_of(s->login),
                                     text_of(s->application),
                                     text_of(s->address),
                                     state_text(s),
                                     text_of(s->state),
                                     text_of(s->database),
                                     text_of(s->wait_type),
                                     text_of(s->query),
                                     text_of(s->wait_event),
                                     NULL};
        if (!list_matches(state->filter, texts))
            g_ptr_array_remove_index(rows, i - 1);
    }
    if (rows)
        list_rows_sort(rows, compares[state->sort % G_N_ELEMENTS(compares)], state->reverse);
    return rows;
}

static void pid_cell(struct pen *pen, int width, const struct list_row *row)
{
    const struct snap_session *s = row->data;
    g_autofree char *pid = g_strdup_printf("%" G_GINT64_FORMAT, s->pid);
    pen_text_right(pen, TOKEN_TEXT, width - 1, pid);
    pen_text(pen, TOKEN_TEXT, " ");
}

static void login_cell(struct pen *pen, int width, const struct list_row *row)
{
    const struct snap_session *s = row->data;
    pen_text_left(pen, TOKEN_TEXT, width - 1, text_of(s->login));
    pen_text(pen, TOKEN_TEXT, " ");
}

static void who_cell(struct pen *pen, int width, const struct list_row *row)
{
    const struct snap_session *s = row->data;
    g_autofree char *who = who_text(s);
    pen_text_left(pen, s->ours ? TOKEN_OURS : TOKEN_TEXT, width - 1, who);
    pen_text(pen, TOKEN_TEXT, " ");
}

static void state_cell(struct pen *pen, int width, const struct list_row *row)
{
    const struct snap_session *s = row->data;
    g_autofree char *ended = g_strdup_printf("ended %.0fs ago", floor(row->ended_s));
    gboolean holds = g_str_has_prefix(text_of(s->state), "idle in transaction");
    pen_text_left(pen,
                  holds                    ? TOKEN_WARN
                  : is(s->state, "active") ? TOKEN_TEXT
                                           : TOKEN_DIM,
                  width - 1, isnan(row->ended_s) ? state_text(s) : ended);
    pen_text(pen, TOKEN_TEXT, " ");
}

/* No wider than six cells. */
static char *short_age(double seconds)
{
    if (seconds < SHORT_S)
        return g_strdup("<1s");
    if (seconds >= 100 * 3600)
        return g_strdup_printf("%.0fd", floor(seconds / 86400));
    if (seconds >= 3600)
        return g_strdup_printf("%dh%02dm", (int)(seconds / 3600), (int)(seconds / 60) % 60);
    return age_format(seconds >= 10 ? floor(seconds) : seconds);
}

static void age_cell(struct pen *pen, int width, double seconds)
{
    g_autofree char *age = short_age(seconds);
    pen_text_right(pen, seconds >= 60 ? TOKEN_WARN : TOKEN_TEXT, width - 1,
                   isnan(seconds) ? "-" : age);
    pen_text(pen, TOKEN_TEXT, " ");
}

static void xact_cell(struct pen *pen, int width, const struct list_row *row)
{
    age_cell(pen, width, ((const struct snap_session *)row->data)->xact_s);
}

static void query_cell(struct pen *pen, int width, const struct list_row *row)
{
    age_cell(pen, width, ((const struct snap_session *)row->data)->query_s);
}

static void wait_cell(struct pen *pen, int width, const struct list_row *row)
{
    const struct snap_session *s = row->data;
    gboolean waits = s->wait_event && is(s->state, "active");
    gboolean both = is(s->wait_type, "Lock") || width >= 20;
    g_autofree char *text = waits ? g_strdup_printf("%s%s%s", both ? text_of(s->wait_type) : "",
                                                    both ? " " : "", s->wait_event)
                                  : g_strdup("-");
    pen_text_left(pen, is(s->wait_type, "Lock") ? TOKEN_WARN : TOKEN_DIM, width - 1, text);
    pen_text(pen, TOKEN_TEXT, " ");
}

static void statement_cell(struct pen *pen, int width, const struct list_row *row)
{
    const struct snap_session *s = row->data;
    pen_text_left(pen, s->query_hidden || !is(s->state, "active") ? TOKEN_DIM : TOKEN_TEXT, width,
                  s->query_hidden ? "hidden from this login" : text_of(s->query));
}

/* From left to right; each is there from a width of the screen on, and has another width of its own on
 * a narrow, a usual and a wide one. */
static const struct column {
    const char *title;
    int widths[3], from;
    gboolean right;
    void (*draw)(struct pen *pen, int width, const struct list_row *row);
} columns[] = {
    {"pid", {7, 8, 8}, 0, TRUE, pid_cell},
    {"login", {14, 14, 14}, 130, FALSE, login_cell},
    {"who", {12, 14, 24}, 0, FALSE, who_cell},
    {"state", {10, 14, 14}, 0, FALSE, state_cell},
    {"xact", {7, 7, 7}, 0, TRUE, xact_cell},
    {"stmt", {7, 7, 7}, 72, TRUE, query_cell},
    {"wait", {11, 11, 22}, 76, FALSE, wait_cell},
    {"statement", {10, 10, 10}, 60, FALSE, statement_cell},
};

static int width_of(const struct view *view, const struct column *column)
{
    return column->widths[view->width < 60 ? 0 : view->width < WIDE ? 1 : 2];
}

static void head_draw(const struct view *view, struct pen *pen)
{
    pen_text(pen, TOKEN_TITLE, "  ");
    for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
        const struct column *c = &columns[i];
        if (view->width < c->from)
            continue;
        if (c->right)
            pen_text_right(pen, TOKEN_TITLE, width_of(view, c) - 1, c->title);
        else
            pen_text_left(pen, TOKEN_TITLE, width_of(view, c) - 1, c->title);
        pen_text(pen, TOKEN_TITLE, " ");
    }
}

static void row_draw(const struct view *view, struct pen *pen, const struct list_row *row,
                     gboolean selected)
{
    (void)selected;
    for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
        gboolean last = i + 1 == G_N_ELEMENTS(columns);
        if (view->width >= columns[i].from)
            columns[i].draw(pen, last ? pen_room(pen) : width_of(view, &columns[i]), row);
    }
}

/* The rows of heading, list and the selected session. */
static void parts_of(const struct view *view, const struct area *body, int *head, int *list,
                     int *detail)
{
    *head = view_is_compact(view) ? 1 : 3;
    int left = body->height - *head;
    *detail = view_list(view)->open        ? body->height
              : left >= 2 * LIST_LEAST + 3 ? CLAMP(left * 2 / 5, 4, 14)
                                           : 0;
    *list = MAX(0, left - *detail);
}

static int activity_height(const struct view *view, const struct area *body)
{
    int head, list, detail;
    parts_of(view, body, &head, &list, &detail);
    return list;
}

static void line_add(GPtrArray *lines, enum token token, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void line_add(GPtrArray *lines, enum token token, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct confirm_line *line = g_new0(struct confirm_line, 1);
    *line = (struct confirm_line){token, g_strdup_vprintf(format, args)};
    va_end(args);
    g_ptr_array_add(lines, line);
}

static void line_free(void *data)
{
    struct confirm_line *line = data;
    g_free(line->text);
    g_free(line);
}

/* Whom it waits for, and who waits for it. */
static void waits_add(GPtrArray *lines, const struct snapshot *s, gint64 pid)
{
    g_autoptr(GString) behind = g_string_new(NULL), before = g_string_new(NULL);
    for (guint i = 0; i < s->lock_waits->len; i++) {
        const struct snap_lock_wait *wait = s->lock_waits->pdata[i];
        for (guint j = 0; j < wait->blocked_by->len; j++) {
            gint64 blocker = g_array_index(wait->blocked_by, gint64, j);
            if (blocker == pid)
                g_string_append_printf(behind, " %" G_GINT64_FORMAT, wait->pid);
            if (wait->pid == pid)
                g_string_append_printf(before, " %" G_GINT64_FORMAT, blocker);
        }
    }
    if (before->len || behind->len)
        line_add(lines, TOKEN_WARN, "%s%s%s%s%s", before->len ? "waits for" : "", before->str,
                 before->len && behind->len ? " · " : "", behind->len ? "waited for by" : "",
                 behind->str);
}

static void times_add(GPtrArray *lines, const struct snap_session *s)
{
    g_autofree char *state = age_format(s->state_s), *xact = age_format(s->xact_s);
    g_autofree char *open = isnan(s->xact_s) ? g_strdup("no transaction")
                                             : g_strdup_printf("transaction open for %s", xact);
    line_add(lines, TOKEN_TEXT, "%s for %s · %s%s%s%s%s", s->state, state, open,
             s->wait_event ? " · waits: " : "", s->wait_event ? text_of(s->wait_type) : "",
             s->wait_event ? " " : "", text_of(s->wait_event));
}

static GPtrArray *detail_lines(const struct view *view, const struct list_row *row)
{
    const struct snap_session *s = row->data;
    GPtrArray *lines = g_ptr_array_new_with_free_func(line_free);
    line_add(lines, TOKEN_TEXT, "%s as %s from %s in %s%s%s",
             known(s->application) ? s->application : "no application name",
             known(s->login) ? s->login : "?",
             known(s->address) ? s->address
             : s->query_hidden ? "a hidden address"
                               : "this host",
             known(s->database) ? s->database : "no database", s->kind ? " · " : "",
             text_of(s->kind));
    if (s->ours)
        line_add(lines, TOKEN_OURS, "▸ a session of pgrollout");
    if (s->state)
        times_add(lines, s);
    waits_add(lines, view->snapshot, s->pid);
    if (s->query_hidden)
        line_add(lines, TOKEN_WARN,
                 "What it does is hidden from this login: that takes "
                 "pg_read_all_stats, which is in pg_monitor.");
    else if (known(s->query))
        line_add(lines, TOKEN_TEXT, "%s %s",
                 is(s->state, "active") ? "statement:" : "last statement:", s->query);
    if (!s->query_hidden && known(s->query) && s->query_length > (int)g_utf8_strlen(s->query, -1))
        line_add(lines, TOKEN_DIM, "… %d characters in all; the rest comes with the next reading",
                 s->query_length);
    return lines;
}

static void detail_draw(const struct view *view, struct grid *grid, const struct area *area,
                        const struct list_row *row)
{
    const struct list_state *state = view_list(view);
    const struct snap_session *s = row ? row->data : NULL;
    g_autofree char *who = s ? who_text(s) : NULL;
    g_autofree char *title =
        s ? g_strdup_printf("selected: %" G_GINT64_FORMAT " %s%s", s->pid, who,
                            isnan(row->ended_s) ? "" : " (ended)")
          : g_strdup(!state->selected ? "nothing selected"
                     : state->filter  ? "the selected session has ended, or is filtered out"
                                      : "the selected session has ended");
    struct pen pen = view_pen(view, grid, area->row, 0, view->width);
    draw_rule(&pen, title);
    if (!s)
        return;
    g_autoptr(GPtrArray) lines = detail_lines(view, row);
    g_autoptr(GPtrArray) rows = lines_wrap(view, lines, view->width - 2);
    int room = area->height - 1, scroll = CLAMP(state->scroll, 0, MAX(0, (int)rows->len - room));
    if (state->open && scroll)
        g_ptr_array_remove_range(rows, 0, (guint)scroll);
    struct area rest = {area->row + 1, 1, room, view->width - 1};
    lines_draw(view, grid, &rest, rows);
}

static int activity_scroll_max(const struct view *view, const struct area *body)
{
    g_autoptr(GPtrArray) rows = activity_rows(view);
    const struct list_row *row = rows ? list_selected(view_list(view), rows) : NULL;
    if (!row || !view_list(view)->open)
        return 0;
    g_autoptr(GPtrArray) lines = detail_lines(view, row);
    g_autoptr(GPtrArray) wrapped = lines_wrap(view, lines, view->width - 2);
    return MAX(0, (int)wrapped->len - (body->height - 1));
}

static void sum_draw(const struct view *view, struct pen *pen)
{
    const struct snap_activity *a = view->snapshot->activity;
    g_autofree char *oldest = age_format(a->oldest_xact_s);
    gboolean first = TRUE;
    pen_text(pen, TOKEN_TEXT, " ");
    draw_part_format(pen, TOKEN_TEXT, &first, "%d of %d sessions", a->total, a->max_connections);
    draw_part_format(pen, TOKEN_TEXT, &first, "%d active", a->active);
    draw_part_format(pen, a->waiting ? TOKEN_WARN : TOKEN_TEXT, &first, "%d waiting", a->waiting);
    draw_part_format(pen, a->idle_in_transaction ? TOKEN_WARN : TOKEN_TEXT, &first,
                     "%d idle in xact", a->idle_in_transaction);
    if (!isnan(a->oldest_xact_s))
        draw_part_format(pen, TOKEN_TEXT, &first, "oldest xact %s", oldest);
    if (a->hidden)
        draw_part_format(pen, TOKEN_WARN, &first, "%d hidden from you", a->hidden);
}

static void list_part_draw(const struct view *view, struct grid *grid, const struct area *body,
                           const GPtrArray *rows)
{
    int head, list, detail, row = body->row;
    parts_of(view, body, &head, &list, &detail);
    struct pen pen = view_pen(view, grid, row++, 0, view->width);
    sum_draw(view, &pen);
    if (head > 1) {
        pen = view_pen(view, grid, row++, 0, view->width);
        head_draw(view, &pen);
        pen = view_pen(view, grid, row++, 0, view->width);
        pen_text(&pen, TOKEN_RULE, "─");
        list_note_draw(view, &pen, rows, view->snapshot->activity->total);
        pen_text(&pen, TOKEN_RULE, " ");
        pen_fill(&pen, TOKEN_RULE, "─");
    }
    struct area area = {row, 0, list, view->width};
    list_draw(view, grid, &area, rows, row_draw);
    area.row += list;
    area.height = detail;
    if (detail)
        detail_draw(view, grid, &area, list_selected(view_list(view), rows));
}

static void activity_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    static const struct list_parts parts = {"the sessions", list_part_draw, detail_draw};
    g_autoptr(GPtrArray) rows = activity_rows(view);
    list_parts_draw(view, grid, body, rows, &parts);
}

static const struct snap_session *session_of(const struct list_row *row)
{
    return row->data;
}

/* Of the selected session the whole statement is read. */
static char *activity_argument(const struct view *view)
{
    const struct list_state *state = view_list(view);
    return state->selected ? g_strndup(state->selected, strcspn(state->selected, " ")) : NULL;
}

static const struct screen_list activity_list = {
    .rows = activity_rows,
    .height = activity_height,
    .sorts = sorts,
    .session = session_of,
    .has_detail = TRUE,
};

static const enum act activity_keys[] = {ACT_CANCEL, ACT_TERMINATE, ACT_OPEN,   ACT_FILTER,
                                         ACT_SORT,   ACT_FOLLOW,    ACT_FREEZE, ACT_NONE};

const struct screen activity_screen = {
    .id = SCREEN_ACTIVITY,
    .key = '6',
    .name = "activity",
    .look = LOOK_ACTIVITY,
    .look_argument = activity_argument,
    .of_server = TRUE,
    .keys = activity_keys,
    .draw = activity_draw,
    .scroll_max = activity_scroll_max,
    .list = &activity_list,
};
