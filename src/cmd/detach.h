/* Going on in the background: the parent waits until the child has the lease, or says why not. */
#ifndef PGROLLOUT_CMD_DETACH_H
#define PGROLLOUT_CMD_DETACH_H

#include <glib.h>

struct detach;

/* Forks. In the child: a session of its own, standard input from /dev/null, standard output and error
 * to the log file (NULL: one below the user's state directory), and an object to report with. In the
 * parent: waits for that report, prints it and returns NULL with the exit status. */
struct detach *detach_start(const char *log, int *status);
void detach_free(struct detach *detach);
const char *detach_log(const struct detach *detach);

/* The report: exactly one of them, once; later calls do nothing. */
void detach_ready(struct detach *detach, gint64 epoch);
void detach_failed(struct detach *detach, int status, const GError *error);

#endif
