/* Screen 7: what happened and who did it, newest first, and the whole of the selected line. */
#include "config.h"
#include "console/screens/screens.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define LIST_LEAST 4
#define WIDE 100

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

/* Which lines there are: `o` goes from one to the next. */
static const char *const kinds[] = {"everything",       "what people did",      "holds and guards",
                                    "steps and phases", "tuning by the engine", NULL};
enum kind { KIND_ALL, KIND_PEOPLE, KIND_HOLDS, KIND_STEPS, KIND_TUNING };

static gboolean kind_has(enum kind kind, const struct snap_event *e)
{
    switch (kind) {
    case KIND_PEOPLE:
        return is(e->kind, "command") || is(e->kind, "refused") || is(e->kind, "note");
    case KIND_HOLDS:
        return is(e->kind, "hold") || is(e->kind, "guard");
    case KIND_STEPS:
        return is(e->kind, "step") || is(e->kind, "phase");
    case KIND_TUNING:
        return is(e->kind, "hook") || is(e->kind, "tune") || is(e->kind, "engine") ||
               is(e->kind, "batch");
    default:
        return TRUE;
    }
}

static int by_id(const void *a, const void *b)
{
    const struct snap_event *x = a, *y = b;
    return x->id > y->id ? -1 : x->id < y->id;
}

/* A line that had not been written at the moment that is shown. */
static gboolean is_yet_to_come(const struct view *view, const struct snap_event *e)
{
    if (view->past_s <= 0 || !e->when)
        return FALSE;
    g_autoptr(GDateTime) when = g_date_time_new_from_iso8601(e->when, NULL);
    return when && g_date_time_to_unix(when) > view->now_s;
}

static GPtrArray *journal_rows(const struct view *view)
{
    const struct list_state *state = view_list(view);
    if (!view->journal)
        return NULL;
    GPtrArray *rows = list_rows_new();
    for (guint i = 0; i < view->journal->len; i++) {
        const struct snap_event *e = view->journal->pdata[i];
        g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, e->id);
        const char *const texts[] = {
            text_of(e->text),   text_of(e->who),       text_of(e->kind),    text_of(e->at),
            text_of(e->client), text_of(e->migration), text_of(e->os_user), NULL};
        if (!is_yet_to_come(view, e) && kind_has(state->sort % (G_N_ELEMENTS(kinds) - 1), e) &&
            list_matches(state->filter, texts))
            list_rows_add(rows, id, e);
    }
    list_rows_sort(rows, by_id, state->reverse);
    return rows;
}

static void row_draw(const struct view *view, struct pen *pen, const struct list_row *row,
                     gboolean selected)
{
    (void)selected;
    const struct snap_event *e = row->data;
    gboolean engine = is(e->who, "engine") || is(e->who, "guard");
    pen_text_left(pen, TOKEN_DIM, 9, text_of(e->at));
    pen_text_left(pen, engine ? TOKEN_DIM : TOKEN_NOW, view->width < 60 ? 7 : 14, text_of(e->who));
    pen_text(pen, TOKEN_TEXT, " ");
    if (view->width >= WIDE)
        pen_text_left(pen, TOKEN_DIM, 9, text_of(e->kind));
    if (view->journal_all && view->width >= 76)
        pen_text_left(pen, TOKEN_DIM, view->width >= WIDE ? 24 : 18, text_of(e->migration));
    pen_text(pen,
             is(e->kind, "refused")                                 ? TOKEN_WARN
             : g_str_has_prefix(text_of(e->text), "held by guard ") ? TOKEN_DANGER
                                                                    : TOKEN_TEXT,
             text_of(e->text));
}

static void titles_draw(const struct view *view, struct pen *pen)
{
    pen_text_left(pen, TOKEN_TITLE, 11, "  time");
    pen_text_left(pen, TOKEN_TITLE, view->width < 60 ? 8 : 15, "who");
    if (view->width >= WIDE)
        pen_text_left(pen, TOKEN_TITLE, 9, "kind");
    if (view->journal_all && view->width >= 76)
        pen_text_left(pen, TOKEN_TITLE, view->width >= WIDE ? 24 : 18, "migration");
    pen_text(pen, TOKEN_TITLE, "what");
}

static void note_draw(const struct view *view, struct pen *pen, const GPtrArray *rows)
{
    const struct list_state *state = view_list(view);
    gboolean first = FALSE;
    pen_format(pen, TOKEN_DIM, view->journal_begins ? " %u of all %u" : " %u of %u read", rows->len,
               view->journal->len);
    draw_part(pen, TOKEN_DIM, &first, kinds[state->sort % (G_N_ELEMENTS(kinds) - 1)]);
    draw_part(pen, TOKEN_DIM, &first, view->journal_all ? "all migrations" : "of this migration");
    if (state->filter)
        draw_part_format(pen, TOKEN_WARN, &first, "filter: %s", state->filter);
    if (state->reverse)
        draw_part(pen, TOKEN_DIM, &first, "oldest first");
    draw_part(pen, TOKEN_DIM, &first, state->selected ? "not following" : "follows what is new");
}

struct parts {
    int head, list, detail;
};

