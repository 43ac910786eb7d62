/* pgrollout pause: when it returns, nothing more commits. */
#include "config.h"

#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_pause;

static int run_pause(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *reason = NULL;
    gboolean all = FALSE, after_step = FALSE;
    const GOptionEntry entries[] = {
        {"all", 0, 0, G_OPTION_ARG_NONE, &all, "every migration, and what is loaded later", NULL},
        {"after-step", 0, 0, G_OPTION_ARG_NONE, &after_step, "let the running step end first",
         NULL},
        CMD_REASON(&reason),
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_pause, entries, &argc, &argv, 0, 1, &status))
        return status;
    if (all ? argc > 1 || after_step : argc < 2) {
        print_message("pause takes one NAME, or --all (without --after-step)");
        return 2;
    }
    if (all) {
        const char *params[] = {reason};
        return session_command(context, &cmd_verb_pause, "pause-all", 1, params, TRUE);
    }
    const char *params[] = {argv[1], reason, after_step ? "true" : "false"};
    return session_command(context, &cmd_verb_pause, "pause", 3, params, FALSE);
}

const struct cmd_verb cmd_verb_pause = {
    .name = "pause",
    .arguments = "NAME|--all [--reason TEXT] [--after-step]",
    .summary = "hold: when it returns, nothing more commits",
    .run = run_pause,
    .role = "responder",
};
