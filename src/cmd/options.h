/* The options of the command line: psql's for the connection, ours, and those of each verb. */
#ifndef PGROLLOUT_CMD_OPTIONS_H
#define PGROLLOUT_CMD_OPTIONS_H

#include "cmd/cmd.h"

/* Takes the global options out of argv (an array of ours, ending in NULL), wherever they stand, and
 * fills the context. FALSE with
 * *status set when the program is to end now (bad input, --version). */
gboolean options_take_global(struct cmd_context *context, int *argc, char **argv, int *status);
void options_print_global(void);
/* The same for programs: a line each, "--name", what its value is called and what it does, with tabs in
 * between. */
void options_list_global(void);
/* Alone behind a verb it prints the verb's own options like that: for the completion of shells. */
#define OPTIONS_LIST "--list-options"

/* GLib's error about options becomes one of ours, with the usage of `verb` (NULL: the program's) as its
 * hint. */
void options_explain(GError **error, const char *verb, const char *arguments);

/* Reads a verb's own options (`entries` ends in {0}, or is NULL) and sees that between `min` and
 * `max` arguments are left; --help prints the verb's help. FALSE with *status set when the verb is
 * to end now. Afterwards argv[1] … are the arguments. Texts are best taken as
 * G_OPTION_ARG_FILENAME: GLib would refuse other letters than ASCII under LANG=C. */
gboolean cmd_parse(const struct cmd_verb *verb, const GOptionEntry *entries, int *argc,
                   char ***argv, int min, int max, int *status);

/* The option --reason of most commands. */
#define CMD_REASON(where)                                                                          \
    {                                                                                              \
        "reason", 0, 0, G_OPTION_ARG_FILENAME, where, "kept in the journal", "TEXT"                \
    }

/* The text as valid UTF-8; what is not becomes U+FFFD. Free with g_free; NULL for NULL. */
char *cmd_text(const char *text);

/* "10m" as an interval for the server ("600000000 microseconds"), NULL for NULL. FALSE: not a
 * duration; said on standard error. */
gboolean cmd_interval(const char *text, char **interval);

#endif
