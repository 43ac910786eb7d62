/* The reading connection: a snapshot each refresh, the journal and the card on request. It may be
 * thrown away at any time. */
#include "config.h"
#include "client-private.h"

#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

/* After a NOTIFY: not more often than this, however many come. */
#define READ_LEAST_US 200000
#define BARE_US (5 * G_USEC_PER_SEC)
/* A look that was refused, or took too long. */
#define LOOK_AGAIN_US (10 * G_USEC_PER_SEC)

static void on_read(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data);

static void ask_free(void *data)
{
    struct client_ask *ask = data;
    g_free(ask->sql);
    g_free(ask);
}

static void ask_refuse(struct client_ask *ask, const char *error)
{
    if (ask->events_fn)
        ask->events_fn(NULL, error, ask->data);
    else
        ask->lines_fn(NULL, error, ask->data);
    ask_free(ask);
}

void watch_close(struct client *client)
{
    g_clear_pointer(&client->watch, db_conn_free);
    client->watch_ready = FALSE;
    client->read_us = 0;
    client->asking = FALSE;
    struct client_ask *ask;
    while ((ask = g_queue_pop_head(client->asks)))
        ask_refuse(ask, "the connection was lost");
}

void watch_clear(struct client *client)
{
    g_clear_pointer(&client->watch, db_conn_free);
    g_queue_free_full(client->asks, ask_free);
}

void client_snapshot_take(struct client *client, struct snapshot *fresh)
{
    struct snapshot *old = client->snapshot;
    client->snapshot = fresh;
    client->snapshot_us = clock_now_us();
    client->snapshot_read_us = client->last_read_us;
    if (client->attempt || !old)
        client->healthy_us = client->snapshot_us;
    client->attempt = 0;
    client_set_why(client, NULL);
    client->callbacks.on_snapshot(fresh, client->callbacks.data);
    g_clear_pointer(&fresh->text, g_free); /* of 20 migrations it is 250 kB */
    snapshot_free(old);
}

static gboolean is_lost(const GError *error)
{
    return error && error->domain == ROLLOUT_ERROR && error->code == ROLLOUT_ERROR_CONNECT;
}

/* The reading goes on without what was looked for besides: that must not take the rest with it. */
static void look_refused(struct client *client, const GError *error)
{
    g_free(client->look_error);
    client->look_error = g_strdup(error->message);
    client->look_until_us = clock_now_us() + LOOK_AGAIN_US;
    client->read_now = TRUE;
}

/* A refused read is not a lost link: without the control schema, or without rights in it, there is
 * still something to show. A time-out only makes the picture old. */
static void read_refused(struct client *client, const GError *error)
{
    if (error->code == ROLLOUT_ERROR_CANCELLED || error->code == ROLLOUT_ERROR_RETRY)
        return;
    client_set_why(client, error);
    g_clear_pointer(&client->look_error, g_free); /* it was not the look */
    if (!client->bare)
        client->read_now = TRUE;
    client->bare = TRUE;
    client->bare_until_us = clock_now_us() + BARE_US;
}

static void on_read(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    struct client *client = data;
    client->read_us = 0;
    if (is_lost(error)) {
        client_fail(client, error);
        return;
    }
    client_heard(client);
    if (error && client->reading_look) {
        look_refused(client, error);
        return;
    }
    if (error) {
        read_refused(client, error);
        return;
    }
    const char *json = db_reply_rows(reply) ? db_reply_text(reply, 0, 0) : NULL;
    g_autoptr(GError) problem = NULL;
    struct snapshot *fresh = json ? snapshot_parse(json, &problem) : NULL;
    if (!fresh) {
        client_set_why(client, problem);
        return;
    }
    fresh->text = g_strdup(json);
    client->schema_there = fresh->installed;
    if (client->bare)
        fresh->installed = FALSE;
    fresh->look_error = g_strdup(client->look_error);
    client_snapshot_take(client, fresh);
}

static void on_setup(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    (void)reply;
    struct client *client = data;
    if (error) {
        client_fail(client, error);
        return;
    }
    client_heard(client);
    client->watch_ready = TRUE;
    client->read_now = TRUE;
    watch_tick(client, clock_now_us());
}

static void on_open(struct db_conn *conn, const GError *error, void *data)
{
    struct client *client = data;
    client->needs_password |= db_conn_needs_password(conn);
    if (error) {
        client_fail(client, error);
        return;
    }
    g_free(client->label);
    client->label = g_strdup(db_conn_label(conn));
    client_heard(client);
    db_conn_send(conn, resource_text("engine/sql/watch-setup.sql"), on_setup, client);
}

void watch_open(struct client *client)
{
    g_clear_pointer(&client->watch, db_conn_free);
    client->watch_ready = FALSE;
    client->watch = db_conn_new(client->target, "pgrollout/console/watch");
    db_conn_open(client->watch, CLIENT_OPEN_TIMEOUT_MS, on_open, client);
}

static GPtrArray *events_of(const struct db_reply *reply)
{
    GPtrArray *events = g_ptr_array_new();
    for (int row = 0; row < db_reply_rows(reply); row++) {
        struct snap_event *event = g_new0(struct snap_event, 1);
        event->id = db_reply_int(reply, row, 0);
        event->at = (char *)db_reply_text(reply, row, 1);
        event->who = (char *)db_reply_text(reply, row, 2);
        event->kind = (char *)db_reply_text(reply, row, 3);
        event->text = (char *)db_reply_text(reply, row, 4);
        event->when = (char *)db_reply_text(reply, row, 5);
        event->os_user = (char *)db_reply_text(reply, row, 6);
        event->client = (char *)db_reply_text(reply, row, 7);
        event->migration = (char *)db_reply_text(reply, row, 8);
        g_ptr_array_add(events, event);
    }
    g_ptr_array_set_free_func(events, g_free);
    return events;
}

