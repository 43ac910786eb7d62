/* pgrollout lab: the practice cluster and its applications. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/lab-private.h"
#include "cmd/options.h"
#include "cmd/print.h"
#include "pgrollout/base/error.h"

static const struct lab_command lab_commands[] = {
    {"start", "[--rows N] [--rate N] [--no-apps] [--listen A:P]",
     "make and start it (200,000 users by default)", lab_cmd_start},
    {"stop", "[--delete]", "stop it; its data stays", lab_cmd_stop},
    {"reset", "[--rows N] [--rate N] [--no-apps] [--to PHASE]", "make it afresh", lab_cmd_reset},
    {"status", "", "what runs, and how the applications fare", lab_cmd_status},
    {"env", "[--role ROLE]", "print the settings for eval \"$(pgrollout lab env)\"", lab_cmd_env},
    {"psql", "[--role ROLE] [--replica] [ARGS]", "open psql on it", lab_cmd_psql},
    {"deploy", "41|42 [--only APP]", "put a release on the applications", lab_cmd_deploy},
    {"apps", "start|stop|pause|resume|zero|rate N", "the applications; zero: count afresh",
     lab_cmd_apps},
    {"fault", "NAME [ARGUMENT] | clear [NAME] | --list", "break something, mend it again",
     lab_cmd_fault},
    {"verify", "", "is every row right, and the replica the same?", lab_cmd_verify},
    {"app", "NAME DIRECTORY", NULL, lab_cmd_app},
    {"fault-sessions", "NAME DIRECTORY ARGUMENT", NULL, lab_cmd_fault_sessions},
    {0},
};

static const char *arguments_of(const char *what)
{
    for (const struct lab_command *command = lab_commands; command->name; command++)
        if (strcmp(command->name, what) == 0)
            return command->arguments;
    return "";
}

gboolean lab_arguments(GOptionEntry *entries, const char *what, int *argc, char ***argv,
                       int *status)
{
    g_autofree char *title = g_strconcat("- lab ", what, NULL);
    GOptionContext *parser = g_option_context_new(title);
    g_autoptr(GError) error = NULL;
    if (entries)
        g_option_context_add_main_entries(parser, entries, NULL);
    gboolean parsed = g_option_context_parse(parser, argc, argv, &error);
    g_option_context_free(parser);
    if (parsed)
        return TRUE;
    g_autofree char *verb = g_strconcat("lab ", what, NULL);
    options_explain(&error, verb, arguments_of(what));
    *status = print_error(error);
    return FALSE;
}

int lab_wrong(const char *what, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autoptr(GError) error = rollout_error_new(ROLLOUT_ERROR_USAGE, "lab %s: %s", what, text);
    rollout_error_set_hint(error, "usage: pgrollout lab %s %s", what, arguments_of(what));
    return print_error(error);
}

int lab_unexpected(const char *what, const char *argument)
{
    return lab_wrong(what, "unexpected argument \"%s\"", argument);
}

static int lab_usage(FILE *out, int status)
{
    fputs("usage: pgrollout lab COMMAND\n\n", out);
    for (const struct lab_command *command = lab_commands; command->name; command++)
        if (command->summary)
            fprintf(out, "  %-7s %-45s %s\n", command->name, command->arguments, command->summary);
    fputs("\nIt lives in $PGROLLOUT_LAB_DIR, or in /var/tmp/pgrollout-lab-UID.\n", out);
    return status;
}

static int lab_main(struct cmd_context *context, int argc, char **argv)
{
    if (argc < 2)
        return lab_usage(stderr, 2);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return lab_usage(stdout, 0);
    for (const struct lab_command *command = lab_commands; command->name; command++) {
        if (strcmp(argv[1], command->name) != 0)
            continue;
        g_autoptr(GError) error = NULL;
        struct lab *lab = lab_open(&error);
        int status = lab ? command->run(context, lab, argc - 1, argv + 1) : print_error(error);
        lab_close(lab);
        return status;
    }
    print_message("lab: unknown command \"%s\"", argv[1]);
    return lab_usage(stderr, 2);
}

const struct cmd_verb cmd_verb_lab = {
    .name = "lab",
    .arguments = "start|stop|reset|status|deploy|apps|fault|verify|env|psql",
    .summary = "a private practice cluster: primary, replica, applications",
    .run = lab_main,
    .raw_after = "psql",
};
