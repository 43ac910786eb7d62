/* Screen 1: all migrations, what needs attention first, and the answers of the selected one. */
#include "config.h"
#include "console/screens/fleet.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define LIST_LEAST 3
#define LIST_WANTED 8
#define BRIEF 3 /* of the five lines: where, does it hurt, can it be stopped */

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

static gboolean is_over(const struct snap_migration *m)
{
    return is(m->state, "done") || is(m->state, "aborted");
}

gboolean fleet_read(const struct snapshot *s, GPtrArray *rows)
{
    for (guint i = 0; i < s->migrations->len; i++) {
        const struct snap_migration *m = s->migrations->pdata[i];
        list_rows_add(rows, m->name, m);
    }
    return TRUE;
}

static int by_attention(const void *a, const void *b)
{
    return snap_migration_compare(a, b);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct snap_migration *)a)->name,
                  ((const struct snap_migration *)b)->name);
}

static const char *const sorts[] = {"attention first", "by name", NULL};

static const char *text_of(const char *text)
{
    return text ? text : "";
}

char *fleet_texts(const struct snap_migration *m)
{
    return g_strdup_printf("%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s", m->name, text_of(m->title),
                           text_of(m->state), text_of(m->phase), text_of(m->owner),
                           text_of(m->contact), text_of(m->step), text_of(m->ticket));
}

static GPtrArray *fleet_rows(const struct view *view)
{
    static const list_compare_fn compares[] = {by_attention, by_name};
    const struct list_state *state = view_list(view);
    guint sort = state->sort % G_N_ELEMENTS(compares);
    if (view_has_several(view))
        return fleet_several_rows(view, compares[sort], sort == 0);
    GPtrArray *rows = list_rows_read(view->snapshot, view->past, fleet_read);
    for (guint i = rows->len; i > 0; i--) {
        const struct snap_migration *m = ((struct list_row *)rows->pdata[i - 1])->data;
        g_autofree char *texts = fleet_texts(m);
        const char *const all[] = {texts, NULL};
        if (!list_matches(state->filter, all))
            g_ptr_array_remove_index(rows, i - 1);
    }
    list_rows_sort(rows, compares[sort], state->reverse);
    return rows;
}

static void phase_cell(const struct view *view, struct pen *pen, int width,
                       const struct snap_migration *m)
{
    const struct snap_hold *boundary = snap_hold_find(m, "boundary");
    const char *phase = boundary && boundary->key ? boundary->key : m->phase;
    const char *glyph = "►";
    enum token token = TOKEN_NOW;
    if (view->link == LINK_LOST)
        glyph = "?", token = TOKEN_LOST;
    else if (is(m->state, "failed"))
        glyph = "×", token = TOKEN_DANGER;
    else if (is_over(m))
        glyph = "●", token = TOKEN_OK;
    else if (is(m->state, "aborting"))
        glyph = "◄", token = TOKEN_HELD;
    else if (is(m->state, "loaded"))
        glyph = "○", token = TOKEN_TODO;
    else if (hold_main(m))
        glyph = "‖", token = TOKEN_HELD;
    gboolean names_state = !phase || is_over(m) || is(m->state, "loaded");
    g_autofree char *upper = g_utf8_strup(phase ? phase_rail(phase) : "", -1);
    g_autofree char *text =
        g_strdup_printf("%s %s", glyph, names_state ? text_of(m->state) : upper);
    pen_text_left(pen, token, width, text);
}

/* 0..1 of the phase under way; NAN: not known. */
static double fraction_of(const struct snap_migration *m)
{
    return m->has_progress && is(m->state, "active") ? m->progress.fraction : NAN;
}

