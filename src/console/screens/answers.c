/* The rail and the five lines: which phase, how far, does it hurt, can it be paused, can it be
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

static gboolean is_open(const struct snap_migration *m)
{
    return !is(m->state, "done") && !is(m->state, "aborted");
}

/* What is known of batches belongs to the phase under way; of an earlier one it is history. */
static gboolean progress_counts(const struct snap_migration *m)
{
    const struct snap_phase *phase = snap_phase_find(m, m->phase);
    if (!m->has_progress || isnan(m->progress.fraction) || !phase)
        return FALSE;
    for (guint i = 0; m->progress.step && i < phase->steps->len; i++)
        if (is(((struct snap_step *)phase->steps->pdata[i])->name, m->progress.step))
            return TRUE;
    return !m->progress.step;
}

/* The phase the rail points at: behind a boundary it is the one that waits to be entered. */
static const char *phase_at(const struct snap_migration *m)
{
    const struct snap_hold *boundary = snap_hold_find(m, "boundary");
    return boundary && boundary->key ? boundary->key : m->phase;
}

struct mark {
    const char *glyph;
    enum token token;
};

static struct mark phase_mark(const struct view *view, const struct snap_migration *m,
                              const struct snap_phase *phase, gboolean current)
{
    if (current && view->link == LINK_LOST)
        return (struct mark){"?", TOKEN_LOST};
    if (is(phase->state, "failed") || (current && is(m->state, "failed")))
        return (struct mark){"×", TOKEN_DANGER};
    if (current && is(m->state, "aborting"))
        return (struct mark){"◄", TOKEN_HELD};
    if (current && hold_main(m))
        return (struct mark){"‖", TOKEN_HELD};
    if (current && is_open(m))
        return (struct mark){"►", TOKEN_NOW};
    if (is(phase->state, "done"))
        return (struct mark){"●", TOKEN_OK};
    return (struct mark){"○", TOKEN_TODO};
}

static char *phase_label(const struct snap_migration *m, const struct snap_phase *phase,
                         gboolean current, gboolean brief)
{
    const char *name = brief && !current ? phase_short(phase->name) : phase_rail(phase->name);
    if (!current || !is_open(m))
        return g_strdup(name);
    g_autofree char *upper = g_utf8_strup(name, -1);
    if (!progress_counts(m) || !is(m->phase, phase->name))
        return g_steal_pointer(&upper);
    return g_strdup_printf("%s %d%%", upper, (int)floor(m->progress.fraction * 100));
}

static void joint_draw(struct pen *pen, int dashes, gboolean gate)
{
    int left = gate ? dashes / 2 : dashes;
    pen_text(pen, TOKEN_RULE, " ");
    for (int i = 0; i < left; i++)
        pen_text(pen, TOKEN_RULE, "─");
    if (gate)
        pen_text(pen, TOKEN_GATE, "╫");
    for (int i = left + 1; gate && i < dashes; i++)
        pen_text(pen, TOKEN_RULE, "─");
    pen_text(pen, TOKEN_RULE, " ");
}

/* Draws the rail, or only measures it. `gap` dashes stand between two phases. */
static int rail_pass(const struct view *view, struct pen *pen, const struct snap_migration *m,
                     gboolean brief, int gap, gboolean draw)
{
    int width = 1;
    const char *at = phase_at(m);
    pen_skip(pen, draw ? 1 : 0);
    for (guint i = 0; i < m->phases->len; i++) {
        const struct snap_phase *phase = g_ptr_array_index(m->phases, i);
        gboolean current = is(phase->name, at), gate = is(phase->name, "contract");
        int dashes = gap + (gate ? 2 : 0);
        struct mark mark = phase_mark(view, m, phase, current);
        g_autofree char *label = phase_label(m, phase, current, brief);
        width += pen_measure(pen, label) + 2 + (i ? dashes + 2 : 0);
        if (!draw)
            continue;
        if (i > 0)
            joint_draw(pen, dashes, gate);
        pen_format(pen, mark.token, "%s ", mark.glyph);
        pen_text(pen, current && is_open(m) ? TOKEN_NOW : mark.token, label);
    }
    return width;
}

