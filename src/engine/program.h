/* A program that is run to print one number, without ever blocking: argv and no shell, a clean
 * environment, the folder /, a process group of its own, limits, a timeout (SIGTERM, then SIGKILL) and a
 * cap on its output. */
#ifndef ENGINE_PROGRAM_H
#define ENGINE_PROGRAM_H

#include <glib.h>

/* Between SIGTERM and SIGKILL. */
#define PROGRAM_GRACE_US (G_USEC_PER_SEC / 2)

struct program;

struct program_result {
    char *failure; /* NULL: it printed a number */
    double number;
};

/* Starts it; `environment` is "NAME=VALUE" texts behind PATH, NULL at the end. All is copied. */
struct program *program_start(char *const *argv, char *const *environment, gint64 timeout_us);
/* TRUE: it has ended, nothing of its group runs any more; the caller owns `result->failure`. */
gboolean program_take(struct program *program, struct program_result *result);
/* Kills what still runs, and does not wait for it. NULL is fine. */
void program_free(struct program *program);

/* A text as one finite number with blanks around it. Pure. */
gboolean program_number(const char *text, double *number);

#endif
