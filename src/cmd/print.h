/* What verbs print: messages to standard error, facts to standard output. Every text of others
 * passes safe_text here. */
#ifndef PGROLLOUT_CMD_PRINT_H
#define PGROLLOUT_CMD_PRINT_H

#include <glib.h>

#include "pgrollout/pg/reply.h"

/* "pgrollout: message", detail and hint. Returns the exit status for it. */
int print_error(const GError *error);
/* The same as text, made safe, a line each; free with g_free. */
char *print_error_text(const GError *error);
/* "pgrollout: text" to standard error. */
void print_message(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* One line of facts; each argument of the format must be safe already, or be a number. */
void print_line(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* "label: text", nothing for NULL or "". */
void print_field(const char *label, const char *text);
/* The text, safe, from `column` on, broken at spaces before column 80, further lines at `hang`. Ends
 * the line. */
void print_wrapped(int column, int hang, const char *text);
/* The text, safe, for this terminal's character set. Free with g_free. */
char *print_safe(const char *text);

/* What commands answered: rows of pgrollout.receipt. As text: the receipt, what remains, the undo.
 * As JSON: the object, or with `many` an array of them. Returns 0, or 1 when one is not ok. */
int print_receipts(const struct db_reply *reply, gboolean json, gboolean many);

/* A row as a JSON object on one line; free with g_free. ok is a truth value; version, id, n and attempts are
 * numbers; everything else is text. */
char *print_row_json(const struct db_reply *reply, int row);
/* All rows as an array. */
void print_rows_json(const struct db_reply *reply);

/* The server's "2026-01-31 14:02:31.5+00" as "2026-01-31T14:02:31.5Z"; other texts as they are.
 * Free with g_free. */
char *print_time(const char *text);

/* Rows under their column names, widths by content, the last column unpadded. NULL prints as "-".
 */
void print_table(const struct db_reply *reply);

#endif
