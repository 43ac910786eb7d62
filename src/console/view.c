/* Putting a picture together: status line, screen, message line, key bar, prompt, dialog. */
#include "config.h"
#include "console/view.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"
#include "console/keybar.h"
#include "console/screens/screens.h"

#define MESSAGE_ROWS 3
/* From this height on there is a key bar. */
#define KEYBAR_HEIGHT 7
/* Below this width the first row has room for a few words. */
#define NARROW 30

const struct snap_migration *view_migration(const struct view *view)
{
    if (!view->snapshot || !view->migration)
        return NULL;
    return snapshot_migration_find(view->snapshot, view->migration);
}

const char *view_database_name(const struct view *view)
{
    return view_has_several(view) ? view->databases[view->database].name : NULL;
}

char *fleet_id(const char *database, const char *migration)
{
    if (!database)
        return g_strdup(migration);
    return g_strdup_printf("%s/%s", database, migration ? migration : "");
}

const struct list_state *view_list(const struct view *view)
{
    static const struct list_state fresh;
    return view->lists ? &view->lists[view->screen] : &fresh;
}

gboolean view_is_old(const struct view *view)
{
    return view->link == LINK_STALE || view->link == LINK_LOST;
}

struct pen view_pen(const struct view *view, struct grid *grid, int row, int col, int end)
{
    return (struct pen){.grid = grid,
                        .theme = view->theme,
                        .ascii = view->ascii,
                        .faded = view_is_old(view),
                        .row = row,
                        .col = col,
                        .end = MIN(end, view->width)};
}

int view_rights(const struct view *view)
{
    static const char *const roles[] = {"none", "viewer", "responder", "operator", "approver"};
    const char *role = view->snapshot ? view->snapshot->role : NULL;
    int rights = role ? 0 : 4; /* an unknown role hides nothing: the server decides */
    for (int i = 0; role && i < (int)G_N_ELEMENTS(roles); i++)
        if (strcmp(role, roles[i]) == 0)
            rights = i;
    return view->read_only ? MIN(rights, 1) : rights;
}

gboolean snapshot_is_abandoned(const struct snapshot *s)
{
    gboolean open = FALSE;
    for (guint i = 0; s && i < s->migrations->len && !open; i++) {
        const struct snap_migration *m = s->migrations->pdata[i];
        open = g_strcmp0(m->state, "done") != 0 && g_strcmp0(m->state, "aborted") != 0;
    }
    return open && !s->engine_alive && !isnan(s->heartbeat_age_s);
}

/* All of several databases: on the screen that lists them. */
static gboolean is_of_all(const struct view *view)
{
    return view_has_several(view) && view->screen == SCREEN_FLEET;
}

static guint databases_live(const struct view *view)
{
    guint n = 0;
    for (guint i = 0; i < view->n_databases; i++)
        n += view->databases[i].link == LINK_LIVE;
    return n;
}

static char *link_text(const struct view *view)
{
    static const char *const words[] = {"CONNECTING", "LIVE", "LATE", "STALE", "LOST"};
    if (view->replay)
        return g_strdup(view->replay);
    if (view->present && view->width < NARROW) /* what is wrong counts, not for how long */
        return g_strdup_printf("%s, now %s", view->past_s > 0 ? "PAST" : "FROZEN", view->present);
    if (view->past_s > 0) {
        g_autofree char *ago = age_format(floor(view->past_s));
        return g_strdup_printf("PAST %s ago%s%s", ago, view->present ? ", now " : "",
                               view->present ? view->present : "");
    }
    if (view->frozen_s > 0) {
        g_autofree char *for_s = age_format(floor(view->frozen_s));
        if (view->present && !view_is_old(view))
            return g_strdup_printf("FROZEN %s, now %s", for_s, view->present);
        return g_strdup_printf("FROZEN %s%s%s", for_s, view_is_old(view) ? " " : "",
                               view_is_old(view) ? words[view->link] : "");
    }
    if (is_of_all(view))
        return g_strdup_printf("%u/%u LIVE", databases_live(view), view->n_databases);
    if (view->link == LINK_CONNECTING)
        return g_strdup(words[view->link]);
    /* of fresh data whole seconds are enough, and change less on the wire */
    g_autofree char *age = view->link == LINK_LIVE ? g_strdup_printf("%.0fs", floor(view->age_s))
                                                   : age_format(view->age_s);
    if (view->link == LINK_LIVE && snapshot_is_abandoned(view->snapshot)) {
        g_autofree char *silent = age_format(view->snapshot->heartbeat_age_s);
        return g_strdup_printf("ENGINE? %s", silent);
    }
    g_autofree char *try =
        view->attempt > 0 ? g_strdup_printf(" try %d", view->attempt) : g_strdup("");
    return g_strdup_printf("%s %s%s", words[view->link], isinf(view->age_s) ? "" : age, try);
}

