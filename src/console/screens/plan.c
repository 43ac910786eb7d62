/* Screen 9: the steps of the plan with the SQL that the engine sends, and the plan beside a file. */
#include "config.h"
#include "console/screens/screens.h"

#include <math.h>
#include <string.h>

#include "console/diff.h"
#include "console/draw.h"
#include "console/format.h"
#include "pgrollout/engine/plan-sql.h"

#define LIST_LEAST 4
#define SHA_SHOWN 7

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static const struct snap_phase *phase_of(const struct snap_migration *m,
                                         const struct snap_step *step, guint *number)
{
    *number = 0;
    for (guint i = 0; i < m->phases->len; i++) {
        const struct snap_phase *phase = m->phases->pdata[i];
        for (guint j = 0; j < phase->steps->len; j++) {
            ++*number;
            if (phase->steps->pdata[j] == step)
                return phase;
        }
    }
    return NULL;
}

static GPtrArray *plan_rows(const struct view *view)
{
    const struct list_state *state = view_list(view);
    const struct snap_migration *m = view_migration(view);
    GPtrArray *rows = list_rows_new();
    for (guint i = 0; m && i < m->phases->len; i++) {
        const struct snap_phase *phase = m->phases->pdata[i];
        for (guint j = 0; j < phase->steps->len; j++) {
            const struct snap_step *step = phase->steps->pdata[j];
            const char *const texts[] = {text_of(step->name),  step_title(step),
                                         text_of(step->kind),  text_of(step->state),
                                         text_of(phase->name), text_of(step->lock),
                                         text_of(step->does),  NULL};
            if (list_matches(state->filter, texts))
                list_rows_add(rows, text_of(step->name), step);
        }
    }
    return rows;
}

static const char *glyph_of(const struct snap_step *step, gboolean contract, enum token *token)
{
    static const struct {
        const char *state, *glyph;
        enum token token;
    } marks[] = {
        {"running", "►", TOKEN_NOW},   {"waiting", "‖", TOKEN_HELD}, {"done", "●", TOKEN_OK},
        {"failed", "×", TOKEN_DANGER}, {"undoing", "◄", TOKEN_HELD}, {"undone", "○", TOKEN_TODO},
        {"skipped", "·", TOKEN_DIM},
    };
    for (guint i = 0; i < G_N_ELEMENTS(marks); i++)
        if (is(step->state, marks[i].state)) {
            *token = marks[i].token;
            return marks[i].glyph;
        }
    *token = contract ? TOKEN_GATE : TOKEN_TODO;
    return contract ? "╫" : "○";
}

struct widths {
    int state, lock, undo;
};

static struct widths widths_of(const struct view *view)
{
    if (view->width < 60)
        return (struct widths){9, 0, 0};
    if (view->width < 110)
        return (struct widths){9, 24, 0};
    return (struct widths){9, view->width / 4, view->width / 4};
}

static void row_draw(const struct view *view, struct pen *pen, const struct list_row *row,
                     gboolean selected)
{
    (void)selected;
    const struct snap_step *step = row->data;
    struct widths w = widths_of(view);
    guint number;
    enum token token;
    const struct snap_phase *phase = phase_of(view_migration(view), step, &number);
    gboolean contract = phase && is(phase->name, "contract");
    const char *glyph = glyph_of(step, contract, &token);
    pen_format(pen, token, "%s %2u ", glyph, number);
    int title = pen_room(pen) - w.state - w.lock - w.undo;
    pen_text_left(pen, is(step->state, "pending") ? TOKEN_DIM : TOKEN_TEXT, MAX(0, title - 1),
                  step_title(step));
    pen_text(pen, TOKEN_TEXT, " ");
    pen_text_left(pen, token, w.state, text_of(step->state));
    if (w.lock) {
        pen_text_left(pen, TOKEN_DIM, w.lock - 1, text_of(step->lock));
        pen_text(pen, TOKEN_TEXT, " ");
    }
    if (w.undo)
        pen_text_left(pen, step->irreversible ? TOKEN_GATE : TOKEN_DIM, w.undo,
                      step->irreversible ? "NONE"
                      : step->undo       ? step->undo
                                         : "nothing to do");
}

