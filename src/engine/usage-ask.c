/* Who uses a column: asking all servers one after the other, for commands. */
#include "config.h"

#include "engine/peers.h"
#include "engine/usage-private.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

static struct db_reply *ask(struct db_conn *conn, const char *sql, GError **error)
{
    g_autofree char *message =
        g_strconcat(resource_text("engine/sql/usage-begin.sql"), ";\n", sql, ";\nCOMMIT", NULL);
    struct db_reply *reply = db_conn_query_wait(conn, message, 0, NULL, error);
    if (!reply && db_conn_is_open(conn))
        db_reply_free(db_conn_query_wait(conn, "ROLLBACK", 0, NULL, NULL));
    return reply;
}

/* One value of JSON; NULL with `error`, or where the value is NULL. */
static JsonNode *ask_value(struct db_conn *conn, const char *sql, GError **error)
{
    struct db_reply *reply = ask(conn, sql, error);
    const char *text = reply && db_reply_rows(reply) == 1 ? db_reply_text(reply, 0, 0) : NULL;
    JsonNode *node = text ? json_from_string(text, NULL) : NULL;
    db_reply_free(reply);
    return node;
}

static void ask_server(struct usage_reader *reader, struct db_conn *conn, const char *name)
{
    g_autoptr(GError) statements_error = NULL;
    g_autoptr(GError) sessions_error = NULL;
    g_autofree char *statements_sql = usage_statements_sql(reader),
                    *sessions_sql = usage_sessions_sql(reader);
    g_autoptr(JsonNode) statements =
        statements_sql ? ask_value(conn, statements_sql, &statements_error) : NULL;
    g_autoptr(JsonNode) sessions = ask_value(conn, sessions_sql, &sessions_error);
    usage_reader_take_server(reader, name, statements,
                             statements_error ? statements_error->message : NULL, sessions,
                             sessions_error ? sessions_error->message : NULL);
}

static void ask_standby(struct usage_reader *reader, const struct conf_server *server,
                        const char *database)
{
    g_autoptr(GError) error = NULL;
    struct db_target *target = peers_target(server, database);
    struct db_conn *conn = db_conn_new(target, "pgrollout/cli");
    db_target_free(target);
    if (db_conn_open_wait(conn, &error))
        ask_server(reader, conn, server->name);
    else
        usage_reader_take_server(reader, server->name, NULL, error->message, NULL, NULL);
    db_conn_free(conn);
}

static char *as_typed(const char *const *words)
{
    GString *out = g_string_new(words[0]);
    for (guint i = 1; i < 3 && words[i]; i++)
        g_string_append_printf(out, ".%s", words[i]);
    return g_string_free(out, FALSE);
}

/* What the words mean. NULL with an error. */
static struct usage_reader *find(struct db_conn *conn, const char *const *words, char **except,
                                 GError **error)
{
    g_autofree char *sql = usage_target_sql(words), *typed = as_typed(words);
    struct db_reply *reply = ask(conn, sql, error);
    struct usage_reader *reader = NULL;
    if (!reply)
        return NULL;
    if (db_reply_rows(reply) == 0)
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "there is no table for \"%s\"", typed);
    else if (db_reply_text(reply, 0, 2) && !db_reply_bool(reply, 0, 3))
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "table \"%s.%s\" has no column \"%s\"",
                     db_reply_text(reply, 0, 0), db_reply_text(reply, 0, 1),
                     db_reply_text(reply, 0, 2));
    else
        reader = usage_reader_new(db_reply_text(reply, 0, 0), db_reply_text(reply, 0, 1),
                                  db_reply_text(reply, 0, 2), except);
    db_reply_free(reply);
    if (!reader && error)
        rollout_error_set_hint(*error, "write [SCHEMA.]TABLE.COLUMN, or [SCHEMA.]TABLE; names with "
                                       "a dot or capitals in double quotes");
    return reader;
}

struct usage_report *usage_ask_wait(struct db_conn *conn, const struct conf *conf,
                                    const char *const *words, char **except, GError **error)
{
    GError *problem = NULL;
    struct usage_report *report = NULL;
    struct usage_reader *reader = find(conn, words, except, error);
    if (!reader)
        return NULL;
    g_autofree char *catalog_sql = usage_catalog_sql(reader);
    g_autoptr(JsonNode) catalog = ask_value(conn, catalog_sql, &problem);
    if (!problem && !usage_reader_take_catalog(reader, catalog))
        problem = rollout_error_new(ROLLOUT_ERROR_REFUSED, "the table went away meanwhile");
    if (!problem) {
        ask_server(reader, conn, USAGE_PRIMARY);
        for (guint i = 0; i < conf->replicas->len; i++)
            ask_standby(reader, g_ptr_array_index(conf->replicas, i), db_conn_dbname(conn));
        g_autofree char *relations_sql = usage_relations_sql(reader);
        g_autoptr(JsonNode) relations = ask_value(conn, relations_sql, &problem);
        if (!problem)
            report = usage_reader_finish(reader, relations);
    }
    if (problem)
        g_propagate_error(error, problem);
    usage_reader_free(reader);
    return report;
}
