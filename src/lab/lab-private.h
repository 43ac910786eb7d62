/* What the files of the practice cluster share. */
#ifndef PGROLLOUT_LAB_LAB_PRIVATE_H
#define PGROLLOUT_LAB_LAB_PRIVATE_H

#include "pgrollout/lab/lab.h"

/* DIRECTORY/NAME; free with g_free. */
char *lab_path(const struct lab *lab, const char *name);

/* Remembers what the cluster was made with; from then on lab_exists says so. */
gboolean lab_options_write(const struct lab *lab, const struct lab_options *options,
                           GError **error);

/* Runs a program to its end, as the servers' user; `argv[0]` without a slash lies in bindir. On
 * failure the error carries the last line that it printed. */
gboolean lab_run(const struct lab *lab, const char *const *argv, GError **error);

/* A primary alone, running, with that superuser; nothing lies in the directory yet. */
gboolean lab_primary_create(struct lab *lab, const char *superuser, GError **error);

/* Database, roles, tables and rows on a running primary. */
gboolean lab_shop_create(const struct lab *lab, const struct lab_options *options, GError **error);

/* The process of that pid has `argument` among its arguments. */
gboolean lab_process_has_argument(int pid, const char *argument);
/* It has ended; perhaps nobody has waited for it yet. */
gboolean lab_process_is_gone(int pid);
/* SIGSTOP has stopped it. */
gboolean lab_process_is_stopped(int pid);
/* For a child of a process that blocks signals; as g_spawn_async calls it. */
void lab_signals_unblock(void *data);
/* Sends the signal, below 0 to a process group, and waits up to `seconds` until the process is gone. */
gboolean lab_process_end(int pid, int signal, int seconds);

#endif
