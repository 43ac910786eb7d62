/* Screen 2. What fits is decided by a list of wants, not by fixed sizes: every pane has a least and
 * a best height, and they are served in the order of their worth. */
#include "config.h"
#include "console/screens/screens.h"

#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define COACH_LINES 5

static int coach_height(const struct view *view)
{
    int n = 0;
    while (view->coach && view->coach[n] && n < COACH_LINES)
        n++;
    return n ? n + 1 : 0;
}

static void coach_draw(const struct view *view, struct grid *grid, const struct area *area)
{
    struct pen pen = view_pen(view, grid, area->row, 0, view->width);
    pen.faded = FALSE;
    draw_rule(&pen, "coach");
    for (int i = 0; i + 1 < area->height; i++) {
        pen = view_pen(view, grid, area->row + 1 + i, 0, view->width);
        pen.faded = FALSE;
        pen_text(&pen, TOKEN_TEXT, " ");
        pen_text(&pen, i == 0 ? TOKEN_NOW : TOKEN_TEXT, view->coach[i]);
    }
}

/* The rows of each pane, its heading included; 0: not shown. */
struct plan_of_rows {
    int main, sparks, locks, journal, coach;
};

static int take(int *left, int least, int best)
{
    if (*left < least)
        return 0;
    int n = MIN(*left, best);
    *left -= n;
    return n;
}

/* Where the wall between the two panes stands; where there is none, the whole width is left. */
static int split_col(const struct view *view)
{
    return view->width < 72 ? view->width : view->width < 100 ? 42 : view->width / 2 - 2;
}

/* `why`: rows that say why it stopped. They come before pictures of what does not move. */
static struct plan_of_rows plan_rows(const struct view *view, int height, int why)
{
    const struct snap_migration *m = view_migration(view);
    struct plan_of_rows plan = {0};
    int left = height;
    guint steps;
    snap_step_current(m, NULL, &steps);
    plan.coach = take(&left, 3, coach_height(view));
    plan.main = take(&left, 2, MAX(6, why ? why + 1 : 0));
    plan.sparks = view_is_compact(view) ? 0 : take(&left, 1, 5);
    plan.main += take(&left, 1, 3);
    plan.locks = take(&left, 3, 5);
    plan.journal = take(&left, 3, 5);
    plan.main += take(
        &left, 1, MAX(0, MAX((int)MAX(steps, m->guards->len), why ? why + 6 : 0) + 1 - plan.main));
    plan.locks += plan.locks ? take(&left, 1, 3) : 0;
    *(plan.journal ? &plan.journal : &plan.main) += left;
    return plan;
}

/* Where the engine runs: in what the heading `title` leaves of a rule that ends at `end`, so that it
 * takes no row. */
static void engine_note(const struct view *view, struct grid *grid, int row, int end,
                        const char *title)
{
    const struct snapshot *s = view->snapshot;
    if (!s->engine_alive || !s->engine_host)
        return;
    g_autofree char *host = g_strndup(s->engine_host, strcspn(s->engine_host, "."));
    g_autofree char *pid = g_strdup_printf("pid %" G_GINT64_FORMAT, s->engine_pid);
    g_autofree char *full = g_strdup_printf(" engine: %s on %s ", pid, s->engine_host);
    g_autofree char *brief = g_strdup_printf(" engine: %s on %s ", pid, host);
    g_autofree char *least = g_strdup_printf(" engine: %s ", host);
    const char *const notes[] = {full, brief, least};
    struct pen pen = view_pen(view, grid, row, 0, end);
    for (guint i = 0; i < G_N_ELEMENTS(notes); i++) {
        pen.col = end - 1 - pen_measure(&pen, notes[i]);
        if (pen.col < pen_measure(&pen, title) + 4)
            continue;
        pen_text(&pen, TOKEN_DIM, notes[i]);
        return;
    }
}

