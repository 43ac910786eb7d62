/* What a snapshot means: the order of attention, the room of a guard, the verdict on harm. */
#include "config.h"
#include "pgrollout/engine/snapshot.h"

#include <math.h>

/* A session that waits on one of ours for so long is harmed, whatever the guards' limits are. */
#define HURTING_WAIT_S 1.0
#define TIGHT_ROOM 0.20
#define WATCH_ROOM 0.50

struct snap_migration *snapshot_migration_find(const struct snapshot *snapshot, const char *name)
{
    for (guint i = 0; i < snapshot->migrations->len; i++) {
        struct snap_migration *m = g_ptr_array_index(snapshot->migrations, i);
        if (g_strcmp0(m->name, name) == 0)
            return m;
    }
    return NULL;
}

struct snap_hold *snap_hold_find(const struct snap_migration *migration, const char *kind)
{
    for (guint i = 0; i < migration->holds->len; i++) {
        struct snap_hold *hold = g_ptr_array_index(migration->holds, i);
        if (g_strcmp0(hold->kind, kind) == 0)
            return hold;
    }
    return NULL;
}

struct snap_guard *snap_guard_find(const struct snap_migration *migration, const char *name)
{
    for (guint i = 0; i < migration->guards->len; i++) {
        struct snap_guard *guard = g_ptr_array_index(migration->guards, i);
        if (g_strcmp0(guard->name, name) == 0)
            return guard;
    }
    return NULL;
}

struct snap_phase *snap_phase_find(const struct snap_migration *migration, const char *name)
{
    for (guint i = 0; i < migration->phases->len; i++) {
        struct snap_phase *phase = g_ptr_array_index(migration->phases, i);
        if (g_strcmp0(phase->name, name) == 0)
            return phase;
    }
    return NULL;
}

struct snap_step *snap_step_current(const struct snap_migration *migration, guint *number,
                                    guint *total)
{
    struct snap_step *found = NULL;
    guint count = 0, place = 0;
    for (guint i = 0; i < migration->phases->len; i++) {
        struct snap_phase *phase = g_ptr_array_index(migration->phases, i);
        for (guint j = 0; j < phase->steps->len; j++) {
            struct snap_step *step = g_ptr_array_index(phase->steps, j);
            count++;
            if (found || g_strcmp0(step->name, migration->step) != 0)
                continue;
            found = step;
            place = count;
        }
    }
    if (number)
        *number = place;
    if (total)
        *total = count;
    return found;
}

static int attention_rank(const struct snap_migration *m)
{
    gboolean under_way = g_strcmp0(m->state, "active") == 0 || g_strcmp0(m->state, "aborting") == 0;
    if (g_strcmp0(m->state, "failed") == 0)
        return 0;
    if (!under_way)
        return g_strcmp0(m->state, "loaded") == 0 ? 5 : 6;
    if (snap_hold_find(m, "guard") || snap_hold_find(m, "ambiguous") || snap_hold_find(m, "lock"))
        return 1;
    if (m->gate || snap_hold_find(m, "gate") || snap_hold_find(m, "boundary"))
        return 2;
    return snap_hold_find(m, "operator") || snap_hold_find(m, "stepping") ? 4 : 3;
}

int snap_migration_compare(const struct snap_migration *a, const struct snap_migration *b)
{
    int difference = attention_rank(a) - attention_rank(b);
    if (difference)
        return difference;
    /* the finished ones: newest first; all others: oldest first */
    int order = a->id < b->id ? -1 : a->id > b->id;
    return attention_rank(a) == 6 ? -order : order;
}

const char *harm_word(enum harm harm)
{
    static const char *const words[] = {"CALM", "WATCH", "TIGHT", "HURTING", "UNKNOWN"};
    return words[harm];
}

double snap_guard_room(const struct snap_guard *guard)
{
    if (isnan(guard->value) || isnan(guard->pause) || g_strcmp0(guard->state, "off") == 0 ||
        g_strcmp0(guard->state, "unwatched") == 0 || g_strcmp0(guard->state, "blind") == 0)
        return NAN;
    double room;
    if (g_strcmp0(guard->unit, "x") == 0 &&
        guard->pause > 1) /* times the baseline: 1 is all of it */
        room = 1 - (guard->value - 1) / (guard->pause - 1);
    else if (guard->resume > guard->pause) /* a floor, like free space */
        room = guard->value > 0 ? (guard->value - guard->pause) / guard->value : 0;
    else if (guard->pause > 0)
        room = 1 - guard->value / guard->pause;
    else
        room = guard->value > 0 ? 0 : 1;
    return CLAMP(room, 0, 1);
}

/* These say that our own work is stuck or may not go on now, not that anybody is harmed by it. */
static gboolean tells_of_harm(const struct snap_guard *guard)
{
    static const char *const own[] = {"stall", "retries", "window", NULL};
    return !g_strv_contains(own, guard->name ? guard->name : "");
}

static enum harm harm_of_waits(const struct snapshot *snapshot)
{
    enum harm harm = HARM_CALM;
    for (guint i = 0; i < snapshot->lock_waits->len; i++) {
        const struct snap_lock_wait *wait = g_ptr_array_index(snapshot->lock_waits, i);
        if (!wait->on_us || wait->ours)
            continue;
        if (wait->waited_s >= HURTING_WAIT_S)
            return HARM_HURTING;
        harm = HARM_WATCH;
    }
    return harm;
}

enum harm snap_harm(const struct snapshot *snapshot, const struct snap_migration *migration)
{
    enum harm harm = harm_of_waits(snapshot);
    double least = NAN;
    gboolean blind = !snapshot->engine_alive; /* the sensor is the engine's */
    for (guint i = 0; i < migration->guards->len; i++) {
        const struct snap_guard *guard = g_ptr_array_index(migration->guards, i);
        if (!tells_of_harm(guard))
            continue;
        if (g_strcmp0(guard->state, "tripped") == 0)
            return HARM_HURTING;
        blind |= g_strcmp0(guard->state, "blind") == 0;
        double room = snap_guard_room(guard);
        if (!isnan(room) && !(room >= least))
            least = room;
    }
    if (harm == HARM_HURTING)
        return harm;
    if (blind || isnan(least))
        return HARM_UNKNOWN;
    if (least < TIGHT_ROOM)
        return HARM_TIGHT;
    return least < WATCH_ROOM ? HARM_WATCH : harm;
}
