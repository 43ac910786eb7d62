/* See sentences.h. */
#include "config.h"
#include "console/sentences.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"
#include "console/screens/screens.h"

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

static gboolean is_open(const struct snap_migration *m)
{
    return !is(m->state, "done") && !is(m->state, "aborted");
}

static void add(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add(GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
}

/* Ends it with one full stop. */
static char *sentence(GString *out)
{
    while (out->len && strchr(". ,;:", out->str[out->len - 1]))
        g_string_truncate(out, out->len - 1);
    g_string_append_c(out, '.');
    return g_string_free(out, FALSE);
}

static const char *unit_for(double seconds, double *unit)
{
    *unit = seconds < 99.5 ? 1 : seconds < 99.5 * 60 ? 60 : seconds < 48 * 3600 ? 3600 : 86400;
    return *unit == 1 ? "second" : *unit == 60 ? "minute" : *unit == 3600 ? "hour" : "day";
}

char *spoken_time(double seconds)
{
    double unit;
    if (isnan(seconds))
        return NULL;
    seconds = MAX(0, seconds);
    if (seconds < 9.95)
        return g_strdup_printf("%.1f seconds", seconds);
    const char *name = unit_for(seconds, &unit);
    double n = floor(seconds / unit + 0.5);
    return g_strdup_printf("%.0f %s%s", n, name, n == 1 ? "" : "s");
}

char *spoken_range(double low_s, double high_s)
{
    double unit;
    if (isnan(low_s) || isnan(high_s))
        return NULL;
    const char *name = unit_for(high_s, &unit);
    double low = floor(MAX(0, low_s) / unit + 0.5), high = ceil(MAX(0, high_s) / unit);
    if (low >= high)
        return g_strdup_printf("%.0f %s%s", high, name, high == 1 ? "" : "s");
    return g_strdup_printf("%.0f to %.0f %ss", low, high, name);
}

static void add_hold(GString *out, const struct snap_hold *hold)
{
    g_autofree char *time = spoken_time(hold->age_s);
    const char *key = hold->key ? hold->key : "?";
    if (is(hold->kind, "operator"))
        add(out, "held by %s", hold->by ? hold->by : "the engine");
    else if (is(hold->kind, "guard"))
        add(out, "held by guard %s", key);
    else if (is(hold->kind, "gate"))
        add(out, "waits for your answer to %s", key);
    else if (is(hold->kind, "boundary"))
        add(out, "waits to enter %s", phase_title(hold->key));
    else if (is(hold->kind, "stepping"))
        add(out, "does one step or batch at a time");
    else if (is(hold->kind, "lock"))
        add(out, "waits for a lock and goes on trying");
    else if (is(hold->kind, "no_engine"))
        add(out, "nobody is driving");
    else
        add(out, "held, %s", hold->kind ? hold->kind : "?");
    if (time && !is(hold->kind, "stepping") && !is(hold->kind, "no_engine"))
        add(out, " for %s", time);
    gboolean tells = is(hold->kind, "operator") || is(hold->kind, "guard");
    if (tells && hold->reason && *hold->reason)
        add(out, " (%s)", hold->reason);
}

/* All of them, what matters most first. */
static void add_holds(GString *out, const struct view *view, const struct snap_migration *m)
{
    const struct snap_hold *first = hold_main(m);
    gboolean told = FALSE;
    for (guint i = 0; first && i <= m->holds->len; i++) {
        const struct snap_hold *hold = i ? m->holds->pdata[i - 1] : first;
        if (i && hold == first)
            continue;
        add(out, i ? "; " : ", ");
        add_hold(out, hold);
        told = told || is(hold->kind, "no_engine");
    }
    if (is_open(m) && !view->snapshot->engine_alive && !told)
        add(out, "; nobody is driving");
}

static void add_place(GString *out, const struct snap_migration *m)
{
    guint number, total;
    const struct snap_step *step = snap_step_current(m, &number, &total);
    if (!number)
        return;
    add(out, ", step %u of %u", number, total);
    if (hold_main(m) || is(m->state, "failed") || !step)
        return;
    g_autofree char *time = spoken_time(step->elapsed_s);
    add(out, ", %s", step_title(step));
    if (m->waits_for)
        add(out, ", waits: %s", m->waits_for);
    else if (time)
        add(out, ", running %s", time);
}

static void add_failure(GString *out, const struct snap_migration *m)
{
    const struct snap_step *step = snap_step_current(m, NULL, NULL);
    g_autofree char *time = spoken_time(step ? step->elapsed_s : NAN);
    add(out, ", step %s failed", step ? step->name : "?");
    if (time)
        add(out, " after %s", time);
    if (step && step->error)
        add(out, ": %s", step->error);
}

static char *phase_sentence(const struct view *view, const struct snap_migration *m)
{
    GString *out = g_string_new("Phase: ");
    if (view->link == LINK_LOST)
        add(out, "unknown, no data. Last seen: ");
    if (is(m->state, "done"))
        add(out, "done, all steps");
    else if (is(m->state, "aborted"))
        add(out, "aborted, every step that had been done is undone");
    else {
        add(out, "%s%s", is(m->state, "aborting") ? "aborting, " : "",
            m->phase ? phase_title(m->phase) : "not begun");
        if (is(m->state, "failed"))
            add_failure(out, m);
        add_holds(out, view, m);
        add_place(out, m);
    }
    return sentence(out);
}

static void steps_count(const struct snap_migration *m, guint *done, guint *total)
{
    *done = *total = 0;
    for (guint i = 0; i < m->phases->len; i++) {
        const struct snap_phase *phase = m->phases->pdata[i];
        for (guint j = 0; j < phase->steps->len; j++, (*total)++) {
            const struct snap_step *step = phase->steps->pdata[j];
            *done += is(step->state, "done") || is(step->state, "skipped");
        }
    }
}

/* "12.7 of 20.0 million rows": a unit for both. */
static void add_count(GString *out, double done, double total)
{
    static const char *const units[] = {"", "thousand ", "million ", "billion "};
    guint unit = 0;
    if (isnan(done) || isnan(total))
        return;
    for (; total >= (unit ? 1000 : 9999.5) && unit + 1 < G_N_ELEMENTS(units); unit++) {
        total /= 1000;
        done /= 1000;
    }
    int digits = unit ? 1 : 0;
    add(out, ", %.*f of %.*f %srows", digits, done, digits, total, units[unit]);
}

static void add_rows(GString *out, const struct view *view, const struct snap_migration *m)
{
    const struct snap_progress *p = &m->progress;
    g_autofree char *left = spoken_range(p->eta_low_s, p->eta_high_s);
    add(out, "%.0f percent", floor(p->fraction * 100));
    add_count(out, p->rows_done, p->rows_total);
    if (p->quarantined > 0)
        add(out, ", %.0f rows could not be filled", p->quarantined);
    if (p->fraction < 1 && (hold_main(m) || !view->snapshot->engine_alive))
        add(out, ", held");
    else if (p->fraction < 1 && left)
        add(out, ", %s left", left);
}

static char *done_sentence(const struct view *view, const struct snap_migration *m)
{
    guint done, total;
    GString *out = g_string_new("Done: ");
    steps_count(m, &done, &total);
    if (is_open(m) && migration_progress_counts(m))
        add_rows(out, view, m);
    else
        add(out, "%u of %u steps", done, total);
    return sentence(out);
}

char *sentence_of_guard(const struct snap_guard *guard)
{
    g_autofree char *value = reading_format(guard->value, guard->pause, guard->unit);
    g_autofree char *limit = reading_format(guard->pause, guard->pause, guard->unit);
    double room = snap_guard_room(guard);
    if (isnan(room))
        return g_strdup_printf("%s: %s%s%s", guard->name, guard->state,
                               guard->detail && *guard->detail ? ", " : "",
                               guard->detail ? guard->detail : "");
    if (!is(guard->state, "ok"))
        return g_strdup_printf("%s: %s of %s, %s", guard->name, value, limit, guard->state);
    return g_strdup_printf("%s: %s of %s, %.0f percent room", guard->name, value, limit,
                           floor(CLAMP(room, 0, 1) * 100));
}

static void add_evidence(GString *out, const struct view *view, const struct snap_migration *m)
{
    struct waits waits = waits_on_us(view->snapshot);
    const struct snap_guard *tight = guard_tightest(m);
    g_autofree char *longest = spoken_time(waits.longest_s);
    if (!waits.on_us)
        add(out, ". Nobody waits on us");
    else
        add(out, ". %d session%s on us, the longest for %s", waits.on_us,
            waits.on_us == 1 ? " waits" : "s wait", longest);
    g_autofree char *guard = tight ? sentence_of_guard(tight) : NULL;
    if (guard)
        add(out, ". Tightest guard: %s", guard);
    if (!is_latency_watched(m))
        add(out, ". Application latency is not watched");
    g_autofree char *since = since_pause_text(view, m);
    if (since)
        add(out, ". Then, %s", since);
}

static const char *harm_spoken(const struct view *view, const struct snap_migration *m)
{
    static const char *const words[] = {"calm", "watch", "tight", "hurting", "unknown"};
    if (view_is_old(view))
        return words[HARM_UNKNOWN];
    return words[is_open(m) ? snap_harm(view->snapshot, m) : HARM_CALM];
}

static char *harm_sentence(const struct view *view, const struct snap_migration *m)
{
    GString *out = g_string_new(NULL);
    add(out, "Harm: %s", harm_spoken(view, m));
    g_autofree char *age = spoken_time(view->age_s);
    if (view_is_old(view))
        add(out, ", what is known is %s old", age && isfinite(view->age_s) ? age : "very");
    else if (!is_open(m))
        add(out, ", nothing of ours runs");
    else if (!view->snapshot->engine_alive)
        add(out, ", no engine runs, so nobody reads the guards");
    else
        add_evidence(out, view, m);
    return sentence(out);
}

/* What is not of now says so, each time: sentences are heard one by one. */
static void add_moment(GPtrArray *sentences, const struct view *view)
{
    gboolean past = view->past_s > 0;
    g_autofree char *ago = spoken_time(past ? view->past_s : view->frozen_s);
    g_autofree char *moment =
        past ? g_strdup_printf("Past, %s. ", view->clock ? view->clock : "") : g_strdup("Frozen. ");
    for (guint i = 0; i < sentences->len; i++) {
        char *text = g_strconcat(moment, sentences->pdata[i], NULL);
        g_free(sentences->pdata[i]);
        sentences->pdata[i] = text;
    }
    char *first = g_strdup_printf("%s, %s%s.%s%s%s", past ? "This is the past" : "This is frozen",
                                  ago ? ago : "a moment", past ? " ago" : " old",
                                  view->present ? " The present: " : "",
                                  view->present ? view->present : "", view->present ? "." : "");
    g_ptr_array_insert(sentences, 0, first);
}

char **sentences_of(const struct view *view)
{
    const struct snap_migration *m = view_migration(view);
    GPtrArray *out = g_ptr_array_new();
    if (m) {
        g_ptr_array_add(out, phase_sentence(view, m));
        g_ptr_array_add(out, done_sentence(view, m));
        g_ptr_array_add(out, harm_sentence(view, m));
        g_ptr_array_add(out, g_strdup_printf("Pause: %s.", pause_says(view, m)));
        g_ptr_array_add(out, g_strdup_printf("Abort: %s.", abort_says(view, m)));
    } else if (!view->snapshot) {
        g_ptr_array_add(out,
                        g_strdup_printf("There is no connection%s%s.", view->why ? ": " : " yet",
                                        view->why ? view->why : ""));
    } else if (!view->snapshot->installed) {
        g_ptr_array_add(out,
                        g_strdup("There is no schema pgrollout in this database that this login "
                                 "may read. What there is to see: locks, replicas, activity. "
                                 "To install it: pgrollout install."));
    } else {
        g_ptr_array_add(out, g_strdup("No migration is loaded. To load one: pgrollout load PLAN."));
    }
    if (view->past_s > 0 || view->frozen_s > 0)
        add_moment(out, view);
    g_ptr_array_add(out, NULL);
    return (char **)g_ptr_array_free(out, FALSE);
}

char *sentence_of_migration(const struct view *view, const struct snap_migration *m)
{
    g_autofree char *phase = phase_sentence(view, m);
    GString *out = g_string_new(NULL);
    add(out, "%s: %s", m->name, phase + strlen("Phase: "));
    g_string_truncate(out, out->len - 1);
    if (is_open(m) && migration_progress_counts(m))
        add(out, ", %.0f percent", floor(m->progress.fraction * 100));
    add(out, ". Harm: %s", harm_spoken(view, m));
    return sentence(out);
}
