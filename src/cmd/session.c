/* The connection of a verb. */
#include "config.h"
#include "cmd/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/options.h"
#include "cmd/print.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define CTRL_C 3

/* Asks on the terminal, not on standard input, without echo. NULL: there is no terminal, or nothing
 * was typed. Free with g_free. */
static char *ask_password(void)
{
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios before, quiet;
    if (tty < 0 || tcgetattr(tty, &before) != 0) {
        if (tty >= 0)
            close(tty);
        return NULL;
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG); /* a signal would leave the terminal without echo */
    quiet.c_cc[VEOL] = CTRL_C;
    tcsetattr(tty, TCSAFLUSH, &quiet);
    static const char prompt[] = "Password: ";
    char typed[1024] = "";
    ssize_t got =
        write(tty, prompt, sizeof prompt - 1) > 0 ? read(tty, typed, sizeof typed - 1) : -1;
    tcsetattr(tty, TCSAFLUSH, &before);
    if (write(tty, "\n", 1) < 0)
        got = -1;
    close(tty);
    if (got < 0 || memchr(typed, CTRL_C, (size_t)got))
        return NULL;
    typed[got] = 0;
    typed[strcspn(typed, "\r\n")] = 0;
    char *password = g_strdup(typed);
    explicit_bzero(typed, sizeof typed);
    return password;
}

static void explain_connection(struct db_conn *conn, GError *error)
{
    if (rollout_error_hint(error))
        return;
    if (db_conn_needs_password(conn))
        rollout_error_set_hint(error, "give it in ~/.pgpass or PGPASSWORD, or leave out -w");
    else
        rollout_error_set_hint(error,
                               "the connection comes from -h -p -U -d and the PG* variables, as "
                               "psql's does; try: psql -h … -p … -U … -d …");
}

static gboolean open_asking(struct cmd_context *context, struct db_conn **conn, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (context->force_ask && !context->target->password)
        context->target->password = ask_password();
    *conn = db_conn_new(context->target, "pgrollout/cli");
    if (db_conn_open_wait(*conn, &problem))
        return TRUE;
    if (db_conn_needs_password(*conn) && !context->never_ask && !context->target->password) {
        context->target->password = ask_password();
        if (context->target->password) {
            db_conn_free(*conn);
            *conn = db_conn_new(context->target, "pgrollout/cli");
            g_clear_error(&problem);
            if (db_conn_open_wait(*conn, &problem))
                return TRUE;
        }
    }
    explain_connection(*conn, problem);
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

struct db_conn *session_try(struct cmd_context *context, GError **error)
{
    struct db_conn *conn = NULL;
    struct db_reply *reply = NULL;
    if (open_asking(context, &conn, error)) {
        g_autofree char *user = cmd_text(g_get_user_name());
        const char *params[] = {user};
        reply = db_conn_query_wait(conn, resource_text("cmd/sql/begin.sql"), 1, params, error);
        db_reply_free(reply);
    }
    if (!reply)
        g_clear_pointer(&conn, db_conn_free);
    return conn;
}

struct db_conn *session_open(struct cmd_context *context, int *status)
{
    g_autoptr(GError) error = NULL;
    struct db_conn *conn = session_try(context, &error);
    if (!conn)
        *status = print_error(error);
    return conn;
}

static void explain_right(struct db_conn *conn, const struct cmd_verb *verb, GError *error)
{
    const char *role = verb->role ? verb->role : "viewer";
    rollout_error_set_hint(
        error,
        "%s needs the role pgrollout_%s; you are \"%s\"; an administrator grants it "
        "with: GRANT pgrollout_%s TO \"%s\"",
        verb->name, role, db_conn_user(conn), role, db_conn_user(conn));
}

void session_explain(struct db_conn *conn, const struct cmd_verb *verb, GError *error)
{
    const char *sqlstate = rollout_error_sqlstate(error);
    if (g_strcmp0(sqlstate, "3F000") == 0 || g_strcmp0(sqlstate, "42883") == 0) {
        gboolean missing = sqlstate[0] == '3';
        rollout_error_set_detail(error, error->message);
        g_free(error->message);
        error->message =
            g_strdup_printf(missing ? "database \"%s\" has no control schema"
                                    : "the control schema of database \"%s\" is of another version",
                            db_conn_dbname(conn));
        error->code = ROLLOUT_ERROR_REFUSED;
        rollout_error_set_hint(error, missing
                                          ? "run: pgrollout install (or is it another database?)"
                                          : "run: pgrollout install");
    } else if (g_strcmp0(sqlstate, "55P03") == 0 || g_strcmp0(sqlstate, "57014") == 0) {
        rollout_error_set_hint(
            error, "somebody is in its way and nothing was changed; look with pgrollout "
                   "status, then repeat it");
    } else if (g_strcmp0(sqlstate, "42501") == 0 && !rollout_error_hint(error)) {
        explain_right(conn, verb, error);
    }
}

/* The statement with its parameters as literals. */
static char *fill_in(const char *text, int n_params, const char *const *params)
{
    GString *sql = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, "--"))
            continue;
        for (const char *p = *line; *p; p++) {
            int n = *p == '$' ? g_ascii_digit_value(p[1]) : -1;
            if (n < 1 || n > n_params) {
                g_string_append_c(sql, *p);
                continue;
            }
            g_autofree char *value = cmd_text(params[n - 1]);
            g_autofree char *literal = db_literal(value);
            g_string_append(sql, literal);
            p++;
        }
        g_string_append_c(sql, '\n');
    }
    return g_string_free(sql, FALSE);
}

struct db_reply *session_send(struct db_conn *conn, const struct cmd_verb *verb, const char *sql,
                              GError **error)
{
    g_autofree char *message =
        g_strconcat(resource_text("cmd/sql/each.sql"), sql, ";\nCOMMIT", NULL);
    GError *problem = NULL;
    struct db_reply *reply = db_conn_query_wait(conn, message, 0, NULL, &problem);
    if (!problem)
        return reply;
    if (db_conn_is_open(conn))
        db_reply_free(db_conn_query_wait(conn, "ROLLBACK", 0, NULL, NULL));
    session_explain(conn, verb, problem);
    g_propagate_error(error, problem);
    return NULL;
}

struct db_reply *session_query(struct db_conn *conn, const struct cmd_verb *verb, const char *name,
                               int n_params, const char *const *params, GError **error)
{
    g_autofree char *file = g_strdup_printf("cmd/sql/%s.sql", name);
    g_autofree char *sql = fill_in(resource_text(file), n_params, params);
    return session_send(conn, verb, sql, error);
}

int session_command(struct cmd_context *context, const struct cmd_verb *verb, const char *name,
                    int n_params, const char *const *params, gboolean many)
{
    int status;
    struct db_conn *conn = session_open(context, &status);
    if (!conn)
        return status;
    g_autoptr(GError) error = NULL;
    struct db_reply *reply = session_query(conn, verb, name, n_params, params, &error);
    status = reply ? print_receipts(reply, context->json, many) : print_error(error);
    db_reply_free(reply);
    db_conn_free(conn);
    return status;
}