static void titles_draw(const struct view *view, struct pen *pen)
{
    struct widths w = widths_of(view);
    pen_text_left(pen, TOKEN_TITLE, view->width - w.state - w.lock - w.undo, "       step");
    pen_text_left(pen, TOKEN_TITLE, w.state, "state");
    if (w.lock)
        pen_text_left(pen, TOKEN_TITLE, w.lock, "locks");
    if (w.undo)
        pen_text_left(pen, TOKEN_TITLE, w.undo, "way back");
}

static void code_add(GPtrArray *lines, enum token token, const char *sql)
{
    g_auto(GStrv) all = g_strsplit(text_of(sql), "\n", -1);
    for (char **line = all; *line; line++)
        if (**line)
            lines_append(lines, token, "  %s", *line);
}

static void parts_add(GPtrArray *lines, enum token token, const GPtrArray *parts)
{
    for (guint i = 0; i < parts->len; i++) {
        const struct plan_sql_part *part = parts->pdata[i];
        code_add(lines, token, part->sql);
        if (part->how)
            lines_append(lines, TOKEN_DIM, "    ↑ %s", part->how);
    }
}

static const char *tense(const struct snap_step *step)
{
    if (is(step->kind, "confirm"))
        return "people are asked";
    if (is(step->state, "done") || is(step->state, "undone"))
        return "what was sent";
    if (is(step->state, "running") || is(step->state, "failed"))
        return "what is sent";
    return "what will be sent";
}

static void undo_add(GPtrArray *lines, const struct snap_step *step,
                     const struct plan_sql_step *plan)
{
    if (step->irreversible) {
        lines_append(lines, TOKEN_GATE, "╫ way back: NONE, it cannot be taken back");
        return;
    }
    lines_append(lines, TOKEN_TEXT, "way back: %s",
                 step->undo ? step->undo : "nothing to do in the database");
    if (plan && plan->reverse)
        lines_append(lines, TOKEN_TEXT, "an abort asks first: %s", plan->reverse);
    if (plan)
        parts_add(lines, TOKEN_DIM, plan->undo_parts);
    if (plan && plan->loses)
        lines_append(lines, TOKEN_WARN, "its undo loses: %s", plan->loses);
}

static GPtrArray *step_lines(const struct view *view, const struct snap_step *step)
{
    GPtrArray *lines = lines_new();
    const struct plan_sql_step *plan = plan_sql_step_find(view->plan, step->name);
    if (step->error)
        lines_append(lines, TOKEN_DANGER, "× %s%s%s", text_of(step->sqlstate),
                     step->sqlstate ? " " : "", step->error);
    if (plan && plan->gate_text)
        lines_append(lines, TOKEN_NOW, "asks: %s", plan->gate_text);
    if (plan && plan->parts->len)
        parts_add(lines, TOKEN_TEXT, plan->parts);
    else
        code_add(lines, TOKEN_TEXT, plan ? plan->does : step->does);
    if (plan && plan->batch)
        lines_append(lines, TOKEN_DIM, "    ↑ in batches: %s", plan->batch);
    lines_append(lines, TOKEN_TEXT, "lock: %s", step->lock ? step->lock : "none");
    undo_add(lines, step, plan);
    if (step->evidence)
        lines_append(lines, TOKEN_TEXT, "found: %s", step->evidence);
    if (step->attempts > 1)
        lines_append(lines, TOKEN_DIM, "tried %d times", step->attempts);
    if (!view->plan)
        lines_append(lines, view->plan_error ? TOKEN_LOST : TOKEN_DIM, "%s%s",
                     view->plan_error ? "the loaded plan: " : "Reading the loaded plan …",
                     text_of(view->plan_error));
    return lines;
}

static GPtrArray *diff_lines(const struct view *view)
{
    static const struct {
        const char *mark;
        enum token token;
    } marks[] = {[DIFF_HUNK] = {"", TOKEN_TITLE},
                 [DIFF_SAME] = {" ", TOKEN_TEXT},
                 [DIFF_OLD] = {"-", TOKEN_DANGER},
                 [DIFF_NEW] = {"+", TOKEN_OK}};
    GPtrArray *lines = lines_new();
    const struct snap_migration *m = view_migration(view);
    lines_append(lines, TOKEN_DIM, "--- as loaded, sha256 %.12s…", text_of(m->plan_sha256));
    lines_append(lines, TOKEN_DIM, "+++ %s", text_of(view->diff_file));
    if (!view->diff->lines->len)
        lines_append(lines, TOKEN_OK, "No line differs: the file is what was loaded.");
    if (view->diff->coarse)
        lines_append(lines, TOKEN_WARN, "Too much differs to say line by line what is the same.");
    for (guint i = 0; i < view->diff->lines->len; i++) {
        const struct diff_line *line = view->diff->lines->pdata[i];
        lines_append(lines, marks[line->kind].token, "%s%s", marks[line->kind].mark, line->text);
    }
    return lines;
}