/* On a screen of the whole server, all of them. */
static int needing(const struct snapshot *s, const char *but_for)
{
    int n = 0;
    for (guint i = 0; s && i < s->migrations->len; i++) {
        const struct snap_migration *m = s->migrations->pdata[i];
        const struct snap_hold *hold = hold_main(m);
        gboolean needs =
            g_strcmp0(m->state, "failed") == 0 ||
            (g_strcmp0(m->state, "active") == 0 && hold && g_strcmp0(hold->kind, "operator") != 0);
        n += needs && (!but_for || strcmp(m->name, but_for) != 0);
    }
    return n;
}

static int others_needing(const struct view *view, gboolean of_server)
{
    int n = needing(view->snapshot, of_server ? NULL : view->migration);
    for (guint i = 0; view_has_several(view) && i < view->n_databases; i++)
        n += i == view->database ? 0 : needing(view->databases[i].snapshot, NULL);
    return n;
}

static char *role_text(const struct view *view)
{
    if (view->read_only)
        return g_strdup("READ ONLY");
    const char *role = view->snapshot ? view->snapshot->role : NULL;
    return role ? g_utf8_strup(role, -1) : g_strdup("");
}

/* The right end: link and age never go; then the clock, the role, as there is room. */
static char *status_right(const struct view *view, int room)
{
    g_autofree char *link = link_text(view), *role = role_text(view);
    const char *clock = view->clock ? view->clock : "";
    g_autofree char *all = g_strdup_printf("%s  %s  %s ", role, link, clock);
    if ((int)g_utf8_strlen(all, -1) <= room)
        return g_strdup(*role ? all : all + 2);
    g_autofree char *middle = g_strdup_printf("%s  %s ", link, clock);
    if ((int)g_utf8_strlen(middle, -1) <= room)
        return g_steal_pointer(&middle);
    return g_strdup_printf("%s ", link);
}

static char *target_text(const struct view *view)
{
    const char *at = view->label ? strchr(view->label, '@') : NULL;
    const char *database = view->snapshot ? view->snapshot->database : NULL;
    if (!at)
        return g_strdup(database ? database : "");
    gsize host = strcspn(at + 1, view->width >= 100 ? "/" : ":/");
    if (!database)
        database = strrchr(at, '/') ? strrchr(at, '/') + 1 : "";
    gboolean standby = view->snapshot && g_strcmp0(view->snapshot->server_role, "standby") == 0;
    return g_strdup_printf("%s@%.*s%s", database, (int)host, at + 1, standby ? " (standby)" : "");
}

/* What the picture is about. */
static char *subject_text(const struct view *view, gboolean of_server)
{
    const struct screen *screen = screen_by_id(view->screen);
    const char *database = view_database_name(view);
    if (is_of_all(view))
        return g_strdup_printf("%s of %u databases", screen->name, view->n_databases);
    if (of_server && database)
        return g_strdup_printf("%s of %s", screen->name, database);
    if (of_server)
        return g_strdup(screen->name);
    char *id = fleet_id(database, view->migration);
    return id ? id : g_strdup("");
}

static gboolean link_is_fine(const struct view *view)
{
    if (view->past_s > 0 || view->present)
        return FALSE;
    return is_of_all(view) ? databases_live(view) == view->n_databases : view->link <= LINK_LIVE;
}

