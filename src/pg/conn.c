/* Connections over non-blocking libpq, driven by the default GMainContext.
 *
 * The socket's source is made anew after each step of the connection start, because libpq may change
 * the socket between hosts and after a TLS refusal (libpq documentation, PQconnectPoll). */
#include "config.h"
#include "pgrollout/pg/conn.h"

#include <glib-unix.h>
#include <libpq-fe.h>
#include <poll.h>
#include <string.h>

#include "pgrollout/base/error.h"
#include "hosts-private.h"
#include "lookup-private.h"
#include "reply-private.h"

/* For one host, where neither the caller nor the user says how long. */
#define WAIT_MS 10000

struct db_conn {
    struct db_target *target;
    char *application_name;
    char *label;
    PGconn *pq;
    struct start *start; /* names are being looked up; NULL: they are not */
    struct hosts *hosts; /* of the target; NULL before the first open */
    guint try;           /* which of them is being tried */
    int open_ms;         /* the caller's limit for one */
    GString *failures;   /* of those before it; NULL: none */
    gboolean any_version;
    gboolean open;
    guint socket_source;
    GIOCondition condition; /* what socket_source waits for */
    guint timeout_source;
    db_open_fn open_fn;
    db_reply_fn reply_fn;
    void *fn_data;
    struct db_reply *reply; /* of the message under way */
    GError *error;          /* first error of the message under way */
    db_text_fn notify_fn, notice_fn;
    void *notify_data, *notice_data;
};

static gboolean on_socket(int fd, GIOCondition condition, void *data);

struct db_conn *db_conn_new(const struct db_target *target, const char *application_name)
{
    struct db_conn *conn = g_new0(struct db_conn, 1);
    conn->target = db_target_copy(target);
    conn->application_name = g_strdup(application_name);
    return conn;
}

static void remove_source(guint *source)
{
    if (*source)
        g_source_remove(*source);
    *source = 0;
}

static void forget_failures(struct db_conn *conn)
{
    if (conn->failures)
        g_string_free(conn->failures, TRUE);
    conn->failures = NULL;
}

/* A name that is still being looked up: nobody waits for it any more. */
static void forget_start(struct db_conn *conn)
{
    if (conn->start)
        start_drop(conn->start);
    conn->start = NULL;
}

void db_conn_close(struct db_conn *conn)
{
    forget_start(conn);
    forget_failures(conn);
    remove_source(&conn->socket_source);
    remove_source(&conn->timeout_source);
    g_clear_pointer(&conn->pq, PQfinish);
    g_clear_pointer(&conn->reply, db_reply_free);
    g_clear_error(&conn->error);
    conn->open = FALSE;
    conn->open_fn = NULL;
    conn->reply_fn = NULL;
}

void db_conn_free(struct db_conn *conn)
{
    if (!conn)
        return;
    db_conn_close(conn);
    hosts_free(conn->hosts);
    db_target_free(conn->target);
    g_free(conn->application_name);
    g_free(conn->label);
    g_free(conn);
}

void db_conn_set_any_version(struct db_conn *conn)
{
    conn->any_version = TRUE;
}

static void watch(struct db_conn *conn, GIOCondition condition)
{
    if (conn->socket_source && conn->condition == condition)
        return;
    remove_source(&conn->socket_source);
    conn->condition = condition;
    conn->socket_source = g_unix_fd_add(PQsocket(conn->pq), condition, on_socket, conn);
}

/* libpq's own message for this connection, as an error that keeps its SQLSTATE class. */
static GError *connection_error(struct db_conn *conn, const char *fallback)
{
    g_autofree char *text = g_strdup(conn->pq ? PQerrorMessage(conn->pq) : "");
    g_strchomp(text);
    return rollout_error_new(ROLLOUT_ERROR_CONNECT, "%s", *text ? text : fallback);
}

static void on_notice(void *data, const PGresult *result)
{
    struct db_conn *conn = data;
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (conn->notice_fn && text)
        conn->notice_fn(conn, severity ? severity : "NOTICE", text, conn->notice_data);
}

/* What came of it is the connection's. */
static void started_take(struct db_conn *conn, struct start *start)
{
    g_clear_pointer(&conn->pq, PQfinish);
    conn->pq = g_steal_pointer(&start->pq);
    if (!conn->hosts && start->hosts)
        conn->hosts = hosts_ref(start->hosts);
    start_free(start);
}

