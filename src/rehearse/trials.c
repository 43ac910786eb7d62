/* What is tried: each statement alone, prepared, and behind each writing one of the others. */
#include "config.h"
#include "rehearse-private.h"

char *actor_name(const struct rehearsal_actor *actor)
{
    return actor->release == RELEASE_BOTH ? g_strdup(actor->application->name)
                                          : g_strdup_printf("%s %s", actor->application->name,
                                                            plan_release_name(actor->release));
}

const struct rehearsal_actor *trial_actor(const struct run *run, guint index)
{
    return g_ptr_array_index(run->result->actors, index);
}

static const GPtrArray *statements_of(const struct run *run, guint actor)
{
    const struct rehearsal_actor *who = trial_actor(run, actor);
    return who->application->statements[who->release];
}

static gboolean is_paired(const struct plan_application *application)
{
    const GPtrArray *old = application->statements[RELEASE_OLD];
    const GPtrArray *new = application->statements[RELEASE_NEW];
    if (old->len == 0 || old->len != new->len)
        return FALSE;
    for (guint i = 0; i < old->len; i++) {
        struct sql_shape one, other;
        sql_shape_of(((const struct plan_statement *)old->pdata[i])->sql, &one);
        sql_shape_of(((const struct plan_statement *)new->pdata[i])->sql, &other);
        if (one.reads != other.reads)
            return FALSE;
    }
    return TRUE;
}

static void actors_make(struct run *run)
{
    for (guint i = 0; i < run->plan->applications->len; i++) {
        const struct plan_application *application = run->plan->applications->pdata[i];
        for (int release = 0; release < RELEASE_COUNT; release++) {
            if (application->statements[release]->len == 0 && !application->command[release].text)
                continue;
            struct rehearsal_actor *actor = g_new0(struct rehearsal_actor, 1);
            actor->application = application;
            actor->release = (enum plan_release)release;
            actor->paired = is_paired(application);
            g_ptr_array_add(run->result->actors, actor);
        }
    }
}

static struct trial *trial_add(struct run *run, enum how how, guint actor, guint index)
{
    struct trial trial = {.how = how, .actor = actor, .index = index};
    trial.statement = g_ptr_array_index(statements_of(run, actor), index);
    sql_shape_of(trial.statement->sql, &trial.shape);
    /* chance decides which rows it gets */
    trial.unstable = trial.shape.cut && !trial.shape.ordered;
    g_array_append_val(run->trials, trial);
    return &g_array_index(run->trials, struct trial, run->trials->len - 1);
}

static void own_trials(struct run *run, guint actor)
{
    const GPtrArray *statements = statements_of(run, actor);
    for (guint i = 0; i < statements->len; i++) {
        trial_add(run, HOW_ALONE, actor, i);
        trial_add(run, HOW_HELD, actor, i);
    }
}

/* What reads, behind one statement that writes. */
static void trials_behind(struct run *run, guint by_actor, guint by_index)
{
    const struct plan_statement *by = g_ptr_array_index(statements_of(run, by_actor), by_index);
    struct sql_shape shape;
    sql_shape_of(by->sql, &shape);
    if (shape.reads)
        return;
    for (guint actor = 0; actor < run->result->actors->len; actor++) {
        const GPtrArray *statements = statements_of(run, actor);
        for (guint i = 0; i < statements->len; i++) {
            struct sql_shape reader;
            sql_shape_of(((const struct plan_statement *)statements->pdata[i])->sql, &reader);
            if (!reader.reads)
                continue;
            struct trial *trial = trial_add(run, HOW_AFTER, actor, i);
            trial->by_actor = by_actor;
            trial->by_index = by_index;
            trial->by = by;
        }
    }
}

void trials_make(struct run *run)
{
    actors_make(run);
    for (guint actor = 0; actor < run->result->actors->len; actor++)
        own_trials(run, actor);
    for (guint actor = 0; actor < run->result->actors->len; actor++)
        for (guint i = 0; i < statements_of(run, actor)->len; i++)
            trials_behind(run, actor, i);
}

gboolean state_needs(const struct state *state, const struct rehearsal_actor *actor)
{
    const struct plan_works *works = &actor->application->works[actor->release];
    if (state->aborted)
        return actor->release != RELEASE_NEW;
    return works->from <= state->high && works->to >= state->low;
}
