/* How the connection builds a reply out of libpq's results. */
#ifndef PGROLLOUT_PG_REPLY_PRIVATE_H
#define PGROLLOUT_PG_REPLY_PRIVATE_H

#include <libpq-fe.h>

#include "pgrollout/pg/reply.h"

struct db_reply *db_reply_new(void);
/* Takes the result. Later results replace earlier ones: rows by rows, tag by tag. */
void db_reply_add(struct db_reply *reply, PGresult *result);
/* The error that a failed result means. Free it. */
GError *db_error_from_result(const PGresult *result);

#endif
