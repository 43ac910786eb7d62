/* What the outcomes mean: each is compared with the state in which its release is at home. Pure. */
#include "config.h"
#include "rehearse-private.h"

#include <string.h>

/* A finding in one state, before those of several states are put together. */
struct verdict {
    enum rehearsal_verdict kind;
    const struct outcome *outcome, *home;
    char *reason;
};

static const struct trial *trial_at(const struct run *run, guint index)
{
    return &g_array_index(run->trials, struct trial, index);
}

static const struct state *state_at(const struct run *run, guint index)
{
    return g_ptr_array_index(run->states, index);
}

static gboolean is_needed(const struct run *run, const struct state *state,
                          const struct trial *trial)
{
    return state_needs(state, trial_actor(run, trial->actor)) &&
           (trial->how != HOW_AFTER || state_needs(state, trial_actor(run, trial->by_actor)));
}

/* Where the old release is at home: before; the new one: in the last state that it has to live in. */
static const struct state *home_of(const struct run *run, guint actor)
{
    const struct rehearsal_actor *who = trial_actor(run, actor);
    if (who->release == RELEASE_OLD)
        return run->states->len ? state_at(run, 0) : NULL;
    for (guint i = run->states->len; i-- > 0;)
        if (!state_at(run, i)->aborted && state_needs(state_at(run, i), who))
            return state_at(run, i);
    return NULL;
}

static gboolean is_across(const struct run *run, const struct trial *trial)
{
    return trial->how == HOW_AFTER &&
           trial_actor(run, trial->by_actor)->release != trial_actor(run, trial->actor)->release;
}

static gboolean can_compare(const struct trial *trial, const struct outcome *a,
                            const struct outcome *b)
{
    return !trial->unstable && a && b && a->ok && b->ok && a->result && b->result;
}

/* The trial of a statement alone, or behind that writer; -1: there is none. */
static int trial_find(const struct run *run, guint actor, guint index, const struct trial *behind)
{
    for (guint i = 0; i < run->trials->len; i++) {
        const struct trial *trial = trial_at(run, i);
        if (trial->actor != actor || trial->index != index)
            continue;
        if (behind ? trial->how == HOW_AFTER && trial->by_actor == behind->by_actor &&
                         trial->by_index == behind->by_index
                   : trial->how == HOW_ALONE)
            return (int)i;
    }
    return -1;
}

/* The same application's other release; -1: it has none. */
static int other_release(const struct run *run, guint actor)
{
    const struct rehearsal_actor *who = trial_actor(run, actor);
    for (guint i = 0; i < run->result->actors->len; i++) {
        const struct rehearsal_actor *other = trial_actor(run, i);
        if (other->application == who->application && other->release != who->release &&
            other->release != RELEASE_BOTH && who->release != RELEASE_BOTH)
            return (int)i;
    }
    return -1;
}

/* Whether in that state the reader sees what the writer has written. FALSE in `known`: nobody can say. */
static gboolean sees(const struct run *run, const struct state *state, guint actor, guint index,
                     const struct trial *behind, gboolean *known)
{
    int alone = trial_find(run, actor, index, NULL);
    int after = trial_find(run, actor, index, behind);
    *known = FALSE;
    if (!state || alone < 0 || after < 0)
        return FALSE;
    const struct outcome *a = &state->outcomes[alone], *b = &state->outcomes[after];
    *known =
        !trial_at(run, (guint)after)->unstable && can_compare(trial_at(run, (guint)alone), a, b);
    return *known && strcmp(a->result, b->result) != 0;
}

/* One reading statement of the writer's own release sees it at home, at that place or, where `index` is
 * negative, at any. */
static gboolean is_seen_at_home(const struct run *run, guint actor, int index,
                                const struct trial *behind)
{
    const struct state *home = home_of(run, behind->by_actor);
    const struct rehearsal_actor *who = trial_actor(run, actor);
    for (guint i = 0; i < who->application->statements[who->release]->len; i++) {
        gboolean known;
        if ((index < 0 || (guint)index == i) && sees(run, home, actor, i, behind, &known))
            return TRUE;
    }
    return FALSE;
}

/* Any reading statement of this release sees it here. */
static gboolean any_sees(const struct run *run, const struct state *state, guint actor,
                         const struct trial *behind)
{
    const struct rehearsal_actor *who = trial_actor(run, actor);
    for (guint i = 0; i < who->application->statements[who->release]->len; i++) {
        gboolean known;
        if (sees(run, state, actor, i, behind, &known))
            return TRUE;
    }
    return FALSE;
}

/* No sync makes other values of the old ones: what both releases read is to be the same text. */
static gboolean keeps_values(const struct plan *plan)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = plan->steps->pdata[i];
        if (step->kind == KIND_SYNC && (step->up || step->down))
            return FALSE;
    }
    return TRUE;
}

