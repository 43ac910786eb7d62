/* The terminal console. It watches and asks; the engine acts. Closing it, killing it or losing the
 * link changes nothing in a rollout. */
#ifndef PGROLLOUT_CONSOLE_CONSOLE_H
#define PGROLLOUT_CONSOLE_CONSOLE_H

#include "pgrollout/console/coach.h"
#include "pgrollout/engine/snapshot.h"
#include "pgrollout/pg/target.h"
#include "pgrollout/report/recording.h"

/* ALWAYS is AUTO without a look at NO_COLOR; a number is what the terminal is taken to have, as far as
 * terminfo can say how. */
enum console_color {
    CONSOLE_COLOR_AUTO,
    CONSOLE_COLOR_ALWAYS,
    CONSOLE_COLOR_NEVER,
    CONSOLE_COLOR_16,
    CONSOLE_COLOR_256,
    CONSOLE_COLOR_TRUE
};

struct console_options {
    const struct db_target *target;
    const struct db_target *const *targets; /* of several databases in place of it; NULL: one */
    guint n_targets;
    /* To open on, of several databases as "name" or "database/name"; NULL: the one that needs
     * attention. */
    const char *migration;
    /* What is shown in place of a database, at so many times the speed it had; NULL. */
    const struct recording *recording;
    double speed;
    const char *theme; /* NULL: the person's default.theme, else by the terminal's background */
    const char *badge; /* "DRILL", "PROD"; NULL: none */
    int refresh_ms;    /* 0: 2000 */
    gboolean read_only, ascii;
    gboolean never_ask; /* for passwords */
    gboolean plain;     /* lines instead of a screen, as with TERM=dumb or a pipe */
    enum console_color color;
    struct console_coach coach;
    /* ":engine start": starts a detached engine for that target. Must not block for longer than it takes to start a
     * process; returns one line for the message line (free with g_free). Signals are blocked in the
     * caller: the child must unblock them. NULL: not offered. */
    char *(*engine_start)(const struct db_target *target, gboolean *ok, void *data);
    void *engine_data;
};

enum console_end {
    CONSOLE_QUIT,          /* the person left */
    CONSOLE_SIGNAL,        /* SIGTERM, SIGHUP: `console_signal` says which */
    CONSOLE_NEEDS_PASSWORD /* ask for it and run again with it in the target; never of several */
};

/* Runs until it ends; setlocale has been called. FALSE with *error when it could not start (unknown
 * theme, no terminal). */
gboolean console_run(const struct console_options *options, enum console_end *end, GError **error);
/* The signal that ended the last run. */
int console_signal(void);
/* A line in the message line of the console that runs, for a hook whose work ends later; called from the
 * main context. Without a running console nothing happens. */
void console_say(gboolean ok, const char *text);

#endif