/* Begins the try that it is at, and waits while names are looked up. */
static void start_now(struct db_conn *conn)
{
    struct start *start = start_new(conn->target, conn->application_name, conn->hosts, conn->try);
    start_run(start);
    started_take(conn, start);
}

static int limit_ms(const struct db_conn *conn)
{
    return conn->hosts ? hosts_limit_ms(conn->hosts, conn->open_ms) : conn->open_ms;
}

static GError *no_answer(const struct db_conn *conn)
{
    if (!conn->pq)
        return rollout_error_new(ROLLOUT_ERROR_CONNECT,
                                 "the look-up of the host's name got no answer in %d s",
                                 limit_ms(conn) / 1000);
    if (!conn->hosts || !hosts_are_several(conn->hosts))
        return rollout_error_new(ROLLOUT_ERROR_CONNECT, "no answer from the server");
    return rollout_error_new(ROLLOUT_ERROR_CONNECT,
                             "connection to server at \"%s\", port %s failed: no answer in %d s",
                             PQhost(conn->pq), PQport(conn->pq), limit_ms(conn) / 1000);
}

/* TRUE, and the error is taken: another host is to be tried. Who is asked for a password is told so
 * before others are. */
static gboolean tries_next(struct db_conn *conn, GError *error)
{
    if (!conn->hosts || conn->try + 1 >= hosts_tries(conn->hosts) || db_conn_needs_password(conn) ||
        error->code != ROLLOUT_ERROR_CONNECT)
        return FALSE;
    if (!conn->failures)
        conn->failures = g_string_new(NULL);
    g_string_append_printf(conn->failures, "%s; ", error->message);
    g_error_free(error);
    conn->try++;
    return TRUE;
}

/* The last one's error, with those of the hosts before it; takes it. */
static GError *all_failed(struct db_conn *conn, GError *error)
{
    if (!conn->failures || error->code != ROLLOUT_ERROR_CONNECT)
        return error;
    GError *all =
        rollout_error_new(ROLLOUT_ERROR_CONNECT, "%s%s", conn->failures->str, error->message);
    g_error_free(error);
    forget_failures(conn);
    return all;
}

static void make_label(struct db_conn *conn)
{
    g_free(conn->label);
    const char *host = PQhost(conn->pq), *port = PQport(conn->pq);
    gboolean local = !host || host[0] == '/' || !*host;
    conn->label = g_strdup_printf("%s@%s:%s/%s", PQuser(conn->pq), local ? "local" : host,
                                  port && *port ? port : "5432", PQdb(conn->pq));
}

static gboolean ready(struct db_conn *conn, GError **error)
{
    if (!conn->any_version && PQserverVersion(conn->pq) < 140000) {
        int version = PQserverVersion(conn->pq);
        rollout_fail(error, ROLLOUT_ERROR_REFUSED, "server version %d.%d is too old",
                     version / 10000, version % 10000);
        if (error)
            rollout_error_set_hint(*error, "pgrollout needs PostgreSQL 14 or newer");
        return FALSE;
    }
    PQsetNoticeReceiver(conn->pq, on_notice, conn);
    PQsetnonblocking(conn->pq, 1);
    make_label(conn);
    forget_failures(conn);
    conn->open = TRUE;
    return TRUE;
}

static void finish_open(struct db_conn *conn, GError *error)
{
    db_open_fn fn = conn->open_fn;
    void *data = conn->fn_data;
    conn->open_fn = NULL;
    remove_source(&conn->timeout_source);
    remove_source(&conn->socket_source);
    if (conn->open)
        watch(conn, G_IO_IN);
    fn(conn, error, data); /* may free conn */
    g_clear_error(&error);
}

static void begin_try(struct db_conn *conn);

static void fail_open(struct db_conn *conn, GError *error)
{
    forget_start(conn);
    remove_source(&conn->timeout_source);
    remove_source(&conn->socket_source);
    if (tries_next(conn, error))
        begin_try(conn);
    else
        finish_open(conn, all_failed(conn, error));
}

