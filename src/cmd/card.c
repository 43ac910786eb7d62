/* pgrollout card: what an abort would do right now. */
#include "config.h"
#include "cmd/card.h"

#include <stdio.h>

#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_card;

int card_print(struct cmd_context *context, const struct cmd_verb *verb, const char *name,
               const char *closing)
{
    int status;
    struct db_conn *conn = session_open(context, &status);
    if (!conn)
        return status;
    g_autoptr(GError) error = NULL;
    const char *params[] = {name};
    struct db_reply *reply =
        session_query(conn, verb, context->json ? "card" : "card-text", 1, params, &error);
    status = reply ? 0 : print_error(error);
    if (reply && context->json)
        print_rows_json(reply);
    for (int row = 0; reply && !context->json && row < db_reply_rows(reply); row++) {
        g_autofree char *line = print_safe(db_reply_text(reply, row, 0));
        puts(line);
    }
    if (reply && !context->json && closing)
        puts(closing);
    db_reply_free(reply);
    db_conn_free(conn);
    return status;
}

static int run_card(struct cmd_context *context, int argc, char **argv)
{
    int status;
    if (!cmd_parse(&cmd_verb_card, NULL, &argc, &argv, 1, 1, &status))
        return status;
    return card_print(context, &cmd_verb_card, argv[1], NULL);
}

const struct cmd_verb cmd_verb_card = {
    .name = "card",
    .arguments = "NAME",
    .summary = "the rollback card: what an abort would do right now",
    .run = run_card,
    .role = "viewer",
};
