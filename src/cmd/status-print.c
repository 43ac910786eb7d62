/* The facts for people. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/print.h"
#include "cmd/status.h"
#include "pgrollout/base/units.h"

/* A duration for people: "0.4s", "3m 20s", "2h 5m", "3d 4h"; "?" when not known. */
static char *span(double seconds)
{
    if (!isfinite(seconds) || seconds < 0)
        return g_strdup("?");
    if (seconds < 60)
        return g_strdup_printf(seconds < 10 ? "%.1fs" : "%.0fs", seconds);
    gint64 s = (gint64)seconds;
    if (s < 3600)
        return g_strdup_printf("%dm %ds", (int)(s / 60), (int)(s % 60));
    if (s < 86400)
        return g_strdup_printf("%dh %dm", (int)(s / 3600), (int)(s / 60 % 60));
    return g_strdup_printf("%" G_GINT64_FORMAT "d %dh", s / 86400, (int)(s / 3600 % 24));
}

static char *number(double value)
{
    return isfinite(value) ? count_format((gint64)value) : g_strdup("?");
}

/* A label in its column, then the text, safe. */
static void fact(const char *label, const char *text)
{
    g_autofree char *safe = print_safe(text);
    printf("  %-7s %s\n", label, safe);
}

static void print_phase(const struct snap_migration *m)
{
    guint at, total;
    gboolean aborted = g_strcmp0(m->state, "aborted") == 0; /* what is pending will not come */
    struct snap_step *step = aborted ? NULL : snap_step_current(m, &at, &total);
    GString *text = g_string_new(m->state);
    if (m->phase)
        g_string_append_printf(text, ", phase %s", m->phase);
    if (step)
        g_string_append_printf(text, ", step %s (%u of %u), %s", step->name, at, total,
                               step->state);
    if (m->waits_for)
        g_string_append_printf(text, "; waits for %s", m->waits_for);
    fact("PHASE", text->str);
    if (step && step->error)
        fact("ERROR", step->error);
    g_string_free(text, TRUE);
}

static void print_done(const struct snap_migration *m)
{
    const struct snap_progress *p = &m->progress;
    if (!m->has_progress) {
        fact("DONE", "no batches yet");
        return;
    }
    g_autofree char *done = number(p->rows_done), *total = number(p->rows_total);
    g_autofree char *rate = number(p->rows_per_s);
    g_autofree char *low = span(p->eta_low_s), *high = span(p->eta_high_s);
    g_autofree char *part =
        isfinite(p->fraction) ? g_strdup_printf("%.1f %%", p->fraction * 100) : g_strdup("?");
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s, %s of about %s rows", part, done, total);
    if (p->rows_per_s > 0)
        g_string_append_printf(text, ", %s/s", rate);
    if (isfinite(p->eta_low_s) && p->eta_high_s > 0)
        g_string_append_printf(text, ", %s to %s left", low, high);
    if (p->batch_rows > 0)
        g_string_append_printf(text, "; batches of %.0f rows in %.1f ms", p->batch_rows,
                               p->batch_ms);
    fact("DONE", text->str);
    g_string_free(text, TRUE);
}

static void print_unfilled(const struct snap_migration *m)
{
    const struct snap_progress *p = &m->progress;
    if (!m->has_progress || !(p->quarantined > 0))
        return;
    g_autofree char *count = number(p->quarantined);
    g_autofree char *text =
        g_strdup_printf("%s %s not filled: %s%s; status %s --quarantine lists them", count,
                        p->quarantined == 1 ? "row" : "rows", p->unfilled ? p->unfilled : "?",
                        p->quarantined > 3 ? ", …" : "", m->name);
    fact("LEFT", text);
}

/* Guards that a line has room for, besides those that hold. */
#define GUARDS_TOLD 3

static gboolean guard_is(const struct snap_guard *guard, const char *state)
{
    return g_strcmp0(guard->state, state) == 0;
}

static char *reading_text(const struct snap_guard *guard, double value)
{
    if (g_strcmp0(guard->unit, "B") == 0)
        return size_format((gint64)value);
    return g_strdup_printf("%.4g%s", value, guard->unit ? guard->unit : "");
}

