/* Screen 3: who waits for whom, as a tree, and who is in the way of the next step. */
#include "config.h"
#include "console/screens/locks.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define LIST_LEAST 3
#define WIDE 104

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static gboolean locks_read_rows(const struct snapshot *s, GPtrArray *rows)
{
    for (guint i = 0; s->locks && i < s->locks->sessions->len; i++) {
        const struct snap_lock *lock = s->locks->sessions->pdata[i];
        g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT " %s", lock->session->pid,
                                              text_of(lock->session->backend_start));
        list_rows_add(rows, id, lock);
    }
    return s->locks != NULL;
}

char *locks_who(const struct snap_lock *lock)
{
    const struct snap_session *s = lock->session;
    if (s->ours && g_str_has_prefix(text_of(s->application), "pgrollout/"))
        return g_strdup_printf("▸%s", s->application + strlen("pgrollout/"));
    if (s->application && *s->application)
        return g_strdup(s->application);
    return g_strdup(s->login ? s->login : s->kind ? s->kind : "?");
}

const char *locks_state(const struct snap_lock *lock)
{
    const struct snap_session *s = lock->session;
    if (!s->state)
        return s->query_hidden ? "hidden" : "-";
    if (is(s->state, "idle in transaction"))
        return "idle in xact";
    return is(s->state, "idle in transaction (aborted)") ? "aborted xact" : s->state;
}

static const char *locks_state_brief(const struct snap_lock *lock)
{
    const char *state = locks_state(lock);
    return is(state, "idle in xact") ? "idle xact" : is(state, "aborted xact") ? "aborted" : state;
}

static gboolean row_matches(const char *filter, const struct snap_lock *lock)
{
    const struct snap_session *s = lock->session;
    g_autofree char *pid = g_strdup_printf("%" G_GINT64_FORMAT, s->pid);
    const char *const texts[] = {pid,
                                 text_of(s->login),
                                 text_of(s->application),
                                 text_of(s->address),
                                 text_of(s->state),
                                 text_of(s->database),
                                 text_of(s->query),
                                 text_of(lock->wants),
                                 text_of(lock->holds),
                                 text_of(lock->meets),
                                 text_of(lock->row_of),
                                 NULL};
    return list_matches(filter, texts);
}

/* A row stays with those that it waits for: without them nobody sees what it hangs from. */
static GPtrArray *locks_rows(const struct view *view)
{
    const char *filter = view_list(view)->filter;
    GPtrArray *rows = list_rows_read(view->snapshot, view->past, locks_read_rows);
    if (!rows || !filter)
        return rows;
    g_autoptr(GHashTable) kept = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < rows->len; i++) {
        const struct snap_lock *lock = ((struct list_row *)rows->pdata[i])->data;
        for (gboolean keep = row_matches(filter, lock); keep && lock; lock = lock->parent)
            g_hash_table_add(kept, (void *)lock);
    }
    for (guint i = rows->len; i > 0; i--)
        if (!g_hash_table_contains(kept, ((struct list_row *)rows->pdata[i - 1])->data))
            g_ptr_array_remove_index(rows, i - 1);
    return rows;
}

/* The lines from its parent; where they would take too much room, how deep it is. */
static char *lines_text(const struct snap_lock *lock, int width)
{
    GString *out = g_string_new(NULL);
    int most = CLAMP(width / 6, 1, 12);
    const char *bars = text_of(lock->bars);
    if (lock->depth > most) {
        g_string_append_printf(out, "…%d", lock->depth);
        while (g_utf8_strlen(out->str, -1) < MAX(4, 2 * (most - 1)))
            g_string_append_c(out, ' ');
    } else {
        for (int i = 0; i + 1 < lock->depth && i < (int)strlen(bars); i++)
            g_string_append(out, bars[i] == '|' ? "│ " : "  ");
    }
    if (lock->depth)
        g_string_append_printf(out, "%s%s", lock->last ? "└" : "├", lock->queued ? "~" : "─");
    return g_string_free(out, FALSE);
}

static enum token token_of(const struct snap_lock *lock)
{
    if (lock->session->ours)
        return TOKEN_OURS;
    return lock->loop || (lock->roots && !lock->waits) ? TOKEN_WARN : TOKEN_TEXT;
}

