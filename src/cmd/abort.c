/* pgrollout abort: undo in reverse order; without a target it prints the card and changes nothing.
 */
#include "config.h"

#include "cmd/card.h"
#include "cmd/options.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_abort;

static int run_abort(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *reason = NULL, *target = NULL;
    const GOptionEntry entries[] = {
        {"to", 0, 0, G_OPTION_ARG_FILENAME, &target, "start, or the phase that is to stay done",
         "TARGET"},
        CMD_REASON(&reason),
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_abort, entries, &argc, &argv, 1, 1, &status))
        return status;
    if (!target)
        return card_print(context, &cmd_verb_abort, argv[1],
                          "nothing was changed; to do it: pgrollout abort NAME --to TARGET");
    const char *params[] = {argv[1], target, reason};
    status = session_command(context, &cmd_verb_abort, "abort", 3, params, FALSE);
    if (status == 0 && !context->json)
        card_print_takes(context, &cmd_verb_abort, argv[1]);
    return status;
}

const struct cmd_verb cmd_verb_abort = {
    .name = "abort",
    .arguments = "NAME [--to start|PHASE] [--reason TEXT]",
    .summary = "undo in reverse order; without --to it only prints the card",
    .run = run_abort,
    .role = "operator",
};
