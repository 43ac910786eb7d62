/* What the engine does next for a migration: pure, from what the database remembers. */
#ifndef PGROLLOUT_ENGINE_DECIDE_H
#define PGROLLOUT_ENGINE_DECIDE_H

#include "facts.h"

enum action {
    ACTION_NONE,
    ACTION_START,           /* record that the step starts */
    ACTION_ACT,             /* do (more of) the step */
    ACTION_LOOK,            /* held, but evidence is looked for all the same */
    ACTION_REREAD,          /* contract: is the evidence of a done step still true? */
    ACTION_ASK_HOOK,        /* contract: has the program of this machine something against it? */
    ACTION_OPEN_GATE,       /* ask people */
    ACTION_PASS_GATE,       /* every answer is there: the step is done */
    ACTION_FINISH_PHASE,    /* its steps are done: boundary, next phase, or the end */
    ACTION_PASS_BOUNDARY,   /* --advance auto */
    ACTION_EXPIRE_CONTRACT, /* confirmed more than an hour ago and not begun */
    ACTION_START_UNDO,
    ACTION_OPEN_REVERSE_GATE,
    ACTION_UNDO, /* do (more of) the step's undo */
    ACTION_FINISH_ABORT
};

enum advance_mode { ADVANCE_PHASE, ADVANCE_STEP, ADVANCE_AUTO };

struct decision {
    enum action action;
    const struct step_facts *step; /* what it is about; NULL for none or the phase */
    const char *why;               /* static, for people */
};

/* `until`: a phase after which no boundary is passed automatically; NULL: none. */
struct decision decide(const struct facts *facts, enum advance_mode mode, const char *until);

/* Only people are waited for, or it has ended: nothing will happen by itself. */
gboolean facts_wait_for_people(const struct facts *facts, enum advance_mode mode,
                               const char *until);

#endif
