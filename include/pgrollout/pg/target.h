/* Where to connect: psql's options, environment and files, as libpq understands them. */
#ifndef PGROLLOUT_PG_TARGET_H
#define PGROLLOUT_PG_TARGET_H

#include <glib.h>

struct db_target {
    char *dbname;   /* a name, a conninfo string or a URI; NULL: libpq's default */
    char *host;     /* NULL: libpq's default */
    char *port;     /* NULL: libpq's default */
    char *user;     /* NULL: libpq's default */
    char *password; /* asked for by the caller; NULL: .pgpass, service file, PGPASSWORD */
};

/* An empty target; it owns every field. */
struct db_target *db_target_new(void);
struct db_target *db_target_copy(const struct db_target *target);
/* Wipes the password first. NULL is fine. */
void db_target_free(struct db_target *target);

/* A short name for each of several targets: its service, else its database, with host, port and place
 * where that is not enough. No two are the same, and none has a "/" or a blank in it. `n` names and a
 * NULL; free with g_strfreev. */
char **db_target_names(const struct db_target *const *targets, guint n);

#endif