/* Two headings in one rule, with a wall between what hangs below them. */
static void split_rule(const struct view *view, struct grid *grid, int row, int split,
                       const char *left, const char *right, const char *joint)
{
    struct pen pen = view_pen(view, grid, row, 0, split);
    draw_rule(&pen, left);
    pen.end = view->width;
    pen_text(&pen, TOKEN_RULE, joint);
    draw_rule(&pen, right);
}

static void wall_draw(const struct view *view, struct grid *grid, int row, int height, int col)
{
    for (int i = 0; i < height; i++) {
        struct pen pen = view_pen(view, grid, row + i, col, col + 1);
        pen_text(&pen, TOKEN_RULE, "│");
    }
}

/* Why it stopped, and below it the steps where both fit. */
static void left_draw(const struct view *view, struct grid *grid, const struct area *area,
                      GPtrArray *why)
{
    struct area text = {area->row, area->col + 1, area->height, area->width - 1};
    struct area part = *area;
    int rows = why ? (int)why->len : 0;
    if (rows && area->height < rows + 5) {
        lines_fit(why, area->height);
        lines_draw(view, grid, &text, why);
        return;
    }
    if (rows) {
        lines_draw(view, grid, &text, why);
        struct pen pen = view_pen(view, grid, area->row + rows, area->col, area->col + area->width);
        draw_rule(&pen, "steps");
        part.row += rows + 1;
        part.height -= rows + 1;
    }
    steps_draw(view, grid, &part);
}

static const char *main_title(const struct view *view, const GPtrArray *why, const char *title)
{
    if (why)
        return title;
    if (split_col(view) < view->width)
        return "steps";
    return view_is_compact(view) ? "guards" : "guards, tightest first";
}

static void main_draw(const struct view *view, struct grid *grid, int row, int height,
                      GPtrArray *why, const char *title)
{
    struct area below = {row + 1, 0, height - 1, view->width};
    int split = split_col(view);
    if (split == view->width) {
        struct pen pen = view_pen(view, grid, row, 0, view->width);
        draw_rule(&pen, title);
        if (why)
            left_draw(view, grid, &below, why);
        else
            guards_draw(view, grid, &below);
        return;
    }
    split_rule(view, grid, row, split, title, "guards: now / limit, room", "┬");
    wall_draw(view, grid, row + 1, height - 1, split);
    below.width = split - 1;
    left_draw(view, grid, &below, why);
    struct area right = {row + 1, split + 1, height - 1, view->width - split - 1};
    guards_draw(view, grid, &right);
}

static void locks_and_replicas(const struct view *view, struct grid *grid, int row, int height)
{
    struct area area = {row + 1, 0, height - 1, view->width};
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    if (view->width < 100) {
        draw_rule(&pen, "lock waits");
        locks_draw(view, grid, &area);
        return;
    }
    int split = split_col(view);
    split_rule(view, grid, row, split, "lock waits", "replicas", "┬");
    wall_draw(view, grid, row + 1, height - 1, split);
    area.width = split;
    locks_draw(view, grid, &area);
    area.col = split + 1;
    area.width = view->width - split - 1;
    replicas_draw(view, grid, &area);
}

static void panes_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    const struct snap_migration *m = view_migration(view);
    const char *title;
    g_autoptr(GPtrArray) lines = why_lines(view, &title);
    int width = split_col(view) == view->width ? view->width - 2 : split_col(view) - 2;
    g_autoptr(GPtrArray) why = lines ? lines_wrap(view, lines, width) : NULL;
    struct plan_of_rows plan = plan_rows(view, body->height, why ? (int)why->len : 0);
    int row = body->row;
    struct pen pen;
    title = main_title(view, why, title);
    if (plan.main)
        main_draw(view, grid, row, plan.main, why, title);
    if (plan.main && plan.sparks <= 1)
        engine_note(view, grid, row, split_col(view), title);
    row += plan.main;
    if (plan.sparks > 1) {
        pen = view_pen(view, grid, row, 0, view->width);
        draw_rule(&pen, "last 2 min");
        engine_note(view, grid, row, view->width, "last 2 min");
    }
    if (plan.sparks) {
        gboolean bare = plan.sparks == 1;
        struct area area = {row + !bare, 0, plan.sparks - !bare, view->width};
        sparks_draw(view, grid, &area);
    }
    row += plan.sparks;
    if (plan.locks)
        locks_and_replicas(view, grid, row, plan.locks);
    row += plan.locks;
    if (plan.journal) {
        pen = view_pen(view, grid, row, 0, view->width);
        draw_rule(&pen, "journal");
        struct area area = {row + 1, 0, plan.journal - 1, view->width};
        events_draw(view, grid, &area, m->events, 0);
    }
    row += plan.journal;
    struct area coach = {row, 0, plan.coach, view->width};
    if (plan.coach)
        coach_draw(view, grid, &coach);
}