static void done_cell(const struct view *view, struct pen *pen, int width,
                      const struct snap_migration *m)
{
    const struct snap_hold *boundary = snap_hold_find(m, "boundary");
    double fraction = boundary ? NAN : fraction_of(m);
    guint number, total;
    snap_step_current(m, &number, &total);
    gboolean under_way = number && !is_over(m) && !is(m->state, "loaded");
    g_autofree char *steps = boundary && !is(m->state, "loaded") ? g_strdup("ready")
                             : under_way ? g_strdup_printf("step %u/%u", number, total)
                                         : g_strdup("");
    if (isnan(fraction)) {
        pen_text_left(pen, TOKEN_DIM, width, steps);
        return;
    }
    int bar = width - 7;
    if (bar >= 3)
        draw_bar(pen, TOKEN_BAR_FILL, bar, fraction);
    g_autofree char *percent =
        g_strdup_printf("%.0f%%%s", floor(fraction * 100), view_is_old(view) ? "~" : "");
    pen_text_right(pen, TOKEN_TEXT, bar >= 3 ? 6 : width - 1, percent);
    pen_text(pen, TOKEN_TEXT, " ");
}

static void eta_cell(const struct view *view, struct pen *pen, int width,
                     const struct snap_migration *m)
{
    (void)view;
    g_autofree char *eta = m->has_progress && is(m->state, "active") && !hold_main(m)
                               ? eta_format(m->progress.eta_low_s, m->progress.eta_high_s)
                               : g_strdup("");
    const char *text = g_str_has_prefix(eta, "ETA ") ? eta + 4 : "-";
    pen_text_right(pen, TOKEN_DIM, width - 1, text);
    pen_text(pen, TOKEN_TEXT, " ");
}

static void harm_cell(const struct view *view, struct pen *pen, int width,
                      const struct snap_migration *m)
{
    static const struct {
        const char *glyph;
        enum token token;
    } looks[] = {{"·", TOKEN_OK},
                 {"▲", TOKEN_WARN},
                 {"▲", TOKEN_WARN},
                 {"◆", TOKEN_DANGER},
                 {"?", TOKEN_LOST}};
    if (is_over(m) || is(m->state, "loaded")) {
        pen_text_left(pen, TOKEN_DIM, width, "-");
        return;
    }
    enum harm harm = view_is_old(view) ? HARM_UNKNOWN : snap_harm(view->snapshot, m);
    g_autofree char *text = g_strdup_printf("%s %s", looks[harm].glyph, harm_word(harm));
    pen_text_left(pen, looks[harm].token, width, text);
}

/* What happens next, or what a person can do. `needs`: it waits for one. */
static char *next_text(const struct snap_migration *m, gboolean *needs)
{
    const struct snap_hold *hold = hold_main(m);
    const struct snap_step *step = snap_step_current(m, NULL, NULL);
    *needs = TRUE;
    if (is(m->state, "failed"))
        return g_strdup("retry or A");
    if (m->gate)
        return g_strdup_printf("c · %s", text_of(m->gate->step));
    if (hold && is(hold->kind, "boundary"))
        return is(hold->key, "contract")
                   ? g_strdup("type its name")
                   : g_strdup_printf("g · %s", phase_rail(text_of(hold->key)));
    if (hold && is(hold->kind, "operator"))
        return g_strdup_printf("r · by %s", hold->by ? hold->by : "?");
    *needs = FALSE;
    if (hold)
        return g_strdup(hold->key ? hold->key : hold->kind);
    if (is_over(m))
        return g_strdup("-");
    if (m->waits_for)
        return g_strdup_printf("waits: %s", m->waits_for);
    return g_strdup(step ? step_title(step) : "-");
}

static void next_cell(const struct view *view, struct pen *pen, int width,
                      const struct snap_migration *m)
{
    gboolean needs;
    g_autofree char *next = next_text(m, &needs);
    g_autofree char *text = g_strconcat(needs && view->width >= 100 ? "you: " : "", next, NULL);
    pen_text_left(pen, needs || hold_main(m) ? TOKEN_WARN : TOKEN_DIM, width, text);
}

/* Columns from left to right, and from which width of the screen on each is there. What the name and
 * the last column leave is theirs; a column of the database belongs before the name. */
