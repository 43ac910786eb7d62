/* The commanding connection: LISTEN, and one command at a time. A pause goes before everything
 * else, survives a lost link, and gets a connection of its own when this one does not answer. */
#include "config.h"
#include "client-private.h"

#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

/* While reading is late, to tell a slow read from a dead link. */
#define PING_US (2 * G_USEC_PER_SEC)

static void control_next(struct client *client);

static void command_free(void *data)
{
    struct client_command *command = data;
    g_free(command->verb);
    g_free(command->sql);
    g_free(command);
}

static struct client_command *pause_pending(const struct client *client)
{
    for (GList *l = client->commands->head; l; l = l->next) {
        struct client_command *command = l->data;
        if (command->is_pause)
            return command;
    }
    return NULL;
}

static void spare_close(struct client *client)
{
    g_clear_pointer(&client->spare, db_conn_free);
}

/* A pause that was under way goes back to the queue; of any other command nobody knows. */
void control_close(struct client *client)
{
    g_clear_pointer(&client->control, db_conn_free);
    client->control_ready = FALSE;
    spare_close(client);
    struct client_command *head = g_queue_peek_head(client->commands);
    if (!head || !head->sent)
        return;
    if (head->is_pause) {
        head->sent = FALSE;
        return;
    }
    g_queue_pop_head(client->commands);
    client_receipt_give(client, FALSE, FALSE, head->verb,
                        "the connection was lost before the answer: look whether it took effect",
                        -1);
    command_free(head);
}

void control_clear(struct client *client)
{
    g_clear_pointer(&client->control, db_conn_free);
    spare_close(client);
    g_queue_free_full(client->commands, command_free);
    g_free(client->pause_sql);
}

static void on_notify(struct db_conn *conn, const char *channel, const char *text, void *data)
{
    (void)conn;
    (void)channel;
    (void)text;
    ((struct client *)data)->read_now = TRUE;
}

/* The answer as one line: every row's receipt, and the way it went where that was not the ordinary
 * one. */
static void reply_give(struct client *client, const struct client_command *command,
                       const struct db_reply *reply, const char *way)
{
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean ok = TRUE;
    gint64 version = -1;
    for (int row = 0; row < db_reply_rows(reply); row++) {
        const char *line = db_reply_text(reply, row, 1);
        version = db_reply_text(reply, row, 2) ? db_reply_int(reply, row, 2) : -1;
        ok = ok && db_reply_bool(reply, row, 0);
        g_string_append_printf(text, "%s%s", row ? "; " : "", line ? line : "");
    }
    if (!text->len)
        g_string_append(text, "done");
    g_string_append(text, way);
    client_receipt_give(client, ok, command->is_pause && !ok, command->verb, text->str, version);
}

static void error_give(struct client *client, const char *verb, const GError *error)
{
    const char *hint = rollout_error_hint(error), *state = rollout_error_sqlstate(error);
    gboolean rights = g_strcmp0(state, "42501") == 0;
    g_autofree char *text = g_strdup_printf("%s%s%s", error->message, hint || rights ? " · " : "",
                                            hint     ? hint
                                            : rights ? "your login lacks the role for it"
                                                     : "");
    client_receipt_give(client, FALSE, FALSE, verb, text, -1);
}

static gboolean is_lost(const GError *error)
{
    return error && error->domain == ROLLOUT_ERROR && error->code == ROLLOUT_ERROR_CONNECT;
}

static void on_command(struct db_conn *conn, struct db_reply *reply, const GError *error,
                       void *data)
{
    (void)conn;
    struct client *client = data;
    if (is_lost(error)) {
        client_fail(client, error);
        return;
    }
    struct client_command *command = g_queue_pop_head(client->commands);
    client_heard(client);
    client->read_now = TRUE;
    if (command->is_pause)
        spare_close(client);
    if (error)
        error_give(client, command->verb, error);
    else
        reply_give(client, command, reply, "");
    command_free(command);
    control_next(client);
}

static void control_next(struct client *client)
{
    struct client_command *head = g_queue_peek_head(client->commands);
    if (!head || head->sent || !client->control_ready || db_conn_is_busy(client->control))
        return;
    head->sent = TRUE;
    client->sent_us = clock_now_us();
    db_conn_send(client->control, head->sql, on_command, client);
}

static void on_ping(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    (void)reply;
    struct client *client = data;
    if (is_lost(error)) {
        client_fail(client, error);
        return;
    }
    client_heard(client);
    control_next(client);
}

