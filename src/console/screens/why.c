/* "Why it stopped": the samples that tripped, who said so, what happens by itself, what a person
 * can do. Takes the place of the steps while something holds. */
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

static void line_free(void *data)
{
    struct confirm_line *line = data;
    g_free(line->text);
    g_free(line);
}

static void add(GPtrArray *lines, enum token token, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void add(GPtrArray *lines, enum token token, const char *format, ...)
{
    struct confirm_line *line = g_new0(struct confirm_line, 1);
    va_list args;
    va_start(args, format);
    line->token = token;
    line->text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(lines, line);
}

/* When a guard's hold ends, and about how long that will take at the rate of the last seconds. */
static void guard_clears(GPtrArray *lines, const struct snap_migration *m,
                         const struct snap_guard *guard)
{
    double per_s;
    const char *trend = guard_trend(m, guard, &per_s);
    gboolean floor = guard->resume > guard->pause;
    g_autofree char *now = reading_format(guard->value, guard->pause, guard->unit);
    g_autofree char *limit = reading_format(guard->resume, guard->resume, guard->unit);
    if (isnan(guard->clears_after)) {
        add(lines, TOKEN_NOW, "now %s%s%s · clears itself at %s or %s", now, trend ? ", " : "",
            trend ? trend : "", limit, floor ? "more" : "less");
        return;
    }
    if (guard->clears_after <= 0) {
        add(lines, TOKEN_NOW, "now %s · does not clear by itself: r resumes when it is mended",
            now);
        return;
    }
    double left_s =
        (guard->clears_after - guard->clearing) * (isnan(guard->every_s) ? 1 : guard->every_s);
    gboolean there = floor ? guard->value >= guard->resume : guard->value <= guard->resume;
    if (!there)
        left_s += !floor && per_s < 0 && trend && strcmp(trend, "falling") == 0
                      ? (guard->value - guard->resume) / -per_s
                      : NAN;
    g_autofree char *left = age_format(rounded(left_s));
    add(lines, TOKEN_NOW, "now %s%s%s%s%s", now, trend ? ", " : "", trend ? trend : "",
        isnan(left_s) ? "" : ": clears in about ", isnan(left_s) ? "" : left);
    g_autofree char *so_far =
        guard->clearing > 0 ? g_strdup_printf(" (%.0f so far)", guard->clearing) : g_strdup("");
    add(lines, TOKEN_NOW, "clears itself: %.0f readings at %s or %s%s", guard->clears_after, limit,
        floor ? "more" : "less", so_far);
}

static void add_us(GPtrArray *lines, const struct snapshot *s, const struct snap_migration *m)
{
    g_autofree char *share = us_share_text(s);
    const struct snap_event *act = us_last_act(m);
    if (share)
        add(lines, TOKEN_TEXT, "is it us? %s", share);
    if (act)
        add(lines, TOKEN_DIM, "our last act %s %s", act->at ? act->at : "", act->text);
}

static void why_guard(GPtrArray *lines, const struct view *view, const struct snap_migration *m,
                      const struct snap_hold *hold)
{
    guint last = m->evidence->len - 1;
    for (guint i = 0; i < m->evidence->len; i++) {
        const struct snap_event *e = g_ptr_array_index(m->evidence, i);
        add(lines, i == last ? TOKEN_WARN : TOKEN_TEXT, "%s %s", e->at ? e->at : "",
            e->text ? e->text : "");
    }
    const struct snap_guard *guard = snap_guard_find(m, hold->key);
    if (hold->reason && !m->evidence->len)
        add(lines, TOKEN_WARN, "%s", hold->reason);
    if (guard && guard->detail)
        add(lines, TOKEN_DIM, "%s", guard->detail);
    if (guard)
        guard_clears(lines, m, guard);
    add_us(lines, view->snapshot, m);
}

static void why_operator(GPtrArray *lines, const struct view *view, const struct snap_migration *m,
                         const struct snap_hold *hold)
{
    g_autofree char *age = age_format(hold->age_s);
    add(lines, TOKEN_HELD, "%s paused it %s ago", hold->by ? hold->by : "the engine", age);
    if (hold->reason && *hold->reason)
        add(lines, TOKEN_TEXT, "reason: %s", hold->reason);
    g_autofree char *since = since_pause_text(view, m);
    if (since)
        add(lines, TOKEN_TEXT, "is it us? %s", since);
    add(lines, TOKEN_TEXT, "Nothing of it commits until it is resumed.");
    gboolean waits = snap_hold_find(m, "gate") || snap_hold_find(m, "boundary");
    add(lines, TOKEN_KEY, waits ? "r resume" : "r resume · s one step or batch, then held");
    if (view->snapshot->paused_all)
        add(lines, TOKEN_HELD, "everything is paused, what is loaded later too");
}

static void why_gate(GPtrArray *lines, const struct snap_migration *m)
{
    const struct snap_gate *gate = m->gate;
    if (gate->reverse)
        add(lines, TOKEN_WARN, "the way back asks:");
    add(lines, TOKEN_NOW, "%s", gate->text ? gate->text : gate->step ? gate->step : "?");
    if (gate->evidence)
        add(lines, gate->clear ? TOKEN_OK : TOKEN_WARN, "%s", gate->evidence);
    for (guint i = 0; i < gate->answers->len; i++) {
        const struct snap_answer *a = g_ptr_array_index(gate->answers, i);
        const char *application = a->application ? a->application : "?";
        if (a->by)
            add(lines, TOKEN_OK, "● %s: yes, says %s", application, a->by);
        else
            add(lines, TOKEN_HELD, "○ %s: not answered yet", application);
    }
    if (gate->evidence && !gate->clear)
        add(lines, TOKEN_KEY, "with a reason: :confirm -- why");
    else
        add(lines, TOKEN_KEY, gate->by_approver ? "c answers (an approver's word)" : "c answers");
}

static void why_boundary(GPtrArray *lines, const struct snap_migration *m,
                         const struct snap_hold *hold)
{
    const struct snap_phase *next = snap_phase_find(m, hold->key);
    if (is(m->state, "loaded"))
        add(lines, TOKEN_TEXT, "Loaded; nothing has been changed yet.");
    else
        add(lines, TOKEN_TEXT, "Phase %s is done. Nothing runs.", phase_title(m->phase));
    add(lines, TOKEN_TEXT, "Next is %s:", phase_title(hold->key));
    for (guint i = 0; next && i < next->steps->len; i++) {
        const struct snap_step *step = g_ptr_array_index(next->steps, i);
        add(lines, TOKEN_DIM, "%s %s", step->irreversible ? "╫" : "○", step_title(step));
    }
    if (is(hold->key, "contract"))
        add(lines, TOKEN_GATE, "╫ the point of no return: g, then the typed name");
    else
        add(lines, TOKEN_KEY, "g advances into it");
}

static void why_engine(GPtrArray *lines, const struct snapshot *s)
{
    g_autofree char *age = age_format(s->heartbeat_age_s);
    add(lines, TOKEN_DANGER, "No engine drives this database.");
    if (s->engine_host)
        add(lines, TOKEN_TEXT, "last: pid %" G_GINT64_FORMAT " on %s, %s ago", s->engine_pid,
            s->engine_host, age);
    add(lines, TOKEN_TEXT, "It stands still; nothing is half done.");
    add(lines, TOKEN_KEY, ":engine start · or, in a shell: pgrollout run --detach");
}

static void why_failed(GPtrArray *lines, const struct snap_migration *m)
{
    const struct snap_step *step = snap_step_current(m, NULL, NULL);
    if (step && step->error)
        add(lines, TOKEN_DANGER, "%s%s%s", step->sqlstate ? step->sqlstate : "",
            step->sqlstate ? " " : "", step->error);
    add(lines, TOKEN_TEXT, "What you can do:");
    add(lines, TOKEN_KEY, ":retry   try this step again");
    if (step && (is(step->kind, "confirm") || is(step->kind, "check")))
        add(lines, TOKEN_KEY, ":skip    go on without it, with a reason");
    if (m->abort_possible)
        add(lines, TOKEN_KEY, "A        take everything back");
    add(lines, TOKEN_KEY, "leave it: nothing runs, nothing gets worse");
}

/* The key that ends such a hold, in brackets; "": none does. */
static const char *hold_key(const struct snap_hold *hold)
{
    if (is(hold->kind, "gate"))
        return " (c)";
    if (is(hold->kind, "boundary"))
        return " (g)";
    return hold_is_resumed(hold) ? " (r)" : "";
}

/* What else holds it, one line each, in front of what one can do. */
static void add_others(GPtrArray *lines, const struct snap_migration *m,
                       const struct snap_hold *told)
{
    guint at = 0;
    while (at < lines->len && ((struct confirm_line *)lines->pdata[at])->token != TOKEN_KEY)
        at++;
    for (guint i = 0; i < m->holds->len; i++) {
        const struct snap_hold *hold = m->holds->pdata[i];
        if (hold == told || is(hold->kind, "no_engine"))
            continue;
        g_autofree char *name = hold_name(hold), *age = age_format(hold->age_s);
        gboolean says = hold->reason && *hold->reason;
        struct confirm_line *line = g_new0(struct confirm_line, 1);
        line->token = TOKEN_HELD;
        line->text = g_strdup_printf("also: %s%s, %s%s%s", name, hold_key(hold), age,
                                     says ? ": " : "", says ? hold->reason : "");
        g_ptr_array_insert(lines, (int)at++, line);
    }
}

GPtrArray *why_lines(const struct view *view, const char **title)
{
    const struct snap_migration *m = view_migration(view);
    const struct snap_hold *hold = hold_main(m);
    gboolean open = is(m->state, "active") || is(m->state, "aborting") || is(m->state, "loaded");
    GPtrArray *lines = g_ptr_array_new_with_free_func(line_free);
    *title = "why it stopped";
    if (is(m->state, "failed")) {
        *title = "what happened";
        why_failed(lines, m);
        hold = NULL;
    } else if (m->gate && (!hold || is(hold->kind, "gate"))) {
        *title = "what it waits for";
        why_gate(lines, m);
    } else if (hold && is(hold->kind, "guard")) {
        why_guard(lines, view, m, hold);
    } else if (hold && is(hold->kind, "operator")) {
        why_operator(lines, view, m, hold);
    } else if (hold && is(hold->kind, "boundary")) {
        *title = "what it waits for";
        why_boundary(lines, m, hold);
    } else if (hold && !is(hold->kind, "no_engine") && !is(hold->kind, "stepping")) {
        add(lines, TOKEN_HELD, "%s", hold->reason ? hold->reason : hold->kind);
    }
    add_others(lines, m, hold);
    if (open && !view->snapshot->engine_alive)
        why_engine(lines, view->snapshot);
    if (lines->len)
        return lines;
    g_ptr_array_unref(lines);
    return NULL;
}
