/* pgrollout journal: what happened, and who did it. */
#include "config.h"

#include <stdio.h>

#include <string.h>

#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/print.h"
#include "cmd/session.h"

#define LOOK_EVERY_MS 1000

extern const struct cmd_verb cmd_verb_journal;

struct view {
    const char *name;
    gint64 limit;
    gint64 last; /* number of the newest event shown */
    gboolean json, follow;
};

static const char *text_of(const struct db_reply *reply, int row, const char *name)
{
    return db_reply_text(reply, row, db_reply_column(reply, name));
}

static void print_event(const struct db_reply *reply, int row)
{
    g_autofree char *at = print_time(text_of(reply, row, "at"));
    g_autofree char *who = print_safe(text_of(reply, row, "who"));
    g_autofree char *os_user = print_safe(text_of(reply, row, "os_user"));
    g_autofree char *event = print_safe(text_of(reply, row, "event"));
    gboolean person = *os_user && g_strcmp0(who, "engine") != 0 && g_strcmp0(who, "guard") != 0;
    printf("%.19sZ  %s%s%s%s  %s\n", at, who, person ? " (" : "", person ? os_user : "",
           person ? ")" : "", event);
}

static gboolean show(struct db_conn *conn, struct view *view, GError **error)
{
    g_autofree char *limit = g_strdup_printf("%" G_GINT64_FORMAT, view->limit);
    g_autofree char *after = g_strdup_printf("%" G_GINT64_FORMAT, view->last);
    const char *params[] = {view->name, limit, after};
    struct db_reply *reply = session_query(conn, &cmd_verb_journal, "journal", 3, params, error);
    if (!reply)
        return FALSE;
    if (view->json && !view->follow)
        print_rows_json(reply);
    for (int row = 0; row < db_reply_rows(reply); row++) {
        view->last = db_reply_int(reply, row, 0);
        if (view->json && view->follow) {
            g_autofree char *object = print_row_json(reply, row);
            puts(object);
        } else if (!view->json) {
            print_event(reply, row);
        }
    }
    db_reply_free(reply);
    return TRUE;
}

/* The whole run as a file of lines, or on standard output. */
static gboolean export(struct db_conn *conn, const char *name, const char *path, gboolean force,
                       GError **error)
{
    const char *params[] = {name};
    struct db_reply *reply = session_query(conn, &cmd_verb_journal, "recording", 1, params, error);
    if (!reply)
        return FALSE;
    GString *text = g_string_new(NULL);
    for (int row = 0; row < db_reply_rows(reply); row++)
        g_string_append_printf(text, "%s\n", db_reply_text(reply, row, 0));
    db_reply_free(reply);
    gboolean to_output = strcmp(path, "-") == 0;
    gboolean written = !to_output && output_write(path, text->str, text->len, force, error);
    if (to_output)
        fputs(text->str, stdout);
    g_string_free(text, TRUE);
    g_autofree char *safe = print_safe(path);
    if (written)
        print_line("the recording is in %s; to look at it: pgrollout console --replay %s", safe,
                   safe);
    return written || to_output;
}

static int run_journal(struct cmd_context *context, int argc, char **argv)
{
    struct view view = {.limit = 100, .json = context->json};
    g_autofree char *path = NULL;
    gboolean force = FALSE;
    const GOptionEntry entries[] = {
        {"follow", 'f', 0, G_OPTION_ARG_NONE, &view.follow, "go on as it happens", NULL},
        {"lines", 'n', 0, G_OPTION_ARG_INT64, &view.limit, "at most so many, the newest (100)",
         "N"},
        {"export", 0, 0, G_OPTION_ARG_FILENAME, &path,
         "write all of the run into a new file, for console --replay", "FILE"},
        {"force", 0, 0, G_OPTION_ARG_NONE, &force, "take the place of a file that is there", NULL},
        {0},
    };
    g_autoptr(GError) error = NULL;
    int status;
    if (!cmd_parse(&cmd_verb_journal, entries, &argc, &argv, 1, 1, &status))
        return status;
    if (view.limit < 1 || view.limit > 1000000) {
        print_message("journal: --lines must lie between 1 and 1000000");
        return 2;
    }
    struct db_conn *conn = session_open(context, &status);
    if (!conn)
        return status;
    view.name = argv[1];
    if (path) {
        export(conn, view.name, path, force, &error);
        db_conn_free(conn);
        return error ? print_error(error) : 0;
    }
    struct db_reply *reply = session_query(conn, &cmd_verb_journal, "listen", 0, NULL, &error);
    db_reply_free(reply);
    gboolean good = reply && show(conn, &view, &error);
    while (good && view.follow && fflush(stdout) == 0)
        good = db_conn_notify_wait(conn, LOOK_EVERY_MS, &error) && show(conn, &view, &error);
    status = error ? print_error(error) : 0;
    db_conn_free(conn);
    return status;
}

const struct cmd_verb cmd_verb_journal = {
    .name = "journal",
    .arguments = "NAME [--follow] [--lines N] [--export FILE]",
    .summary = "what happened, and who did it",
    .run = run_journal,
    .role = "viewer",
};