static const struct column {
    const char *title;
    int width, from;
    void (*draw)(const struct view *view, struct pen *pen, int width,
                 const struct snap_migration *m);
} columns[] = {
    {"PHASE", 11, 0, phase_cell}, {"DONE", 14, 76, done_cell}, {"DONE", 10, 0, done_cell},
    {"ETA", 8, 76, eta_cell},     {"HARM", 10, 60, harm_cell}, {"NEXT", 10, 72, next_cell},
};

/* What the database's columns take is not there for the others; a name of its own needs less. */
static int width_of(const struct view *view)
{
    int several = fleet_several_width(view);
    return view->width - several + (several ? 9 : 0);
}

static gboolean is_shown(const struct view *view, const struct column *column)
{
    if (column->from == 0 && column->draw == done_cell)
        return width_of(view) < 76;
    return width_of(view) >= column->from;
}

static int name_width(const struct view *view)
{
    int left = view->width - fleet_several_width(view) - 3, width = width_of(view);
    for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
        left -= is_shown(view, &columns[i]) ? columns[i].width : 0;
    return MIN(left, width >= 100 ? 34 : width >= 72 ? 20 : 24);
}

static void head_draw(const struct view *view, struct pen *pen)
{
    pen_text(pen, TOKEN_TITLE, "  ");
    if (view_has_several(view))
        fleet_several_head(view, pen);
    pen_text_left(pen, TOKEN_TITLE, name_width(view), "MIGRATION");
    for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (!is_shown(view, &columns[i]))
            continue;
        pen_text(pen, TOKEN_TEXT, columns[i].draw == phase_cell ? " " : "");
        if (columns[i].draw == eta_cell) {
            pen_text_right(pen, TOKEN_TITLE, columns[i].width - 1, columns[i].title);
            pen_text(pen, TOKEN_TEXT, " ");
        } else {
            pen_text_left(pen, TOKEN_TITLE, columns[i].width, columns[i].title);
        }
    }
}

void fleet_cells(const struct view *view, struct pen *pen, const struct snap_migration *m,
                 gboolean selected)
{
    pen_text_left(pen, selected ? TOKEN_NOW : TOKEN_TEXT, name_width(view), m->name);
    pen_text(pen, TOKEN_TEXT, " ");
    for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (!is_shown(view, &columns[i]))
            continue;
        gboolean last = i + 1 == G_N_ELEMENTS(columns);
        columns[i].draw(view, pen, last ? pen_room(pen) : columns[i].width, m);
    }
}

static void row_draw(const struct view *view, struct pen *pen, const struct list_row *row,
                     gboolean selected)
{
    if (view_has_several(view))
        fleet_several_row(view, pen, row, selected);
    else
        fleet_cells(view, pen, row->data, selected);
}

/* The rows of the parts: heading, list, answers of the selected one, the server. */
struct parts {
    int head, list, answers, server;
};

/* How many rows are worth more than all that could be said of one of them; filtered or not, so that
 * nothing jumps while one types. */
static int rows_wanted(const struct view *view)
{
    guint n = view->snapshot ? view->snapshot->migrations->len : 0;
    for (guint i = 0; view_has_several(view) && i < view->n_databases; i++) {
        const struct snapshot *s = i == view->database ? NULL : view->databases[i].snapshot;
        n += s ? MAX(1, s->migrations->len) : 1;
    }
    return CLAMP((int)n, LIST_LEAST, LIST_WANTED);
}

/* Of the selected one: all of it with whose it is, without that, without the rail, three of the five
 * lines, nothing. What is left of `left` rows is the list's. */
static int answers_height(int left, int wanted)
{
    static const int heights[] = {8, 7, 6, 4};
    for (guint i = 0; i < G_N_ELEMENTS(heights); i++)
        if (left - heights[i] >= wanted)
            return heights[i];
    return left - 4 >= LIST_LEAST ? 4 : 0;
}

