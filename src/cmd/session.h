/* The connection of a verb, and its calls. All of it waits for the server. */
#ifndef PGROLLOUT_CMD_SESSION_H
#define PGROLLOUT_CMD_SESSION_H

#include "cmd/cmd.h"

/* Connects as the options say, asking for a password on the terminal where one is wanted, and sets
 * what every command relies on: READ COMMITTED, a lock timeout, who is asking. NULL: the reason and
 * what to do have been printed, *status is set. */
struct db_conn *session_open(struct cmd_context *context, const struct cmd_verb *verb, int *status);

/* Says what went wrong with a statement of `verb`: the control schema that is missing, the role
 * that is needed. Returns the exit status. */
int session_explain(struct db_conn *conn, const struct cmd_verb *verb, GError *error);

/* Connects, runs the statement in the file "cmd/sql/NAME.sql" and prints its receipts. `many`: as
 * an array where JSON is wanted. Returns the exit status. */
int session_command(struct cmd_context *context, const struct cmd_verb *verb, const char *name,
                    int n_params, const char *const *params, gboolean many);

#endif
