/* A series against the guards of a plan, guard by guard. */
#include "config.h"
#include "pgrollout/engine/replay.h"

#include <math.h>
#include <string.h>

#include "guard-private.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/nearest.h"

/* A reading that comes so much earlier than it is due is taken all the same. */
#define SLACK_US (G_USEC_PER_SEC / 10)

struct run {
    struct replay *replay;
    struct replay_guard *of;
    struct plan_guard plan; /* with the series' rhythm */
    struct guard *guard;
    gint64 zero_us;  /* the guard's clock was 0 then; it never is at a reading */
    gint64 taken_us; /* the last reading that was taken */
    gint64 held_us;  /* held since; meaningful while it holds */
};

static void event_free(void *data)
{
    struct replay_event *event = data;
    g_free(event->reason);
    g_free(event);
}

void replay_free(struct replay *replay)
{
    if (!replay)
        return;
    g_ptr_array_unref(replay->events);
    g_ptr_array_unref(replay->guards);
    g_free(replay);
}

const char *replay_word(enum replay_what what)
{
    static const char *const words[] = {"slow", "hold", "blind", "abort", "clear"};
    return words[what];
}

/* "replication_lag 1s at or below 2s". */
static char *reason_of(const struct guard *guard, enum replay_what what)
{
    const struct plan_guard *plan = guard->plan;
    double limit = what == REPLAY_SLOW                                     ? plan->slow
                   : what == REPLAY_ABORT                                  ? plan->abort
                   : what == REPLAY_HOLD                                   ? guard->pause
                   : what == REPLAY_CLEAR && guard->value <= guard->resume ? guard->resume
                                                                           : NAN;
    if (what == REPLAY_BLIND)
        return guard_reason(guard);
    g_autofree char *value = guard_value_format(guard, guard->value);
    if (isnan(limit)) /* after it was blind: anything below pause is enough */
        return g_strdup_printf("%s %s", plan->name, value);
    g_autofree char *against = guard_value_format(guard, limit);
    return g_strdup_printf("%s %s at or %s %s", plan->name, value,
                           what == REPLAY_CLEAR ? "below" : "above", against);
}

static void event_add(struct run *run, gint64 at_us, enum replay_what what)
{
    struct replay_event *event = g_new0(struct replay_event, 1);
    event->at_us = at_us;
    event->what = what;
    event->guard = run->of->plan->name;
    event->value = run->guard->value;
    event->reason = reason_of(run->guard, what);
    g_ptr_array_add(run->replay->events, event);
}

static gboolean holds(enum guard_state state)
{
    return state == GUARD_TRIPPED || state == GUARD_BLIND;
}

static void moved(struct run *run, gint64 at_us, enum guard_state before)
{
    static const enum replay_what words[] = {[GUARD_OK] = REPLAY_CLEAR,
                                             [GUARD_SLOW] = REPLAY_SLOW,
                                             [GUARD_TRIPPED] = REPLAY_HOLD,
                                             [GUARD_BLIND] = REPLAY_BLIND};
    enum guard_state now = run->guard->state;
    if (now == before)
        return;
    if (holds(now) && !holds(before)) {
        run->held_us = at_us;
        run->of->holds++;
    } else if (!holds(now) && holds(before)) {
        run->of->held_us += at_us - run->held_us;
        if (now == GUARD_SLOW) /* it lets go first */
            event_add(run, at_us, REPLAY_CLEAR);
    }
    event_add(run, at_us, words[now]);
}

static void judge(struct run *run, enum reading_kind kind, double value, gint64 at_us)
{
    struct reading reading = {.kind = kind, .value = value};
    enum guard_state before = run->guard->state;
    gboolean aborted = run->guard->aborts;
    if (kind == READING_FAILED)
        reading_fail(&reading, "the series says so");
    guard_judge(run->guard, &reading, at_us - run->zero_us, at_us);
    reading_clear(&reading);
    moved(run, at_us, before);
    if (run->guard->aborts && !aborted)
        event_add(run, at_us, REPLAY_ABORT);
}

/* Between two readings the engine looks every second whether the last one is too old. */
static void wait_until(struct run *run, gint64 at_us)
{
    gint64 first = run->taken_us + 3 * guard_every_us(run->guard);
    for (gint64 tick = first; tick < at_us && run->guard->state != GUARD_BLIND;
         tick += G_USEC_PER_SEC)
        judge(run, READING_NONE, NAN, tick);
}

static gint compare_gaps(gconstpointer a, gconstpointer b)
{
    gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return x < y ? -1 : x > y;
}

