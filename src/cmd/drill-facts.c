/* A snapshot as facts. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "cmd/drill-private.h"

static void step_add(struct drill_facts *facts, const struct snap_step *step)
{
    static const char *const states[] = {"done", "skipped", "failed"};
    for (guint i = 0; i < G_N_ELEMENTS(states); i++)
        if (g_strcmp0(step->state, states[i]) == 0)
            drill_facts_add(facts, states[i], step->name);
}

static void phases_add(struct drill_facts *facts, const struct snap_migration *m)
{
    drill_facts_know(facts, "done");
    drill_facts_know(facts, "skipped");
    drill_facts_know(facts, "failed");
    drill_facts_know(facts, "reached");
    for (guint p = 0; p < m->phases->len; p++) {
        const struct snap_phase *phase = m->phases->pdata[p];
        if (g_strcmp0(phase->state, "pending") != 0)
            drill_facts_add(facts, "reached", phase->name);
        for (guint s = 0; s < phase->steps->len; s++)
            step_add(facts, phase->steps->pdata[s]);
    }
}

static void migration_add(struct drill_facts *facts, const struct snap_migration *m)
{
    drill_facts_add(facts, "state", m->state);
    drill_facts_add(facts, "phase", m->phase);
    drill_facts_add(facts, "step", m->step);
    phases_add(facts, m);
    drill_facts_know(facts, "hold");
    for (guint i = 0; i < m->holds->len; i++) {
        const struct snap_hold *hold = m->holds->pdata[i];
        drill_facts_add_pair(facts, "hold", hold->kind, hold->key);
    }
    drill_facts_know(facts, "guard");
    for (guint i = 0; i < m->guards->len; i++) {
        const struct snap_guard *guard = m->guards->pdata[i];
        if (guard->name)
            drill_facts_add_pair(facts, "guard", guard->name, guard->state);
    }
    if (!m->has_progress)
        return;
    drill_facts_set_number(facts, "progress", m->progress.fraction * 100);
    drill_facts_set_number(facts, "batch-rows", m->progress.batch_rows);
    drill_facts_set_number(facts, "batch-ms", m->progress.batch_ms);
    drill_facts_set_number(facts, "quarantined", m->progress.quarantined);
}

void drill_facts_read(struct drill_facts *facts, const struct snapshot *s,
                      const struct snap_migration *m)
{
    double longest = 0, lag = NAN;
    int waits = 0;
    drill_facts_add(facts, "engine", s->engine_alive ? "alive" : "dead");
    for (guint i = 0; i < s->lock_waits->len; i++) {
        const struct snap_lock_wait *wait = s->lock_waits->pdata[i];
        if (wait->ours)
            continue;
        waits += wait->on_us;
        longest = fmax(longest, wait->waited_s); /* whoever it is that they wait for */
    }
    drill_facts_set_number(facts, "waits", waits);
    drill_facts_set_number(facts, "longest", longest);
    for (guint i = 0; i < s->replicas->len; i++)
        lag = fmax(lag, ((struct snap_replica *)s->replicas->pdata[i])->lag_s);
    drill_facts_set_number(facts, "lag", lag);
    if (m)
        migration_add(facts, m);
    else
        drill_facts_add(facts, "state", "none");
}
