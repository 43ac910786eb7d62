/* The engine's state machine: a migration's situation is derived from its rows, and a table maps
 * each situation to one action. Nothing is remembered between two calls. */
#include "config.h"
#include "decide.h"

#include "pgrollout/plan/plan.h"

/* A confirmation of contract is valid for an hour (engine design, "Phases"). */
#define CONTRACT_VALID_S 3600.0

enum situation {
    NOT_STARTED,
    STOPPED,
    HELD,
    HELD_LOOKING,
    AT_BOUNDARY,
    AT_BOUNDARY_AUTO,
    CONTRACT_EXPIRED,
    EVIDENCE_DUE,
    VETO_DUE,
    STEP_DUE,
    GATE_DUE,
    STEP_RUNS,
    GATE_WAITS,
    GATE_ANSWERED,
    PHASE_OVER,
    UNDO_DUE,
    REVERSE_GATE_DUE,
    UNDO_RUNS,
    NOTHING_TO_UNDO
};

static const struct {
    enum situation situation;
    enum action action;
    const char *why;
} table[] = {
    {NOT_STARTED, ACTION_NONE, "it has not been started"},
    {STOPPED, ACTION_NONE, "it has failed: retry or abort"},
    {HELD, ACTION_NONE, "a hold stands"},
    {HELD_LOOKING, ACTION_LOOK, "a hold stands; evidence is looked for all the same"},
    {AT_BOUNDARY, ACTION_NONE, "it waits at a phase boundary"},
    {AT_BOUNDARY_AUTO, ACTION_PASS_BOUNDARY, "boundaries are passed automatically"},
    {CONTRACT_EXPIRED, ACTION_EXPIRE_CONTRACT, "contract was confirmed more than an hour ago"},
    {EVIDENCE_DUE, ACTION_REREAD, "the evidence is read afresh before contract"},
    {VETO_DUE, ACTION_ASK_HOOK, "the before-contract hook is asked"},
    {STEP_DUE, ACTION_START, "it is the step's turn"},
    {GATE_DUE, ACTION_OPEN_GATE, "people must answer"},
    {STEP_RUNS, ACTION_ACT, "the step goes on"},
    {GATE_WAITS, ACTION_NONE, "a gate waits for its answer"},
    {GATE_ANSWERED, ACTION_PASS_GATE, "every answer is there"},
    {PHASE_OVER, ACTION_FINISH_PHASE, "all steps of the phase are done"},
    {UNDO_DUE, ACTION_START_UNDO, "it is the step's turn to be taken back"},
    {REVERSE_GATE_DUE, ACTION_OPEN_REVERSE_GATE, "people must say that live code is rolled back"},
    {UNDO_RUNS, ACTION_UNDO, "taking the step back goes on"},
    {NOTHING_TO_UNDO, ACTION_FINISH_ABORT, "everything is taken back"},
};

static gboolean is(const char *text, const char *word)
{
    return g_strcmp0(text, word) == 0;
}

static gboolean touched(const struct step_facts *step)
{
    return !is(step->state, "pending") && !is(step->state, "undone");
}

static int phase_ord(const char *name)
{
    return (int)plan_phase_parse(name);
}

/* The last step that an abort to this target must still take back, or NULL. */
static const struct step_facts *undo_next(const struct facts *facts)
{
    int keep = is(facts->abort_to, "start") ? -1 : phase_ord(facts->abort_to);
    for (guint i = facts->steps->len; i-- > 0;) {
        const struct step_facts *step = g_ptr_array_index(facts->steps, i);
        if (phase_ord(step->phase) > keep && touched(step))
            return step;
    }
    return NULL;
}

static gboolean has(const struct step_facts *step, const char *member)
{
    return json_object_has_member(step->detail, member);
}

/* It stands, or taking it back has begun: also where that has failed. */
static gboolean stands(const struct step_facts *step)
{
    return is(step->state, "done") || is(step->state, "undoing") ||
           (is(step->state, "failed") && has(step, "undoing"));
}

/* The opposite of what was confirmed is asked before an earlier step is taken back; where nobody
 * confirmed anything, the sync step (or add_table) asks it: new code may already rely on the new column. The card
 * tells by the same rule (pgrollout.card_asks). */
static gboolean asks_before_undo(const struct facts *facts, const struct step_facts *step)
{
    if (!stands(step))
        return FALSE;
    gboolean used = is(step->kind, "sync") || is(step->kind, "add_table");
    return is(step->kind, "confirm") || (used && !facts->reverse_answered);
}

/* Its opposite gate waits for people, who are to see who uses what the abort takes away. */
static gboolean asks_now(const struct facts *facts, const struct step_facts *step)
{
    return step && facts->takes && is(step->state, "undoing") && !step->answered &&
           asks_before_undo(facts, step) && facts_hold(facts, "gate", step->name);
}

static enum situation aborting(const struct facts *facts, const struct step_facts **step)
{
    *step = undo_next(facts);
    if (facts->held)
        return asks_now(facts, *step) ? HELD_LOOKING : HELD;
    if (!*step)
        return NOTHING_TO_UNDO;
    if (asks_before_undo(facts, *step) && !(*step)->answered)
        return REVERSE_GATE_DUE;
    return is((*step)->state, "undoing") ? UNDO_RUNS : UNDO_DUE;
}