struct parts {
    int head, list, detail;
};

static struct parts parts_of(const struct view *view, const struct area *body)
{
    struct parts parts = {view_is_compact(view) ? 1 : 2, 0, 0};
    int left = body->height - parts.head;
    if (left >= 2 * LIST_LEAST + 1)
        parts.detail = left - MAX(LIST_LEAST, left * 45 / 100);
    parts.list = left - parts.detail;
    return parts;
}

static int plan_height(const struct view *view, const struct area *body)
{
    return parts_of(view, body).list;
}

/* What the lower part, or all of the screen, shows. */
static GPtrArray *page_lines(const struct view *view, const struct list_row *row, char **title)
{
    if (view->diff && view_list(view)->open) {
        *title = g_strdup_printf("the loaded plan and the file: -%d +%d", view->diff->removed,
                                 view->diff->added);
        return diff_lines(view);
    }
    const struct snap_step *step = row ? row->data : NULL;
    *title = step ? g_strdup_printf("%s: %s", text_of(step->name), tense(step))
                  : g_strdup("nothing selected");
    return step ? step_lines(view, step) : lines_new();
}

static int plan_scroll_max(const struct view *view, const struct area *body)
{
    g_autoptr(GPtrArray) rows = plan_rows(view);
    g_autofree char *title = NULL;
    if (!view_migration(view) || !view_list(view)->open)
        return 0;
    g_autoptr(GPtrArray) lines = page_lines(view, list_selected(view_list(view), rows), &title);
    return lines_page_max(view, body, lines);
}

static void head_note_draw(const struct view *view, struct pen *pen, const GPtrArray *rows)
{
    const struct snap_migration *m = view_migration(view);
    gboolean first = FALSE;
    guint total;
    snap_step_current(m, NULL, &total);
    list_note_draw(view, pen, rows, MAX((int)total, (int)rows->len));
    if (m->plan_sha256)
        draw_part_format(pen, TOKEN_DIM, &first, "plan %.*s", SHA_SHOWN, m->plan_sha256);
    if (!view->diff_file)
        draw_part(pen, TOKEN_DIM, &first, "d compares it with a file");
}

static void plan_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    if (!view_migration(view)) {
        blank_draw(view, grid, body);
        return;
    }
    g_autoptr(GPtrArray) rows = plan_rows(view);
    g_autofree char *title = NULL;
    const struct list_state *state = view_list(view);
    g_autoptr(GPtrArray) lines = page_lines(view, list_selected(state, rows), &title);
    if (state->open) {
        lines_page_draw(view, grid, body, title, lines, state->scroll);
        return;
    }
    struct parts parts = parts_of(view, body);
    struct pen pen = view_pen(view, grid, body->row, 0, view->width);
    titles_draw(view, &pen);
    if (parts.head > 1) {
        pen = view_pen(view, grid, body->row + 1, 0, view->width);
        pen_text(&pen, TOKEN_RULE, "─");
        head_note_draw(view, &pen, rows);
        pen_text(&pen, TOKEN_RULE, " ");
        pen_fill(&pen, TOKEN_RULE, "─");
    }
    struct area area = {body->row + parts.head, 0, parts.list, view->width};
    list_draw(view, grid, &area, rows, row_draw);
    area.row += parts.list;
    area.height = parts.detail;
    if (parts.detail)
        lines_page_draw(view, grid, &area, title, lines, 0);
}

static const struct screen_list plan_list = {
    .rows = plan_rows,
    .height = plan_height,
    .has_detail = TRUE,
};

static const enum act plan_keys[] = {ACT_OPEN,  ACT_DIFF,  ACT_FILTER, ACT_FREEZE,
                                     ACT_PAUSE, ACT_ABORT, ACT_NONE};

const struct screen plan_screen = {
    .id = SCREEN_PLAN,
    .key = '9',
    .name = "plan",
    .keys = plan_keys,
    .draw = plan_draw,
    .scroll_max = plan_scroll_max,
    .list = &plan_list,
};
