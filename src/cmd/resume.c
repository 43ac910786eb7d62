/* pgrollout resume: take the operator's holds away. */
#include "config.h"

#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_resume;

static int run_resume(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *reason = NULL;
    gboolean all = FALSE;
    const GOptionEntry entries[] = {
        {"all", 0, 0, G_OPTION_ARG_NONE, &all, "every migration, and what is loaded later", NULL},
        CMD_REASON(&reason),
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_resume, entries, &argc, &argv, 0, 1, &status))
        return status;
    if (all ? argc > 1 : argc < 2) {
        print_message("resume takes one NAME, or --all");
        return 2;
    }
    const char *params[] = {all ? reason : argv[1], reason};
    return session_command(context, &cmd_verb_resume, all ? "resume-all" : "resume", all ? 1 : 2,
                           params, all);
}

const struct cmd_verb cmd_verb_resume = {
    .name = "resume",
    .arguments = "NAME|--all [--reason TEXT]",
    .summary = "take the operator's holds away; guards' holds stay",
    .run = run_resume,
    .role = "operator",
};