/* What became of the connection, instead of panes whose content is past. */
static void lost_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    struct pen pen = view_pen(view, grid, body->row, 0, view->width);
    draw_rule(&pen, "connection");
    static const char *const help[] = {
        "The rollout does not need this console: the engine drives it, and holds by",
        "itself if it loses the database. Another way in, with psql from anywhere:"};
    int tail = body->height >= 8 ? 4 : 0, room = body->height - 1 - tail;
    guint n = view->link_log ? view->link_log->len : 0;
    guint from = (int)n > room ? n - (guint)MAX(room, 0) : 0;
    int row = body->row + 1;
    for (guint i = from; i < n; i++) {
        pen = view_pen(view, grid, row++, 1, view->width);
        pen_text(&pen, TOKEN_LOST, view->link_log->pdata[i]);
    }
    for (guint i = 0; tail && i < G_N_ELEMENTS(help); i++) {
        pen = view_pen(view, grid, ++row, 1, view->width);
        pen.faded = FALSE;
        pen_text(&pen, TOKEN_TEXT, help[i]);
    }
    if (tail) {
        pen = view_pen(view, grid, ++row, 3, view->width);
        pen.faded = FALSE;
        pen_format(&pen, TOKEN_KEY, "SELECT * FROM pgrollout.pause('%s');", view->migration);
    }
}

/* Who is to be asked: owner, contact, ticket. Free with g_free. */
static char *people_text(const struct snap_migration *m)
{
    GString *who = g_string_new(NULL);
    const char *parts[] = {m->owner, m->contact, m->ticket};
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i] && *parts[i])
            g_string_append_printf(who, "%s%s", who->len ? " · " : "", parts[i]);
    return g_string_free(who, FALSE);
}

static void title_rule_draw(const struct view *view, struct grid *grid, int row)
{
    const struct snap_migration *m = view_migration(view);
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    if (view->width < 100 || !m->title) {
        draw_rule(&pen, NULL);
        return;
    }
    g_autofree char *people = people_text(m);
    int width = MIN(pen_measure(&pen, people), view->width / 2);
    struct pen left = pen;
    left.end = view->width - (width ? width + 4 : 0);
    draw_rule(&left, m->title);
    if (!width)
        return;
    pen.col = left.col;
    pen_text(&pen, TOKEN_RULE, " ");
    pen_text_left(&pen, TOKEN_DIM, width, people);
    pen_text(&pen, TOKEN_RULE, " ");
    pen_fill(&pen, TOKEN_RULE, "─");
}

static void cockpit_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    struct area rest = *body;
    if (!view_migration(view)) {
        blank_draw(view, grid, body);
        return;
    }
    if (!view_is_compact(view)) {
        rail_draw(view, grid, body->row);
        title_rule_draw(view, grid, body->row + 1);
        rest.row += 2;
    }
    answers_draw(view, grid, rest.row);
    rest.row += 5;
    rest.height = body->row + body->height - rest.row;
    if (rest.height < 1)
        return;
    if (view->link == LINK_LOST)
        lost_draw(view, grid, &rest);
    else
        panes_draw(view, grid, &rest);
}

const struct screen cockpit_screen = {
    .id = SCREEN_COCKPIT,
    .key = '2',
    .name = "cockpit",
    .draw = cockpit_draw,
};