static struct parts parts_of(const struct view *view, const struct area *body)
{
    int wanted = rows_wanted(view);
    if (view_is_compact(view)) {
        int answers = body->height >= 5 + wanted           ? 5
                      : body->height >= BRIEF + LIST_LEAST ? BRIEF
                                                           : 0;
        return (struct parts){0, body->height - answers, answers, 0};
    }
    struct parts parts = {2, 0, 0, 0};
    int left = body->height - 2;
    parts.answers = answers_height(left, wanted);
    left -= parts.answers;
    parts.server = left >= LIST_LEAST + 6 ? 3 : 0;
    parts.list = left - parts.server;
    return parts;
}

static int fleet_height(const struct view *view, const struct area *body)
{
    return parts_of(view, body).list;
}

static void people_draw(const struct view *view, struct grid *grid, int row)
{
    const struct snap_migration *m = view_migration(view);
    struct pen pen = view_pen(view, grid, row, 1, view->width);
    gboolean first = TRUE;
    if (m->title)
        draw_part(&pen, TOKEN_DIM, &first, m->title);
    if (m->owner)
        draw_part_format(&pen, TOKEN_DIM, &first, "owner %s", m->owner);
    if (m->contact)
        draw_part(&pen, TOKEN_DIM, &first, m->contact);
    if (m->ticket)
        draw_part(&pen, TOKEN_DIM, &first, m->ticket);
}

/* All five, or those of an incident. */
static void selected_answers(const struct view *view, struct grid *grid, int row, int height)
{
    static const enum answer brief[BRIEF] = {ANSWER_PHASE, ANSWER_HARM, ANSWER_PAUSE};
    if (!view_migration(view))
        return;
    if (height >= ANSWERS)
        answers_draw(view, grid, row);
    for (int i = 0; height < ANSWERS && i < MIN(height, BRIEF); i++)
        answer_draw(view, grid, row + i, brief[i]);
}

static void selected_draw(const struct view *view, struct grid *grid, const struct area *area)
{
    if (!area->height)
        return;
    if (view_is_compact(view)) {
        selected_answers(view, grid, area->row, area->height);
        return;
    }
    struct pen pen = view_pen(view, grid, area->row, 0, view->width);
    const char *database = view_database_name(view);
    g_autofree char *id =
        view->migration ? fleet_id(database, view->migration) : g_strdup(database);
    const char *selected = id ? id : "";
    g_autofree char *title = g_strdup_printf("selected: %s", *selected ? selected : "none");
    draw_rule(&pen, title);
    if (!view_migration(view) && view_has_several(view)) {
        struct area below = {area->row + 1, 0, area->height - 1, view->width};
        fleet_several_why(view, grid, &below);
    }
    if (!view_migration(view))
        return;
    gboolean rail = area->height >= 7;
    if (rail)
        rail_draw(view, grid, area->row + 1);
    selected_answers(view, grid, area->row + 1 + rail, area->height - 1 - rail);
    if (area->height > 7)
        people_draw(view, grid, area->row + 7);
}

static void replicas_part(struct pen *pen, gboolean *first, const struct snapshot *s)
{
    double worst = NAN;
    for (guint i = 0; i < s->replicas->len; i++) {
        const struct snap_replica *replica = s->replicas->pdata[i];
        if (!(replica->lag_s <= worst))
            worst = replica->lag_s;
    }
    g_autofree char *lag = age_format(worst);
    if (!s->replicas->len)
        draw_part(pen, TOKEN_TEXT, first, "no replicas");
    else
        draw_part_format(pen, TOKEN_TEXT, first, "%u replica%s, worst lag %s", s->replicas->len,
                         s->replicas->len == 1 ? "" : "s", lag);
}

