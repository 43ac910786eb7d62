/* pgrollout advance: pass the phase boundary where a migration waits. */
#include "config.h"

#include "cmd/options.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_advance;

static int run_advance(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *reason = NULL;
    const GOptionEntry entries[] = {CMD_REASON(&reason), {0}};
    int status;
    if (!cmd_parse(&cmd_verb_advance, entries, &argc, &argv, 1, 1, &status))
        return status;
    const char *params[] = {argv[1], reason};
    return session_command(context, &cmd_verb_advance, "advance", 2, params, FALSE);
}

const struct cmd_verb cmd_verb_advance = {
    .name = "advance",
    .arguments = "NAME [--reason TEXT]",
    .summary = "pass the phase boundary where it waits; never into contract",
    .run = run_advance,
    .role = "operator",
};
