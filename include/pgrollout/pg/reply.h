/* The answer to one message: the result sets of its statements, typed access, and SQLSTATE turned
 * into the program's reactions. */
#ifndef PGROLLOUT_PG_REPLY_H
#define PGROLLOUT_PG_REPLY_H

#include <glib.h>

struct db_reply;

void db_reply_free(struct db_reply *reply); /* NULL is fine */

/* Rows and columns of the last statement that returned rows; 0 when none did. */
int db_reply_rows(const struct db_reply *reply);
int db_reply_columns(const struct db_reply *reply);
const char *db_reply_column_name(const struct db_reply *reply, int column);
/* The column's number, or -1. */
int db_reply_column(const struct db_reply *reply, const char *name);

/* A value as text, NULL for SQL NULL; the reply owns it. Row and column must exist. */
const char *db_reply_text(const struct db_reply *reply, int row, int column);
/* NULL reads as 0. */
gint64 db_reply_int(const struct db_reply *reply, int row, int column);
double db_reply_double(const struct db_reply *reply, int row, int column);
gboolean db_reply_bool(const struct db_reply *reply, int row, int column);

/* The command tag of the last statement ("COMMIT", "ROLLBACK", "UPDATE 3"). A COMMIT whose tag is
 * ROLLBACK did not commit, although libpq calls it a success. */
const char *db_reply_tag(const struct db_reply *reply);
/* Rows touched by the last statement; 0 where the tag has no count. */
gint64 db_reply_affected(const struct db_reply *reply);

#endif
