/* pgrollout card: what an abort would do right now. */
#include "config.h"
#include "cmd/card.h"

#include <stdio.h>

#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"
#include "cmd/uses.h"

extern const struct cmd_verb cmd_verb_card;

/* Who uses one of what is taken away. A look that fails is no reason not to abort. */
static void print_use(struct db_conn *conn, const struct conf *conf, const char *const *words)
{
    g_autoptr(GError) error = NULL;
    struct usage_report *report = usage_ask_wait(conn, conf, words, NULL, &error);
    if (report)
        uses_print(report, USAGE_COVERAGE);
    else {
        g_autofree char *text =
            g_strdup_printf("%s.%s%s%s: cannot be told: %s", words[0], words[1],
                            words[2] ? "." : "", words[2] ? words[2] : "", error->message);
        print_wrapped(0, 2, text);
    }
    usage_report_free(report);
}

/* What the abort takes away, and who uses it. */
static void print_takes(struct db_conn *conn, const struct cmd_verb *verb, const char *name)
{
    g_autoptr(GError) error = NULL;
    const char *params[] = {name};
    struct conf *conf = conf_read(&error);
    struct db_reply *reply =
        conf ? session_query(conn, verb, "card-takes", 1, params, &error) : NULL;
    if (error) {
        g_autofree char *text =
            g_strdup_printf("Who uses what an abort takes away cannot be told: %s", error->message);
        print_wrapped(0, 2, text);
    }
    if (reply && db_reply_rows(reply))
        puts("An abort takes away the following; calls are all since the server began to count.");
    for (int row = 0; reply && row < db_reply_rows(reply); row++) {
        const char *words[] = {db_reply_text(reply, row, 0), db_reply_text(reply, row, 1),
                               db_reply_text(reply, row, 2)};
        print_use(conn, conf, words);
    }
    db_reply_free(reply);
    conf_free(conf);
}

void card_print_takes(struct cmd_context *context, const struct cmd_verb *verb, const char *name)
{
    g_autoptr(GError) error = NULL;
    struct db_conn *conn = session_try(context, &error);
    if (conn)
        print_takes(conn, verb, name);
    db_conn_free(conn);
}

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
    if (reply && !context->json)
        print_takes(conn, verb, name);
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
