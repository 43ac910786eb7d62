/* The keys of lists: moving, opening, filter, order, follow, freeze; and what is read for the open
 * screen. None of them asks the server anything. */
#include "config.h"
#include "console/app.h"

#include <string.h>

#include "console/screens/screens.h"
#include "pgrollout/base/clock.h"

#define FILTER_BYTES_MAX 100
/* Snapshots are kept for rows that have just ended. */
#define PAST_S (LIST_LINGER_S + 2)

static const struct screen_list *list_of(const struct app *app)
{
    const struct screen *screen = screen_by_id(app->screen);
    return screen ? screen->list : NULL;
}

static struct list_state *state_of(struct app *app)
{
    return &app->lists[app->screen];
}

void app_select(struct app *app, const char *name)
{
    app_select_at(app, app->link, name);
}

void app_select_at(struct app *app, struct app_link *link, const char *name)
{
    if (link == app->link && g_strcmp0(name, app->migration) == 0)
        return;
    char *own = g_strdup(name);
    if (link != app->link)
        app_confirm_drop(app, "another database was selected");
    app_link_select(app, link);
    g_free(app->migration);
    app->migration = own;
    app->chosen = TRUE;
    app->last_felt.known = app->before.known = FALSE;
    g_clear_pointer(&app->pause_since, g_free);
    app_journal_forget(app);
}

void app_want(struct app *app)
{
    struct view view;
    const struct screen *screen = screen_by_id(app->screen);
    app_fill_view(app, &view);
    gboolean looks = screen && screen->look;
    g_autofree char *argument =
        looks && screen->look_argument ? screen->look_argument(&view) : NULL;
    client_want(app->client, looks ? screen->look : LOOK_NONE, argument);
    app_plan_want(app);
}

void app_past_add(struct app_link *link, const struct snapshot *s)
{
    if (!link->app->replay) /* it remembers all of itself */
        past_add(link->ring, s);
    g_ptr_array_add(link->past, snapshot_ref(s));
    while (link->past->len > 1) {
        const struct snapshot *oldest = link->past->pdata[0];
        if (s->at_s - oldest->at_s <= PAST_S && oldest->at_s <= s->at_s)
            break;
        g_ptr_array_remove_index(link->past, 0);
    }
}

void app_unfreeze(struct app *app)
{
    if (!app->frozen)
        return;
    if (app->present && app->message_us == app->present_us) /* it is shown now */
        g_clear_pointer(&app->message, g_free);
    app->present = NULL;
    app->frozen = FALSE;
    app->moment_s = 0;
    for (guint i = 0; i < app->links->len; i++)
        g_clear_pointer(&((struct app_link *)app->links->pdata[i])->frozen, g_ptr_array_unref);
    app_redraw(app);
}

static void freeze_link(struct app_link *link)
{
    link->frozen = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_free);
    for (guint i = 0; i < link->past->len; i++)
        g_ptr_array_add(link->frozen, snapshot_ref(link->past->pdata[i]));
}

static void freeze(struct app *app)
{
    if (app->frozen || !app->link->past->len) {
        app_unfreeze(app);
        return;
    }
    app->frozen = TRUE;
    for (guint i = 0; i < app->links->len; i++)
        freeze_link(app->links->pdata[i]);
    app->frozen_us = clock_now_us();
}

/* "name", of several databases "database/name". */
static void app_select_id(struct app *app, const char *id)
{
    const char *slash = strrchr(id, '/');
    struct app_link *link =
        app_has_several(app) && slash ? app_link_find(app, id, (gsize)(slash - id)) : NULL;
    if (link)
        app_select_at(app, link, slash[1] ? slash + 1 : NULL);
    else
        app_select(app, id);
}

/* What a list has selected becomes what keys act on. */
static void selection_take(struct app *app)
{
    const struct screen_list *list = list_of(app);
    if (list->selects_migration && state_of(app)->selected)
        app_select_id(app, state_of(app)->selected);
    app_want(app);
}

/* Near the end of what has been read of the journal there is more of it. */
static void older_read(struct app *app, const GPtrArray *rows)
{
    const struct list_state *state = state_of(app);
    int index = rows ? list_index(state, rows) : -1, ahead = app_page(app);
    if (rows && (state->reverse ? index < ahead : index + ahead >= (int)rows->len))
        app_journal_older(app);
}

/* Rows are the list's while it is one, else lines. */
void app_scroll(struct app *app, int rows)
{
    struct view view;
    app_fill_view(app, &view);
    const struct screen_list *list = list_of(app);
    struct area body = view_body(&view);
    if (list && !state_of(app)->open) {
        g_autoptr(GPtrArray) all = view_has_rows(&view) ? list->rows(&view) : NULL;
        if (all)
            list_move(state_of(app), all, list->height(&view, &body), rows);
        selection_take(app);
        if (app->screen == SCREEN_JOURNAL)
            older_read(app, all);
    } else {
        int last = view_scroll_max(&view);
        int *place = list ? &state_of(app)->scroll : &app->scroll;
        *place = (int)CLAMP((gint64)MIN(*place, last) + rows, 0, last);
    }
    app_redraw(app);
}

