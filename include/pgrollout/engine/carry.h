/* What hangs on a column and must hang on the one that takes its place: indexes, constraints,
 * privileges, statistics, the default. Read for `new`, which writes it into the plan. */
#ifndef PGROLLOUT_ENGINE_CARRY_H
#define PGROLLOUT_ENGINE_CARRY_H

#include "pgrollout/pg/conn.h"

struct carry_request {
    const char *schema, *table, *old;
    const char *new;    /* NULL: no other column takes its place */
    gboolean same_type; /* else what stands in expressions is only named */
};

/* Values for a recipe, texts by name: "type", "not_null" (yes or no), and where there is something to
 * carry "carried", "carried_expand" and "carried_contract", which are lines of a plan. Makes an empty
 * temporary table in a transaction that is rolled back, for which the login needs the right TEMPORARY.
 * NULL with an error: there is no such column, or the server did not answer. Blocks. The caller owns
 * the table. */
GHashTable *carry_read(struct db_conn *conn, const struct carry_request *request, GError **error);

#endif