static void on_setup(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    (void)reply;
    struct client *client = data;
    if (is_lost(error)) {
        client_fail(client, error);
        return;
    }
    client_heard(client);
    client->control_ready = TRUE; /* a standby refuses LISTEN: it is watched without */
    control_next(client);
}

static void on_open(struct db_conn *conn, const GError *error, void *data)
{
    struct client *client = data;
    client->needs_password |= db_conn_needs_password(conn);
    if (error) {
        client_fail(client, error);
        return;
    }
    client_heard(client);
    db_conn_set_notify(conn, on_notify, client);
    db_conn_send(conn, resource_text("engine/sql/control-setup.sql"), on_setup, client);
}

void control_open(struct client *client)
{
    g_clear_pointer(&client->control, db_conn_free);
    client->control_ready = FALSE;
    client->control = db_conn_new(client->target, "pgrollout/console/control");
    db_conn_open(client->control, CLIENT_OPEN_TIMEOUT_MS, on_open, client);
}

/* It did not come to an answer, and may be tried again. */
static gboolean is_passing(const GError *error)
{
    return is_lost(error) ||
           (error->domain == ROLLOUT_ERROR &&
            (error->code == ROLLOUT_ERROR_RETRY || error->code == ROLLOUT_ERROR_CANCELLED));
}

static void on_spare_paused(struct db_conn *conn, struct db_reply *reply, const GError *error,
                            void *data)
{
    (void)conn;
    struct client *client = data;
    struct client_command *head = g_queue_peek_head(client->commands);
    if (error && is_passing(error)) {
        spare_close(client); /* another one is opened while the pause has no answer */
        return;
    }
    client_heard(client);
    client->read_now = TRUE;
    gboolean waiting = head && head->is_pause;
    if (waiting && error)
        error_give(client, head->verb, error);
    else if (waiting)
        reply_give(client, head, reply, " (over a spare connection)");
    spare_close(client);
    if (client->retry_us) /* there is a server again */
        client->retry_us = clock_now_us();
    if (!waiting)
        return;
    gboolean stuck = head->sent;
    g_queue_pop_head(client->commands);
    command_free(head);
    if (stuck) /* its answer is not wanted any more */
        control_open(client);
}

static void on_spare_open(struct db_conn *conn, const GError *error, void *data)
{
    struct client *client = data;
    if (error) {
        spare_close(client);
        return;
    }
    db_conn_send(conn, client->pause_sql, on_spare_paused, client);
}

static void spare_tick(struct client *client, gint64 now_us)
{
    struct client_command *head = g_queue_peek_head(client->commands);
    struct client_command *pause = pause_pending(client);
    if (!pause || client->spare || now_us - pause->asked_us < CLIENT_SPARE_US ||
        now_us - client->spare_us < CLIENT_SPARE_AGAIN_US)
        return;
    if (head != pause && head->sent) {
        /* what is stuck before it keeps its place: the pause overtakes on the spare only as the
         * head */
        control_close(client);
        control_open(client);
        return;
    }
    client->spare_us = now_us;
    g_free(client->pause_sql);
    client->pause_sql = g_strdup(pause->sql);
    client->spare = db_conn_new(client->target, "pgrollout/console/spare");
    db_conn_open(client->spare, CLIENT_OPEN_TIMEOUT_MS, on_spare_open, client);
}

/* Commands that waited too long are refused; pauses wait as long as it takes. */
static void expire(struct client *client, gint64 now_us)
{
    for (GList *l = client->commands->head, *next; l; l = next) {
        struct client_command *command = l->data;
        next = l->next;
        if (command->is_pause || command->sent ||
            now_us - command->asked_us < CLIENT_COMMAND_WAIT_US)
            continue;
        g_queue_delete_link(client->commands, l);
        client_receipt_give(client, FALSE, FALSE, command->verb,
                            "not sent: the server does not answer", -1);
        command_free(command);
    }
}

/* A command that gets no answer is given up, and another connection takes the place of its own. */
static void stuck_check(struct client *client, gint64 now_us)
{
    struct client_command *head = g_queue_peek_head(client->commands);
    if (!client->control || !head || !head->sent || head->is_pause ||
        now_us - client->sent_us < CLIENT_COMMAND_LOST_US)
        return;
    control_close(client);
    control_open(client);
}

