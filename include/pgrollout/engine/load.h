/* Registering a plan in a database: everything that would go wrong later is refused here by name. */
#ifndef PGROLLOUT_ENGINE_LOAD_H
#define PGROLLOUT_ENGINE_LOAD_H

#include "pgrollout/pg/conn.h"
#include "pgrollout/plan/reader.h"

/* Looks for what this plan cannot do right in this database: tables and their kind, ownership and the
 * engine's membership in the owner, row security, key, existing columns, triggers that would fire per
 * row, generated targets, publications, types of expressions, checks that do not run. Appends findings
 * (struct plan_finding, errors and warnings, with the line of the step). FALSE with an error only when
 * the catalog could not be read. Blocks. */
gboolean engine_preflight(struct db_conn *conn, const struct plan *plan, const char *file,
                          GPtrArray *findings, GError **error);

/* Preflight, then SELECT pgrollout.load(…). The receipt is the reply of that call (free it); NULL with
 * findings that hold an error, or with `error`. Blocks. */
struct db_reply *engine_load(struct db_conn *conn, const struct plan *plan, const char *file,
                             GPtrArray *findings, GError **error);

#endif
