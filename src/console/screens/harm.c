/* Does it hurt, and is it us: the verdict with its evidence on the same line. */
#include "config.h"
#include "console/screens/screens.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define BEFORE_S 10 /* what others felt before a pause is the worst of so many seconds */
#define PARTS_MAX 10
#define WORTH_MOST 10
#define WORTH_MATTERS 5

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

char *guard_title(const struct snap_guard *guard, gboolean brief)
{
    static const struct {
        const char *name, *brief;
    } names[] = {{"replication_lag", "lag"},    {"replication_bytes", "lag bytes"},
                 {"lock_waiters", "waiters"},   {"query_latency", "latency"},
                 {"archive_queue", "archive"},  {"long_transaction", "long xact"},
                 {"fallback_reads", "fallback"}};
    for (guint i = 0; brief && i < G_N_ELEMENTS(names); i++)
        if (is(guard->name, names[i].name))
            return g_strdup(names[i].brief);
    char *title = g_strdup(guard->name ? guard->name : "?");
    return g_strdelimit(title, "_", ' ');
}

const char *guard_trend(const struct snap_migration *m, const struct snap_guard *guard,
                        double *per_s)
{
    const struct snap_series *series = is(guard->name, "replication_lag") ? &m->lag_s
                                       : is(guard->name, "lock_waiters")  ? &m->waits
                                                                          : NULL;
    *per_s = NAN;
    if (!series || series->n <= TREND_S || isnan(guard->value))
        return NULL;
    *per_s = (series->values[series->n - 1] - series->values[series->n - 1 - TREND_S]) / TREND_S;
    if (isnan(*per_s))
        return NULL;
    if (fabs(*per_s) * TREND_S < fabs(guard->pause) / 20)
        return "steady";
    return *per_s < 0 ? "falling" : "rising";
}

/* Part of a line: said in full, else in short, else not at all, the least worth first. */
struct part {
    char *full, *brief; /* brief NULL: in full or not at all */
    enum token token;
    int worth;
    int form; /* 0 not said, 1 in short, 2 in full */
};

struct parts {
    struct part part[PARTS_MAX];
    int n;
};

static void parts_add(struct parts *parts, enum token token, int worth, char *full, char *brief)
{
    if (parts->n < PARTS_MAX)
        parts->part[parts->n++] =
            (struct part){full, brief ? brief : g_strdup(full), token, worth, 0};
}

static int part_width(const struct pen *pen, const struct part *part, int form)
{
    return form == 0 ? 0 : pen_measure(pen, form == 1 ? part->brief : part->full) + 3;
}

static void parts_widen(const struct pen *pen, struct parts *parts, int from, int to, int *room)
{
    for (int form = 1; form <= 2; form++) {
        for (int worth = from; worth >= to; worth--) {
            for (int i = 0; i < parts->n; i++) {
                struct part *part = &parts->part[i];
                int more = part_width(pen, part, form) - part_width(pen, part, part->form);
                if (part->worth != worth || part->form != form - 1 || more > *room)
                    continue;
                part->form = form;
                *room -= more;
            }
        }
    }
}

/* Of what matters everything in short that fits, by its worth, then in full; then what is merely
 * useful. */
static void parts_choose(const struct pen *pen, struct parts *parts)
{
    int room = pen_room(pen) + 3;
    parts_widen(pen, parts, WORTH_MOST, WORTH_MATTERS, &room);
    parts_widen(pen, parts, WORTH_MATTERS - 1, 1, &room);
}

static void parts_draw(struct pen *pen, struct parts *parts)
{
    gboolean first = TRUE;
    parts_choose(pen, parts);
    for (int i = 0; i < parts->n; i++) {
        struct part *part = &parts->part[i];
        if (part->form)
            draw_part(pen, part->token, &first, part->form == 1 ? part->brief : part->full);
        g_free(part->full);
        g_free(part->brief);
    }
}

/* These say that our own work is stuck, not that anybody is harmed by it. */
static gboolean tells_of_harm(const struct snap_guard *guard)
{
    return !is(guard->name, "stall") && !is(guard->name, "retries") && !is(guard->name, "window");
}

/* A guard that has tripped, else the one with the least room. */
const struct snap_guard *guard_tightest(const struct snap_migration *m)
{
    const struct snap_guard *tightest = NULL;
    for (guint i = 0; i < m->guards->len; i++) {
        const struct snap_guard *guard = g_ptr_array_index(m->guards, i);
        double room = snap_guard_room(guard);
        if (!tells_of_harm(guard))
            continue;
        if (is(guard->state, "tripped"))
            return guard;
        if (!isnan(room) && (!tightest || room < snap_guard_room(tightest)))
            tightest = guard;
    }
    return tightest;
}

