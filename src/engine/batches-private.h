/* The SQL of batches, apart from when they are sent. */
#ifndef PGROLLOUT_ENGINE_BATCHES_PRIVATE_H
#define PGROLLOUT_ENGINE_BATCHES_PRIVATE_H

#include "engine-private.h"

/* The backfill that a verify step compares; the step itself for others. */
const struct plan_step *batches_source(const struct worker *worker, const struct plan_step *step);

/* The message that prepares the first and the next batch of the step in worker->batches: ends in ";
 * ". Free it. */
char *batches_prepare_sql(const struct worker *worker, const struct plan_step *step);

/* EXECUTE of the next batch, from the position in worker->batches. Its row: last key as an array
 * literal, keys passed, rows changed (or differing), position, and of a comparison the first keys
 * that differ as a JSON array; no row at the end. Free it. */
char *batches_execute_sql(const struct worker *worker);

#endif
