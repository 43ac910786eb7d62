/* The cockpit without a migration: nothing loaded, no control schema, no connection yet. */
#include "config.h"
#include "console/screens/screens.h"

#include "console/draw.h"
#include "console/format.h"

struct text_line {
    enum token token;
    const char *text;
    const char *about; /* what that command does; left out where there is no room. NULL: none */
};

#define ABOUT_COLUMN 32

static int margin_of(const struct view *view)
{
    return view->width >= 60 ? 3 : 1;
}

/* Wrapped from that row on. Returns the row behind it. */
static int wrapped_draw(const struct view *view, struct grid *grid, int row, int end,
                        enum token token, const char *text)
{
    const char *rest = text;
    do {
        if (row >= end)
            return row;
        struct pen pen = view_pen(view, grid, row++, margin_of(view), view->width);
        gsize n = draw_wrap(&pen, rest, pen_room(&pen));
        g_autofree char *line = g_strndup(rest, n);
        pen_text(&pen, token, line);
        rest += n;
        rest += *rest == ' ';
    } while (*rest);
    return row;
}

static int texts_draw(const struct view *view, struct grid *grid, int row, int end,
                      const struct text_line *lines, gsize n)
{
    for (gsize i = 0; i < n && row < end; i++) {
        const char *about = lines[i].about;
        struct pen pen = view_pen(view, grid, row, margin_of(view), view->width);
        pen.col += ABOUT_COLUMN;
        if (about && pen_measure(&pen, about) <= pen_room(&pen))
            pen_text(&pen, lines[i].token, about);
        row = wrapped_draw(view, grid, row, end, lines[i].token, lines[i].text);
    }
    return row;
}

static void live_draw(const struct view *view, struct grid *grid, int row, int end)
{
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    int half = (end - row) / 2;
    if (half < 2)
        return;
    draw_rule(&pen, "lock waits");
    struct area area = {row + 1, 0, half - 1, view->width};
    locks_draw(view, grid, &area);
    pen = view_pen(view, grid, row + half, 0, view->width);
    draw_rule(&pen, "replicas");
    area.row = row + half + 1;
    area.height = end - area.row;
    replicas_draw(view, grid, &area);
}

static void server_line(const struct view *view, struct grid *grid, int row)
{
    const struct snapshot *s = view->snapshot;
    struct pen pen = view_pen(view, grid, row, view->width >= 60 ? 3 : 1, view->width);
    pen_format(&pen, TOKEN_DIM, "PostgreSQL %d.%d, %s, as %s, role %s", s->server_version / 10000,
               s->server_version % 10000, s->server_role ? s->server_role : "?",
               s->login ? s->login : "?", s->role ? s->role : "none");
    if (!s->installed)
        return;
    if (s->engine_alive)
        pen_format(&pen, TOKEN_DIM, "; engine: pid %" G_GINT64_FORMAT " on %s", s->engine_pid,
                   s->engine_host ? s->engine_host : "?");
    else
        pen_text(&pen, TOKEN_WARN, "; no engine runs");
}

static void waiting_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    int row = body->row + 2, end = body->row + body->height;
    if (view->past_s > 0) {
        wrapped_draw(view, grid, row, end, TOKEN_DIM, "Nothing was known of it at that moment.");
        return;
    }
    gboolean lost = view->link == LINK_LOST;
    g_autofree char *where =
        g_strdup_printf(lost ? "No connection to %s." : "Connecting to %s …",
                        view->label && *view->label ? view->label : "the server");
    row = wrapped_draw(view, grid, row, end, lost ? TOKEN_LOST : TOKEN_TEXT, where);
    if (view->why && *view->why)
        row = wrapped_draw(view, grid, row + 1, end - 2, TOKEN_LOST, view->why);
    if (lost)
        wrapped_draw(view, grid, row + 1, end, TOKEN_DIM,
                     "It is tried again after 1, 2, 4, 8, 15, then every 30 s. R: now.");
}

void blank_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    static const struct text_line empty[] = {
        {TOKEN_NOW, "No migrations here yet.", NULL},
        {TOKEN_TEXT, "", NULL},
        {TOKEN_TEXT, "pgrollout new RECIPE …", "writes a plan"},
        {TOKEN_TEXT, "pgrollout show PLAN", "says what it will do; changes nothing"},
        {TOKEN_TEXT, "pgrollout load PLAN", "registers it; it then waits for you"},
        {TOKEN_TEXT, "pgrollout drill rename-column", "the same on a private practice cluster"},
        {TOKEN_TEXT, "", NULL},
    };
    static const struct text_line bare[] = {
        {TOKEN_NOW, "There is no schema pgrollout here that you may use.", NULL},
        {TOKEN_TEXT, "This console shows locks and replicas; it creates nothing.", NULL},
        {TOKEN_TEXT, "", NULL},
        {TOKEN_TEXT, "pgrollout install --dry-run", "prints what would be created"},
        {TOKEN_TEXT, "pgrollout install", "creates schema and roles"},
        {TOKEN_TEXT, "", NULL},
    };
    int row = body->row + 1, end = body->row + body->height;
    if (!view->snapshot) {
        waiting_draw(view, grid, body);
        return;
    }
    if (view->snapshot->installed)
        row = texts_draw(view, grid, row, end, empty, G_N_ELEMENTS(empty));
    else
        row = texts_draw(view, grid, row, end, bare, G_N_ELEMENTS(bare));
    if (row < end)
        server_line(view, grid, row);
    live_draw(view, grid, row + 2, end);
}