/* Its end leaves everything as it was: the hour is not over with it. */
static gboolean only_looks(const struct step_facts *step)
{
    return step->by_evidence || is(step->kind, "confirm") || is(step->kind, "check") ||
           is(step->kind, "verify");
}

/* A step that has been started has done nothing yet, unless it says so. */
static gboolean contract_begun(const struct facts *facts)
{
    for (guint i = 0; i < facts->steps->len; i++) {
        const struct step_facts *step = g_ptr_array_index(facts->steps, i);
        if (is(step->phase, "contract") && !only_looks(step) &&
            (is(step->state, "done") || is(step->state, "skipped") || has(step, "stage") ||
             step_facts_int(step, "sent") > 0))
            return TRUE;
    }
    return FALSE;
}

static enum situation step_situation(const struct step_facts *step)
{
    gboolean gate = is(step->kind, "confirm");
    if (is(step->state, "pending"))
        return gate ? GATE_DUE : STEP_DUE;
    if (is(step->state, "waiting"))
        return step->answered ? GATE_ANSWERED : GATE_WAITS;
    return STEP_RUNS;
}

/* The engine passes it, unless something else holds. */
static gboolean passes_boundary(const struct hold_facts *boundary, enum advance_mode mode,
                                const char *until)
{
    return mode == ADVANCE_AUTO && !boundary->by_hand && !is(boundary->key, "contract") &&
           !(until && phase_ord(boundary->key) > phase_ord(until));
}

/* Nothing but "one step at a time" holds: where no step is left, the phase may end. */
static gboolean only_steps(const struct facts *facts)
{
    for (guint i = 0; i < facts->holds->len; i++)
        if (!is(((const struct hold_facts *)g_ptr_array_index(facts->holds, i))->kind, "stepping"))
            return FALSE;
    return TRUE;
}

/* Looking changes nothing, and a look that is left out may begin a long time anew. */
static enum situation held(const struct facts *facts, const struct step_facts **step)
{
    for (guint i = 0; i < facts->steps->len; i++) {
        *step = g_ptr_array_index(facts->steps, i);
        if (is((*step)->state, "running") && (*step)->by_evidence)
            return HELD_LOOKING;
    }
    *step = NULL;
    return HELD;
}

/* A done step whose evidence has not been read since contract was asked for; NULL: none. */
static const struct step_facts *to_reread(const struct facts *facts)
{
    for (guint i = 0; i < facts->steps->len; i++) {
        const struct step_facts *step = g_ptr_array_index(facts->steps, i);
        if (step->by_evidence && is(step->state, "done") && !is(step->phase, "contract") &&
            !step->reread)
            return step;
    }
    return NULL;
}

static enum situation active(const struct facts *facts, enum advance_mode mode, const char *until,
                             const struct step_facts **step)
{
    const struct hold_facts *boundary = facts_hold(facts, "boundary", NULL);
    if (boundary)
        return facts->holds->len == 1 && passes_boundary(boundary, mode, until) ? AT_BOUNDARY_AUTO
                                                                                : AT_BOUNDARY;
    if (facts->held && !only_steps(facts))
        return held(facts, step);
    gboolean entering = is(facts->phase, "contract") && !contract_begun(facts);
    if (entering && facts->contract_age_s > CONTRACT_VALID_S)
        return CONTRACT_EXPIRED;
    if (entering && !facts->held && (*step = to_reread(facts)))
        return EVIDENCE_DUE;
    *step = NULL;
    if (entering && !facts->held && facts->veto_due)
        return VETO_DUE;
    for (guint i = 0; i < facts->steps->len; i++) {
        *step = g_ptr_array_index(facts->steps, i);
        if (is((*step)->phase, facts->phase) && !is((*step)->state, "done") &&
            !is((*step)->state, "skipped"))
            return facts->held ? held(facts, step) : step_situation(*step);
    }
    *step = NULL;
    return PHASE_OVER;
}

struct decision decide(const struct facts *facts, enum advance_mode mode, const char *until)
{
    const struct step_facts *step = NULL;
    enum situation situation;
    if (is(facts->state, "loaded"))
        situation = NOT_STARTED;
    else if (is(facts->state, "aborting"))
        situation = aborting(facts, &step);
    else if (is(facts->state, "active"))
        situation = active(facts, mode, until, &step);
    else
        situation = STOPPED;
    for (guint i = 0; i < G_N_ELEMENTS(table); i++)
        if (table[i].situation == situation)
            return (struct decision){table[i].action, step, table[i].why};
    g_error("situation %d has no row", (int)situation);
}

static gboolean is_idle(enum action action)
{
    return action == ACTION_NONE || action == ACTION_LOOK;
}

gboolean facts_wait_for_people(const struct facts *facts, enum advance_mode mode, const char *until)
{
    static const char *const people[] = {"operator", "gate", "stepping"};
    if (is(facts->state, "failed"))
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(people); i++)
        if (facts->held && facts_hold(facts, people[i], NULL))
            return is_idle(decide(facts, mode, until).action);
    const struct hold_facts *boundary = facts_hold(facts, "boundary", NULL);
    return boundary && (is(facts->state, "loaded") || !passes_boundary(boundary, mode, until));
}
