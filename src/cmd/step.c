/* pgrollout step: exactly one step or batch, then hold again. */
#include "config.h"

#include "cmd/options.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_step;

static int run_step(struct cmd_context *context, int argc, char **argv)
{
    int status;
    if (!cmd_parse(&cmd_verb_step, NULL, &argc, &argv, 1, 1, &status))
        return status;
    const char *params[] = {argv[1]};
    return session_command(context, &cmd_verb_step, "step", 1, params, FALSE);
}

const struct cmd_verb cmd_verb_step = {
    .name = "step",
    .arguments = "NAME",
    .summary = "do exactly one step or batch, then hold again",
    .run = run_step,
    .role = "operator",
};
