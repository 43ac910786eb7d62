/* The five lines: which phase, how far, does it hurt, can it be paused, can it be
 * taken back. They stand in the same rows of every size. */
#include "config.h"
#include "console/screens/screens.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

const char *step_title(const struct snap_step *step)
{
    return step->title ? step->title : step->name ? step->name : "?";
}

gboolean migration_is_open(const struct snap_migration *m)
{
    return !is(m->state, "done") && !is(m->state, "aborted");
}

/* What is counted is of the phase under way. */
static gboolean progress_is_of_phase(const struct snap_migration *m)
{
    const struct snap_phase *phase = snap_phase_find(m, m->phase);
    if (!m->has_progress || !phase)
        return FALSE;
    for (guint i = 0; m->progress.step && i < phase->steps->len; i++)
        if (is(((struct snap_step *)phase->steps->pdata[i])->name, m->progress.step))
            return TRUE;
    return !m->progress.step;
}

gboolean migration_progress_counts(const struct snap_migration *m)
{
    return progress_is_of_phase(m) && !isnan(m->progress.fraction);
}

static void label_draw(const struct view *view, struct pen *pen, const char *label)
{
    pen_format(pen, TOKEN_TITLE, view_is_compact(view) ? " %-6s" : " %-7s", label);
}

static struct pen line_pen(const struct view *view, struct grid *grid, int row, const char *label)
{
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    label_draw(view, &pen, label);
    return pen;
}

