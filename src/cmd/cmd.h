/* A verb of the command line: one file each, found through the generated `cmd_verb_registry`. */
#ifndef PGROLLOUT_CMD_CMD_H
#define PGROLLOUT_CMD_CMD_H

#include <glib.h>

#include "pgrollout/console/console.h"
#include "pgrollout/pg/conn.h"

/* What main made of the global options; passed down to the verb. */
struct cmd_context {
    const char *program;      /* argv[0] */
    struct db_target *target; /* psql's connection options */
    gboolean json;            /* --json */
    gboolean never_ask;       /* -w */
    gboolean force_ask;       /* -W */
    enum console_color color; /* --color */
};

struct cmd_verb {
    const char *name;
    const char *arguments; /* "NAME [--reason TEXT]" */
    const char *summary;   /* one line */
    /* argv[0] is the verb; the global options are gone. Returns the exit status; prints facts to
     * standard output and messages to standard error. */
    int (*run)(struct cmd_context *context, int argc, char **argv);
    /* The least of viewer, responder, operator, approver that it needs; NULL: none of them. */
    const char *role;
    /* What stands behind this word belongs to another program ("psql"); NULL: nothing. */
    const char *raw_after;
};

extern const struct cmd_verb *const cmd_verb_registry[];

/* The verb of that name, or NULL. */
const struct cmd_verb *cmd_verb_find(const char *name);

#endif
