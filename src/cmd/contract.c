/* pgrollout contract: pass the last boundary, the point of no return. */
#include "config.h"

#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_contract;

static int run_contract(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *reason = NULL, *confirm = NULL;
    const GOptionEntry entries[] = {
        {"confirm", 0, 0, G_OPTION_ARG_FILENAME, &confirm, "the migration's name once more",
         "NAME"},
        CMD_REASON(&reason),
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_contract, entries, &argc, &argv, 1, 1, &status))
        return status;
    if (!confirm) {
        print_message("contract drops what does not come back: say --confirm %s", argv[1]);
        return 2;
    }
    const char *params[] = {argv[1], confirm, reason};
    status = session_command(context, &cmd_verb_contract, "contract", 3, params, FALSE);
    return status == 1 ? 4 : status; /* a name that is not the migration's is a refusal */
}

const struct cmd_verb cmd_verb_contract = {
    .name = "contract",
    .arguments = "NAME --confirm NAME [--reason TEXT]",
    .summary = "pass the last boundary, the point of no return",
    .run = run_contract,
    .role = "approver",
};