int app_page(struct app *app)
{
    struct view view;
    app_fill_view(app, &view);
    const struct screen_list *list = list_of(app);
    struct area body = view_body(&view);
    if (list && !state_of(app)->open)
        return MAX(1, list->height(&view, &body) - 1);
    return MAX(1, body.height - 3);
}

static void sort_next(struct app *app, gboolean backwards)
{
    const struct screen_list *list = list_of(app);
    struct list_state *state = state_of(app);
    guint n = 0;
    while (list->sorts && list->sorts[n])
        n++;
    if (backwards)
        state->reverse = !state->reverse;
    else if (n)
        state->sort = (state->sort + 1) % n;
    state->top = 0;
}

static void open_selected(struct app *app)
{
    const struct screen_list *list = list_of(app);
    if (list->selects_migration && app_has_several(app) && client_needs_password(app->client))
        app_password_open(app, app->link);
    else if (list->selects_migration)
        app_show(app, SCREEN_COCKPIT);
    else if (list->has_detail)
        state_of(app)->open = !state_of(app)->open;
    state_of(app)->scroll = 0;
}

/* Esc: first what lies over the list. FALSE: there is nothing, and the screen is left. */
static gboolean step_back(struct list_state *state)
{
    if (state->open)
        state->open = FALSE;
    else if (state->filter)
        g_clear_pointer(&state->filter, g_free);
    else
        return FALSE;
    return TRUE;
}

static void follow(struct app *app)
{
    struct list_state *state = state_of(app);
    struct view view;
    app_fill_view(app, &view);
    struct area body = view_body(&view);
    const struct screen_list *list = list_of(app);
    g_autoptr(GPtrArray) rows = view_has_rows(&view) ? list->rows(&view) : NULL;
    if (rows) /* it goes on from what is seen now */
        state->top = list_top(state, rows, list->height(&view, &body));
    state->loose = !state->loose;
}

/* What is new comes at the top: there one stays, or with the row that is selected. */
static void follow_top(struct app *app)
{
    struct list_state *state = state_of(app);
    struct view view;
    app_fill_view(app, &view);
    g_autoptr(GPtrArray) rows = view.snapshot ? list_of(app)->rows(&view) : NULL;
    const struct list_row *first = rows && rows->len ? rows->pdata[0] : NULL;
    list_state_select(state, state->selected || !first ? NULL : first->id, 0);
    state->top = 0;
}

gboolean app_list_act(struct app *app, enum act act)
{
    if (act == ACT_FREEZE) {
        freeze(app);
        return TRUE;
    }
    if (!list_of(app))
        return FALSE;
    if (app_look_act(app, act))
        return TRUE;
    switch (act) {
    case ACT_OPEN:
        open_selected(app);
        return TRUE;
    case ACT_FILTER:
        g_string_assign(app->entry, state_of(app)->filter ? state_of(app)->filter : "");
        app->entering = TRUE;
        return TRUE;
    case ACT_SORT:
    case ACT_SORT_BACK:
        sort_next(app, act == ACT_SORT_BACK);
        return TRUE;
    case ACT_FOLLOW:
        if (list_of(app)->grows)
            follow_top(app);
        else
            follow(app);
        return TRUE;
    case ACT_BACK:
        return step_back(state_of(app));
    default:
        return FALSE;
    }
}

/* A filter that leaves the selected row out is a look at others. */
static void selection_check(struct app *app)
{
    struct view view;
    app_fill_view(app, &view);
    g_autoptr(GPtrArray) rows = view_has_rows(&view) ? list_of(app)->rows(&view) : NULL;
    if (rows && list_index(state_of(app), rows) < 0)
        list_state_select(state_of(app), NULL, 0);
}

/* The list is filtered as one types; Enter keeps it, Esc takes it away. */
void app_entry_key(struct app *app, const struct key *key)
{
    GString *text = app->entry;
    gboolean leaves =
        key->code == KEY_CODE_ESC || (key->code == KEY_CODE_CHAR && key->c == ('C' & 0x1F));
    if (leaves || (key->code == KEY_CODE_CHAR && key->c == ('U' & 0x1F))) {
        g_string_truncate(text, 0);
    } else if (key->code == KEY_CODE_BACKSPACE && text->len) {
        char *last = g_utf8_find_prev_char(text->str, text->str + text->len);
        g_string_truncate(text, last ? (gsize)(last - text->str) : 0);
    } else if (key->code == KEY_CODE_CHAR && key->c >= 0x20 && text->len < FILTER_BYTES_MAX) {
        g_string_append_unichar(text, key->c);
    }
    app->entering = !leaves && key->code != KEY_CODE_ENTER;
    g_free(state_of(app)->filter);
    state_of(app)->filter = text->len ? g_strdup(text->str) : NULL;
    if (list_of(app))
        selection_check(app);
    app_redraw(app);
}
