/* The practice cluster: a private primary and a streaming replica on Unix sockets, and where they
 * live. Everything here may block; the servers never run as root. */
#ifndef PGROLLOUT_LAB_LAB_H
#define PGROLLOUT_LAB_LAB_H

#include <glib.h>

#include "pgrollout/pg/conn.h"

#define LAB_DATABASE "shop"

enum lab_server { LAB_PRIMARY, LAB_REPLICA };

struct lab {
    char *directory; /* state; holds all of the following */
    char *sockets;   /* where both servers listen; closed to other users */
    char *bindir;    /* initdb, pg_ctl, postgres */
    char *user;      /* login that runs the servers when we are root; NULL: ourselves */
    char *listen;    /* "ADDRESS:PORT" of the primary on the network; NULL: on sockets only */
    int lock;        /* held by lab_lock; -1 */
};

struct lab_options {
    gint64 rows; /* users to begin with */
    double rate; /* operations a second of each application */
};

#define LAB_DEFAULT_ROWS 200000
#define LAB_DEFAULT_RATE 25.0

/* Finds the place: $PGROLLOUT_LAB_DIR, else /var/tmp/pgrollout-lab-UID. Creates nothing. Fails when
 * there are no server programs, no user to run them as, or the path is too long for a socket. */
struct lab *lab_open(GError **error);
void lab_close(struct lab *lab);

/* Makes the directory (refused where it belongs to somebody else) and takes its lock, so that two
 * commands do not build at once. Released by lab_close. */
gboolean lab_lock(struct lab *lab, GError **error);

/* A complete cluster lies there. */
gboolean lab_exists(const struct lab *lab);
/* What the cluster was made with; the defaults when there is none. */
void lab_options_read(const struct lab *lab, struct lab_options *options);

/* Builds primary, data and replica, leaving both running; what lay there is deleted first. */
gboolean lab_create(struct lab *lab, const struct lab_options *options, GError **error);
/* Starts the servers that do not run. */
gboolean lab_servers_start(struct lab *lab, GError **error);
gboolean lab_server_start(const struct lab *lab, enum lab_server server, GError **error);
/* Stops both by their recorded pids. Fine when they do not run. */
gboolean lab_servers_stop(struct lab *lab, GError **error);
/* The pid of the engine that drives the cluster; 0: none does. */
int lab_engine_pid(const struct lab *lab);
/* Ends it, if there is one, and waits until it is gone. */
gboolean lab_engine_stop(const struct lab *lab, GError **error);
/* Deletes the directory; the servers must be stopped. */
gboolean lab_delete(struct lab *lab, GError **error);

/* The pid of a running server, 0 when there is none: what postmaster.pid says, if that process
 * really is the server of this directory. */
int lab_server_pid(const struct lab *lab, enum lab_server server);
int lab_server_port(const struct lab *lab, enum lab_server server);
const char *lab_server_name(enum lab_server server);

/* Where to connect as `user`; free with db_target_free. */
struct db_target *lab_target(const struct lab *lab, enum lab_server server, const char *user);
/* Its logins; free with g_strfreev. */
char **lab_roles(void);
/* FALSE with an error that says how to start it. */
gboolean lab_is_up(const struct lab *lab, enum lab_server server, GError **error);
/* An open connection as the cluster's superuser; NULL on failure. */
struct db_conn *lab_connect(const struct lab *lab, enum lab_server server, GError **error);

/* After the control schema is installed: lets each practice login do its part. */
gboolean lab_grant(const struct lab *lab, GError **error);

#endif
