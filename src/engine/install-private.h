/* What install and uninstall share. */
#ifndef PGROLLOUT_ENGINE_INSTALL_PRIVATE_H
#define PGROLLOUT_ENGINE_INSTALL_PRIVATE_H

#include "pgrollout/engine/install.h"

/* One line more. */
void install_note(GPtrArray *list, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Runs a message; the reply is freed when `reply` is NULL. */
gboolean install_query(struct db_conn *conn, const char *sql, struct db_reply **reply,
                       GError **error);
/* The same with the file "engine/sql/install/NAME.sql". */
gboolean install_file(struct db_conn *conn, const char *name, struct db_reply **reply,
                      GError **error);
/* Runs a message that may fail without ending the transaction. */
gboolean install_savepoint(struct db_conn *conn, const char *sql, GError **error);
/* Neither standby nor read-only; `look` is the answer to look.sql. */
gboolean install_allowed(const struct db_reply *look, GError **error);
/* Runs what only a member of the owner role may; a login that may grant itself the role does so. The hint
 * says what an administrator must run before `verb` is repeated. */
gboolean install_as_member(struct db_conn *conn, const char *sql, const char *verb,
                           struct install_report *report, GError **error);
/* Commits, or takes everything back. */
gboolean install_end(struct db_conn *conn, gboolean keep, GError **error);

#endif