static void server_draw(const struct view *view, struct grid *grid, const struct area *area)
{
    const struct snapshot *s = view->snapshot;
    const char *database = view_database_name(view);
    if (area->height < 3)
        return;
    struct pen pen = view_pen(view, grid, area->row, 0, view->width);
    g_autofree char *title = g_strconcat("server", database ? " of " : NULL, database, NULL);
    draw_rule(&pen, title);
    if (!s)
        return;
    pen = view_pen(view, grid, area->row + 1, 1, view->width);
    gboolean first = TRUE;
    draw_part_format(&pen, TOKEN_TEXT, &first, "%s, PostgreSQL %d.%d", text_of(s->server_role),
                     s->server_version / 10000, s->server_version % 10000);
    replicas_part(&pen, &first, s);
    draw_part_format(&pen, TOKEN_TEXT, &first, "%u lock wait%s", s->lock_waits->len,
                     s->lock_waits->len == 1 ? "" : "s");
    if (!isnan(s->all_active))
        draw_part_format(&pen, TOKEN_TEXT, &first, "%.0f active, %.0f ours", s->all_active,
                         isnan(s->our_active) ? 0 : s->our_active);
    pen = view_pen(view, grid, area->row + 2, 1, view->width);
    g_autofree char *beat = age_format(s->heartbeat_age_s);
    if (s->engine_alive)
        pen_format(&pen, TOKEN_TEXT, "engine: pid %" G_GINT64_FORMAT " on %s, heartbeat %s ago",
                   s->engine_pid, s->engine_host ? s->engine_host : "?", beat);
    else
        pen_text(&pen, TOKEN_WARN, "▲ no engine runs: nobody is driving");
    if (s->paused_all)
        pen_text(&pen, TOKEN_HELD, " · ‖ what is loaded is held, too (:resume all)");
}

static void note_draw(const struct view *view, struct pen *pen, const GPtrArray *rows)
{
    if (!view_has_several(view)) {
        list_note_draw(view, pen, rows, (int)view->snapshot->migrations->len);
        return;
    }
    g_autoptr(GPtrArray) migrations = g_ptr_array_new();
    g_autofree char *note = fleet_several_note(view);
    gboolean first = FALSE;
    guint total = 0;
    for (guint i = 0; i < rows->len; i++)
        if (((struct list_row *)rows->pdata[i])->data)
            g_ptr_array_add(migrations, rows->pdata[i]);
    for (guint i = 0; i < view->n_databases; i++)
        total += view->databases[i].snapshot ? view->databases[i].snapshot->migrations->len : 0;
    list_note_draw(view, pen, migrations, (int)total);
    draw_part(pen, TOKEN_DIM, &first, note);
}

static void fleet_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    if (!view_has_several(view) && !view->snapshot->migrations->len) {
        blank_draw(view, grid, body);
        return;
    }
    g_autoptr(GPtrArray) rows = fleet_rows(view);
    struct parts parts = parts_of(view, body);
    struct area area = {body->row + parts.head, 0, parts.list, view->width};
    if (parts.head) {
        gboolean several = view_has_several(view); /* one that is lost dims none of the others */
        struct pen pen = view_pen(view, grid, body->row, 0, view->width);
        pen.faded &= !several;
        head_draw(view, &pen);
        pen = view_pen(view, grid, body->row + 1, 0, view->width);
        pen.faded &= !several;
        pen_text(&pen, TOKEN_RULE, "─");
        note_draw(view, &pen, rows);
        pen_text(&pen, TOKEN_RULE, " ");
        pen_fill(&pen, TOKEN_RULE, "─");
    }
    list_draw(view, grid, &area, rows, row_draw);
    area.row += area.height;
    area.height = parts.answers;
    selected_draw(view, grid, &area);
    area.row += area.height;
    area.height = parts.server;
    server_draw(view, grid, &area);
}

static const struct screen_list fleet_list = {
    .rows = fleet_rows,
    .height = fleet_height,
    .sorts = sorts,
    .selects_migration = TRUE,
};

static const enum act fleet_keys[] = {ACT_OPEN,   ACT_PAUSE, ACT_PAUSE_ALL, ACT_RESUME, ACT_STEP,
                                      ACT_FILTER, ACT_SORT,  ACT_FREEZE,    ACT_NONE};

const struct screen fleet_screen = {
    .id = SCREEN_FLEET,
    .key = '1',
    .name = "fleet",
    .of_server = TRUE,
    .keys = fleet_keys,
    .draw = fleet_draw,
    .list = &fleet_list,
};
