/* pgrollout checklist: the two lists of a rollout, their evidence, and what named people answer. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_checklist;

enum column {
    COLUMN_LIST,
    COLUMN_N,
    COLUMN_ITEM,
    COLUMN_WORDS,
    COLUMN_STATE,
    COLUMN_EVIDENCE,
    COLUMN_BY,
    COLUMN_AT,
    COLUMN_NOTE
};

/* Only what is shown or said to be so has a tick. */
static const char *mark_of(const char *state)
{
    static const struct {
        const char *state, *mark;
    } marks[] = {
        {"met", "[x]"}, {"confirmed", "[x]"}, {"contradicted", "[!]"}, {"not needed", "[-]"}};
    for (guint i = 0; i < G_N_ELEMENTS(marks); i++)
        if (g_strcmp0(state, marks[i].state) == 0)
            return marks[i].mark;
    return "[ ]";
}

static void print_item(const struct db_reply *reply, int row)
{
    const char *state = db_reply_text(reply, row, COLUMN_STATE);
    const char *by = db_reply_text(reply, row, COLUMN_BY);
    g_autofree char *item = print_safe(db_reply_text(reply, row, COLUMN_ITEM));
    g_autofree char *words = print_safe(db_reply_text(reply, row, COLUMN_WORDS));
    g_autofree char *line = g_strdup_printf("%s %s: %s (%s)", mark_of(state), item, words, state);
    print_wrapped(0, 4, line);
    printf("    ");
    print_wrapped(4, 4, db_reply_text(reply, row, COLUMN_EVIDENCE));
    if (!by)
        return;
    g_autofree char *at = print_time(db_reply_text(reply, row, COLUMN_AT));
    g_autofree char *answer = g_strdup_printf("%s at %.16sZ: %s", by, at ? at : "",
                                              db_reply_text(reply, row, COLUMN_NOTE));
    printf("    ");
    print_wrapped(4, 4, answer);
}

static void print_lists(const struct db_reply *reply)
{
    const char *list = "";
    for (int row = 0; row < db_reply_rows(reply); row++) {
        if (strcmp(list, db_reply_text(reply, row, COLUMN_LIST)) != 0) {
            list = db_reply_text(reply, row, COLUMN_LIST);
            print_line("%s%s", row ? "\n" : "", list);
        }
        print_item(reply, row);
    }
}

static int show(struct cmd_context *context, const char *name)
{
    int status;
    struct db_conn *conn = session_open(context, &status);
    if (!conn)
        return status;
    g_autoptr(GError) error = NULL;
    const char *params[] = {name};
    struct db_reply *reply =
        session_query(conn, &cmd_verb_checklist, "checklist", 1, params, &error);
    status = reply ? 0 : print_error(error);
    if (reply && context->json)
        print_rows_json(reply);
    else if (reply)
        print_lists(reply);
    db_reply_free(reply);
    db_conn_free(conn);
    return status;
}

/* FALSE: the options do not go together; said on standard error. */
static gboolean options_agree(const char *confirm, const char *withdraw, const char *note)
{
    if (confirm && withdraw)
        print_message("--confirm and --withdraw at once: one of them");
    else if ((confirm || withdraw) && !note)
        print_message("an answer needs --note TEXT: how do you know?");
    else if (note && !confirm && !withdraw)
        print_message("--note belongs to --confirm ITEM or --withdraw ITEM");
    else
        return TRUE;
    return FALSE;
}

static int run_checklist(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *confirm = NULL, *withdraw = NULL, *note = NULL;
    const GOptionEntry entries[] = {
        {"confirm", 0, 0, G_OPTION_ARG_FILENAME, &confirm,
         "say of an item that it is so (role operator)", "ITEM"},
        {"withdraw", 0, 0, G_OPTION_ARG_FILENAME, &withdraw,
         "take back what was confirmed (role operator)", "ITEM"},
        {"note", 0, 0, G_OPTION_ARG_FILENAME, &note, "how you know, or why; kept with it", "TEXT"},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_checklist, entries, &argc, &argv, 1, 1, &status))
        return status;
    if (!options_agree(confirm, withdraw, note))
        return 2;
    if (!confirm && !withdraw)
        return show(context, argv[1]);
    struct cmd_verb verb = cmd_verb_checklist;
    verb.role = "operator";
    const char *params[] = {argv[1], confirm ? confirm : withdraw, note};
    return session_command(context, &verb, confirm ? "checklist-confirm" : "checklist-withdraw", 3,
                           params, FALSE);
}

const struct cmd_verb cmd_verb_checklist = {
    .name = "checklist",
    .arguments = "NAME [--confirm ITEM | --withdraw ITEM] [--note TEXT]",
    .summary = "the lists before shipping and during the rollout, with their evidence",
    .run = run_checklist,
    .role = "viewer",
};
