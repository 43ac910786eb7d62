/* pgrollout confirm: answer a gate. */
#include "config.h"

#include "cmd/options.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_confirm;

static int run_confirm(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *application = NULL, *note = NULL, *reason = NULL;
    const GOptionEntry entries[] = {
        {"for", 0, 0, G_OPTION_ARG_FILENAME, &application, "the application this answer is about",
         "APPLICATION"},
        {"note", 0, 0, G_OPTION_ARG_FILENAME, &note, "kept in the journal", "TEXT"},
        {"reason", 0, 0, G_OPTION_ARG_FILENAME, &reason,
         "why, where the evidence stands against it; kept in the journal, too", "TEXT"},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_confirm, entries, &argc, &argv, 1, 2, &status))
        return status;
    const char *params[] = {argv[1], argc > 2 ? argv[2] : NULL, application,
                            reason ? reason : note};
    return session_command(context, &cmd_verb_confirm, "confirm", 4, params, FALSE);
}

const struct cmd_verb cmd_verb_confirm = {
    .name = "confirm",
    .arguments = "NAME [STEP] [--for APPLICATION] [--note TEXT] [--reason TEXT]",
    .summary = "answer the gate that waits",
    .run = run_confirm,
    .role = "operator",
};
