/* A connection to PostgreSQL for an event loop (asynchronous) or for a command that has nothing
 * else to do (the _wait calls). A message is one simple Query: the server runs nothing before the
 * whole of it has arrived, and what it holds is one transaction where it says BEGIN … COMMIT.
 *
 * All asynchronous callbacks run from the default GMainContext. An open or reply callback may close or free
 * the connection; a notify or notice callback may not. One message at a time: sending while busy is a bug. */
#ifndef PGROLLOUT_PG_CONN_H
#define PGROLLOUT_PG_CONN_H

#include <glib.h>

#include "pgrollout/pg/reply.h"
#include "pgrollout/pg/target.h"

struct db_conn;

/* `reply` is NULL when `error` is set, and the callee owns neither. A lost connection is
 * ROLLOUT_ERROR_CONNECT (the caller knows whether a commit was on its way). */
typedef void (*db_reply_fn)(struct db_conn *conn, struct db_reply *reply, const GError *error,
                            void *data);
typedef void (*db_open_fn)(struct db_conn *conn, const GError *error, void *data);
/* A NOTIFY or NOTICE arrived; texts are foreign (raw bytes of anybody). */
typedef void (*db_text_fn)(struct db_conn *conn, const char *channel_or_severity, const char *text,
                           void *data);

/* A closed connection. `application_name` is at most 63 bytes of ASCII; both are copied. */
struct db_conn *db_conn_new(const struct db_target *target, const char *application_name);
/* Closes without waiting. NULL is fine. Callbacks that are still due are never called. */
void db_conn_free(struct db_conn *conn);

/* What is connected to need not be a PostgreSQL server of a version that is known here: the
 * administration console of a pooler, which takes one simple statement a message. */
void db_conn_set_any_version(struct db_conn *conn);

/* Starts to connect; `fn` gets the outcome after at most `timeout_ms`, or the user's connect_timeout.
 * Several hosts are tried one after the other, each for at most 3 s where the user says nothing. Never blocks: names
 * are looked up by a thread. */
void db_conn_open(struct db_conn *conn, int timeout_ms, db_open_fn fn, void *data);
/* Closes the socket; may be opened again. A message under way is forgotten without its callback. */
void db_conn_close(struct db_conn *conn);

gboolean db_conn_is_open(const struct db_conn *conn);   /* connected and usable */
gboolean db_conn_is_busy(const struct db_conn *conn);   /* a message is under way */
int db_conn_backend_pid(const struct db_conn *conn);    /* as libpq was told; 0 when closed */
int db_conn_server_version(const struct db_conn *conn); /* 150020; 0 when closed */
gboolean db_conn_is_tcp(const struct db_conn *conn);
/* "user@host:port/db" for people, without secrets; the connection owns it, until the next open. */
const char *db_conn_label(const struct db_conn *conn);
const char *db_conn_dbname(const struct db_conn *conn);
const char *db_conn_user(const struct db_conn *conn);
/* The server asked for a password and none was there. */
gboolean db_conn_needs_password(const struct db_conn *conn);

/* A failed statement has left a transaction block open: only ROLLBACK ends it. */
gboolean db_conn_in_failed_block(const struct db_conn *conn);

/* Sends one message; `fn` gets the answer to all of it. */
void db_conn_send(struct db_conn *conn, const char *sql, db_reply_fn fn, void *data);

void db_conn_set_notify(struct db_conn *conn, db_text_fn fn, void *data);
void db_conn_set_notice(struct db_conn *conn, db_text_fn fn, void *data);

/* Blocking calls, for commands and tests. With `n_params` > 0 the statement goes through the
 * extended protocol with text parameters (NULL is SQL NULL). Free the reply. */
gboolean db_conn_open_wait(struct db_conn *conn, GError **error);
struct db_reply *db_conn_query_wait(struct db_conn *conn, const char *sql, int n_params,
                                    const char *const *params, GError **error);
/* Waits up to `timeout_ms` for a NOTIFY (the set callback gets it); FALSE on a lost connection. */
gboolean db_conn_notify_wait(struct db_conn *conn, int timeout_ms, GError **error);

/* Quoted for SQL text, by the rules of standard_conforming_strings=on and UTF-8; free with g_free.
 * db_literal gives NULL for NULL. */
char *db_literal(const char *text);
char *db_ident(const char *name);
/* "schema"."name" */
char *db_qualified(const char *schema, const char *name);
/* An SQL text with each {name} replaced by the value that follows that name in the list, which ends in
 * NULL: db_fill(sql, "oid", "'123'", NULL). The values stand as they are: quote them first. Free it. */
char *db_fill(const char *sql, ...) G_GNUC_NULL_TERMINATED;

#endif