void rail_draw(const struct view *view, struct grid *grid, int row)
{
    const struct snap_migration *m = view_migration(view);
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    if (!m || !m->phases->len)
        return;
    gboolean brief = rail_pass(view, &pen, m, FALSE, 1, FALSE) > view->width;
    int slack = view->width - 1 - rail_pass(view, &pen, m, brief, 1, FALSE);
    int gaps = (int)m->phases->len - 1;
    rail_pass(view, &pen, m, brief, 1 + (gaps > 0 ? CLAMP(slack / gaps, 0, 9) : 0), TRUE);
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
static void must(struct pen *pen, gboolean *first, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void must(struct pen *pen, gboolean *first, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    if (draw_part(pen, TOKEN_HELD, first, text))
        return;
    if (!*first)
        pen_text(pen, TOKEN_DIM, " · ");
    *first = FALSE;
    pen_text(pen, TOKEN_HELD, text);
}

/* Which hold stands, as one sentence. */
static void hold_part(struct pen *pen, gboolean *first, const struct snap_migration *m,
                      const struct snap_hold *hold)
{
    g_autofree char *age = age_format(hold->age_s);
    const char *key = hold->key ? hold->key : "?";
    if (is(hold->kind, "operator")) {
        must(pen, first, "HELD by %s %s ago", hold->by ? hold->by : "the engine", age);
    } else if (is(hold->kind, "guard")) {
        must(pen, first, "HELD by guard %s %s ago", key, age);
    } else if (is(hold->kind, "gate")) {
        must(pen, first, "WAITS for your answer: %s", key);
    } else if (is(hold->kind, "boundary")) {
        gboolean fresh = is(m->state, "loaded");
        must(pen, first, "%s · WAITS to enter %s", fresh ? "not started" : "done",
             phase_title(hold->key));
    } else if (is(hold->kind, "stepping")) {
        must(pen, first, "STEPPING: one step or batch at a time");
    } else if (is(hold->kind, "lock")) {
        must(pen, first, "WAITS for a lock %s, still trying", age);
    } else if (is(hold->kind, "no_engine")) {
        must(pen, first, "nobody is driving");
    } else {
        must(pen, first, "HELD (%s) %s ago: %s", hold->kind, age, hold->reason ? hold->reason : "");
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
    must(pen, first, "+%u more", m->holds->len - (hold ? 1 : 0));
}

/* The main hold, cut rather than that the others go unsaid. */
static void holds_part(struct pen *pen, gboolean *first, const struct snap_migration *m,
                       const struct snap_hold *hold)
{
    g_autofree char *others = holds_list(m, hold, FALSE);
    g_autofree char *least = g_strdup_printf(" · +%u more", m->holds->len - 1);
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
        draw_part_format(pen, TOKEN_OK, first, "DONE · all %u steps", total);
    else
        draw_part(pen, TOKEN_HELD, first, "ABORTED · every step that had been done is undone");
}

static void phase_of_failed(struct pen *pen, gboolean *first, const struct snap_step *step)
{
    g_autofree char *age = age_format(step ? step->elapsed_s : NAN);
    draw_part_format(pen, TOKEN_DANGER, first, "step %s FAILED", step ? step->name : "?");
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
    if (!is_open(m)) {
        phase_of_ended(pen, &first, m, total);
        return;
    }
    if (is(m->state, "aborting"))
        draw_part(pen, TOKEN_HELD, &first, "ABORTING");
    g_autofree char *upper = g_utf8_strup(phase_title(m->phase), -1);
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

/* What stands at the right of the bar. */
static char *done_note(const struct view *view, const struct snap_migration *m, double *fraction)
{
    const struct snap_progress *p = &m->progress;
    const char *old = view_is_old(view) ? "~" : "";
    if (!progress_counts(m)) {
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
    if (view_is_compact(view))
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

static const struct snap_guard *guard_tightest(const struct snap_migration *m)
{
    const struct snap_guard *tightest = NULL;
    for (guint i = 0; i < m->guards->len; i++) {
        const struct snap_guard *guard = g_ptr_array_index(m->guards, i);
        double room = snap_guard_room(guard);
        if (!isnan(room) && (!tightest || room < snap_guard_room(tightest)))
            tightest = guard;
    }
    return tightest;
}

struct waits {
    int on_us;
    double longest_s;
};

static struct waits waits_on_us(const struct snapshot *snapshot)
{
    struct waits waits = {0, 0};
    for (guint i = 0; i < snapshot->lock_waits->len; i++) {
        const struct snap_lock_wait *wait = g_ptr_array_index(snapshot->lock_waits, i);
        if (!wait->on_us || wait->ours)
            continue;
        waits.on_us++;
        if (wait->waited_s > waits.longest_s)
            waits.longest_s = wait->waited_s;
    }
    return waits;
}

static gboolean is_latency_watched(const struct snap_migration *m)
{
    const struct snap_guard *latency = snap_guard_find(m, "query_latency");
    return latency && !is(latency->state, "unwatched") && !is(latency->state, "off");
}

static void harm_evidence(const struct view *view, struct pen *pen, const struct snap_migration *m,
                          enum harm harm)
{
    gboolean first = TRUE;
    const struct snap_guard *tight = guard_tightest(m);
    struct waits waits = waits_on_us(view->snapshot);
    g_autofree char *longest = age_format(waits.longest_s);
    if (waits.on_us)
        draw_part_format(pen, TOKEN_WARN, &first, "%d wait on us, longest %s", waits.on_us,
                         longest);
    if (tight && harm != HARM_CALM && snap_guard_room(tight) < 0.5) {
        g_autofree char *value = reading_format(tight->value, tight->pause, tight->unit);
        g_autofree char *limit = reading_format(tight->pause, tight->pause, tight->unit);
        draw_part_format(pen, TOKEN_TEXT, &first, "%s %s of %s", tight->name, value, limit);
    }
    if (!is_latency_watched(m))
        draw_part(pen, TOKEN_TEXT, &first,
                  harm == HARM_CALM && !view_is_compact(view)
                      ? "of what is watched (app latency: not watched)"
                      : "(app latency: not watched)");
    if (!waits.on_us)
        draw_part(pen, TOKEN_TEXT, &first, "0 wait on us");
    const struct snap_replica *worst =
        view->snapshot->replicas->len ? view->snapshot->replicas->pdata[0] : NULL;
    gboolean notable = worst && worst->lag_s >= 1; /* less stands among the guards */
    if (worst && (notable || view->width >= 100 || view_is_compact(view))) {
        /* without pg_monitor a login does not see the lag itself; the engine does */
        g_autofree char *lag =
            age_format(isnan(worst->lag_s) ? series_last(&m->lag_s) : worst->lag_s);
        draw_part_format(pen, TOKEN_TEXT, &first, "lag %s %s", lag,
                         worst->name ? worst->name : "?");
    }
    if (!isnan(view->snapshot->our_wal_share) && (view->width >= 100 || harm != HARM_CALM))
        draw_part_format(pen, TOKEN_TEXT, &first, "ours: %.0f%% of WAL",
                         view->snapshot->our_wal_share * 100);
}

static void harm_line(const struct view *view, struct pen *pen, const struct snap_migration *m)
{
    static const struct mark marks[] = {{"·", TOKEN_OK},
                                        {"▲", TOKEN_WARN},
                                        {"▲", TOKEN_WARN},
                                        {"◆", TOKEN_DANGER},
                                        {"?", TOKEN_LOST}};
    enum harm seen = is_open(m) ? snap_harm(view->snapshot, m) : HARM_CALM;
    enum harm harm = view_is_old(view) ? HARM_UNKNOWN : seen;
    pen_format(pen, marks[harm].token, "%s %-*s ", marks[harm].glyph,
               harm == HARM_CALM && !is_latency_watched(m) ? 4 : 7, harm_word(harm));
    g_autofree char *age = age_format(view->age_s);
    if (view_is_old(view))
        pen_format(pen, TOKEN_TEXT, " last known %s, %s ago", harm_word(seen), age);
    else if (!is_open(m))
        pen_text(pen, TOKEN_TEXT, " nothing of ours runs");
    else if (!view->snapshot->engine_alive && harm == HARM_UNKNOWN)
        pen_text(pen, TOKEN_TEXT, " no engine, so nobody reads the guards");
    else if (view->since_pause && snap_hold_find(m, "operator"))
        pen_format(pen, TOKEN_TEXT, " %s", view->since_pause);
    else
        harm_evidence(view, pen, m, harm);
}

static void pause_line(const struct view *view, struct pen *pen, const struct snap_migration *m)
{
    const struct snap_hold *own = snap_hold_find(m, "operator");
    gboolean moot = own || !is_open(m);
    gboolean may = view_rights(view) >= 2;
    pen_format(pen, moot || !may ? TOKEN_DIM : TOKEN_KEY, "%s  ", moot || !may ? "-" : "p");
    if (view->pause_queued)
        pen_text(pen, TOKEN_WARN, "a pause is queued: it is sent first when the link is back");
    else if (view->link == LINK_LOST)
        pen_text(pen, TOKEN_LOST, "queues a pause: sent first on reconnect");
    else if (view->link == LINK_STALE)
        pen_text(pen, TOKEN_LOST, "works: goes over the control connection, then a new one");
    else if (!may && !moot)
        pen_text(pen, TOKEN_TEXT,
                 view->read_only ? "not offered: this console is read-only"
                                 : "needs the role pgrollout_responder");
    else if (m->pause_text)
        pen_text(pen, TOKEN_TEXT, m->pause_text);
    else
        pen_text(pen, TOKEN_TEXT,
                 moot ? "nothing runs" : "safe now: holds after this batch or step");
}

static void abort_line(const struct view *view, struct pen *pen, const struct snap_migration *m)
{
    gboolean old = view_is_old(view);
    gboolean may = view_rights(view) >= 3 && !old && m->abort_possible && is_open(m);
    pen_format(pen, may ? TOKEN_KEY : TOKEN_DIM, "%s  ", may ? "A" : "-");
    if (old)
        pen_text(pen, TOKEN_LOST,
                 view->link == LINK_LOST ? "not offered while the state is unknown"
                                         : "not offered on old data: R asks again");
    else if (m->abort_text)
        pen_text(pen, m->abort_possible ? TOKEN_TEXT : TOKEN_GATE, m->abort_text);
    else
        pen_text(pen, TOKEN_TEXT,
                 m->abort_possible ? "way back open until contract" : "no way back");
}

static void lost_lines(const struct view *view, struct grid *grid, int row,
                       const struct snap_migration *m)
{
    guint number, total;
    snap_step_current(m, &number, &total);
    g_autofree char *percent = percent_format(m->has_progress ? m->progress.fraction : NAN);
    g_autofree char *age = age_format(view->age_s);
    const char *at = view->snapshot->at ? view->snapshot->at : "";
    const char *t = strchr(at, 'T');
    struct pen pen = line_pen(view, grid, row, "PHASE");
    pen_format(&pen, TOKEN_LOST, "unknown. Last seen %.8s: %s, step %u of %u", t ? t + 1 : at,
               phase_title(m->phase), number, total);
    pen = line_pen(view, grid, row + 1, "DONE");
    pen_format(&pen, TOKEN_LOST, "unknown. Last seen %s", percent);
    pen = line_pen(view, grid, row + 2, "HARM");
    pen_format(&pen, TOKEN_LOST, "? UNKNOWN  no data for %s", age);
}

void answers_draw(const struct view *view, struct grid *grid, int row)
{
    static const struct {
        const char *label;
        void (*draw)(const struct view *view, struct pen *pen, const struct snap_migration *m);
    } lines[] = {{"PHASE", phase_line},
                 {"DONE", done_line},
                 {"HARM", harm_line},
                 {"PAUSE", pause_line},
                 {"ABORT", abort_line}};
    const struct snap_migration *m = view_migration(view);
    guint start = 0;
    if (view->link == LINK_LOST) {
        lost_lines(view, grid, row, m);
        start = 3;
    }
    for (guint i = start; i < G_N_ELEMENTS(lines); i++) {
        struct pen pen = line_pen(view, grid, row + (int)i, lines[i].label);
        lines[i].draw(view, &pen, m);
    }
}
