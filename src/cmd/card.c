/* pgrollout card: what an abort would do right now. */
#include "config.h"
#include "cmd/card.h"

#include <stdio.h>
#include <string.h>

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

/* A line of the card; statements stay as they are. */
static void print_card_line(const struct db_reply *reply, int row)
{
    const char *text = db_reply_text(reply, row, 1);
    int indent = (int)strspn(text, " ");
    if (strcmp(db_reply_text(reply, row, 0), "sql") == 0) {
        g_autofree char *safe = print_safe(text);
        puts(safe);
        return;
    }
    printf("%*s", indent, "");
    print_wrapped(indent, (int)db_reply_int(reply, row, 2), text + indent);
}

static void print_document(const struct db_reply *reply)
{
    g_autofree char *json = cmd_text(db_reply_text(reply, 0, 0));
    puts(json);
}

static int print_all(struct cmd_context *context, const struct cmd_verb *verb, const char *name,
                     const char *phase, const char *closing)
{
    int status;
    struct db_conn *conn = session_open(context, &status);
    if (!conn)
        return status;
    g_autoptr(GError) error = NULL;
    const char *params[] = {name, phase};
    struct db_reply *reply =
        session_query(conn, verb, context->json ? "card" : "card-page", 2, params, &error);
    status = reply ? 0 : print_error(error);
    if (reply && context->json)
        print_document(reply);
    for (int row = 0; reply && !context->json && row < db_reply_rows(reply); row++)
        print_card_line(reply, row);
    if (reply && !context->json && !phase)
        print_takes(conn, verb, name);
    if (reply && !context->json && closing)
        puts(closing);
    db_reply_free(reply);
    db_conn_free(conn);
    return status;
}

int card_print(struct cmd_context *context, const struct cmd_verb *verb, const char *name,
               const char *closing)
{
    return print_all(context, verb, name, NULL, closing);
}

static int run_card(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *phase = NULL;
    const GOptionEntry entries[] = {
        {"phase", 0, 0, G_OPTION_ARG_FILENAME, &phase,
         "what going back would mean at the end of this phase, when it has not been reached yet",
         "PHASE"},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_card, entries, &argc, &argv, 1, 1, &status))
        return status;
    return print_all(context, &cmd_verb_card, argv[1], phase, NULL);
}

const struct cmd_verb cmd_verb_card = {
    .name = "card",
    .arguments = "NAME [--phase PHASE]",
    .summary = "the rollback card: what an abort would do, now or in a later phase",
    .run = run_card,
    .role = "viewer",
};
