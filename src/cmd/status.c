/* pgrollout status: the facts, for people, for programs, and for a monitoring system. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"
#include "cmd/status.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

extern const struct cmd_verb cmd_verb_status;

/* The document of `status --json` as text, indented by the server so that numbers stay as they are;
 * with a name that migration alone, also when it ended long ago. NULL with an error. */
static char *document_read(struct db_conn *conn, const char *name, GError **error)
{
    g_autofree char *whole = snapshot_sql(TRUE, LOOK_NONE, NULL);
    g_autofree char *literal = db_literal(name);
    g_autofree char *sql = g_strdup_printf(resource_text("cmd/sql/status.sql"), literal, whole);
    struct db_reply *reply = session_send(conn, &cmd_verb_status, sql, error);
    char *json = reply ? g_strdup(db_reply_text(reply, 0, 0)) : NULL;
    db_reply_free(reply);
    return json;
}

static struct snapshot *read_state(struct db_conn *conn, const char *name, char **json,
                                   GError **error)
{
    *json = document_read(conn, name, error);
    return *json ? snapshot_parse(*json, error) : NULL;
}

/* One line for a monitoring system, whatever happens. */
static int check(struct cmd_context *context, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *json = NULL;
    struct db_conn *conn = session_try(context, &error);
    struct snapshot *snapshot = conn ? read_state(conn, name, &json, &error) : NULL;
    int status = STATUS_UNKNOWN;
    if (snapshot) {
        status = status_check(snapshot);
    } else {
        g_autofree char *text = print_safe(error->message);
        printf("PGROLLOUT UNKNOWN - %s\n", text);
    }
    snapshot_free(snapshot);
    db_conn_free(conn);
    return status;
}

static int show(struct cmd_context *context, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *json = NULL;
    int status;
    struct db_conn *conn = session_open(context, &status);
    if (!conn)
        return status;
    struct snapshot *snapshot = read_state(conn, name, &json, &error);
    if (snapshot && context->json)
        puts(json);
    else if (snapshot)
        status_print(snapshot);
    status = snapshot ? 0 : print_error(error);
    snapshot_free(snapshot);
    db_conn_free(conn);
    return status;
}

/* The rows that no batch could fill, as a table or as a JSON object a line. */
static int show_quarantine(struct cmd_context *context, const char *name)
{
    g_autoptr(GError) error = NULL;
    int status;
    struct db_conn *conn = session_open(context, &status);
    if (!conn)
        return status;
    const char *params[] = {name};
    struct db_reply *reply = session_query(conn, &cmd_verb_status, "quarantine", 1, params, &error);
    status = reply ? 0 : print_error(error);
    for (int row = 0; reply && context->json && row < db_reply_rows(reply); row++) {
        g_autofree char *object = print_row_json(reply, row);
        puts(object);
    }
    if (reply && !context->json && db_reply_rows(reply) == 0)
        print_line("no row has been left out");
    else if (reply && !context->json)
        print_table(reply);
    db_reply_free(reply);
    db_conn_free(conn);
    return status;
}

static int run_status(struct cmd_context *context, int argc, char **argv)
{
    gboolean checks = FALSE, quarantine = FALSE;
    const GOptionEntry entries[] = {
        {"check", 0, 0, G_OPTION_ARG_NONE, &checks,
         "one line and the exit codes of a Nagios plug-in: 0 1 2 3", NULL},
        {"quarantine", 0, 0, G_OPTION_ARG_NONE, &quarantine,
         "the rows that could not be filled; --json: an object a line", NULL},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_status, entries, &argc, &argv, 0, 1, &status))
        return status;
    const char *name = argc > 1 ? argv[1] : NULL;
    if (quarantine && (checks || !name)) {
        print_message(
            "status: --quarantine goes with the name of a migration, and without --check");
        return 2;
    }
    if (quarantine)
        return show_quarantine(context, name);
    return checks ? check(context, name) : show(context, name);
}

const struct cmd_verb cmd_verb_status = {
    .name = "status",
    .arguments = "[NAME] [--check] [--quarantine]",
    .summary = "where everything stands; --check for a monitoring system",
    .run = run_status,
    .role = "viewer",
};
