/* pgrollout note: a line in the journal. */
#include "config.h"

#include "cmd/options.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_note;

static int run_note(struct cmd_context *context, int argc, char **argv)
{
    int status;
    if (!cmd_parse(&cmd_verb_note, NULL, &argc, &argv, 2, -1, &status))
        return status;
    g_autofree char *text = g_strjoinv(" ", argv + 2);
    const char *params[] = {argv[1], text};
    return session_command(context, &cmd_verb_note, "note", 2, params, FALSE);
}

const struct cmd_verb cmd_verb_note = {
    .name = "note",
    .arguments = "NAME TEXT",
    .summary = "write a line into the journal",
    .run = run_note,
    .role = "responder",
};