static void status_draw(const struct view *view, struct grid *grid)
{
    struct pen pen = view_pen(view, grid, 0, 0, view->width);
    pen.faded = FALSE;
    struct pen background = pen;
    pen_fill(&background, TOKEN_HEAD, " ");
    const struct screen *screen = screen_by_id(view->screen);
    gboolean of_server = screen && screen->of_server;
    g_autofree char *name = subject_text(view, of_server);
    int name_width = pen_measure(&pen, name);
    g_autofree char *right = status_right(view, view->width - MIN(name_width, 40) - 4);
    int right_width = pen_measure(&pen, right);
    struct pen end = pen;
    end.col = MAX(0, view->width - right_width);
    pen_text(&end, link_is_fine(view) ? TOKEN_HEAD : TOKEN_HEAD_WARN, right);
    pen.end = view->width - right_width - 1;
    pen_text(&pen, TOKEN_HEAD, " ");
    if (view->badge) {
        pen_format(&pen, TOKEN_BADGE, " %s ", view->badge);
        pen_text(&pen, TOKEN_HEAD, "  ");
    }
    g_autofree char *target = is_of_all(view) ? g_strdup("") : target_text(view);
    int others = others_needing(view, of_server);
    int need = name_width + pen_measure(&pen, target) + 3;
    if (*target && (!*name || need <= pen_room(&pen)))
        pen_format(&pen, TOKEN_HEAD, "%s  ", target);
    pen_text(&pen, TOKEN_HEAD, name);
    if (others && pen_room(&pen) > 16)
        pen_format(&pen, TOKEN_HEAD_WARN, "  ▲ %d %sneed you", others, of_server ? "" : "more ");
}

static GPtrArray *message_wrap(const struct view *view, int width)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);
    struct pen pen = view_pen(view, NULL, 0, 0, view->width);
    for (const char *rest = view->message; *rest;) {
        gsize n = draw_wrap(&pen, rest, MAX(width, 1));
        g_ptr_array_add(rows, g_strndup(rest, n));
        rest += n;
        rest += *rest == ' ';
    }
    return rows;
}

/* What is wrong stands at the start and what to do at the end: were it too long, its middle goes. */
static GPtrArray *message_rows(const struct view *view, int most)
{
    GPtrArray *rows = message_wrap(view, view->width - 2);
    if (most < 2 && rows->len > 1) {
        g_ptr_array_set_size(rows, 0);
        g_ptr_array_add(rows, g_strdup(view->message));
    }
    if ((int)rows->len <= most)
        return rows;
    g_ptr_array_unref(rows);
    rows = message_wrap(view, view->width - 4);
    int head = most / 2, tail = most - head;
    if ((int)rows->len <= most)
        return rows;
    g_ptr_array_remove_range(rows, (guint)head, rows->len - (guint)most);
    char *cut = g_strconcat("… ", rows->pdata[rows->len - (guint)tail], NULL);
    g_free(rows->pdata[rows->len - (guint)tail]);
    rows->pdata[rows->len - (guint)tail] = cut;
    return rows;
}

/* What does not fit into the message line takes the rows above it too. */
static void long_message_draw(const struct view *view, struct grid *grid, int row, int most)
{
    g_autoptr(GPtrArray) rows = message_rows(view, most);
    for (int i = 0; i < (int)rows->len; i++) {
        struct pen pen = view_pen(view, grid, row - (int)rows->len + 1 + i, 0, view->width);
        pen.faded = FALSE;
        struct pen clear = pen;
        pen_fill(&clear, TOKEN_TEXT, " ");
        pen_text(&pen, TOKEN_TEXT, " ");
        pen_text(&pen, view->message_token, rows->pdata[i]);
    }
}

/* What is not about one migration has no room for its last event. */
static gboolean tells_of_migration(const struct view *view)
{
    const struct screen *screen = screen_by_id(view->screen);
    gboolean fits =
        screen && (!screen->of_server || (screen->list && screen->list->selects_migration));
    return fits && view_migration(view);
}

static void message_draw(const struct view *view, struct grid *grid, int row)
{
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    pen.faded = FALSE;
    if (view->message) {
        /* never over the five lines */
        int most = view_is_compact(view) ? CLAMP(view->height - 7, 2, MESSAGE_ROWS) : MESSAGE_ROWS;
        long_message_draw(view, grid, row, most);
        return;
    }
    pen_text(&pen, TOKEN_TEXT, " ");
    if (view->link == LINK_LOST && view->why && view->snapshot)
        pen_text(&pen, TOKEN_LOST, view->why);
    else if (tells_of_migration(view) && view_migration(view)->events->len && view->height < 32) {
        const struct snap_event *e = g_ptr_array_index(view_migration(view)->events, 0);
        pen_format(&pen, TOKEN_DIM, "%s %s: %s", e->at ? e->at : "", e->who ? e->who : "?",
                   e->text ? e->text : "");
    }
}

