/* The settings file, pgrollout.conf (man pgrollout.conf): what belongs to the machine and not to a plan
 * or a database. A key file; the user's own is read over the system's. */
#ifndef PGROLLOUT_ENGINE_CONF_H
#define PGROLLOUT_ENGINE_CONF_H

#include <glib.h>

/* A standby or a pooler: a name and how to reach it. */
struct conf_server {
    char *name;
    char *conninfo; /* as libpq takes it */
};

/* A program that prints one number. Only the settings file names programs, never a plan. */
struct conf_probe {
    char *name;
    char **argv;       /* NULL-terminated; the first is an absolute path */
    gint64 timeout_us; /* 1 s unless told */
};

#define CONF_HOOKS_TIMEOUT_US (30 * G_USEC_PER_SEC)

struct conf {
    char *hooks_folder; /* absolute; NULL: the usual ones */
    gint64 hooks_timeout_us;
    GPtrArray *replicas; /* struct conf_server */
    GPtrArray *poolers;  /* struct conf_server: the conninfo of an administration console */
    GPtrArray *probes;   /* struct conf_probe */
};

/* Reads the file that PGROLLOUT_CONF names, or else the system's and the user's; a file that is not
 * there is none. NULL with ROLLOUT_ERROR_USAGE: one cannot be read, or says something that is not
 * known; the message has file and group. A file with probes or hooks that others than its owner may write is
 * refused. Blocks for the reading. The caller owns the result. */
struct conf *conf_read(GError **error);
/* The same of one file, which must be there. */
struct conf *conf_read_file(const char *path, GError **error);
void conf_free(struct conf *conf); /* NULL is fine */

/* By name; NULL: none. */
const struct conf_server *conf_replica_find(const struct conf *conf, const char *name);
const struct conf_probe *conf_probe_find(const struct conf *conf, const char *name);

#endif