static void guard_append(GString *text, const struct snap_guard *guard)
{
    g_string_append_printf(text, "%s %s ", strchr(text->str, ':') ? "," : ":", guard->name);
    if (isfinite(guard->value)) {
        g_autofree char *value = reading_text(guard, guard->value);
        g_string_append(text, value);
    } else {
        g_string_append(text, guard->state ? guard->state : "?");
    }
    if (isfinite(guard->pause)) {
        g_autofree char *pause = reading_text(guard, guard->pause);
        g_string_append_printf(text, " of %s", pause);
    }
    if (guard_is(guard, "tripped"))
        g_string_append(text, " TRIPPED");
}

/* Those that hold come first, then those with least room; without a value there is none. */
static double urgency(const struct snap_guard *guard)
{
    if (guard_is(guard, "tripped") || guard_is(guard, "blind"))
        return guard_is(guard, "tripped") ? -2 : -1;
    double room = snap_guard_room(guard);
    return isnan(room) ? 2 : room;
}

static gint compare_guards(gconstpointer a, gconstpointer b)
{
    double x = urgency(*(struct snap_guard *const *)a), y = urgency(*(struct snap_guard *const *)b);
    return x < y ? -1 : x > y;
}

static void print_harm(const struct snapshot *snapshot, const struct snap_migration *m)
{
    GString *text = g_string_new(harm_word(snap_harm(snapshot, m)));
    g_autoptr(GPtrArray) guards = g_ptr_array_copy(m->guards, NULL, NULL);
    g_ptr_array_set_free_func(guards, NULL); /* the migration owns them */
    g_ptr_array_sort(guards, compare_guards);
    guint told = 0, more = 0;
    for (guint i = 0; i < guards->len; i++) {
        const struct snap_guard *guard = g_ptr_array_index(guards, i);
        if (guard_is(guard, "off"))
            continue;
        if (urgency(guard) < 0 || told < GUARDS_TOLD) {
            guard_append(text, guard);
            told++;
        } else {
            more++;
        }
    }
    if (more)
        g_string_append_printf(text, "; %u more have more room", more);
    fact("HARM", text->str);
    g_string_free(text, TRUE);
}

static void print_gate(const struct snap_gate *gate, const char *name)
{
    g_autofree char *question = g_strdup_printf(
        "%s%s: %s", gate->step, gate->reverse ? " (before undoing)" : "", gate->text);
    fact("GATE", question);
    if (gate->evidence)
        fact("", gate->evidence);
    if (gate->evidence && !gate->clear)
        fact("", "an answer needs a reason: pgrollout confirm … --reason TEXT");
    for (guint i = 0; i < gate->answers->len; i++) {
        const struct snap_answer *answer = g_ptr_array_index(gate->answers, i);
        g_autofree char *line =
            answer->by
                ? g_strdup_printf("%s: confirmed by %s", answer->application, answer->by)
                : g_strdup_printf("%s: open; pgrollout confirm %s %s --for %s", answer->application,
                                  name, gate->step, answer->application);
        fact("", line);
    }
}

static void print_holds(const struct snap_migration *m)
{
    for (guint i = 0; i < m->holds->len; i++) {
        const struct snap_hold *hold = g_ptr_array_index(m->holds, i);
        g_autofree char *age = span(hold->age_s);
        GString *text = g_string_new(hold->kind);
        g_string_append_printf(text, "%s%s: %s", hold->key ? " " : "", hold->key ? hold->key : "",
                               hold->reason);
        if (isfinite(hold->age_s))
            g_string_append_printf(text, " (for %s%s%s)", age, hold->by ? ", by " : "",
                                   hold->by ? hold->by : "");
        fact("HELD", text->str);
        g_string_free(text, TRUE);
    }
}

/* Contract rests on it: what was found, and where nobody could look. */
static void print_evidence(const struct snap_migration *m)
{
    for (guint i = 0; i < m->phases->len; i++) {
        const struct snap_phase *phase = g_ptr_array_index(m->phases, i);
        for (guint k = 0; k < phase->steps->len; k++) {
            const struct snap_step *step = g_ptr_array_index(phase->steps, k);
            g_autofree char *text =
                step->evidence ? g_strdup_printf("%s: %s", step->name, step->evidence) : NULL;
            if (text)
                fact("SEEN", text);
        }
    }
}