/* Where both releases show the same at home, they show the same behind a write. */
static gboolean shows_another(const struct run *run, const struct state *state, guint partner,
                              const struct trial *trial, const struct outcome **home)
{
    int mine = trial_find(run, trial->actor, trial->index, NULL);
    int theirs = trial_find(run, partner, trial->index, NULL);
    int after = trial_find(run, partner, trial->index, trial);
    int here = trial_find(run, trial->actor, trial->index, trial);
    const struct state *my_home = home_of(run, trial->actor);
    const struct state *their_home = home_of(run, partner);
    if (mine < 0 || theirs < 0 || after < 0 || here < 0 || !my_home || !their_home)
        return FALSE;
    const struct trial *reader = trial_at(run, (guint)theirs);
    const struct outcome *a = &my_home->outcomes[mine], *b = &their_home->outcomes[theirs];
    if (!can_compare(trial_at(run, (guint)mine), a, b) || reader->unstable)
        return FALSE;
    /* without the first line, the names of the columns, which may be what has changed */
    const char *one = strchr(a->result, '\n'), *other = strchr(b->result, '\n');
    if (g_strcmp0(one, other) != 0)
        return FALSE;
    const struct outcome *shown = &state->outcomes[here], *meant = &their_home->outcomes[after];
    if (!can_compare(trial, shown, meant) || trial_at(run, (guint)after)->unstable)
        return FALSE;
    *home = meant;
    return g_strcmp0(strchr(shown->result, '\n'), strchr(meant->result, '\n')) != 0;
}

/* What one release has written and the other one reads. */
static void judge_across(const struct run *run, const struct state *state,
                         const struct trial *trial, const struct outcome *outcome,
                         struct verdict *verdict)
{
    const struct rehearsal_actor *who = trial_actor(run, trial->actor);
    int partner = other_release(run, trial->actor);
    gboolean known;
    if (partner < 0 ||
        trial_actor(run, (guint)partner)->release != trial_actor(run, trial->by_actor)->release)
        return;
    gboolean here = sees(run, state, trial->actor, trial->index, trial, &known);
    if (!known)
        return;
    gboolean paired = who->paired;
    if (paired && !here && is_seen_at_home(run, (guint)partner, (int)trial->index, trial)) {
        verdict->kind = REHEARSAL_UNSEEN;
    } else if (!paired && !any_sees(run, state, trial->actor, trial) &&
               is_seen_at_home(run, (guint)partner, -1, trial)) {
        verdict->kind = REHEARSAL_UNSEEN;
    } else if (paired && keeps_values(run->plan) &&
               shows_another(run, state, (guint)partner, trial, &verdict->home)) {
        verdict->kind = REHEARSAL_DIFFERS;
        verdict->outcome = outcome;
    }
}

static struct verdict judge_trial(const struct run *run, const struct state *state, guint index)
{
    const struct trial *trial = trial_at(run, index);
    const struct outcome *outcome = &state->outcomes[index];
    struct verdict verdict = {.kind = REHEARSAL_OK, .outcome = outcome};
    if (!is_needed(run, state, trial))
        verdict.kind = REHEARSAL_NOT_NEEDED;
    else if (!outcome->ran || outcome->no_writer)
        verdict.kind = REHEARSAL_NOT_RUN;
    else if (!outcome->ok)
        verdict.kind = REHEARSAL_ERROR;
    else if (is_across(run, trial))
        judge_across(run, state, trial, outcome, &verdict);
    else {
        const struct state *home = home_of(run, trial->actor);
        const struct outcome *meant = home ? &home->outcomes[index] : NULL;
        if (can_compare(trial, outcome, meant) && strcmp(outcome->result, meant->result) != 0) {
            verdict.kind = REHEARSAL_DIFFERS;
            verdict.home = meant;
        }
    }
    return verdict;
}

static char *how_text(const struct run *run, const struct trial *trial)
{
    if (trial->how == HOW_HELD)
        return g_strdup_printf("prepared in the state \"%s\"", run->held[trial->actor].since);
    if (trial->how != HOW_AFTER)
        return NULL;
    g_autofree char *who = actor_name(trial_actor(run, trial->by_actor));
    return g_strdup_printf("after %s: %s", who, trial->by->sql);
}

/* The first line that the other one does not have. */
static char *other_line(const char *text, const char *other)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1), others = g_strsplit(other, "\n", -1);
    for (guint i = 0; lines[i]; i++)
        if (!g_strv_contains((const char *const *)others, lines[i]))
            return g_strdup(lines[i]);
    return g_strdup("(no row of that kind)");
}

static const char *reason_of(const struct verdict *verdict)
{
    switch (verdict->kind) {
    case REHEARSAL_ERROR:
        return verdict->outcome->message;
    case REHEARSAL_UNSEEN:
        return "the same as before: what the other release wrote is not there";
    case REHEARSAL_DIFFERS:
        return "another result than it should be";
    default:
        return NULL;
    }
}