/* What must be said, cut where it does not fit. */
static void must(struct pen *pen, enum token token, gboolean *first, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static void must(struct pen *pen, enum token token, gboolean *first, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    if (draw_part(pen, token, first, text))
        return;
    if (!*first)
        pen_text(pen, TOKEN_DIM, " · ");
    *first = FALSE;
    pen_text(pen, token, text);
}

/* There is room for few words on this line. */
static gboolean is_short(const struct pen *pen)
{
    return pen->end < 60;
}

/* Which hold stands, as one sentence. */
static void hold_part(struct pen *pen, gboolean *first, const struct snap_migration *m,
                      const struct snap_hold *hold)
{
    g_autofree char *age = age_format(hold->age_s);
    const char *key = hold->key ? hold->key : "?";
    if (is(hold->kind, "operator")) {
        must(pen, TOKEN_HELD, first, "HELD by %s %s ago", hold->by ? hold->by : "the engine", age);
    } else if (is(hold->kind, "guard")) {
        const struct snap_guard guard = {.name = hold->key};
        g_autofree char *brief = guard_title(&guard, TRUE);
        must(pen, TOKEN_HELD, first, "HELD by guard %s %s ago", is_short(pen) ? brief : key, age);
    } else if (is(hold->kind, "gate")) {
        must(pen, TOKEN_HELD, first, "WAITS for your answer: %s", key);
    } else if (is(hold->kind, "boundary")) {
        gboolean fresh = is(m->state, "loaded"), brief = is_short(pen);
        must(pen, TOKEN_HELD, first, "%sWAITS to enter %s",
             brief   ? ""
             : fresh ? "not started · "
                     : "done · ",
             phase_title(hold->key));
    } else if (is(hold->kind, "stepping")) {
        must(pen, TOKEN_HELD, first, "STEPPING: one step or batch at a time");
    } else if (is(hold->kind, "lock")) {
        must(pen, TOKEN_HELD, first, "WAITS for a lock %s, still trying", age);
    } else if (is(hold->kind, "no_engine")) {
        must(pen, TOKEN_HELD, first, "nobody is driving");
    } else {
        must(pen, TOKEN_HELD, first, "HELD (%s) %s ago: %s", hold->kind, age,
             hold->reason ? hold->reason : "");
    }
}

/* The other holds by name, or at least how many: they come before what is merely useful. */
static void others_part(struct pen *pen, gboolean *first, const struct snap_migration *m,
                        const struct snap_hold *hold)
{
    g_autofree char *others = holds_list(m, hold, FALSE);
    if (!others)
        return;
    g_autofree char *named = g_strdup_printf("+ %s", others);
    if (draw_part(pen, TOKEN_HELD, first, named))
        return;
    must(pen, TOKEN_HELD, first, is_short(pen) ? "+%u" : "+%u more",
         m->holds->len - (hold ? 1 : 0));
}

/* The main hold, cut rather than that the others go unsaid. */
static void holds_part(struct pen *pen, gboolean *first, const struct snap_migration *m,
                       const struct snap_hold *hold)
{
    g_autofree char *others = holds_list(m, hold, FALSE);
    g_autofree char *least =
        g_strdup_printf(is_short(pen) ? " · +%u" : " · +%u more", m->holds->len - 1);
    int end = pen->end;
    if (others)
        pen->end -= pen_measure(pen, least);
    hold_part(pen, first, m, hold);
    pen->end = end;
    others_part(pen, first, m, hold);
}

/* What there is to say of a hold where there is room. */
static void hold_detail(struct pen *pen, gboolean *first, const struct snap_hold *hold)
{
    g_autofree char *age = age_format(hold->age_s);
    if (is(hold->kind, "operator") && hold->reason)
        draw_part(pen, TOKEN_TEXT, first, hold->reason);
    else if (is(hold->kind, "gate"))
        draw_part_format(pen, TOKEN_TEXT, first, "since %s", age);
    else if (is(hold->kind, "boundary"))
        draw_part(pen, TOKEN_TEXT, first,
                  is(hold->key, "contract") ? "g: typed name" : "g advances");
}

static void phase_of_ended(struct pen *pen, gboolean *first, const struct snap_migration *m,
                           guint total)
{
    if (is(m->state, "done"))
        must(pen, TOKEN_OK, first, "DONE · all %u steps", total);
    else
        must(pen, TOKEN_HELD, first, "ABORTED · every step that had been done is undone");
}

static void phase_of_failed(struct pen *pen, gboolean *first, const struct snap_step *step)
{
    g_autofree char *age = age_format(step ? step->elapsed_s : NAN);
    must(pen, TOKEN_DANGER, first, "FAILED at step %s", step ? step->name : "?");
    if (step && !isnan(step->elapsed_s))
        draw_part_format(pen, TOKEN_TEXT, first, "after %s", age);
    if (step && step->attempts > 1)
        draw_part_format(pen, TOKEN_TEXT, first, "%d attempts", step->attempts);
}

static void phase_of_running(struct pen *pen, gboolean *first, const struct snap_migration *m,
                             const struct snap_step *step)
{
    if (m->has_progress && m->progress.batches > 0 && step && is(step->kind, "backfill")) {
        g_autofree char *batches = grouped_format(m->progress.batches);
        draw_part_format(pen, TOKEN_TEXT, first, "batch %s", batches);
    }
    if (m->waits_for)
        draw_part_format(pen, TOKEN_HELD, first, "waits: %s", m->waits_for);
    else if (step && !isnan(step->elapsed_s)) {
        g_autofree char *time = stopwatch_format(step->elapsed_s);
        draw_part_format(pen, TOKEN_TEXT, first, "running %s", time);
    }
    if (step)
        draw_part(pen, TOKEN_TEXT, first, step_title(step));
}

static void phase_line(const struct view *view, struct pen *pen, const struct snap_migration *m)
{
    guint number, total;
    gboolean first = TRUE;
    const struct snap_step *step = snap_step_current(m, &number, &total);
    const struct snap_hold *hold = hold_main(m);
    if (!migration_is_open(m)) {
        phase_of_ended(pen, &first, m, total);
        return;
    }
    if (is(m->state, "aborting"))
        draw_part(pen, TOKEN_HELD, &first, "ABORTING");
    g_autofree char *upper = g_utf8_strup(phase_rail(m->phase), -1);
    if (m->phase)
        draw_part(pen, TOKEN_NOW, &first, view_is_compact(view) ? upper : phase_title(m->phase));
    if (is(m->state, "failed"))
        phase_of_failed(pen, &first, step);
    else if (hold)
        holds_part(pen, &first, m, hold);
    if (hold && is(m->state, "failed"))
        others_part(pen, &first, m, NULL);
    if (!view->snapshot->engine_alive && hold && !is(hold->kind, "no_engine"))
        draw_part(pen, TOKEN_DANGER, &first, "nobody is driving");
    if (hold && !is(m->state, "failed"))
        hold_detail(pen, &first, hold);
    if (number)
        draw_part_format(pen, TOKEN_TEXT, &first, "step %u of %u", number, total);
    if (!hold && !is(m->state, "failed"))
        phase_of_running(pen, &first, m, step);
}

static void steps_fraction(const struct snap_migration *m, guint *done, guint *total)
{
    *done = *total = 0;
    for (guint i = 0; i < m->phases->len; i++) {
        const struct snap_phase *phase = g_ptr_array_index(m->phases, i);
        for (guint j = 0; j < phase->steps->len; j++) {
            const struct snap_step *step = g_ptr_array_index(phase->steps, j);
            (*total)++;
            *done += is(step->state, "done") || is(step->state, "skipped");
        }
    }
}

/* Rows of a table that nothing has counted yet: how many of them, not which share. */
static char *rows_note(const struct view *view, const struct snap_migration *m)
{
    g_autofree char *rows = short_count_format(m->progress.rows_done);
    gboolean stopped = hold_main(m) != NULL || !view->snapshot->engine_alive;
    return g_strdup_printf("%s rows%s%s%s", rows, view_is_old(view) ? "~" : "",
                           view->width < 60 ? "" : ", share unknown until ANALYZE",
                           stopped ? "  held" : "");
}

/* What stands at the right of the bar. */
static char *done_note(const struct view *view, const struct snap_migration *m, double *fraction)
{
    const struct snap_progress *p = &m->progress;
    const char *old = view_is_old(view) ? "~" : "";
    if (progress_is_of_phase(m) && isnan(p->fraction) && p->rows_done > 0) {
        *fraction = NAN;
        return rows_note(view, m);
    }
    if (!migration_progress_counts(m)) {
        guint done, total;
        steps_fraction(m, &done, &total);
        *fraction = total ? (double)done / total : NAN;
        return g_strdup_printf("%u of %u steps%s", done, total, old);
    }
    *fraction = p->fraction;
    g_autofree char *percent = percent_format(p->fraction);
    g_autofree char *rows = short_count_format(p->rows_done),
                    *all = short_count_format(p->rows_total);
    g_autofree char *eta = eta_format(p->eta_low_s, p->eta_high_s);
    gboolean stopped = hold_main(m) != NULL || !view->snapshot->engine_alive;
    const char *end = stopped && p->fraction < 1 ? "held" : p->fraction < 1 ? eta : "";
    /* rows that could not be filled matter more than when the others will be */
    g_autofree char *left = short_count_format(p->quarantined);
    g_autofree char *unfilled = g_strdup_printf("%s UNFILLED", left);
    gboolean leaves = p->quarantined > 0;
    if (leaves)
        end = unfilled;
    if (view->width < 60)
        return g_strdup_printf("%6s%s %s", percent, old,
                               stopped || leaves ? end
                               : *eta            ? eta + 4
                                                 : "");
    if (view->width < 80 || isnan(p->rows_total))
        return g_strdup_printf("%6s%s  %s", percent, old, end);
    return g_strdup_printf("%6s%s  %s of %s%s  %-10s", percent, old, rows, all, old, end);
}

static void done_line(const struct view *view, struct pen *pen, const struct snap_migration *m)
{
    double fraction;
    g_autofree char *note = done_note(view, m, &fraction);
    int bar = pen_room(pen) - pen_measure(pen, note) - 3;
    draw_bar(pen, TOKEN_BAR_FILL, CLAMP(bar, 5, 72), fraction);
    pen_format(pen, TOKEN_TEXT, "  %s", note);
}

/* Of an earlier moment nothing is known of what p would meet: it goes to the present. */
static gboolean is_pause_moot(const struct view *view, const struct snap_migration *m)
{
    return view->past_s <= 0 && (snap_hold_find(m, "operator") || !migration_is_open(m));
}

const char *pause_says(const struct view *view, const struct snap_migration *m)
{
    gboolean moot = is_pause_moot(view, m);
    if (view->pause_queued)
        return "a pause is queued: it is sent first when the link is back";
    if (view->link == LINK_LOST)
        return "queues a pause: sent first on reconnect";
    if (view->link == LINK_STALE)
        return "works: goes over the control connection, then a new one";
    if (view_rights(view) < 2 && !moot)
        return view->read_only ? "not offered: this console is read-only"
                               : "needs the role pgrollout_responder";
    if (view->past_s > 0)
        return "works: it pauses the present, not this moment";
    if (m->pause_text)
        return m->pause_text;
    return moot ? "nothing runs" : "safe now: holds after this batch or step";
}

static void pause_line(const struct view *view, struct pen *pen, const struct snap_migration *m)
{
    gboolean offered = !is_pause_moot(view, m) && view_rights(view) >= 2;
    gboolean lost = view->link == LINK_LOST || view->link == LINK_STALE;
    pen_format(pen, offered ? TOKEN_KEY : TOKEN_DIM, "%s  ", offered ? "p" : "-");
    pen_text(pen,
             view->pause_queued ? TOKEN_WARN
             : lost             ? TOKEN_LOST
                                : TOKEN_TEXT,
             pause_says(view, m));
}

/* The next boundary is the point of no return. */
static gboolean gate_is_next(const struct snap_migration *m)
{
    const struct snap_phase *now = snap_phase_find(m, m->phase);
    guint at;
    if (!now || !is(m->state, "active") || !g_ptr_array_find(m->phases, now, &at))
        return FALSE;
    return at + 1 < m->phases->len &&
           is(((struct snap_phase *)m->phases->pdata[at + 1])->name, "contract");
}

const char *abort_says(const struct view *view, const struct snap_migration *m)
{
    if (view_is_old(view))
        return view->link == LINK_LOST ? "not offered while the state is unknown"
                                       : "not offered on old data: R asks again";
    if (m->abort_text)
        return m->abort_text;
    return m->abort_possible ? "way back open until contract" : "no way back";
}

static void abort_words(struct pen *pen, const struct snap_migration *m, const char *text)
{
    static const char open[] = "way back open";
    if (!m->abort_possible || !gate_is_next(m) || !g_str_has_prefix(text, open)) {
        pen_text(pen, m->abort_possible || !m->abort_text ? TOKEN_TEXT : TOKEN_GATE, text);
        return;
    }
    pen_text(pen, TOKEN_TEXT, open);
    pen_text(pen, TOKEN_GATE, ", ╫ is next");
    pen_text(pen, TOKEN_TEXT, text + strlen(open));
}

static void abort_line(const struct view *view, struct pen *pen, const struct snap_migration *m)
{
    gboolean old = view_is_old(view);
    gboolean may = view_rights(view) >= 3 && !old && view->past_s <= 0 && m->abort_possible &&
                   migration_is_open(m);
    const char *text = abort_says(view, m);
    pen_format(pen, may ? TOKEN_KEY : TOKEN_DIM, "%s  ", may ? "A" : "-");
    if (old)
        pen_text(pen, TOKEN_LOST, text);
    else
        abort_words(pen, m, text);
}

/* Of what was last seen nothing is said as if it were so. */
static void lost_phase(const struct view *view, struct pen *pen, const struct snap_migration *m)
{
    guint number, total;
    snap_step_current(m, &number, &total);
    const char *at = view->snapshot->at ? view->snapshot->at : "";
    const char *t = strchr(at, 'T');
    pen_format(pen, TOKEN_LOST, "unknown. Last seen %.8s: %s, step %u of %u", t ? t + 1 : at,
               phase_title(m->phase), number, total);
}

static void lost_done(const struct view *view, struct pen *pen, const struct snap_migration *m)
{
    (void)view;
    g_autofree char *percent = percent_format(m->has_progress ? m->progress.fraction : NAN);
    pen_format(pen, TOKEN_LOST, "unknown. Last seen %s", percent);
}

static void lost_harm(const struct view *view, struct pen *pen, const struct snap_migration *m)
{
    (void)m;
    g_autofree char *age = age_format(view->age_s);
    pen_format(pen, TOKEN_LOST, "? UNKNOWN  no data for %s", age);
}

typedef void (*answer_fn)(const struct view *view, struct pen *pen, const struct snap_migration *m);

static const struct {
    const char *label;
    answer_fn draw, lost;
} lines[ANSWERS] = {{"PHASE", phase_line, lost_phase},
                    {"DONE", done_line, lost_done},
                    {"HARM", harm_line, lost_harm},
                    {"PAUSE", pause_line, pause_line},
                    {"ABORT", abort_line, abort_line}};

void answer_draw(const struct view *view, struct grid *grid, int row, enum answer which)
{
    struct pen pen = line_pen(view, grid, row, lines[which].label);
    answer_fn draw = view->link == LINK_LOST ? lines[which].lost : lines[which].draw;
    draw(view, &pen, view_migration(view));
}

void answers_draw(const struct view *view, struct grid *grid, int row)
{
    for (int i = 0; i < ANSWERS; i++)
        answer_draw(view, grid, row + i, (enum answer)i);
}