static void print_migration(const struct snapshot *snapshot, const struct snap_migration *m)
{
    g_autofree char *title = print_safe(m->title);
    printf("\n%s%s%s\n", m->name, *title ? "  " : "", title);
    print_phase(m);
    print_done(m);
    print_unfilled(m);
    print_evidence(m);
    print_harm(snapshot, m);
    fact("PAUSE", m->pause_text);
    fact("ABORT", m->abort_text);
    print_holds(m);
    if (m->gate)
        print_gate(m->gate, m->name);
    g_autofree char *people =
        g_strjoin(", ", m->owner ? m->owner : "no owner named",
                  m->contact ? m->contact : "no contact named", m->ticket, NULL);
    fact("PEOPLE", people);
    if (m->events->len > 0) {
        const struct snap_event *event = g_ptr_array_index(m->events, 0);
        g_autofree char *text = g_strdup_printf("%s %s: %s", event->at, event->who, event->text);
        fact("LAST", text);
    }
}

static void print_replicas(const struct snapshot *snapshot)
{
    for (guint i = 0; i < snapshot->replicas->len; i++) {
        const struct snap_replica *replica = g_ptr_array_index(snapshot->replicas, i);
        g_autofree char *name = print_safe(replica->name), *state = print_safe(replica->state);
        g_autofree char *lag = span(replica->lag_s);
        printf("replica %s: %s, lag %s\n", name, *state ? state : "not visible to this login", lag);
    }
}

static void print_lock_waits(const struct snapshot *snapshot)
{
    for (guint i = 0; i < snapshot->lock_waits->len; i++) {
        const struct snap_lock_wait *wait = g_ptr_array_index(snapshot->lock_waits, i);
        g_autofree char *query = print_safe(wait->query), *waited = span(wait->waited_s);
        GString *blockers = g_string_new(NULL);
        for (guint k = 0; k < wait->blocked_by->len; k++)
            g_string_append_printf(blockers, "%s%" G_GINT64_FORMAT, k ? ", " : "",
                                   g_array_index(wait->blocked_by, gint64, k));
        printf("waits for a lock: pid %" G_GINT64_FORMAT " for %s, behind %s%s: %.100s\n",
               wait->pid, waited, blockers->str,
               wait->on_us  ? " (US)"
               : wait->ours ? " (we wait)"
                            : "",
               query);
        g_string_free(blockers, TRUE);
    }
}

static void print_engine(const struct snapshot *snapshot)
{
    g_autofree char *host = print_safe(snapshot->engine_host);
    g_autofree char *age = span(snapshot->heartbeat_age_s);
    if (snapshot->engine_alive)
        printf("engine: runs, pid %" G_GINT64_FORMAT " on %s, epoch %" G_GINT64_FORMAT
               ", heartbeat %s ago\n",
               snapshot->engine_pid, host, snapshot->engine_epoch, age);
    else
        printf("engine: none runs (pgrollout run)%s%s%s\n",
               isfinite(snapshot->heartbeat_age_s) ? "; last heartbeat " : "",
               isfinite(snapshot->heartbeat_age_s) ? age : "",
               isfinite(snapshot->heartbeat_age_s) ? " ago" : "");
}

void status_print(const struct snapshot *snapshot)
{
    g_autofree char *database = print_safe(snapshot->database);
    g_autofree char *login = print_safe(snapshot->login);
    printf("database: %s, %s, server %d.%d; you are %s (%s)\n", database,
           snapshot->server_role ? snapshot->server_role : "?", snapshot->server_version / 10000,
           snapshot->server_version % 10000, login, snapshot->role ? snapshot->role : "none");
    print_engine(snapshot);
    if (snapshot->paused_all)
        puts("everything is paused, what is loaded later too: pgrollout resume --all");
    print_replicas(snapshot);
    print_lock_waits(snapshot);
    if (snapshot->migrations->len == 0)
        puts("no migration is loaded (pgrollout load PLAN)");
    for (guint i = 0; i < snapshot->migrations->len; i++)
        print_migration(snapshot, g_ptr_array_index(snapshot->migrations, i));
}