static const struct snap_guard *guard_blind(const struct snap_migration *m)
{
    for (guint i = 0; i < m->guards->len; i++) {
        const struct snap_guard *guard = g_ptr_array_index(m->guards, i);
        if (tells_of_harm(guard) && is(guard->state, "blind"))
            return guard;
    }
    return NULL;
}

struct waits waits_on_us(const struct snapshot *snapshot)
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

gboolean is_latency_watched(const struct snap_migration *m)
{
    const struct snap_guard *latency = snap_guard_find(m, "query_latency");
    return latency && !is(latency->state, "unwatched") && !is(latency->state, "off");
}

static void add_tight(struct parts *parts, const struct snapshot *s, const struct snap_migration *m,
                      enum harm harm)
{
    const struct snap_guard *guard = harm == HARM_CALM ? NULL : guard_tightest(m);
    const struct snap_guard *blind = harm == HARM_UNKNOWN ? guard_blind(m) : NULL;
    if (blind) {
        g_autofree char *title = guard_title(blind, FALSE), *brief = guard_title(blind, TRUE);
        parts_add(parts, TOKEN_LOST, 10,
                  g_strdup_printf("%s cannot be read%s%s", title, blind->detail ? ": " : "",
                                  blind->detail ? blind->detail : ""),
                  g_strdup_printf("%s unread", brief));
    }
    if (!guard || (!is(guard->state, "tripped") && snap_guard_room(guard) >= 0.5))
        return;
    double per_s;
    const char *trend = guard_trend(m, guard, &per_s);
    g_autofree char *value = reading_format(guard->value, guard->pause, guard->unit);
    g_autofree char *limit = reading_format(guard->pause, guard->pause, guard->unit);
    g_autofree char *title = guard_title(guard, FALSE), *brief = guard_title(guard, TRUE);
    const struct snap_replica *worst = s->replicas->len ? s->replicas->pdata[0] : NULL;
    gboolean on = worst && worst->name && is(guard->name, "replication_lag");
    parts_add(parts, TOKEN_TEXT, 10,
              g_strdup_printf("%s %s of %s%s%s%s%s", title, value, limit, on ? " on " : "",
                              on ? worst->name : "", trend ? ", " : "", trend ? trend : ""),
              g_strdup_printf("%s %s of %s", brief, value, limit));
}

static void add_waits(struct parts *parts, const struct snapshot *snapshot)
{
    struct waits waits = waits_on_us(snapshot);
    g_autofree char *longest = age_format(waits.longest_s);
    const char *wait = waits.on_us == 1 ? "waits" : "wait";
    if (waits.on_us)
        parts_add(parts, TOKEN_WARN, 9,
                  g_strdup_printf("%d %s on us, longest %s", waits.on_us, wait, longest),
                  g_strdup_printf("%d %s on us", waits.on_us, wait));
    else
        parts_add(parts, TOKEN_TEXT, 6, g_strdup("0 wait on us"), NULL);
}

static void add_lag(struct parts *parts, const struct view *view, const struct snap_migration *m)
{
    const GPtrArray *replicas = view->snapshot->replicas;
    const struct snap_replica *worst = replicas->len ? replicas->pdata[0] : NULL;
    if (!worst || (worst->lag_s < 1 && view->width < 100 && !view_is_compact(view)))
        return; /* so little stands among the guards */
    /* without pg_monitor a login does not see the lag itself; the engine does */
    g_autofree char *lag = age_format(isnan(worst->lag_s) ? series_last(&m->lag_s) : worst->lag_s);
    parts_add(parts, TOKEN_TEXT, 5,
              g_strdup_printf("lag %s %s", lag, worst->name ? worst->name : "?"),
              g_strdup_printf("lag %s", lag));
}

char *us_share_text(const struct snapshot *s)
{
    g_autofree char *wal =
        isnan(s->our_wal_share) ? NULL : g_strdup_printf("%.0f%% of WAL", s->our_wal_share * 100);
    g_autofree char *active =
        isnan(s->our_active) || isnan(s->all_active)
            ? NULL
            : g_strdup_printf("%.0f of %.0f active", s->our_active, s->all_active);
    if (!wal && !active)
        return NULL;
    return g_strdup_printf("%s%s%s", wal ? wal : "", wal && active ? ", " : "",
                           active ? active : "");
}

const struct snap_event *us_last_act(const struct snap_migration *m)
{
    for (guint i = 0; i < m->events->len; i++) {
        const struct snap_event *e = g_ptr_array_index(m->events, i);
        if (is(e->who, "engine") && e->text)
            return e;
    }
    return NULL;
}

