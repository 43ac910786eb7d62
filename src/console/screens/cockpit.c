/* Screen 2. What fits is decided by a list of wants, not by fixed sizes: every pane has a least and
 * a best height, and they are served in the order of their worth. */
#include "config.h"
#include "console/screens/screens.h"

#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define STEPS_LEAST 5 /* with their heading, below why it stopped */
/* From this size on the journal has a column of its own. */
#define ASIDE_WIDTH 150
#define ASIDE_HEIGHT 12
/* From this size on a row below the rail says when each phase is and whether it can be undone. */
#define NOTES_WIDTH 100
#define NOTES_HEIGHT 32

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
static int split_col(int width)
{
    return width < 72 ? width : width < 100 ? width * 21 / 40 : width / 2 - 2;
}

/* `all`: rows that say why it stopped, `why`: without the least of them. They come before pictures of what does not move. `aside`: the
 * journal stands elsewhere. */
static struct plan_of_rows plan_rows(const struct view *view, int height, int why, int all,
                                     gboolean aside)
{
    const struct snap_migration *m = view_migration(view);
    struct plan_of_rows plan = {0};
    int left = height;
    guint steps;
    snap_step_current(m, NULL, &steps);
    steps += steps_details(m);
    plan.coach = take(&left, 3, coach_height(view));
    plan.main = take(&left, 1, MAX(5, why ? why + 1 : 0));
    plan.sparks = take(&left, 1, 5);
    plan.main += take(&left, 1, 3);
    plan.locks = take(&left, 3, 5);
    plan.journal = aside ? 0 : take(&left, 3, 5);
    plan.main += take(&left, 1,
                      MAX(0, MAX((int)MAX(steps, m->guards->len), all ? all + 1 + (int)steps : 0) +
                                 1 - plan.main));
    plan.locks += plan.locks ? take(&left, 1, 3) : 0;
    *(plan.journal ? &plan.journal : aside && plan.locks ? &plan.locks : &plan.main) += left;
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
static void split_rule(const struct view *view, struct grid *grid, int row, int split, int width,
                       const char *left, const char *right, const char *joint)
{
    struct pen pen = view_pen(view, grid, row, 0, split);
    draw_rule(&pen, left);
    pen.end = width;
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

/* The rows of what matters. */
static int lines_worth(const GPtrArray *rows)
{
    int n = 0;
    for (guint i = 0; rows && i < rows->len; i++)
        n += ((struct lines_row *)rows->pdata[i])->line->token != TOKEN_DIM;
    return n;
}

/* Why it stopped, and below it the steps where both fit. */
static void left_draw(const struct view *view, struct grid *grid, const struct area *area,
                      GPtrArray *why)
{
    struct area text = {area->row, area->col + 1, area->height, area->width - 1};
    struct area part = *area;
    if (why && area->height >= lines_worth(why) + STEPS_LEAST)
        lines_fit(why, area->height - STEPS_LEAST);
    int rows = why ? (int)why->len : 0;
    if (rows && area->height < rows + STEPS_LEAST) {
        lines_fit(why, area->height);
        lines_draw(view, grid, &text, why);
        return;
    }
    if (rows) {
        lines_draw(view, grid, &text, why);
        int end = area->col + area->width + (area->width < view->width); /* up to the wall */
        struct pen pen = view_pen(view, grid, area->row + rows, area->col, end);
        draw_rule(&pen, "steps");
        part.row += rows + 1;
        part.height -= rows + 1;
    }
    steps_draw(view, grid, &part);
}

static const char *main_title(const struct view *view, const GPtrArray *why, const char *title,
                              int width)
{
    if (why)
        return title;
    if (split_col(width) < width)
        return "steps";
    return view_is_compact(view) ? "guards" : "guards, tightest first";
}

static void main_draw(const struct view *view, struct grid *grid, const struct area *area,
                      GPtrArray *why, const char *title)
{
    gboolean bare = area->height < 3; /* two rows of what matters rather than one and its heading */
    struct area below = {area->row + !bare, area->col, area->height - !bare, area->width};
    int split = split_col(area->width), right = area->width - split - 1;
    right -= area->width < view->width; /* no number leans on a wall */
    if (split == area->width) {
        struct pen pen = view_pen(view, grid, area->row, 0, area->width);
        if (!bare)
            draw_rule(&pen, title);
        if (why)
            left_draw(view, grid, &below, why);
        else
            guards_draw(view, grid, &below);
        return;
    }
    if (!bare)
        split_rule(view, grid, area->row, split, area->width, title, "guards: now / limit, room",
                   "┬");
    wall_draw(view, grid, below.row, below.height, split);
    below.width = split - 1;
    left_draw(view, grid, &below, why);
    guards_draw(view, grid, &(struct area){below.row, split + 1, below.height, right});
}

static void locks_and_replicas(const struct view *view, struct grid *grid, const struct area *area)
{
    struct area left = {area->row + 1, 0, area->height - 1, area->width};
    struct pen pen = view_pen(view, grid, area->row, 0, area->width);
    if (area->width < 100) {
        draw_rule(&pen, "lock waits");
        locks_draw(view, grid, &left);
        return;
    }
    int split = split_col(area->width);
    split_rule(view, grid, area->row, split, area->width, "lock waits", "replicas", "┬");
    wall_draw(view, grid, left.row, left.height, split);
    left.width = split;
    locks_draw(view, grid, &left);
    left.col = split + 1;
    left.width = area->width - split - 1;
    replicas_draw(view, grid, &left);
}

static void sparks_pane(const struct view *view, struct grid *grid, const struct area *area)
{
    gboolean bare = area->height == 1;
    struct area rows = {area->row + !bare, 0, area->height - !bare, area->width};
    if (!bare) {
        struct pen pen = view_pen(view, grid, area->row, 0, area->width);
        draw_rule(&pen, "last 2 min");
        engine_note(view, grid, area->row, area->width, "last 2 min");
    }
    sparks_draw(view, grid, &rows);
}

static void journal_pane(const struct view *view, struct grid *grid, const struct area *area)
{
    const struct snap_migration *m = view_migration(view);
    struct pen pen = view_pen(view, grid, area->row, area->col, area->col + area->width);
    struct area rows = {area->row + 1, area->col, area->height - 1, area->width};
    draw_rule(&pen, "journal");
    events_draw(view, grid, &rows, m->events, 0);
}

/* All panes but a journal that stands aside, one below the other. */
static void stack_draw(const struct view *view, struct grid *grid, const struct area *area,
                       gboolean aside)
{
    const char *title;
    g_autoptr(GPtrArray) lines = why_lines(view, &title);
    int width = split_col(area->width) - 2;
    g_autoptr(GPtrArray) why = lines ? lines_wrap(view, lines, width) : NULL;
    struct plan_of_rows plan =
        plan_rows(view, area->height, lines_worth(why), why ? (int)why->len : 0, aside);
    struct area part = *area;
    part.height = plan.main;
    title = main_title(view, why, title, area->width);
    if (plan.main)
        main_draw(view, grid, &part, why, title);
    if (plan.main > 2 && plan.sparks <= 1)
        engine_note(view, grid, part.row, split_col(area->width), title);
    part.row += part.height;
    part.height = plan.sparks;
    if (plan.sparks)
        sparks_pane(view, grid, &part);
    part.row += part.height;
    part.height = plan.locks;
    if (plan.locks)
        locks_and_replicas(view, grid, &part);
    part.row += part.height;
    part.height = plan.journal;
    if (plan.journal)
        journal_pane(view, grid, &part);
    part.row += part.height;
    part.height = plan.coach;
    if (plan.coach)
        coach_draw(view, grid, &part);
}

/* On a wide screen the journal stands at the right of all the rest. */
static void panes_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    gboolean aside = view->width >= ASIDE_WIDTH && body->height >= ASIDE_HEIGHT;
    struct area stack = *body;
    if (!aside) {
        stack_draw(view, grid, &stack, FALSE);
        return;
    }
    int width = CLAMP(view->width / 3, 40, 60);
    stack.width = view->width - width - 1;
    stack_draw(view, grid, &stack, TRUE);
    struct pen pen = view_pen(view, grid, body->row, stack.width, view->width);
    pen_text(&pen, TOKEN_RULE, "┬");
    wall_draw(view, grid, body->row + 1, body->height - 1, stack.width);
    journal_pane(view, grid, &(struct area){body->row, stack.width + 1, body->height, width});
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
    if (view->width < NOTES_WIDTH || !m->title) {
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

/* The same without a rule, below the five lines. Returns the rows it takes. */
static int title_row_draw(const struct view *view, struct grid *grid, int row)
{
    const struct snap_migration *m = view_migration(view);
    g_autofree char *people = people_text(m);
    struct pen pen = view_pen(view, grid, row, 1, view->width - 1);
    int width = MIN(pen_measure(&pen, people), view->width / 2);
    if (!m->title && !width)
        return 0;
    pen_text_left(&pen, TOKEN_DIM, pen_room(&pen) - width - 2, m->title ? m->title : "");
    pen_skip(&pen, 2);
    pen_text_left(&pen, TOKEN_DIM, width, people);
    return 1;
}

static void cockpit_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    struct area rest = *body;
    if (!view_migration(view)) {
        blank_draw(view, grid, body);
        return;
    }
    gboolean notes = FALSE;
    if (!view_is_compact(view)) {
        rail_draw(view, grid, body->row);
        notes = view->width >= NOTES_WIDTH && view->height >= NOTES_HEIGHT;
        if (notes)
            rail_notes_draw(view, grid, body->row + 1);
        else
            title_rule_draw(view, grid, body->row + 1);
        rest.row += 2;
    }
    answers_draw(view, grid, rest.row);
    rest.row += ANSWERS;
    if (notes)
        rest.row += title_row_draw(view, grid, rest.row);
    rest.height = body->row + body->height - rest.row;
    if (rest.height < 1)
        return;
    if (view->link == LINK_LOST)
        lost_draw(view, grid, &rest);
    else
        panes_draw(view, grid, &rest);
    draw_joints(grid, rest.row, rest.height);
}

const struct screen cockpit_screen = {
    .id = SCREEN_COCKPIT,
    .key = '2',
    .name = "cockpit",
    .draw = cockpit_draw,
};
