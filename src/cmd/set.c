/* pgrollout set: tuning while it runs; alone it prints all values. */
#include "config.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"
#include "pgrollout/base/error.h"

extern const struct cmd_verb cmd_verb_set;

/* "key=value" … as [["key", "value"], …]; NULL: said on standard error. */
static char *pairs_json(char **words)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_array(builder);
    for (; *words; words++) {
        g_autofree char *word = cmd_text(*words);
        char *equals = strchr(word, '=');
        if (!equals || equals == word || !equals[1]) {
            print_message("set: \"%s\" is not KEY=VALUE, for example batch.target=5ms", word);
            return NULL;
        }
        *equals = 0;
        json_builder_begin_array(builder);
        json_builder_add_string_value(builder, word);
        json_builder_add_string_value(builder, equals + 1);
        json_builder_end_array(builder);
    }
    json_builder_end_array(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    return json_to_string(root, FALSE);
}

/* A receipt's undo says here who has set it, and until when. */
static int list_all(struct cmd_context *context, const char *name)
{
    int status;
    struct db_conn *conn = session_open(context, &status);
    if (!conn)
        return status;
    g_autoptr(GError) error = NULL;
    const char *params[] = {name};
    struct db_reply *reply = session_query(conn, &cmd_verb_set, "settings", 1, params, &error);
    status = reply ? 0 : print_error(error);
    if (reply && context->json)
        print_rows_json(reply);
    else if (reply)
        print_table(reply);
    db_reply_free(reply);
    db_conn_free(conn);
    return status;
}

static int run_set(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *reason = NULL, *duration = NULL, *interval = NULL;
    const GOptionEntry entries[] = {
        {"for", 0, 0, G_OPTION_ARG_FILENAME, &duration, "ends by itself, e.g. after 10m",
         "DURATION"},
        CMD_REASON(&reason),
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_set, entries, &argc, &argv, 1, -1, &status))
        return status;
    if (argc == 2)
        return list_all(context, argv[1]);
    g_autofree char *pairs = pairs_json(argv + 2);
    if (!pairs || !cmd_interval(duration, &interval))
        return 2;
    const char *params[] = {argv[1], pairs, interval, reason};
    return session_command(context, &cmd_verb_set, "set", 4, params, TRUE);
}

const struct cmd_verb cmd_verb_set = {
    .name = "set",
    .arguments = "NAME [KEY=VALUE …] [--for DURATION] [--reason TEXT]",
    .summary = "tune while it runs; alone it prints all values",
    .run = run_set,
    .role = "responder",
};