void control_tick(struct client *client, gint64 now_us)
{
    expire(client, now_us);
    stuck_check(client, now_us);
    spare_tick(client, now_us);
    if (!client->control || !client->control_ready)
        return;
    if (!db_conn_is_open(client->control)) {
        g_autoptr(GError) error = rollout_error_new(ROLLOUT_ERROR_CONNECT, "connection lost");
        client_fail(client, error);
        return;
    }
    control_next(client);
    if (!db_conn_is_busy(client->control) &&
        now_us - client->heard_us > PING_US + client->refresh_ms * 1000)
        db_conn_send(client->control, resource_text("engine/sql/ping.sql"), on_ping, client);
}

static char *command_sql(const char *verb, gint64 expect, const char *const *arguments)
{
    g_autoptr(GString) list = g_string_new(NULL);
    for (const char *const *a = arguments; *a; a += 2) {
        if (!a[1])
            continue;
        g_autofree char *name = db_ident(a[0]), *value = db_literal(a[1]);
        g_string_append_printf(list, "%s%s => %s", list->len ? ", " : "", name, value);
    }
    if (expect >= 0)
        g_string_append_printf(list, "%sexpect => %" G_GINT64_FORMAT, list->len ? ", " : "",
                               expect);
    g_autofree char *function = db_ident(verb);
    return g_strdup_printf(resource_text("engine/sql/command.sql"), function, list->str);
}

/* The record of it, in the same statement. */
static char *record_sql(const struct client *client, const char *verb, const char *migration,
                        const char *reason)
{
    const struct snapshot *s = client->snapshot;
    if (!s || !s->installed)
        return g_strdup(resource_text("engine/sql/session-unnoted.sql"));
    g_autofree char *verb_text = db_literal(verb);
    g_autofree char *why = reason ? db_literal(reason) : g_strdup("NULL");
    g_autofree char *name = migration ? db_literal(migration) : g_strdup("NULL");
    return g_strdup_printf(resource_text("engine/sql/session-note.sql"), verb_text, why, name);
}

void client_session_end(struct client *client, gboolean terminate,
                        const struct client_session *session, const char *migration,
                        const char *reason)
{
    const char *verb = terminate ? "terminate" : "cancel";
    if (client_record_refuses(client, verb))
        return;
    if (client->retry_us || !client->control_ready) {
        client_receipt_give(client, FALSE, FALSE, verb, "not sent: there is no connection", -1);
        return;
    }
    const char *file =
        terminate ? "engine/sql/session-terminate.sql" : "engine/sql/session-cancel.sql";
    g_autofree char *pid = db_literal(session->pid), *start = db_literal(session->backend_start);
    g_autofree char *seen = g_strdup_printf("%" G_GINT64_FORMAT, session->seen_us);
    g_autofree char *record = record_sql(client, verb, migration, reason);
    struct client_command *command = g_new0(struct client_command, 1);
    command->verb = g_strdup(verb);
    command->sql = g_strdup_printf(resource_text(file), pid, start, seen, record);
    command->asked_us = clock_now_us();
    g_queue_push_tail(client->commands, command);
    control_next(client);
}

/* The very same pause has not gone out yet: once is enough. */
static gboolean pause_waits(const struct client *client, const char *sql)
{
    for (GList *l = client->commands->head; l; l = l->next) {
        const struct client_command *command = l->data;
        if (!command->sent && strcmp(command->sql, sql) == 0)
            return TRUE;
    }
    return FALSE;
}

void client_command(struct client *client, const char *verb, gint64 expect,
                    const char *const *arguments)
{
    gboolean is_pause = g_str_has_prefix(verb, "pause");
    if (client_record_refuses(client, verb))
        return;
    if (!is_pause && (client->retry_us || !client->control_ready)) {
        client_receipt_give(client, FALSE, FALSE, verb, "not sent: there is no connection", -1);
        return;
    }
    g_autofree char *sql = command_sql(verb, expect, arguments);
    if (is_pause && pause_waits(client, sql))
        return;
    struct client_command *command = g_new0(struct client_command, 1);
    command->verb = g_strdup(verb);
    command->sql = g_steal_pointer(&sql);
    command->is_pause = is_pause;
    command->asked_us = clock_now_us();
    struct client_command *head = g_queue_peek_head(client->commands);
    if (is_pause)
        g_queue_push_nth(client->commands, command, head && (head->sent || head->is_pause) ? 1 : 0);
    else
        g_queue_push_tail(client->commands, command);
    control_next(client);
}

gboolean client_pause_queued(const struct client *client)
{
    struct client_command *pause = pause_pending(client);
    return pause && !pause->sent;
}
