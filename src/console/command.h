/* The words of the ":" prompt: one table, from which help and completion are made as well. */
#ifndef PGROLLOUT_CONSOLE_COMMAND_H
#define PGROLLOUT_CONSOLE_COMMAND_H

#include <glib.h>

enum command_id {
    COMMAND_PAUSE,
    COMMAND_RESUME,
    COMMAND_STEP,
    COMMAND_ADVANCE,
    COMMAND_CONTRACT,
    COMMAND_CONFIRM,
    COMMAND_ABORT,
    COMMAND_RETRY,
    COMMAND_SKIP,
    COMMAND_THROTTLE,
    COMMAND_SET,
    COMMAND_NOTE,
    COMMAND_OPEN,
    COMMAND_SCREEN, /* its name is the screen's */
    COMMAND_DIFF,
    COMMAND_EXPORT,
    COMMAND_THEME,
    COMMAND_REFRESH,
    COMMAND_RECONNECT,
    COMMAND_ENGINE,
    COMMAND_CANCEL,
    COMMAND_TERMINATE,
    COMMAND_STATUS,
    COMMAND_LOWBW,
    COMMAND_FORGET,
    COMMAND_SNAP,
    COMMAND_REPORT,
    COMMAND_HINT,
    COMMAND_PREDICT,
    COMMAND_QUIT
};

/* What may stand behind a command, for completion. */
enum command_takes {
    TAKES_NAME = 1, /* a migration, first */
    TAKES_ALL = 2,  /* or all of them */
    TAKES_REASON = 4,
    TAKES_AFTER_STEP = 8,
    TAKES_STEP = 16,        /* a gate */
    TAKES_CHECK = 32,       /* a gate or a check */
    TAKES_APPLICATION = 64, /* "for APPLICATION" */
    TAKES_NOTE = 128,
    TAKES_PHASE = 256, /* "start", or one that stays done */
    TAKES_DURATION = 512,
    TAKES_SETTING = 1024, /* KEY=VALUE */
    TAKES_THEME = 2048,
    TAKES_SECONDS = 4096,
    TAKES_PID = 16384,
    TAKES_ONE_OF = 8192 /* one of those that `arguments` names */
};

struct command {
    enum command_id id;
    const char *name;
    const char *arguments; /* for people */
    const char *help;
    gboolean acts;  /* has to be written in full; the others while unique */
    unsigned takes; /* enum command_takes */
};

/* Ends with an entry whose name is NULL. */
extern const struct command commands_table[];

/* A line taken apart. */
struct command_line {
    const struct command *command;
    char **words; /* after the command, without the reason */
    guint n_words;
    char *reason; /* after " -- ", NULL */
    char *rest;   /* all after the command, for notes */
    gboolean after_step;
};

/* By its name, or the start of it where that is enough; NULL with an error. */
const struct command *command_find(const char *word, GError **error);
/* The options of the command line are understood, too: "--for 10m" is "for 10m", "--to expand" "expand",
 * "--all" "all", "--reason TEXT" and "--note TEXT" the reason. NULL with an error that names what is
 * wrong. An empty line is NULL without an error. */
struct command_line *command_parse(const char *line, GError **error);
void command_line_free(struct command_line *line);
/* "10m" as an interval the server reads whatever its settings; NULL with an error that says how it is
 * written. Free with g_free. */
char *command_interval(const char *duration, GError **error);
#endif
