/* pgrollout throttle: slower now. */
#include "config.h"

#include "cmd/options.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_throttle;

static int run_throttle(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *reason = NULL, *duration = NULL, *interval = NULL;
    const GOptionEntry entries[] = {
        {"for", 0, 0, G_OPTION_ARG_FILENAME, &duration, "ends by itself, e.g. after 10m",
         "DURATION"},
        CMD_REASON(&reason),
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_throttle, entries, &argc, &argv, 1, 1, &status))
        return status;
    if (!cmd_interval(duration, &interval))
        return 2;
    const char *params[] = {argv[1], interval, reason};
    return session_command(context, &cmd_verb_throttle, "throttle", 3, params, FALSE);
}

const struct cmd_verb cmd_verb_throttle = {
    .name = "throttle",
    .arguments = "NAME [--for DURATION] [--reason TEXT]",
    .summary = "slower now: half the batch, twice the rest",
    .run = run_throttle,
    .role = "responder",
};