/* Lines, pid and name in `width` cells. */
static void who_draw(struct pen *pen, int width, const struct list_row *row)
{
    const struct snap_lock *lock = row->data;
    struct pen part = *pen;
    part.end = pen->col + MIN(width - 1, pen_room(pen));
    g_autofree char *lines = lines_text(lock, width), *who = locks_who(lock);
    if (isnan(row->ended_s)) /* what has ended hangs from nobody */
        pen_text(&part, TOKEN_RULE, lines);
    if (lock->session->pid)
        pen_format(&part, token_of(lock), "%" G_GINT64_FORMAT " ", lock->session->pid);
    if (lock->loop)
        pen_text(&part, TOKEN_DANGER, "(loop) ");
    pen_text(&part, token_of(lock), who);
    pen_text(&part, TOKEN_TEXT, " ");
    pen_fill(&part, TOKEN_TEXT, " ");
    pen_skip(pen, MIN(width, pen_room(pen)));
}

static void wait_draw(struct pen *pen, int width, const struct list_row *row)
{
    const struct snap_lock *lock = row->data;
    double wait = lock->waited_s;
    g_autofree char *age =
        lock->waits && !isnan(wait) ? age_format(wait >= 10 ? floor(wait) : wait) : g_strdup("-");
    g_autofree char *ended = g_strdup_printf("%.0fs ago", floor(row->ended_s));
    pen_text_right(pen, wait >= 10 ? TOKEN_WARN : TOKEN_TEXT, width - 1,
                   isnan(row->ended_s) ? age : ended);
    pen_text(pen, TOKEN_TEXT, " ");
}

