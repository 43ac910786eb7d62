/* The client half: its state, its clock, and when it gives a link up. */
#include "config.h"
#include "client-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"

#define TICK_MS 100
#define POKE_US G_USEC_PER_SEC

static gint64 backoff_us(int failures)
{
    static const int seconds[] = {1, 2, 4, 8, 15, 30};
    int s = seconds[CLAMP(failures - 1, 0, (int)G_N_ELEMENTS(seconds) - 1)];
    return (gint64)(s * G_USEC_PER_SEC * g_random_double_range(0.8, 1.2));
}

void client_set_why(struct client *client, const GError *error)
{
    g_free(client->why);
    client->why = error ? client_why_brief(error->message) : NULL;
}

void client_heard(struct client *client)
{
    client->heard_us = clock_now_us();
}

static enum client_link link_of(const struct client *client, gint64 now_us)
{
    if (client->record)
        return LINK_LIVE;
    if (!client->snapshot)
        return client->attempt > 0 ? LINK_LOST : LINK_CONNECTING;
    gint64 age = now_us - client->snapshot_us, refresh = client->refresh_ms * (gint64)1000;
    if (client->attempt > 0)
        return LINK_LOST;
    if (age > MAX(3 * refresh, 6 * G_USEC_PER_SEC))
        return LINK_STALE;
    return age > refresh + refresh / 2 + 200000 ? LINK_LATE : LINK_LIVE;
}

static void link_check(struct client *client, gint64 now_us)
{
    enum client_link link = link_of(client, now_us);
    if (link == client->link)
        return;
    client->link = link;
    client->callbacks.on_link(link, client->why, client->callbacks.data);
}

void client_fail(struct client *client, const GError *error)
{
    gint64 now = clock_now_us();
    client_set_why(client, error);
    watch_close(client);
    control_close(client);
    if (client->attempt == 0 && now - client->healthy_us >= CLIENT_HEALTHY_US)
        client->failures = 0;
    client->attempt++;
    client->failures++;
    client->retry_us = now + backoff_us(client->failures);
    client->link = LINK_LOST;
    client->callbacks.on_link(LINK_LOST, client->why, client->callbacks.data);
}

static void open_all(struct client *client)
{
    client->retry_us = 0;
    client->needs_password = FALSE;
    client->heard_us = clock_now_us();
    watch_open(client);
    control_open(client);
}

/* Nothing was heard on any connection: not slow, but away. */
static void silence_check(struct client *client, gint64 now_us)
{
    gboolean waiting = client->watch || client->control;
    gint64 limit = MAX(CLIENT_LOST_US, 4 * client->refresh_ms * (gint64)1000);
    if (!waiting || client->retry_us || now_us - client->heard_us < limit)
        return;
    g_autoptr(GError) error = rollout_error_new(ROLLOUT_ERROR_CONNECT, "no answer for %d s",
                                                (int)(limit / G_USEC_PER_SEC));
    client_fail(client, error);
}

static gboolean on_tick(void *data)
{
    struct client *client = data;
    gint64 now = clock_now_us();
    if (client->retry_us && now >= client->retry_us)
        open_all(client);
    watch_tick(client, now);
    control_tick(client, now);
    silence_check(client, now);
    link_check(client, now);
    return G_SOURCE_CONTINUE;
}

/* What may take its time, settings files and name lookups, comes behind the first picture. */
static gboolean on_begin(void *data)
{
    struct client *client = data;
    client->begin_source = 0;
    open_all(client);
    return G_SOURCE_REMOVE;
}

struct client *client_new(const struct db_target *target, int refresh_ms,
                          const struct client_callbacks *callbacks)
{
    struct client *client = g_new0(struct client, 1);
    client->target = db_target_copy(target);
    client->callbacks = *callbacks;
    client->refresh_ms = refresh_ms;
    client->asks = g_queue_new();
    client->commands = g_queue_new();
    client->tick_source = g_timeout_add(TICK_MS, on_tick, client);
    client->begin_source = g_idle_add(on_begin, client);
    return client;
}

void client_free(struct client *client)
{
    if (!client)
        return;
    if (client->tick_source)
        g_source_remove(client->tick_source);
    if (client->begin_source)
        g_source_remove(client->begin_source);
    watch_clear(client);
    control_clear(client);
    db_target_free(client->target);
    snapshot_free(client->snapshot);
    g_free(client->why);
    g_free(client->label);
    g_free(client->look_argument);
    g_free(client->look_error);
    g_free(client);
}

const char *client_label(const struct client *client)
{
    return client->label ? client->label : "";
}

enum client_link client_link_state(const struct client *client)
{
    return link_of(client, clock_now_us());
}

double client_age_s(const struct client *client)
{
    if (client->record)
        return 0;
    if (!client->snapshot)
        return INFINITY;
    return (double)(clock_now_us() - client->snapshot_us) / G_USEC_PER_SEC;
}

int client_attempt(const struct client *client)
{
    return client->attempt;
}

const char *client_why(const struct client *client)
{
    return client->why;
}

gboolean client_needs_password(const struct client *client)
{
    return client->needs_password;
}

const struct snapshot *client_snapshot(const struct client *client)
{
    return client->snapshot;
}

void client_set_refresh(struct client *client, int refresh_ms)
{
    client->refresh_ms = refresh_ms;
}

void client_stagger(struct client *client, int earlier_ms)
{
    client->earlier_us = earlier_ms * (gint64)1000;
}

void client_set_password(struct client *client, const char *password)
{
    char *old = client->target->password;
    if (old)
        explicit_bzero(old, strlen(old));
    g_free(old);
    client->target->password = g_strdup(password);
    client->attempt = 0;
    open_all(client);
}

void client_poke(struct client *client)
{
    gint64 now = clock_now_us();
    if (client->poked_us && now - client->poked_us < POKE_US)
        return;
    client->poked_us = now;
    client->read_now = TRUE;
    if (client->retry_us)
        client->retry_us = now;
}

gboolean client_is_settled(const struct client *client)
{
    return client->control_ready && !client->retry_us && g_queue_is_empty(client->commands) &&
           client->snapshot && client->snapshot_read_us > client->answered_us;
}

void client_receipt_give(struct client *client, gboolean ok, gboolean unproven, const char *verb,
                         const char *text, gint64 version)
{
    struct client_receipt receipt = {ok, unproven, (char *)verb, (char *)text, version};
    client->answered_us = clock_now_us();
    client->callbacks.on_receipt(&receipt, client->callbacks.data);
}