static void harm_evidence(const struct view *view, struct pen *pen, const struct snap_migration *m,
                          enum harm harm)
{
    struct parts parts = {.n = 0};
    char *since = since_pause_text(view, m);
    gboolean hurts = waits_on_us(view->snapshot).on_us > 0;
    add_tight(&parts, view->snapshot, m, harm);
    if (hurts) /* what makes the verdict comes before what is not known */
        add_waits(&parts, view->snapshot);
    if (!is_latency_watched(m))
        parts_add(&parts, TOKEN_TEXT, 7,
                  g_strdup(harm == HARM_CALM ? "of what is watched (app latency: not watched)"
                                             : "(app latency: not watched)"),
                  g_strdup("(app latency: not watched)"));
    /* a recording has how many waited, not who they were */
    if (!since && !hurts && !view->replay)
        add_waits(&parts, view->snapshot);
    if (since) {
        const char *verdict = strrchr(since, ':');
        parts_add(&parts, TOKEN_TEXT, 6, since,
                  g_strdup_printf("since the pause%s", verdict ? verdict : ""));
    }
    if (harm != HARM_HURTING && harm != HARM_TIGHT)
        add_lag(&parts, view, m);
    g_autofree char *share = us_share_text(view->snapshot);
    if (share && (view->width >= 100 || harm != HARM_CALM))
        parts_add(&parts, TOKEN_TEXT, 4, g_strdup_printf("ours %s", share), NULL);
    const struct snap_guard *tight = harm == HARM_CALM ? guard_tightest(m) : NULL;
    if (tight && view->width >= 140) {
        g_autofree char *title = guard_title(tight, FALSE);
        parts_add(&parts, TOKEN_TEXT, 3, g_strdup_printf("least room: %s", title), NULL);
    }
    parts_draw(pen, &parts);
}

void harm_line(const struct view *view, struct pen *pen, const struct snap_migration *m)
{
    static const struct {
        const char *glyph;
        enum token token;
    } marks[] = {{"·", TOKEN_OK},
                 {"▲", TOKEN_WARN},
                 {"▲", TOKEN_WARN},
                 {"◆", TOKEN_DANGER},
                 {"?", TOKEN_LOST}};
    enum harm seen = migration_is_open(m) ? snap_harm(view->snapshot, m) : HARM_CALM;
    enum harm harm = view_is_old(view) ? HARM_UNKNOWN : seen;
    pen_format(pen, marks[harm].token, "%s %-*s ", marks[harm].glyph,
               view_is_compact(view) || (harm == HARM_CALM && !is_latency_watched(m)) ? 4 : 7,
               harm_word(harm));
    g_autofree char *age = age_format(view->age_s);
    if (view_is_old(view))
        pen_format(pen, TOKEN_TEXT, " last known %s, %s ago", harm_word(seen), age);
    else if (!migration_is_open(m))
        pen_text(pen, TOKEN_TEXT, " nothing of ours runs");
    else if (!view->snapshot->engine_alive && harm == HARM_UNKNOWN)
        pen_text(pen, TOKEN_TEXT, " no engine, so nobody reads the guards");
    else
        harm_evidence(view, pen, m, harm);
}

/* The worst of the seconds before the pause, where the series goes back so far; NAN. */
static double waits_before(const struct snap_migration *m, double age_s)
{
    double worst = NAN;
    for (guint i = 0; i < m->waits.n; i++) {
        double ago = (double)(m->waits.n - 1 - i) - age_s;
        if (ago >= 0 && ago < BEFORE_S && !(m->waits.values[i] <= worst))
            worst = m->waits.values[i];
    }
    return worst;
}

static double waits_of_others(const struct snapshot *s)
{
    int n = 0;
    for (guint i = 0; i < s->lock_waits->len; i++)
        n += !((const struct snap_lock_wait *)s->lock_waits->pdata[i])->ours;
    return n;
}

char *since_pause_text(const struct view *view, const struct snap_migration *m)
{
    const struct snap_hold *hold = snap_hold_find(m, "operator");
    if (!hold || isnan(hold->age_s))
        return NULL;
    gboolean seen = view->before.known; /* by this console itself: of all that waited */
    double was = seen ? view->before.waits : waits_before(m, hold->age_s);
    double waits = seen ? waits_of_others(view->snapshot) : series_last(&m->waits);
    if (isnan(was) || isnan(waits))
        return NULL;
    const struct snap_guard *latency = snap_guard_find(m, "query_latency");
    double mean = latency ? latency->value : NAN;
    double mean_was = seen ? view->before.latency : NAN;
    g_autofree char *age = age_format(hold->age_s), *now = reading_format(mean, 2, "x");
    g_autofree char *then = reading_format(mean_was, 2, "x");
    g_autofree char *means = isnan(mean) || isnan(mean_was)
                                 ? g_strdup("")
                                 : g_strdup_printf("latency %s -> %s, ", then, now);
    gboolean was_calm = was == 0 && !(mean_was > 1.2);
    gboolean better = waits * 2 <= was && !(mean > 1.2 && mean > 0.8 * mean_was);
    return g_strdup_printf("since the pause %s: %swaits %.0f -> %.0f: %s", age, means, was, waits,
                           was_calm ? "calm before it"
                           : better ? "probably us"
                                    : "probably not us");
}