static gboolean is_same(const struct rehearsal_failure *failure, const struct verdict *verdict,
                        guint actor, const char *how, const char *text)
{
    return failure->actor == actor && failure->verdict == verdict->kind &&
           g_strcmp0(failure->how, how) == 0 && g_strcmp0(failure->text, text) == 0 &&
           strcmp(failure->sqlstate, verdict->outcome->sqlstate) == 0;
}

static void where_add(struct rehearsal_failure *failure, const char *label)
{
    g_autofree char *was = failure->where;
    g_auto(GStrv) labels = g_strsplit(was, "; ", -1);
    failure->where = g_strv_contains((const char *const *)labels, label)
                         ? g_strdup(was)
                         : g_strdup_printf("%s; %s", was, label);
}

static void failure_add(struct run *run, const struct state *state, guint actor,
                        const struct verdict *verdict, const char *how, const char *text,
                        struct plan_place at)
{
    for (guint i = 0; i < run->result->failures->len; i++) {
        struct rehearsal_failure *other = run->result->failures->pdata[i];
        if (is_same(other, verdict, actor, how, text)) {
            where_add(other, state->label);
            return;
        }
    }
    struct rehearsal_failure *failure = g_new0(struct rehearsal_failure, 1);
    failure->verdict = verdict->kind;
    failure->actor = actor;
    failure->first = state->row;
    failure->where = g_strdup(state->label);
    failure->how = g_strdup(how);
    failure->text = g_strdup(text);
    failure->at = at;
    failure->reason = g_strdup(reason_of(verdict));
    memcpy(failure->sqlstate, verdict->outcome->sqlstate, sizeof failure->sqlstate);
    if (verdict->home) {
        failure->expected = other_line(verdict->home->result, verdict->outcome->result);
        failure->got = other_line(verdict->outcome->result, verdict->home->result);
    }
    g_ptr_array_add(run->result->failures, failure);
}

static gboolean is_bad(enum rehearsal_verdict verdict)
{
    return verdict > REHEARSAL_NOT_RUN;
}

static void cell_take(struct rehearsal_cell *cell, const struct verdict *verdict)
{
    gboolean ran = verdict->kind == REHEARSAL_OK || is_bad(verdict->kind);
    cell->trials += ran;
    if (verdict->kind <= cell->verdict && !(cell->verdict == REHEARSAL_NOT_RUN && ran))
        return;
    /* a trial that could not be made says nothing where others were */
    if (verdict->kind == REHEARSAL_NOT_RUN && cell->trials > 0)
        return;
    cell->verdict = verdict->kind;
    memcpy(cell->sqlstate, verdict->outcome->sqlstate, sizeof cell->sqlstate);
}

/* The same statement alone fails in the same way: that is told once. */
static gboolean is_told(const struct run *run, const struct state *state, const struct trial *trial,
                        const struct verdict *verdict)
{
    int alone = trial->how == HOW_ALONE ? -1 : trial_find(run, trial->actor, trial->index, NULL);
    if (alone < 0)
        return FALSE;
    struct verdict other = judge_trial(run, state, (guint)alone);
    return other.kind == verdict->kind && other.kind != REHEARSAL_UNSEEN &&
           strcmp(other.outcome->sqlstate, verdict->outcome->sqlstate) == 0;
}

static void judge_state(struct run *run, const struct state *state)
{
    struct rehearsal_row *row = g_ptr_array_index(run->result->rows, state->row);
    for (guint i = 0; i < run->trials->len; i++) {
        const struct trial *trial = trial_at(run, i);
        struct verdict verdict = judge_trial(run, state, i);
        cell_take(&row->cells[trial->actor], &verdict);
        if (!is_bad(verdict.kind) || is_told(run, state, trial, &verdict))
            continue;
        g_autofree char *how = how_text(run, trial);
        failure_add(run, state, trial->actor, &verdict, how, trial->statement->sql,
                    trial->statement->at);
    }
}

static void judge_programs(struct run *run, const struct state *state)
{
    struct rehearsal_row *row = g_ptr_array_index(run->result->rows, state->row);
    for (guint i = 0; i < run->result->actors->len; i++) {
        const struct rehearsal_actor *actor = trial_actor(run, i);
        const struct plan_program *program = &actor->application->command[actor->release];
        struct verdict verdict = {.kind = REHEARSAL_NOT_NEEDED, .outcome = &state->programs[i]};
        if (!program->text)
            continue;
        if (state_needs(state, actor))
            verdict.kind = !verdict.outcome->ran ? REHEARSAL_NOT_RUN
                           : verdict.outcome->ok ? REHEARSAL_OK
                                                 : REHEARSAL_ERROR;
        cell_take(&row->cells[i], &verdict);
        if (is_bad(verdict.kind))
            failure_add(run, state, i, &verdict, NULL, program->text, program->at);
    }
}

void judge(struct run *run)
{
    for (guint i = 0; i < run->states->len; i++) {
        judge_state(run, state_at(run, i));
        judge_programs(run, state_at(run, i));
    }
}
