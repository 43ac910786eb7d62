/* What an abort would lose and what would stay, counted in the plan's tables while the engine runs. */
#ifndef PGROLLOUT_ENGINE_LOSSES_H
#define PGROLLOUT_ENGINE_LOSSES_H

#include "engine-private.h"

/* A query of one row, a json object, for a step that has done something; NULL: nothing can be counted.
 * `share`: of how many per cent of the table. Free with g_free. */
char *losses_sql(const struct plan *plan, const struct plan_step *step);

/* Sends the next count that is due over the sensor connection, which must be free; TRUE: it is busy with
 * it now, and senses_tick is called when it is done. */
gboolean losses_count(struct engine *engine);
void losses_clear(struct losses *losses);

#endif
