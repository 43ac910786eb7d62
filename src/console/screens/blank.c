/* The cockpit without a migration: nothing loaded, no control schema, no connection yet. */
#include "config.h"
#include "console/screens/screens.h"

#include "console/draw.h"
#include "console/format.h"

struct text_line {
    enum token token;
    const char *text;
};

static int texts_draw(const struct view *view, struct grid *grid, int row, int end,
                      const struct text_line *lines, gsize n)
{
    for (gsize i = 0; i < n && row < end; i++, row++) {
        struct pen pen = view_pen(view, grid, row, view->width >= 60 ? 3 : 1, view->width);
        pen_text(&pen, lines[i].token, lines[i].text);
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

/* Why there is no connection, as long as it takes. Returns the row behind it. */
static int reason_draw(const struct view *view, struct grid *grid, int row, int end)
{
    const char *rest = view->why ? view->why : "";
    while (*rest && row < end) {
        struct pen pen = view_pen(view, grid, row++, 3, view->width);
        gsize n = draw_wrap(&pen, rest, pen_room(&pen));
        g_autofree char *line = g_strndup(rest, n);
        pen_text(&pen, TOKEN_LOST, line);
        rest += n;
        rest += *rest == ' ';
    }
    return row;
}

static void waiting_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    struct pen pen = view_pen(view, grid, body->row + 2, 3, view->width);
    if (view->past_s > 0) {
        pen_text(&pen, TOKEN_DIM, "Nothing was known of it at that moment.");
        return;
    }
    gboolean lost = view->link == LINK_LOST;
    pen_format(&pen, lost ? TOKEN_LOST : TOKEN_TEXT,
               lost ? "No connection to %s." : "Connecting to %s …",
               view->label && *view->label ? view->label : "the server");
    int row = reason_draw(view, grid, body->row + 4, body->row + body->height - 2);
    pen = view_pen(view, grid, row + 1, 3, view->width);
    if (lost)
        pen_text(&pen, TOKEN_DIM,
                 "It is tried again after 1, 2, 4, 8, 15, then every 30 s. R: now.");
}

void blank_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    static const struct text_line empty[] = {
        {TOKEN_NOW, "No migrations here yet."},
        {TOKEN_TEXT, ""},
        {TOKEN_TEXT, "pgrollout new RECIPE …          writes a plan"},
        {TOKEN_TEXT, "pgrollout show PLAN             says what it will do; changes nothing"},
        {TOKEN_TEXT, "pgrollout load PLAN             registers it; it then waits for you"},
        {TOKEN_TEXT, "pgrollout drill rename-column   the same on a private practice cluster"},
        {TOKEN_TEXT, ""},
    };
    static const struct text_line bare[] = {
        {TOKEN_NOW, "There is no schema pgrollout here that you may use."},
        {TOKEN_TEXT, "This console shows locks and replicas; it creates nothing."},
        {TOKEN_TEXT, ""},
        {TOKEN_TEXT, "pgrollout install --dry-run  prints what would be created"},
        {TOKEN_TEXT, "pgrollout install            creates schema and roles"},
        {TOKEN_TEXT, ""},
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
