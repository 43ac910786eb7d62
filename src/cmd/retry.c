/* pgrollout retry: go on after a failure. */
#include "config.h"

#include "cmd/options.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_retry;

static int run_retry(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *reason = NULL;
    const GOptionEntry entries[] = {CMD_REASON(&reason), {0}};
    int status;
    if (!cmd_parse(&cmd_verb_retry, entries, &argc, &argv, 1, 1, &status))
        return status;
    const char *params[] = {argv[1], reason};
    return session_command(context, &cmd_verb_retry, "retry", 2, params, FALSE);
}

const struct cmd_verb cmd_verb_retry = {
    .name = "retry",
    .arguments = "NAME [--reason TEXT]",
    .summary = "go on where a step failed",
    .run = run_retry,
    .role = "operator",
};
