#ifndef PGROLLOUT_REPORT_REPLAY_PRIVATE_H
#define PGROLLOUT_REPORT_REPLAY_PRIVATE_H

#include "pgrollout/report/report.h"

/* A phase or a step at a moment. */
struct replay_part {
    const char *state;
    double began, ended; /* NAN */
};

/* Where a run stood, out of the lines of its journal until then. */
struct replay_state {
    const char *state;        /* of the migration */
    const char *phase, *step; /* NULL */
    struct replay_part *phases;
    struct replay_part *steps; /* of all phases, in order */
    const struct report_step
        *moving; /* the backfill or verification under way, or done last; NULL */
    const struct replay_part *moving_part;
};

void replay_state_init(struct replay_state *state, const struct report *report, double at);
void replay_state_clear(struct replay_state *state);

#endif