static void poll_open(struct db_conn *conn)
{
    PostgresPollingStatusType status = PQconnectPoll(conn->pq);
    GError *error = NULL;
    remove_source(&conn->socket_source);
    if (status == PGRES_POLLING_READING) {
        watch(conn, G_IO_IN);
    } else if (status == PGRES_POLLING_WRITING) {
        watch(conn, G_IO_OUT);
    } else if (status == PGRES_POLLING_OK && ready(conn, &error)) {
        finish_open(conn, NULL);
    } else {
        fail_open(conn, error ? error : connection_error(conn, "connection failed"));
    }
}

static gboolean on_open_timeout(void *data)
{
    struct db_conn *conn = data;
    conn->timeout_source = 0;
    fail_open(conn, no_answer(conn));
    return G_SOURCE_REMOVE;
}

static gboolean on_start_failed(void *data)
{
    struct db_conn *conn = data;
    conn->timeout_source = 0;
    fail_open(conn, connection_error(conn, "connection failed"));
    return G_SOURCE_REMOVE;
}

static void try_begun(struct db_conn *conn)
{
    remove_source(&conn->timeout_source);
    if (!conn->pq || PQstatus(conn->pq) == CONNECTION_BAD) {
        /* later, so that a caller never gets its answer before this returns */
        conn->timeout_source = g_idle_add(on_start_failed, conn);
        return;
    }
    conn->timeout_source = g_timeout_add((guint)limit_ms(conn), on_open_timeout, conn);
    watch(conn, G_IO_OUT); /* libpq: before the first poll behave as if WRITING was returned */
}

static void on_started(struct start *start, void *data)
{
    struct db_conn *conn = data;
    conn->start = NULL;
    started_take(conn, start);
    try_begun(conn);
}

static void begin_try(struct db_conn *conn)
{
    forget_start(conn);
    if (!target_needs_lookup(conn->target)) {
        start_now(conn);
        try_begun(conn);
        return;
    }
    g_clear_pointer(&conn->pq, PQfinish);
    conn->timeout_source = g_timeout_add((guint)limit_ms(conn), on_open_timeout, conn);
    conn->start = start_new(conn->target, conn->application_name, conn->hosts, conn->try);
    start_run_aside(conn->start, on_started, conn);
}

void db_conn_open(struct db_conn *conn, int timeout_ms, db_open_fn fn, void *data)
{
    db_conn_close(conn);
    conn->open_fn = fn;
    conn->fn_data = data;
    conn->try = 0;
    conn->open_ms = timeout_ms;
    begin_try(conn);
}

/* The whole answer is in: hand it over. */
static void finish_reply(struct db_conn *conn)
{
    db_reply_fn fn = conn->reply_fn;
    void *data = conn->fn_data;
    struct db_reply *reply = g_steal_pointer(&conn->reply);
    GError *error = g_steal_pointer(&conn->error);
    conn->reply_fn = NULL;
    if (fn)
        fn(conn, error ? NULL : reply, error, data); /* may free conn */
    db_reply_free(reply);
    g_clear_error(&error);
}

static void take_result(struct db_conn *conn, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) {
        db_reply_add(conn->reply, result);
        return;
    }
    if (!conn->error)
        conn->error = db_error_from_result(result);
    PQclear(result);
}

/* The socket is gone. Without a message under way nobody is told until the next send. */
static void lost(struct db_conn *conn)
{
    remove_source(&conn->socket_source);
    conn->open = FALSE;
    if (!conn->reply_fn)
        return;
    if (!conn->error || conn->error->code != ROLLOUT_ERROR_CONNECT) {
        g_clear_error(&conn->error);
        conn->error = connection_error(conn, "connection lost");
    }
    finish_reply(conn);
}

static void deliver_notifies(struct db_conn *conn)
{
    PGnotify *notify;
    while (conn->pq && (notify = PQnotifies(conn->pq))) {
        if (conn->notify_fn)
            conn->notify_fn(conn, notify->relname, notify->extra, conn->notify_data);
        PQfreemem(notify);
    }
}

/* Reads what there is; TRUE when the message under way is answered. */
static gboolean collect(struct db_conn *conn)
{
    while (!PQisBusy(conn->pq)) {
        PGresult *result = PQgetResult(conn->pq);
        if (!result)
            return TRUE;
        take_result(conn, result);
    }
    return FALSE;
}

