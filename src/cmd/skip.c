/* pgrollout skip: leave a gate or a check out, and say why. */
#include "config.h"

#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_skip;

static int run_skip(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *reason = NULL;
    const GOptionEntry entries[] = {CMD_REASON(&reason), {0}};
    int status;
    if (!cmd_parse(&cmd_verb_skip, entries, &argc, &argv, 2, 2, &status))
        return status;
    if (!reason) {
        print_message("skip needs a reason for the journal: --reason TEXT");
        return 2;
    }
    const char *params[] = {argv[1], argv[2], reason};
    return session_command(context, &cmd_verb_skip, "skip", 3, params, FALSE);
}

const struct cmd_verb cmd_verb_skip = {
    .name = "skip",
    .arguments = "NAME STEP --reason TEXT",
    .summary = "leave out a gate or a check whose turn it is",
    .run = run_skip,
    .role = "operator",
};
