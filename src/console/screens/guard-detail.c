/* One guard: what it measures, how it stands, who has set what, what it did. */
#include "config.h"
#include "console/screens/guard-detail.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"
#include "pgrollout/engine/plan-sql.h"

#define TRIPS_MAX 8

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

void guard_history_draw(struct pen *pen, const struct snap_guard *guard,
                        const struct snap_history *history, int cells)
{
    gint64 last = (gint64)history->series.n - 1;
    draw_spark(pen, &history->series, SPARK_PEAK, cells, 1, last, guard->pause);
}

/* The readings that tripped it, and until when it holds. */
static void tripped_add(GPtrArray *lines, const struct view *view, const struct snap_guard *guard,
                        const struct plan_sql_guard *plan)
{
    const struct snap_migration *m = view_migration(view);
    g_autofree char *resume = reading_format(guard->resume, guard->pause, guard->unit);
    const struct snap_hold *hold = NULL;
    for (guint i = 0; i < m->holds->len && !hold; i++) {
        const struct snap_hold *each = m->holds->pdata[i];
        if (is(each->kind, "guard") && is(each->key, guard->name))
            hold = each;
    }
    g_autofree char *age = age_format(hold ? hold->age_s : NAN);
    if (hold)
        lines_append(lines, TOKEN_DANGER, "◆ TRIPPED: it has held for %s: %s", age,
                     hold->reason ? hold->reason : "");
    else
        lines_append(lines, TOKEN_DANGER, "◆ TRIPPED: it holds with the next step of the engine");
    for (guint i = 0; i < m->evidence->len; i++) {
        const struct snap_event *e = m->evidence->pdata[i];
        if (is(e->who, guard->name) || is(e->who, "guard"))
            lines_append(lines, TOKEN_TEXT, "  %s  %s", e->at ? e->at : "", e->text ? e->text : "");
    }
    if (plan ? plan->latched : guard->clears_after == 0)
        lines_append(lines, TOKEN_KEY, "It does not clear by itself: r resumes when it is mended.");
    else if (guard->clears_after > 0)
        lines_append(lines, TOKEN_TEXT,
                     "It clears by itself at %s or %s for %.0f readings in a row; %.0f so far. "
                     "A resume does not clear it.",
                     resume, guard->resume > guard->pause ? "more" : "less", guard->clears_after,
                     isnan(guard->clearing) ? 0 : MIN(guard->clearing, guard->clears_after));
    else
        lines_append(lines, TOKEN_TEXT, "It clears by itself at %s or %s.", resume,
                     guard->resume > guard->pause ? "more" : "less");
}

static void state_add(GPtrArray *lines, const struct view *view, const struct snap_guard *guard,
                      const struct plan_sql_guard *plan)
{
    g_autofree char *now = reading_format(guard->value, guard->pause, guard->unit);
    const char *detail = guard->detail ? guard->detail : "";
    const char *gap = *detail ? ": " : "";
    if (is(guard->state, "tripped"))
        tripped_add(lines, view, guard, plan);
    else if (is(guard->state, "blind"))
        lines_append(lines, TOKEN_LOST,
                     "? BLIND%s%s. A guard that cannot be read counts as tripped: no sensor, no "
                     "progress.",
                     gap, detail);
    else if (is(guard->state, "slow"))
        lines_append(lines, TOKEN_WARN,
                     "▲ SLOW: %s now%s%s. Batches are made smaller before it trips.", now, gap,
                     detail);
    else if (is(guard->state, "off"))
        lines_append(lines, TOKEN_DIM, "The plan has it off%s%s", gap,
                     g_str_has_prefix(detail, "off: ") ? detail + 5 : detail);
    else if (is(guard->state, "unwatched"))
        lines_append(lines, TOKEN_WARN, "▲ unwatched%s%s. It cannot hold anything here.", gap,
                     detail);
    else if (isnan(guard->value))
        lines_append(lines, TOKEN_DIM, "no value yet%s%s", gap, detail);
    else
        lines_append(lines, TOKEN_OK, "· ok: %s now%s%s", now, gap, detail);
}

static void limits_add(GPtrArray *lines, const struct view *view, const struct snap_guard *guard)
{
    static const char *const names[] = {"pause", "resume"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const struct snap_limit *set =
            snap_limit_find(view->snapshot->guards, guard->name, names[i]);
        if (!set)
            continue;
        g_autofree char *value = reading_format(set->value, set->value, guard->unit);
        g_autofree char *plan = reading_format(set->plan, set->plan, guard->unit);
        g_autofree char *left = age_format(set->left_s);
        g_autofree char *until = set->until
                                     ? g_strdup_printf("until %s (%s left)", set->until, left)
                                     : g_strdup("until somebody sets it back");
        lines_append(lines, TOKEN_HELD, "* %s is %s in place of the plan's %s, %s: %s at %s%s%s",
                     names[i], value, plan, until, set->by ? set->by : "?", set->at ? set->at : "?",
                     set->why ? ": " : ", without a reason", set->why ? set->why : "");
    }
}

static void plan_add(GPtrArray *lines, const struct view *view, const struct plan_sql_guard *plan)
{
    if (!plan && view->plan_error)
        lines_append(lines, TOKEN_LOST, "the plan: %s", view->plan_error);
    if (!plan)
        return;
    lines_append(lines, TOKEN_TEXT, "measures: %s", plan->help);
    if (plan->query)
        lines_append(lines, TOKEN_TEXT, "by the query: %s", plan->query);
    lines_append(lines, TOKEN_DIM, "plan: %s; trips after %d reading%s in a row", plan->settings,
                 plan->samples, plan->samples == 1 ? "" : "s");
}

static void peak_add(GPtrArray *lines, const struct view *view, const struct snap_guard *guard)
{
    const struct snap_guards *more = view->snapshot->guards;
    const struct snap_history *history = snap_history_find(more, guard->name);
    double peak = NAN;
    for (guint i = 0; history && i < history->series.n; i++)
        if (!(history->series.values[i] <= peak) && !isnan(history->series.values[i]))
            peak = history->series.values[i];
    if (isnan(peak))
        return;
    g_autofree char *most = reading_format(peak, guard->pause, guard->unit);
    g_autofree char *span = age_format((double)more->bucket_s * history->series.n);
    lines_append(lines, TOKEN_DIM, "the highest reading of the last %s: %s", span, most);
}

static void trips_add(GPtrArray *lines, const struct view *view, const struct snap_guard *guard)
{
    const struct snap_guards *more = view->snapshot->guards;
    int n = 0;
    for (guint i = 0; more && i < more->trips->len && n < TRIPS_MAX; i++) {
        const struct snap_event *trip = more->trips->pdata[i];
        if (!is(trip->who, guard->name))
            continue;
        lines_append(lines, TOKEN_DIM, "%.10s %s  %s", trip->when ? trip->when : "",
                     trip->at ? trip->at : "", trip->text ? trip->text : "");
        n++;
    }
    if (more && !n)
        lines_append(lines, TOKEN_DIM, "It has not held this migration.");
}

GPtrArray *guard_detail_lines(const struct view *view, const struct snap_guard *guard)
{
    GPtrArray *lines = lines_new();
    const struct plan_sql_guard *plan = plan_sql_guard_find(view->plan, guard->name);
    state_add(lines, view, guard, plan);
    limits_add(lines, view, guard);
    plan_add(lines, view, plan);
    peak_add(lines, view, guard);
    trips_add(lines, view, guard);
    return lines;
}