/* Modes and names as short as they can be told apart. */
static char *shorten(const char *text)
{
    static const char *const words[][2] = {
        {"Exclusive", "Excl"}, {"Update", "Upd"}, {" public.", " "}, {NULL, NULL}};
    g_autoptr(GString) out = g_string_new(text);
    for (guint i = 0; words[i][0]; i++)
        g_string_replace(out, words[i][0], words[i][1], 0);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void lock_draw(const struct view *view, struct pen *pen, int width,
                      const struct snap_lock *lock)
{
    const char *text = lock->waits ? lock->wants : lock->holds ? lock->holds : lock->meets;
    gboolean wide = view->width >= WIDE;
    g_autofree char *brief = wide ? g_strdup(text_of(text)) : shorten(text_of(text));
    g_autofree char *row = lock->row_of && wide ? g_strdup_printf(", a row of %s", lock->row_of)
                           : lock->row_of       ? g_strdup(", a row")
                                                : g_strdup("");
    g_autofree char *all = g_strdup_printf("%s%s%s%s", lock->meets ? "◄" : "",
                                           lock->queued && wide ? "queued: " : "", brief, row);
    pen_text_left(pen,
                  lock->meets    ? TOKEN_GATE
                  : lock->queued ? TOKEN_DIM
                                 : TOKEN_TEXT,
                  width, all);
}

/* The widths of the columns; 0: it is not there. */
struct widths {
    int who, state, statement, wait, lock;
};

static struct widths widths_of(const struct view *view)
{
    int width = view->width - 2;
    if (width < 56)
        return (struct widths){MAX(12, width - 8 - 15), 0, 0, 8, 15};
    if (view->width < 76)
        return (struct widths){width - 8 - 22, 0, 0, 8, 22};
    if (view->width < WIDE)
        return (struct widths){24, 10, width - 24 - 10 - 8 - 22, 8, 22};
    int left = width - 14 - 10, who = left * 3 / 10, lock = left * 35 / 100;
    return (struct widths){who, 14, left - who - lock, 10, lock};
}

static void row_draw(const struct view *view, struct pen *pen, const struct list_row *row,
                     gboolean selected)
{
    const struct snap_lock *lock = row->data;
    const struct snap_session *s = lock->session;
    struct widths w = widths_of(view);
    (void)selected;
    who_draw(pen, w.who, row);
    if (w.state) {
        pen_text_left(pen, g_str_has_prefix(text_of(s->state), "idle in") ? TOKEN_WARN : TOKEN_TEXT,
                      w.state - 1, w.state < 13 ? locks_state_brief(lock) : locks_state(lock));
        pen_text(pen, TOKEN_TEXT, " ");
    }
    if (w.statement > 1) {
        pen_text_left(pen, TOKEN_DIM, w.statement - 1,
                      s->query_hidden ? "hidden" : text_of(s->query));
        pen_text(pen, TOKEN_TEXT, " ");
    }
    wait_draw(pen, w.wait, row);
    lock_draw(view, pen, MIN(w.lock, pen_room(pen)), lock);
}

static void head_draw(const struct view *view, struct pen *pen)
{
    struct widths w = widths_of(view);
    pen_text(pen, TOKEN_TITLE, "  ");
    pen_text_left(pen, TOKEN_TITLE, w.who, "who");
    if (w.state)
        pen_text_left(pen, TOKEN_TITLE, w.state, "state");
    if (w.statement > 1)
        pen_text_left(pen, TOKEN_TITLE, w.statement, "statement");
    pen_text_right(pen, TOKEN_TITLE, w.wait - 1, "wait");
    pen_text(pen, TOKEN_TITLE, w.lock < 20 ? " lock" : " wants, or holds");
}

struct parts {
    int head, list, foot, detail;
};

/* The rows of heading, tree, what is said of our own steps, and the selected session. */
static struct parts parts_of(const struct view *view, const struct area *body)
{
    struct parts p = {.head = view_is_compact(view) ? 1 : 3};
    const struct snap_locks *locks = view->snapshot ? view->snapshot->locks : NULL;
    g_autofree char *tries = locks ? locks_try_text(view) : NULL;
    if (view_list(view)->open)
        return (struct parts){0, 0, 0, body->height};
    int left = body->height - p.head;
    p.foot = locks && left >= LIST_LEAST + 1 ? (locks->next != NULL) + (tries != NULL) : 0;
    left -= p.foot;
    p.detail = left >= 2 * LIST_LEAST + 3 ? CLAMP(left * 2 / 5, 5, 14) : 0;
    p.list = MAX(0, left - p.detail);
    return p;
}

static int locks_height(const struct view *view, const struct area *body)
{
    return parts_of(view, body).list;
}

static char *detail_title(const struct view *view, const struct list_row *row)
{
    const struct snap_lock *lock = row ? row->data : NULL;
    g_autofree char *who = lock ? locks_who(lock) : NULL;
    if (lock) {
        g_autofree char *pid = lock->session->pid /* a prepared transaction has none */
                                   ? g_strdup_printf("%" G_GINT64_FORMAT " ", lock->session->pid)
                                   : g_strdup("");
        return g_strdup_printf("selected: %s%s%s", pid, who, isnan(row->ended_s) ? "" : " (ended)");
    }
    return g_strdup(!view_list(view)->selected ? "nobody waits"
                    : view_list(view)->filter  ? "the selected session has gone, or is filtered out"
                                               : "the selected session waits and blocks no more");
}

static void detail_draw(const struct view *view, struct grid *grid, const struct area *area,
                        const struct list_row *row)
{
    const struct list_state *state = view_list(view);
    g_autofree char *title = detail_title(view, row);
    struct pen pen = view_pen(view, grid, area->row, 0, view->width);
    draw_rule(&pen, title);
    if (!row)
        return;
    g_autoptr(GPtrArray) lines = locks_detail(view, row);
    g_autoptr(GPtrArray) rows = lines_wrap(view, lines, view->width - 2);
    int room = area->height - 1, scroll = CLAMP(state->scroll, 0, MAX(0, (int)rows->len - room));
    if (state->open && scroll)
        g_ptr_array_remove_range(rows, 0, (guint)scroll);
    if (!state->open)
        lines_fit(rows, room);
    struct area rest = {area->row + 1, 1, room, view->width - 1};
    lines_draw(view, grid, &rest, rows);
}

static int locks_scroll_max(const struct view *view, const struct area *body)
{
    if (!view_list(view)->open)
        return 0;
    g_autoptr(GPtrArray) rows = locks_rows(view);
    const struct list_row *row = rows ? list_selected(view_list(view), rows) : NULL;
    if (!row)
        return 0;
    g_autoptr(GPtrArray) lines = locks_detail(view, row);
    g_autoptr(GPtrArray) wrapped = lines_wrap(view, lines, view->width - 2);
    return MAX(0, (int)wrapped->len - (body->height - 1));
}

static void sum_draw(const struct view *view, struct pen *pen)
{
    const struct snap_locks *l = view->snapshot->locks;
    gboolean first = TRUE;
    pen_text(pen, TOKEN_TEXT, " ");
    g_autofree char *shown =
        l->waiting > l->asked ? g_strdup_printf(" (%d shown)", l->asked) : g_strdup("");
    draw_part_format(pen, l->waiting ? TOKEN_WARN : TOKEN_TEXT, &first, "waiting %d%s", l->waiting,
                     shown);
    if (l->waiting) {
        g_autofree char *longest = age_format(l->longest_s);
        draw_part_format(pen, TOKEN_TEXT, &first, "longest %s", longest);
    }
    draw_part_format(pen, l->by_us ? TOKEN_DANGER : TOKEN_TEXT, &first,
                     view->width < 60 ? "by us %d" : "blocked by us %d (%d held, %d queued)",
                     l->by_us, l->by_us_held, l->by_us - l->by_us_held);
    draw_part_format(pen, l->we_wait_on ? TOKEN_OURS : TOKEN_TEXT, &first, "we wait on %d",
                     l->we_wait_on);
}

static void foot_draw(const struct view *view, struct grid *grid, int row, int height)
{
    g_autofree char *tries = locks_try_text(view);
    if (tries && height) {
        struct pen pen = view_pen(view, grid, row++, 0, view->width);
        pen_format(&pen, TOKEN_OURS, " ▸ %s", tries);
        height--;
    }
    if (!height)
        return;
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    gboolean meets = view->snapshot->locks->meeting > 0;
    g_autofree char *next = locks_next_text(view, FALSE), *brief = locks_next_text(view, TRUE);
    pen_format(&pen, meets ? TOKEN_GATE : TOKEN_DIM, " %s",
               next && pen_measure(&pen, next) + 1 <= view->width ? next : brief);
}

static void list_part_draw(const struct view *view, struct grid *grid, const struct area *body,
                           const GPtrArray *rows)
{
    struct parts p = parts_of(view, body);
    int row = body->row;
    struct pen pen = view_pen(view, grid, row++, 0, view->width);
    sum_draw(view, &pen);
    if (p.head > 1) {
        pen = view_pen(view, grid, row++, 0, view->width);
        head_draw(view, &pen);
        pen = view_pen(view, grid, row++, 0, view->width);
        pen_text(&pen, TOKEN_RULE, "─");
        list_note_draw(view, &pen, rows, (int)view->snapshot->locks->sessions->len);
        pen_text(&pen, TOKEN_DIM, " · ~ only queued behind ");
        pen_fill(&pen, TOKEN_RULE, "─");
    }
    struct area area = {row, 0, p.list, view->width};
    list_draw(view, grid, &area, rows, row_draw);
    if (!rows->len && p.list) {
        pen = view_pen(view, grid, row, 2, view->width);
        pen_text(&pen, TOKEN_DIM,
                 view_list(view)->filter ? "No session here has these words."
                                         : "Nobody waits for a lock.");
    }
    row += p.list;
    foot_draw(view, grid, row, p.foot);
    area = (struct area){row + p.foot, 0, p.detail, view->width};
    if (p.detail)
        detail_draw(view, grid, &area, list_selected(view_list(view), rows));
}

static void screen_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    static const struct list_parts parts = {"the locks", list_part_draw, detail_draw};
    g_autoptr(GPtrArray) rows = locks_rows(view);
    list_parts_draw(view, grid, body, rows, &parts);
}

