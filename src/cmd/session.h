/* The connection of a verb, and its calls. All of it waits for the server. */
#ifndef PGROLLOUT_CMD_SESSION_H
#define PGROLLOUT_CMD_SESSION_H

#include "cmd/cmd.h"

/* Connects as the options say, asking for a password on the terminal where one is wanted, and says
 * who asks. NULL with the reason and what to do. */
struct db_conn *session_try(struct cmd_context *context, GError **error);
/* The same; NULL: the error has been printed, *status is set. */
struct db_conn *session_open(struct cmd_context *context, int *status);

/* Runs a statement as one message with the transaction around it: in READ COMMITTED, with
 * time-outs, times in UTC. One message has one time, by which pause tells whether it was called
 * inside a transaction block. Errors are explained already; the transaction is over in any case. */
struct db_reply *session_send(struct db_conn *conn, const struct cmd_verb *verb, const char *sql,
                              GError **error);

/* Runs the statement in the file "cmd/sql/NAME.sql" in that way, $1 … being the parameters. */
struct db_reply *session_query(struct db_conn *conn, const struct cmd_verb *verb, const char *name,
                               int n_params, const char *const *params, GError **error);

/* Turns the server's error with a statement of `verb` into ours: a control schema that is missing,
 * a role that is needed. */
void session_explain(struct db_conn *conn, const struct cmd_verb *verb, GError *error);

/* Connects, runs the statement in the file "cmd/sql/NAME.sql" and prints its receipts. `many`: as
 * an array where JSON is wanted. Returns the exit status. */
int session_command(struct cmd_context *context, const struct cmd_verb *verb, const char *name,
                    int n_params, const char *const *params, gboolean many);

#endif