static struct parts parts_of(const struct view *view, const struct area *body)
{
    struct parts parts = {view_is_compact(view) ? 1 : 2, 0, 0};
    int left = body->height - parts.head;
    if (left >= 2 * LIST_LEAST + 2)
        parts.detail = CLAMP(left / 3, 4, 9);
    parts.list = left - parts.detail;
    return parts;
}

static int journal_height(const struct view *view, const struct area *body)
{
    return parts_of(view, body).list;
}

static GPtrArray *detail_lines(const struct snap_event *e)
{
    GPtrArray *lines = lines_new();
    lines_append(lines, TOKEN_TEXT, "%s", text_of(e->text));
    g_autofree char *from =
        e->os_user || e->client
            ? g_strdup_printf(" · %s%s%s", e->os_user ? e->os_user : "somebody",
                              e->client ? " at " : " on the server's host", text_of(e->client))
            : g_strdup("");
    lines_append(lines, TOKEN_DIM, "%s · %s%s · line %" G_GINT64_FORMAT "%s%s", text_of(e->kind),
                 text_of(e->who), from, e->id, e->migration ? " of " : "", text_of(e->migration));
    return lines;
}

static void detail_draw(const struct view *view, struct grid *grid, const struct area *area,
                        const struct list_row *row)
{
    const struct list_state *state = view_list(view);
    const struct snap_event *e = row ? row->data : NULL;
    g_autoptr(GPtrArray) lines = e ? detail_lines(e) : lines_new();
    g_autofree char *title =
        e ? g_strdup_printf("entry of %.10s%s%.12s", e->when ? e->when : text_of(e->at),
                            e->when && strlen(e->when) > 11 ? " " : "",
                            e->when && strlen(e->when) > 11 ? e->when + 11 : "")
          : g_strdup("nothing selected");
    lines_page_draw(view, grid, area, title, lines, state->open ? state->scroll : 0);
}

static int journal_scroll_max(const struct view *view, const struct area *body)
{
    g_autoptr(GPtrArray) rows = journal_rows(view);
    const struct list_row *row = rows ? list_selected(view_list(view), rows) : NULL;
    if (!row || !view_list(view)->open)
        return 0;
    g_autoptr(GPtrArray) lines = detail_lines(row->data);
    return lines_page_max(view, body, lines);
}

static void list_part_draw(const struct view *view, struct grid *grid, const struct area *body,
                           const GPtrArray *rows)
{
    struct parts parts = parts_of(view, body);
    struct pen pen = view_pen(view, grid, body->row, 0, view->width);
    titles_draw(view, &pen);
    if (parts.head > 1) {
        pen = view_pen(view, grid, body->row + 1, 0, view->width);
        pen_text(&pen, TOKEN_RULE, "─");
        note_draw(view, &pen, rows);
        pen_text(&pen, TOKEN_RULE, " ");
        pen_fill(&pen, TOKEN_RULE, "─");
    }
    struct area area = {body->row + parts.head, 0, parts.list, view->width};
    list_draw(view, grid, &area, rows, row_draw);
    int after = (int)rows->len - list_top(view_list(view), rows, parts.list);
    if (after < parts.list) { /* below the last line */
        pen = view_pen(view, grid, area.row + after, 2, view->width);
        pen_text(&pen, TOKEN_DIM,
                 !view->journal_begins ? "… older lines are read when you go down"
                 : view->journal->len  ? "this is where it begins"
                                       : "Nothing has happened yet.");
    }
    area.row += parts.list;
    area.height = parts.detail;
    if (parts.detail)
        detail_draw(view, grid, &area, list_selected(view_list(view), rows));
}

static void journal_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    g_autoptr(GPtrArray) rows = journal_rows(view);
    struct pen pen = view_pen(view, grid, body->row, 0, view->width);
    if (!rows)
        titles_draw(view, &pen);
    pen = view_pen(view, grid, body->row + 2, 3, view->width);
    if (rows && view_list(view)->open)
        detail_draw(view, grid, body, list_selected(view_list(view), rows));
    else if (rows)
        list_part_draw(view, grid, body, rows);
    else if (!view->journal_error)
        pen_text(&pen, TOKEN_DIM,
                 view->migration || view->journal_all ? "Reading the journal …"
                                                      : "There is no migration (i: of all).");
    if (view->journal_error) {
        pen = view_pen(view, grid, body->row + (rows ? body->height - 1 : 2), 3, view->width);
        pen_text(&pen, TOKEN_LOST, view->journal_error);
    }
}

static const struct screen_list journal_list = {
    .rows = journal_rows,
    .height = journal_height,
    .sorts = kinds,
    .has_detail = TRUE,
    .grows = TRUE,
};

static const enum act journal_keys[] = {ACT_OPEN,   ACT_FILTER, ACT_SORT,  ACT_SCOPE, ACT_MOMENT,
                                        ACT_FOLLOW, ACT_FREEZE, ACT_PAUSE, ACT_NONE};

const struct screen journal_screen = {
    .id = SCREEN_JOURNAL,
    .key = '7',
    .name = "journal",
    .keys = journal_keys,
    .draw = journal_draw,
    .scroll_max = journal_scroll_max,
    .list = &journal_list,
};