/* Prepared transactions have no session. */
static const struct snap_session *session_of(const struct list_row *row)
{
    const struct snap_lock *lock = row->data;
    return lock->session->pid ? lock->session : NULL;
}

/* The selected session, whose whole statement is read, and the migration whose next step is meant. */
static char *locks_argument(const struct view *view)
{
    const struct list_state *state = view_list(view);
    g_autofree char *pid =
        state->selected ? g_strndup(state->selected, strcspn(state->selected, " ")) : g_strdup("-");
    return g_strdup_printf("%s %s", pid, text_of(view->migration));
}

static const char *const sorts[] = {"what causes the most waiting first", NULL};

static const struct screen_list locks_list = {
    .rows = locks_rows,
    .height = locks_height,
    .sorts = sorts,
    .session = session_of,
    .has_detail = TRUE,
};

static const enum act locks_keys[] = {ACT_CANCEL, ACT_TERMINATE, ACT_OPEN, ACT_FILTER,
                                      ACT_FOLLOW, ACT_FREEZE,    ACT_NONE};

const struct screen locks_screen = {
    .id = SCREEN_LOCKS,
    .key = '3',
    .name = "locks",
    .look = LOOK_LOCKS,
    .look_argument = locks_argument,
    .of_server = TRUE,
    .keys = locks_keys,
    .draw = screen_draw,
    .scroll_max = locks_scroll_max,
    .list = &locks_list,
};
