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

struct db_conn *session_open(struct cmd_context *context, const struct cmd_verb *verb, int *status)
{
    struct db_conn *conn = NULL;
    g_autoptr(GError) error = NULL;
    if (open_asking(context, &conn, &error)) {
        g_autofree char *user = cmd_text(g_get_user_name());
        const char *params[] = {user};
        struct db_reply *reply =
            db_conn_query_wait(conn, resource_text("cmd/sql/begin.sql"), 1, params, &error);
        db_reply_free(reply);
        if (reply)
            return conn;
        *status = session_explain(conn, verb, error);
    } else {
        *status = print_error(error);
    }
    db_conn_free(conn);
    return NULL;
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

int session_explain(struct db_conn *conn, const struct cmd_verb *verb, GError *error)
{
    const char *sqlstate = rollout_error_sqlstate(error);
    const char *hint = rollout_error_hint(error);
    if (g_strcmp0(sqlstate, "3F000") == 0 || g_strcmp0(sqlstate, "42P01") == 0 ||
        g_strcmp0(sqlstate, "42883") == 0) {
        gboolean missing = sqlstate[0] == '3';
        g_autoptr(GError) other = rollout_error_new(
            ROLLOUT_ERROR_REFUSED,
            missing ? "database \"%s\" has no control schema"
                    : "the control schema of database \"%s\" is of another version",
            db_conn_dbname(conn));
        rollout_error_set_detail(other, error->message);
        rollout_error_set_hint(other, missing
                                          ? "run: pgrollout install (or is it another database?)"
                                          : "run: pgrollout install");
        return print_error(other);
    }
    if (g_strcmp0(sqlstate, "42501") == 0 && !hint)
        explain_right(conn, verb, error);
    return print_error(error);
}

int session_command(struct cmd_context *context, const struct cmd_verb *verb, const char *name,
                    int n_params, const char *const *params, gboolean many)
{
    int status;
    struct db_conn *conn = session_open(context, verb, &status);
    if (!conn)
        return status;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_strdup_printf("cmd/sql/%s.sql", name);
    struct db_reply *reply =
        db_conn_query_wait(conn, resource_text(file), n_params, params, &error);
    status =
        reply ? print_receipts(reply, context->json, many) : session_explain(conn, verb, error);
    db_reply_free(reply);
    db_conn_free(conn);
    return status;
}