/* Every act is answered, however small the window: below the one line, or in its place. */
static void tiny_message_draw(const struct view *view, struct grid *grid)
{
    int most = CLAMP(view->height - 1, 1, MESSAGE_ROWS);
    long_message_draw(view, grid, view->height - 1, most);
}

struct area view_body(const struct view *view)
{
    gboolean spoken = view->message || view->entry || view->secret_of;
    int tail = view->height < KEYBAR_HEIGHT ? 0 : view_is_compact(view) && !spoken ? 1 : 2;
    return (struct area){1, 0, view->height - 1 - tail, view->width};
}

gboolean view_has_rows(const struct view *view)
{
    return view->snapshot || is_of_all(view);
}

int view_scroll_max(const struct view *view)
{
    struct area body = view_body(view);
    const struct screen *screen = screen_by_id(view->screen);
    return screen && screen->scroll_max ? screen->scroll_max(view, &body) : 0;
}

/* The words being typed after "/". */
static void entry_draw(const struct view *view, struct grid *grid, int row)
{
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    pen.faded = FALSE;
    struct pen clear = pen;
    pen_fill(&clear, TOKEN_TEXT, " ");
    pen_text(&pen, TOKEN_PROMPT, "/");
    const char *shown = view->entry;
    while (*shown && pen_measure(&pen, shown) > pen_room(&pen) - 1)
        shown = g_utf8_next_char(shown);
    pen_text(&pen, TOKEN_TEXT, shown);
    grid->cursor_row = row;
    grid->cursor_col = MIN(pen.col, view->width - 1);
}

/* A password: as many stars as letters. */
static void secret_draw(const struct view *view, struct grid *grid, int row)
{
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    pen.faded = FALSE;
    struct pen clear = pen;
    pen_fill(&clear, TOKEN_TEXT, " ");
    pen_format(&pen, TOKEN_PROMPT, "Password for %s: ", view->secret_of);
    for (guint i = 0; i < view->secret_letters && pen_room(&pen) > 1; i++)
        pen_text(&pen, TOKEN_TEXT, "*");
    grid->cursor_row = row;
    grid->cursor_col = MIN(pen.col, view->width - 1);
}

/* What is read only while its screen is open was not read at each moment. */
static gboolean was_not_read(const struct view *view, const struct screen *screen)
{
    return view->past_s > 0 && screen && screen->look &&
           (!view->snapshot || view->snapshot->look != screen->look);
}

static void screen_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    const struct screen *screen = screen_by_id(view->screen);
    if (was_not_read(view, screen)) {
        struct pen pen = view_pen(view, grid, body->row + 1, 0, view->width);
        pen_format(&pen, TOKEN_DIM,
                   view->replay ? "  A recording does not tell of %s."
                                : "  At that moment nobody looked at %s. Esc: the present",
                   screen->name);
    } else if (!screen || (screen->list && !view_has_rows(view)))
        blank_draw(view, grid, body);
    else
        screen->draw(view, grid, body);
}

struct grid *view_draw(const struct view *view)
{
    struct grid *grid = grid_new(view->width, view->height);
    if (view_is_tiny(view)) {
        tiny_draw(view, grid);
        if (view->message)
            tiny_message_draw(view, grid);
        if (view->prompt)
            prompt_draw(view, grid, view->height - 1);
        return grid;
    }
    struct area body = view_body(view);
    status_draw(view, grid);
    screen_draw(view, grid, &body);
    if (body.height == view->height - 3)
        message_draw(view, grid, view->height - 2);
    else if (view->message)
        tiny_message_draw(view, grid);
    if (view->height >= KEYBAR_HEIGHT)
        keybar_draw(view, grid, view->height - 1);
    if (view->secret_of)
        secret_draw(view, grid, view->height - (view->height < KEYBAR_HEIGHT ? 1 : 2));
    if (view->entry)
        entry_draw(view, grid, view->height - (view->height < KEYBAR_HEIGHT ? 1 : 2));
    if (view->confirm)
        dialog_draw(view, grid);
    if (view->prompt)
        prompt_draw(view, grid, view->height - (view_is_compact(view) ? 1 : 2));
    return grid;
}
