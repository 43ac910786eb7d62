/* pgrollout checklist: the two lists of a rollout, their evidence, and what named people answer. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <json-glib/json-glib.h>

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

static char *text_member(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_dup_string(node)
               : NULL;
}

/* "web (old) in backfill half: ERROR …; and 3 more"; NULL: there is none. */
static char *failures_text(JsonArray *failures)
{
    if (!failures || json_array_get_length(failures) == 0)
        return NULL;
    JsonNode *first = json_array_get_element(failures, 0);
    if (!JSON_NODE_HOLDS_OBJECT(first))
        return NULL;
    JsonObject *object = json_node_get_object(first);
    g_autofree char *application = text_member(object, "application"),
                    *release = text_member(object, "release"),
                    *state = text_member(object, "state"), *reason = text_member(object, "reason");
    guint more = json_array_get_length(failures) - 1;
    GString *text = g_string_new(NULL);
    g_string_printf(text, "%s (%s) in %s: %s", application ? application : "?",
                    release ? release : "?", state ? state : "?", reason ? reason : "it failed");
    if (more)
        g_string_append_printf(text, "; and %u more", more);
    return g_string_free(text, FALSE);
}

static JsonArray *array_member(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

/* What `pgrollout rehearse --json` has written. */
static JsonObject *rehearsal_read(JsonParser *parser, const char *path)
{
    g_autoptr(GError) error = NULL;
    JsonNode *root =
        json_parser_load_from_file(parser, path, &error) ? json_parser_get_root(parser) : NULL;
    JsonObject *object = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    JsonNode *passed = object ? json_object_get_member(object, "passed") : NULL;
    if (passed && JSON_NODE_HOLDS_VALUE(passed) &&
        json_node_get_value_type(passed) == G_TYPE_BOOLEAN && array_member(object, "states"))
        return object;
    g_autofree char *name = print_safe(path);
    g_autofree char *why = print_safe(error ? error->message : "it has no result");
    print_message("\"%s\" is not what pgrollout rehearse --json writes: %s", name, why);
    return NULL;
}

static int hand_in(struct cmd_context *context, const struct cmd_verb *verb, const char *name,
                   const char *path)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *report = rehearsal_read(parser, path);
    if (!report)
        return 2;
    g_autofree char *sha256 = text_member(report, "plan_sha256"),
                    *stopped = text_member(report, "stopped"),
                    *failed = failures_text(array_member(report, "failures"));
    JsonNode *trials = json_object_get_member(report, "trials");
    g_autofree char *states =
        g_strdup_printf("%u", json_array_get_length(array_member(report, "states")));
    g_autofree char *count = g_strdup_printf(
        "%d", trials && JSON_NODE_HOLDS_VALUE(trials) ? (int)json_node_get_int(trials) : 0);
    const char *params[] = {
        name,   sha256, json_object_get_boolean_member(report, "passed") ? "t" : "f",
        states, count,  stopped ? stopped : failed};
    return session_command(context, verb, "checklist-rehearsal", 6, params, FALSE);
}

/* FALSE: the options do not go together; said on standard error. */
static gboolean options_agree(const char *confirm, const char *withdraw, const char *rehearsal,
                              const char *note)
{
    if (!!confirm + !!withdraw + !!rehearsal > 1)
        print_message("--confirm, --withdraw, --rehearsal: one of them at a time");
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
    g_autofree char *confirm = NULL, *withdraw = NULL, *rehearsal = NULL, *note = NULL;
    const GOptionEntry entries[] = {
        {"confirm", 0, 0, G_OPTION_ARG_FILENAME, &confirm,
         "say of an item that it is so (role operator)", "ITEM"},
        {"withdraw", 0, 0, G_OPTION_ARG_FILENAME, &withdraw,
         "take back what was confirmed (role operator)", "ITEM"},
        {"rehearsal", 0, 0, G_OPTION_ARG_FILENAME, &rehearsal,
         "hand in what pgrollout rehearse --json has written (role operator)", "FILE"},
        {"note", 0, 0, G_OPTION_ARG_FILENAME, &note, "how you know, or why; kept with it", "TEXT"},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_checklist, entries, &argc, &argv, 1, 1, &status))
        return status;
    if (!options_agree(confirm, withdraw, rehearsal, note))
        return 2;
    if (!confirm && !withdraw && !rehearsal)
        return show(context, argv[1]);
    struct cmd_verb verb = cmd_verb_checklist;
    verb.role = "operator";
    if (rehearsal)
        return hand_in(context, &verb, argv[1], rehearsal);
    const char *params[] = {argv[1], confirm ? confirm : withdraw, note};
    return session_command(context, &verb, confirm ? "checklist-confirm" : "checklist-withdraw", 3,
                           params, FALSE);
}

const struct cmd_verb cmd_verb_checklist = {
    .name = "checklist",
    .arguments = "NAME [--confirm ITEM | --withdraw ITEM | --rehearsal FILE] [--note TEXT]",
    .summary = "the lists before shipping and during rollout, with evidence",
    .run = run_checklist,
    .role = "viewer",
};
