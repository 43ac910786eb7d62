/* A program that is run without ever blocking: argv and no shell, a clean environment, the folder /, a process
 * group of its own, limits, a timeout (SIGTERM, then SIGKILL) and a cap on its output. One that prints a number
 * (a probe), or one that is told something (a hook). */
#ifndef ENGINE_PROGRAM_H
#define ENGINE_PROGRAM_H

#include <glib.h>

/* Between SIGTERM and SIGKILL. */
#define PROGRAM_GRACE_US (G_USEC_PER_SEC / 2)

struct program;
typedef void (*program_fn)(void *data);

struct program_spec {
    char *const *argv; /* NULL at the end; no shell */
    char *const *
        environment; /* "NAME=VALUE" beside PATH and LC_ALL, which it may replace; NULL at the end */
    gint64 timeout_us;
    const char *input;    /* what it reads from standard input, as a file; NULL: nothing */
    gboolean with_errors; /* its standard error is output, too */
    program_fn
        ended; /* called from the main context when it has ended; not where it could not be started */
    void *data;
};

struct program_result {
    char *failure; /* NULL: it printed a number */
    double number;
};

/* Starts it; what it is given is copied. */
struct program *program_start(const struct program_spec *spec);
/* TRUE: it has ended, nothing of its group runs any more; the caller owns `result->failure`. */
gboolean program_take(struct program *program, struct program_result *result);
/* The same for one that need not print anything: *failure says why it has not done well (NULL: it ended with
 * status 0), *output is what it printed, as valid UTF-8; the caller owns both. */
gboolean program_end(struct program *program, char **failure, char **output);
/* Kills what still runs, and does not wait for it. NULL is fine. */
void program_free(struct program *program);

/* A text as one finite number with blanks around it. Pure. */
gboolean program_number(const char *text, double *number);

#endif