static gboolean on_socket(int fd, GIOCondition condition, void *data)
{
    (void)fd;
    (void)condition;
    struct db_conn *conn = data;
    if (conn->open_fn) {
        /* poll_open removes this source by its id, so it must not be removed again here */
        poll_open(conn);
        return G_SOURCE_CONTINUE;
    }
    if (!PQconsumeInput(conn->pq)) {
        if (conn->reply_fn)
            collect(conn); /* keep a FATAL that explains the end */
        lost(conn);
        return G_SOURCE_CONTINUE;
    }
    if (conn->reply_fn) {
        int unsent = PQflush(conn->pq);
        if (unsent == 0)
            watch(conn, G_IO_IN);
    }
    gboolean answered = conn->reply_fn && collect(conn);
    deliver_notifies(conn);
    if (PQstatus(conn->pq) == CONNECTION_BAD)
        lost(conn);
    else if (answered)
        finish_reply(conn);
    return G_SOURCE_CONTINUE;
}

static gboolean on_send_failed(void *data)
{
    struct db_conn *conn = data;
    conn->timeout_source = 0;
    if (!conn->error)
        conn->error = connection_error(conn, "connection lost");
    conn->open = FALSE;
    remove_source(&conn->socket_source);
    finish_reply(conn);
    return G_SOURCE_REMOVE;
}

void db_conn_send(struct db_conn *conn, const char *sql, db_reply_fn fn, void *data)
{
    g_return_if_fail(!db_conn_is_busy(conn));
    conn->reply_fn = fn;
    conn->fn_data = data;
    conn->reply = db_reply_new();
    if (!conn->open || !PQsendQuery(conn->pq, sql) || PQflush(conn->pq) < 0) {
        conn->timeout_source = g_idle_add(on_send_failed, conn);
        return;
    }
    watch(conn, PQflush(conn->pq) ? G_IO_IN | G_IO_OUT : G_IO_IN);
}

gboolean db_conn_is_open(const struct db_conn *conn)
{
    return conn->open;
}

gboolean db_conn_is_busy(const struct db_conn *conn)
{
    return conn->reply_fn != NULL || conn->open_fn != NULL;
}

gboolean db_conn_in_failed_block(const struct db_conn *conn)
{
    return conn->open && PQtransactionStatus(conn->pq) == PQTRANS_INERROR;
}

int db_conn_backend_pid(const struct db_conn *conn)
{
    return conn->pq ? PQbackendPID(conn->pq) : 0;
}

int db_conn_server_version(const struct db_conn *conn)
{
    return conn->pq ? PQserverVersion(conn->pq) : 0;
}

gboolean db_conn_is_tcp(const struct db_conn *conn)
{
    const char *host = conn->pq ? PQhost(conn->pq) : NULL;
    return host && *host && host[0] != '/' && host[0] != '@';
}

const char *db_conn_label(const struct db_conn *conn)
{
    return conn->label ? conn->label : "";
}

const char *db_conn_dbname(const struct db_conn *conn)
{
    return conn->pq ? PQdb(conn->pq) : "";
}

const char *db_conn_user(const struct db_conn *conn)
{
    return conn->pq ? PQuser(conn->pq) : "";
}

gboolean db_conn_needs_password(const struct db_conn *conn)
{
    return conn->pq && PQconnectionNeedsPassword(conn->pq);
}

void db_conn_set_notify(struct db_conn *conn, db_text_fn fn, void *data)
{
    conn->notify_fn = fn;
    conn->notify_data = data;
}

void db_conn_set_notice(struct db_conn *conn, db_text_fn fn, void *data)
{
    conn->notice_fn = fn;
    conn->notice_data = data;
}

