/* Making the copy, among its files. */
#ifndef PGROLLOUT_REHEARSE_COPY_PRIVATE_H
#define PGROLLOUT_REHEARSE_COPY_PRIVATE_H

#include "rehearse-private.h"

enum copy_person { PERSON_ENGINE, PERSON_OPERATOR, PERSON_APPROVER };

const char *copy_person(enum copy_person person);
struct db_target *copy_target(const struct run *run, enum copy_person person);

/* Runs a file of rehearse/sql, or a text. */
struct db_reply *copy_query(struct db_conn *conn, const char *name, int n,
                            const char *const *params, GError **error);
gboolean copy_do(struct db_conn *conn, const char *name, GError **error);
gboolean copy_send(struct db_conn *conn, const char *sql, GError **error);
/* Makes the role where it is not there, and lets it log in. */
gboolean copy_role(struct db_conn *conn, const char *role, GError **error);

/* dump.c: schema and roles of the source go into the copy. */
gboolean copy_dump(struct run *run, struct db_conn *source, struct db_conn *copy, GError **error);
gboolean copy_restore(struct run *run, const char *file, GError **error);
/* The roles that the file speaks of, so that its OWNER TO and GRANT find them. */
gboolean copy_roles_of_file(struct db_conn *conn, const char *file, GError **error);
/* Runs a program; `environment` NULL: ours. The error has the last line that it said. */
gboolean copy_program(const char *const *argv, char **environment, GError **error);
/* The same of a state of the copy, for programs that keep what they write: another database. */
char *copy_twin(struct run *run, GError **error);
void copy_twin_drop(struct run *run, const char *name);

/* disposable.c: whether the user's database may be used up. */
gboolean copy_is_ours(struct run *run, struct db_conn *conn, GError **error);

#endif
