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
    COMMAND_COCKPIT,
    COMMAND_JOURNAL,
    COMMAND_HELP,
    COMMAND_THEME,
    COMMAND_REFRESH,
    COMMAND_RECONNECT,
    COMMAND_ENGINE,
    COMMAND_QUIT
};

struct command {
    enum command_id id;
    const char *name;
    const char *arguments; /* for people */
    const char *help;
    gboolean acts; /* has to be written in full; the others while unique */
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
};

/* NULL with an error that names what is wrong. An empty line is NULL without an error. */
struct command_line *command_parse(const char *line, GError **error);
void command_line_free(struct command_line *line);
/* "10m" as an interval the server reads whatever its settings; NULL with an error that says how it is
 * written. Free with g_free. */
char *command_interval(const char *duration, GError **error);
/* Completions of the word before the cursor: commands at the start, else what the command takes.
 * `names` are the migrations' names. Free with g_strfreev. */
char **command_complete(const char *line, const char *word, gboolean first_word,
                        const char *const *names);

#endif