static gboolean try_wait(struct db_conn *conn, GError **error)
{
    start_now(conn);
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    gint64 deadline = g_get_monotonic_time() + (gint64)limit_ms(conn) * 1000;
    while (conn->pq && PQstatus(conn->pq) != CONNECTION_BAD && status != PGRES_POLLING_OK &&
           status != PGRES_POLLING_FAILED) {
        struct pollfd p = {.fd = PQsocket(conn->pq),
                           .events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        int left_ms = (int)((deadline - g_get_monotonic_time()) / 1000);
        if (left_ms <= 0 || poll(&p, 1, left_ms) == 0) {
            g_propagate_error(error, no_answer(conn));
            return FALSE;
        }
        status = PQconnectPoll(conn->pq);
    }
    if (status == PGRES_POLLING_OK)
        return ready(conn, error);
    g_propagate_error(error, connection_error(conn, "connection failed"));
    return FALSE;
}

gboolean db_conn_open_wait(struct db_conn *conn, GError **error)
{
    GError *failure = NULL;
    db_conn_close(conn);
    conn->try = 0;
    conn->open_ms = WAIT_MS;
    while (!try_wait(conn, &failure)) {
        if (!tries_next(conn, failure)) {
            g_propagate_error(error, all_failed(conn, failure));
            return FALSE;
        }
        failure = NULL;
    }
    return TRUE;
}

struct db_reply *db_conn_query_wait(struct db_conn *conn, const char *sql, int n_params,
                                    const char *const *params, GError **error)
{
    g_return_val_if_fail(!db_conn_is_busy(conn), NULL);
    conn->reply = db_reply_new();
    int sent = conn->open && (n_params > 0 ? PQsendQueryParams(conn->pq, sql, n_params, NULL,
                                                               params, NULL, NULL, 0)
                                           : PQsendQuery(conn->pq, sql));
    PGresult *result;
    while (sent && (result = PQgetResult(conn->pq))) /* flushes and waits by itself */
        take_result(conn, result);
    if (!sent || PQstatus(conn->pq) == CONNECTION_BAD) {
        if (!conn->error)
            conn->error = connection_error(conn, "connection lost");
        conn->open = FALSE;
    }
    deliver_notifies(conn);
    struct db_reply *reply = g_steal_pointer(&conn->reply);
    if (!conn->error)
        return reply;
    db_reply_free(reply);
    g_propagate_error(error, g_steal_pointer(&conn->error));
    return NULL;
}

gboolean db_conn_notify_wait(struct db_conn *conn, int timeout_ms, GError **error)
{
    struct pollfd p = {.fd = PQsocket(conn->pq), .events = POLLIN};
    if (conn->open && poll(&p, 1, timeout_ms) > 0 && !PQconsumeInput(conn->pq))
        conn->open = FALSE;
    if (!conn->open) {
        g_propagate_error(error, connection_error(conn, "connection lost"));
        return FALSE;
    }
    deliver_notifies(conn);
    return TRUE;
}

char *db_literal(const char *text)
{
    if (!text)
        return g_strdup("NULL");
    GString *out = g_string_new(NULL);
    gboolean escapes = strchr(text, '\\') != NULL; /* E'' reads the same under either setting */
    g_string_append(out, escapes ? " E'" : "'");
    for (const char *p = text; *p; p++) {
        if (*p == '\'' || *p == '\\')
            g_string_append_c(out, *p);
        g_string_append_c(out, *p);
    }
    g_string_append_c(out, '\'');
    return g_string_free(out, FALSE);
}

char *db_ident(const char *name)
{
    GString *out = g_string_new("\"");
    for (const char *p = name; *p; p++) {
        if (*p == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
    return g_string_free(out, FALSE);
}

char *db_qualified(const char *schema, const char *name)
{
    g_autofree char *s = db_ident(schema);
    g_autofree char *n = db_ident(name);
    return g_strconcat(s, ".", n, NULL);
}

/* The value that follows `name` in the list; NULL: it is none of them. */
static const char *fill_value(const char *name, gsize length, va_list args)
{
    for (const char *known; (known = va_arg(args, const char *));) {
        const char *value = va_arg(args, const char *);
        if (strlen(known) == length && strncmp(known, name, length) == 0)
            return value;
    }
    return NULL;
}

char *db_fill(const char *sql, ...)
{
    GString *out = g_string_new(NULL);
    while (*sql) {
        const char *end = *sql == '{' ? strchr(sql, '}') : NULL;
        va_list args;
        va_start(args, sql);
        const char *value = end ? fill_value(sql + 1, (gsize)(end - sql - 1), args) : NULL;
        va_end(args);
        if (value)
            g_string_append(out, value);
        else
            g_string_append_c(out, *sql);
        sql = value ? end + 1 : sql + 1;
    }
    return g_string_free(out, FALSE);
}