/* How far apart the readings of a guard usually are; 0: there is one only. */
static gint64 usual_gap_us(const struct series *series, const char *guard)
{
    g_autoptr(GArray) gaps = g_array_new(FALSE, FALSE, sizeof(gint64));
    const struct series_row *last = NULL;
    for (guint i = 0; i < series->rows->len; i++) {
        const struct series_row *row = g_ptr_array_index(series->rows, i);
        if (strcmp(row->guard, guard) != 0)
            continue;
        gint64 gap = last ? row->at_us - last->at_us : 0;
        if (gap > 0)
            g_array_append_val(gaps, gap);
        last = row;
    }
    g_array_sort(gaps, compare_gaps);
    return gaps->len ? g_array_index(gaps, gint64, (gaps->len - 1) / 2) : 0;
}

static void row_take(struct run *run, const struct series_row *row)
{
    struct replay_guard *of = run->of;
    if (!run->guard) {
        run->zero_us = row->at_us - G_USEC_PER_SEC;
        run->guard = guard_new(&run->plan, G_USEC_PER_SEC);
        of->every_us = guard_every_us(run->guard);
    } else {
        if (row->at_us - run->taken_us < of->every_us - SLACK_US)
            return; /* the engine would not have looked */
        wait_until(run, row->at_us);
    }
    run->taken_us = row->at_us;
    of->readings++;
    if (!(of->worst >= row->value) && !isnan(row->value))
        of->worst = row->value;
    judge(run, isnan(row->value) ? READING_FAILED : READING_VALUE, row->value, row->at_us);
}

static void replay_guard(struct replay *replay, const struct plan_guard *plan,
                         const struct series *series)
{
    struct run run = {.replay = replay, .plan = *plan};
    run.plan.every_us = MAX(plan->every_us, usual_gap_us(series, plan->name));
    run.of = g_new0(struct replay_guard, 1);
    run.of->plan = plan;
    run.of->worst = NAN;
    for (guint i = 0; i < series->rows->len; i++) {
        const struct series_row *row = g_ptr_array_index(series->rows, i);
        if (strcmp(row->guard, plan->name) == 0)
            row_take(&run, row);
    }
    if (!run.guard) {
        g_free(run.of);
        return;
    }
    const struct series_row *last = g_ptr_array_index(series->rows, series->rows->len - 1);
    wait_until(&run, last->at_us);
    if (holds(run.guard->state))
        run.of->held_us += last->at_us - run.held_us;
    guard_free(run.guard);
    g_ptr_array_add(replay->guards, run.of);
}

static const struct plan_guard *plan_guard_find(const struct plan *plan, const char *name)
{
    for (guint i = 0; i < plan->guards->len; i++) {
        const struct plan_guard *guard = g_ptr_array_index(plan->guards, i);
        if (strcmp(guard->name, name) == 0)
            return guard;
    }
    return NULL;
}

static gboolean names_check(const struct plan *plan, const struct series *series, GError **error)
{
    for (guint i = 0; i < series->rows->len; i++) {
        const struct series_row *row = g_ptr_array_index(series->rows, i);
        if (plan_guard_find(plan, row->guard))
            continue;
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (guint k = 0; k < plan->guards->len; k++)
            g_ptr_array_add(names, ((struct plan_guard *)plan->guards->pdata[k])->name);
        const char *nearest =
            word_nearest(row->guard, (const char *const *)names->pdata, names->len);
        return rollout_fail(error, ROLLOUT_ERROR_USAGE,
                            "%s:%d: the plan has no guard \"%.63s\"%s%s%s", series->file, row->line,
                            row->guard, nearest ? ": did you mean \"" : "", nearest ? nearest : "",
                            nearest ? "\"?" : "");
    }
    return TRUE;
}

static gint compare_events(gconstpointer a, gconstpointer b)
{
    const struct replay_event *x = *(struct replay_event *const *)a,
                              *y = *(struct replay_event *const *)b;
    return x->at_us < y->at_us ? -1 : x->at_us > y->at_us;
}

struct replay *replay_run(const struct plan *plan, const struct series *series, GError **error)
{
    if (!names_check(plan, series, error))
        return NULL;
    struct replay *replay = g_new0(struct replay, 1);
    replay->events = g_ptr_array_new_with_free_func(event_free);
    replay->guards = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < plan->guards->len; i++) {
        const struct plan_guard *guard = g_ptr_array_index(plan->guards, i);
        if (!guard->off)
            replay_guard(replay, guard, series);
    }
    g_ptr_array_sort(replay->events, compare_events); /* a stable one */
    return replay;
}
