/* pgrollout forget: take a done or aborted migration and its journal away. */
#include "config.h"

#include "cmd/options.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_forget;

static int run_forget(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *reason = NULL;
    const GOptionEntry entries[] = {CMD_REASON(&reason), {0}};
    int status;
    if (!cmd_parse(&cmd_verb_forget, entries, &argc, &argv, 1, 1, &status))
        return status;
    const char *params[] = {argv[1], reason};
    return session_command(context, &cmd_verb_forget, "forget", 2, params, FALSE);
}

const struct cmd_verb cmd_verb_forget = {
    .name = "forget",
    .arguments = "NAME [--reason TEXT]",
    .summary = "take a done or aborted migration and its journal away",
    .run = run_forget,
    .role = "operator",
};
