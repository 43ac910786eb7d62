/* The databases of this console: a client each, so that none waits for another. */
#include "config.h"
#include "console/app.h"

#include "console/samples.h"
#include "pgrollout/base/clock.h"

#define REFRESH_MS 2000

static void link_free(void *data)
{
    struct app_link *link = data;
    client_free(link->client);
    g_ptr_array_unref(link->past);
    samples_free(link->samples);
    g_clear_pointer(&link->frozen, g_ptr_array_unref);
    g_free(link);
}

void app_links_open(struct app *app, const struct client_callbacks *callbacks)
{
    const struct console_options *options = app->options;
    app->refresh_ms = options->refresh_ms ? options->refresh_ms : REFRESH_MS;
    app->links = g_ptr_array_new_with_free_func(link_free);
    struct app_link *link = g_new0(struct app_link, 1);
    struct client_callbacks own = *callbacks;
    own.data = link;
    link->app = app;
    link->past = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_free);
    link->samples = samples_new();
    link->client = client_new(options->target, app->refresh_ms, &own);
    g_ptr_array_add(app->links, link);
    app_link_select(app, link);
}

void app_links_close(struct app *app)
{
    g_clear_pointer(&app->links, g_ptr_array_unref);
    app->link = NULL;
    app->client = NULL;
}

void app_link_select(struct app *app, struct app_link *link)
{
    app->link = link;
    app->client = link->client;
}

const struct snapshot *app_link_snapshot(const struct app_link *link)
{
    const GPtrArray *frozen = link->frozen;
    return frozen && frozen->len ? frozen->pdata[frozen->len - 1] : client_snapshot(link->client);
}

void app_link_time(struct app_link *link, const struct snapshot *s)
{
    g_autoptr(GDateTime) at = s->at ? g_date_time_new_from_iso8601(s->at, NULL) : NULL;
    link->server_s = at ? g_date_time_to_unix(at) : 0;
    link->server_us = clock_now_us();
}

void app_links_refresh(struct app *app, int refresh_ms)
{
    for (guint i = 0; i < app->links->len; i++)
        client_set_refresh(((struct app_link *)app->links->pdata[i])->client, refresh_ms);
}

gboolean app_links_queue(const struct app *app)
{
    for (guint i = 0; i < app->links->len; i++)
        if (client_pause_queued(((struct app_link *)app->links->pdata[i])->client))
            return TRUE;
    return FALSE;
}
