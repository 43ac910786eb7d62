/* Registering a plan in a database: everything that would go wrong later is refused here by name.
 */
#ifndef PGROLLOUT_ENGINE_LOAD_H
#define PGROLLOUT_ENGINE_LOAD_H

#include "pgrollout/engine/forecast.h"
#include "pgrollout/pg/conn.h"
#include "pgrollout/plan/reader.h"

/* Looks for what this plan cannot do right in this database: tables and their kind, ownership and
 * the engine's membership in the owner, row security, key, existing columns, triggers that would
 * fire per row, generated targets, publications, types of expressions, checks that do not run.
 * Appends findings (struct plan_finding, errors and warnings, in the order of the file).
 * Expressions are tried on an empty temporary table in transactions that are rolled back: the real
 * tables are not locked for them. For a plan of which no step has run yet. FALSE with an error when
 * nothing can be loaded here at all (ROLLOUT_ERROR_REFUSED: a standby, no control schema, no right
 * to load) or the server did not answer. Blocks. */
gboolean engine_preflight(struct db_conn *conn, const struct plan *plan, const char *file,
                          GPtrArray *findings, GError **error);

/* Preflight, forecast, then SELECT pgrollout.load(…). The receipt is the reply of that call (free it); NULL
 * with findings that hold an error, or with `error`. A plan of this name that is loaded already is
 * not looked at again: the same text is fine, another is ROLLOUT_ERROR_REFUSED. `sample`: as
 * forecast_make has it. *forecast is what was forecast (free it), or NULL. Blocks. */
struct db_reply *engine_load(struct db_conn *conn, const struct plan *plan, const char *file,
                             GPtrArray *findings, gboolean sample, struct forecast **forecast,
                             GError **error);

#endif