static void ask_answer(struct client_ask *ask, const struct db_reply *reply)
{
    if (ask->events_fn) {
        g_autoptr(GPtrArray) events = events_of(reply);
        ask->events_fn(events, NULL, ask->data);
        return;
    }
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    for (int row = 0; row < db_reply_rows(reply); row++)
        g_ptr_array_add(lines, (void *)db_reply_text(reply, row, 0));
    g_ptr_array_add(lines, NULL);
    ask->lines_fn((char **)lines->pdata, NULL, ask->data);
}

static void on_asked(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    struct client *client = data;
    struct client_ask *ask = g_queue_pop_head(client->asks);
    client->asking = FALSE;
    if (error) {
        ask_refuse(ask, error->message);
        if (is_lost(error))
            client_fail(client, error);
        return;
    }
    client_heard(client);
    ask_answer(ask, reply);
    ask_free(ask);
}

void watch_tick(struct client *client, gint64 now_us)
{
    gint64 refresh = client->refresh_ms * (gint64)1000;
    if (!client->watch || !client->watch_ready)
        return;
    if (client->read_us && now_us - client->read_us > MAX(3 * refresh, 6 * G_USEC_PER_SEC)) {
        watch_close(client); /* stuck: another one in its place */
        watch_open(client);
        return;
    }
    if (db_conn_is_busy(client->watch))
        return;
    if (!g_queue_is_empty(client->asks)) {
        client->asking = TRUE;
        db_conn_send(client->watch, ((struct client_ask *)g_queue_peek_head(client->asks))->sql,
                     on_asked, client);
        return;
    }
    gint64 since = now_us - client->last_read_us;
    if (since < refresh && !(client->read_now && since >= READ_LEAST_US))
        return;
    client->bare = client->bare && (!client->schema_there || now_us < client->bare_until_us);
    client->read_now = FALSE;
    client->read_us = now_us;
    client->last_read_us = now_us - client->earlier_us;
    client->earlier_us = 0;
    if (client->look_error && now_us >= client->look_until_us)
        g_clear_pointer(&client->look_error, g_free);
    gboolean looks = !client->look_error && !(client->bare && look_needs_schema(client->look));
    client->reading_look = looks ? client->look : LOOK_NONE;
    g_autofree char *sql = snapshot_sql(!client->bare, client->reading_look, client->look_argument);
    db_conn_send(client->watch, sql, on_read, client);
}

void client_want(struct client *client, enum look look, const char *argument)
{
    gint64 now = clock_now_us();
    gboolean other = look != client->look;
    if (!other && g_strcmp0(argument, client->look_argument) == 0)
        return;
    g_free(client->look_argument);
    client->look_argument = g_strdup(argument);
    client->look = look;
    if (!other)
        return;
    g_clear_pointer(&client->look_error, g_free);
    if (!look || now - client->pulled_us < client->refresh_ms * (gint64)1000)
        return;
    client->pulled_us = now;
    client->read_now = TRUE;
}

/* Takes `sql` over. */
static void ask_add(struct client *client, char *sql, client_events_fn events_fn,
                    client_lines_fn lines_fn, void *data)
{
    struct client_ask *ask = g_new0(struct client_ask, 1);
    ask->sql = sql;
    ask->events_fn = events_fn;
    ask->lines_fn = lines_fn;
    ask->data = data;
    if (!client->watch_ready) {
        ask_refuse(ask, "there is no connection");
        return;
    }
    g_queue_push_tail(client->asks, ask);
    watch_tick(client, clock_now_us());
}

void client_journal(struct client *client, const struct client_page *page, client_events_fn fn,
                    void *data)
{
    if (client->record) {
        client->record->journal(page, fn, data, client->record->data);
        return;
    }
    g_autofree char *name = page->migration ? db_literal(page->migration) : g_strdup("NULL");
    char before[24], after[24];
    g_snprintf(before, sizeof before, "%" G_GINT64_FORMAT, page->before);
    g_snprintf(after, sizeof after, "%" G_GINT64_FORMAT, page->after);
    ask_add(client,
            g_strdup_printf(resource_text("engine/sql/ask-journal.sql"), name, page->limit, before,
                            after),
            fn, NULL, data);
}

static char *named_sql(const char *file, const char *migration)
{
    g_autofree char *name = db_literal(migration);
    return g_strdup_printf(resource_text(file), name);
}

void client_card(struct client *client, const char *migration, client_lines_fn fn, void *data)
{
    if (client->record) {
        fn(NULL, "a recording has no card", data);
        return;
    }
    ask_add(client, named_sql("engine/sql/ask-card.sql", migration), NULL, fn, data);
}

void client_plan(struct client *client, const char *migration, client_lines_fn fn, void *data)
{
    if (client->record) {
        char *lines[] = {(char *)client->record->plan, NULL};
        fn(lines, NULL, data);
        return;
    }
    ask_add(client, named_sql("engine/sql/ask-plan.sql", migration), NULL, fn, data);
}

void client_report(struct client *client, const char *migration, client_lines_fn fn, void *data)
{
    if (client->record) {
        fn(NULL, "it is one already", data);
        return;
    }
    ask_add(client, named_sql("engine/sql/ask-report.sql", migration), NULL, fn, data);
}
