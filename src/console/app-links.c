/* The databases of this console: a client each, so that none waits for another. */
#include "config.h"
#include "console/app.h"

#include <string.h>

#include "console/samples.h"
#include "console/sentences.h"
#include "pgrollout/base/clock.h"

#define REFRESH_MS 2000

static void link_free(void *data)
{
    struct app_link *link = data;
    client_free(link->client);
    g_ptr_array_unref(link->past);
    samples_free(link->samples);
    past_free(link->ring);
    g_clear_pointer(&link->frozen, g_ptr_array_unref);
    g_free(link->name);
    g_free(link->lost);
    said_free(link->said);
    g_free(link->round_text);
    g_free(link);
}

static void link_open(struct app *app, const struct db_target *target, const char *name, guint of_n,
                      const struct client_callbacks *callbacks)
{
    struct app_link *link = g_new0(struct app_link, 1);
    struct client_callbacks own = *callbacks;
    own.data = link;
    link->app = app;
    link->name = g_strdup(name);
    link->target = target;
    link->past = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_free);
    link->samples = samples_new();
    link->ring = past_new(PAST_BYTES / of_n);
    g_ptr_array_add(app->links, link);
    link->client =
        app->replay ? app_replay_client(app, &own) : client_new(target, app->refresh_ms, &own);
}

void app_links_open(struct app *app, const struct client_callbacks *callbacks)
{
    const struct console_options *options = app->options;
    const struct db_target *const *targets = options->targets ? options->targets : &options->target;
    guint n = options->targets ? options->n_targets : 1;
    g_auto(GStrv) names = db_target_names(targets, n);
    app->refresh_ms = options->refresh_ms ? options->refresh_ms : REFRESH_MS;
    app->links = g_ptr_array_new_with_free_func(link_free);
    for (guint i = 0; i < n; i++) {
        link_open(app, targets[i], names[i], n, callbacks);
        client_stagger(app_link_at(app, i)->client, app->refresh_ms * (int)i / (int)n);
    }
    app_link_select(app, app_link_at(app, 0));
}

void app_links_close(struct app *app)
{
    g_clear_pointer(&app->links, g_ptr_array_unref);
    g_clear_pointer(&app->databases, g_free);
    g_clear_pointer(&app->names, g_strfreev);
    app->link = NULL;
    app->client = NULL;
}

struct app_link *app_link_at(const struct app *app, guint i)
{
    return app->links->pdata[i];
}

gboolean app_has_several(const struct app *app)
{
    return app->links->len > 1;
}

struct app_link *app_link_find(const struct app *app, const char *name, gsize n)
{
    for (guint i = 0; i < app->links->len; i++) {
        struct app_link *link = app_link_at(app, i);
        if (strlen(link->name) == n && strncmp(link->name, name, n) == 0)
            return link;
    }
    return NULL;
}

void app_link_select(struct app *app, struct app_link *link)
{
    if (app->link && app->link != link)
        client_want(app->client, LOOK_NONE, NULL);
    app->link = link;
    app->client = link->client;
}

const struct snapshot *app_link_snapshot(const struct app_link *link)
{
    const GPtrArray *frozen = link->frozen;
    if (!frozen)
        return client_snapshot(link->client);
    return frozen->len ? frozen->pdata[frozen->len - 1] : NULL; /* then nothing was known of it */
}

void app_link_time(struct app_link *link, const struct snapshot *s)
{
    g_autoptr(GDateTime) at = s->at ? g_date_time_new_from_iso8601(s->at, NULL) : NULL;
    link->server_s = at ? g_date_time_to_unix(at) : 0;
    link->server_us = clock_now_us();
}

const char *app_link_on(const struct app_link *link)
{
    return app_has_several(link->app) ? " on " : "";
}

const char *app_link_name(const struct app_link *link)
{
    return app_has_several(link->app) ? link->name : "";
}

static void database_fill(struct view_database *database, const struct app_link *link)
{
    *database = (struct view_database){
        .name = link->name,
        .label = client_label(link->client),
        .snapshot = app_link_snapshot(link),
        .past = link->frozen ? link->frozen : link->past,
        .is_past = app_in_past(link->app),
        .link = app_in_past(link->app) ? LINK_LIVE : client_link_state(link->client),
        .age_s = app_in_past(link->app) ? 0 : client_age_s(link->client),
        .attempt = client_attempt(link->client),
        .why = client_why(link->client),
        .needs_password = client_needs_password(link->client),
        .never_asks = link->app->options->never_ask,
        .pause_queued = client_pause_queued(link->client),
    };
}

void app_links_fill(struct app *app, struct view *view)
{
    if (!app_has_several(app))
        return;
    if (!app->databases)
        app->databases = g_new0(struct view_database, app->links->len);
    for (guint i = 0; i < app->links->len; i++) {
        database_fill(&app->databases[i], app_link_at(app, i));
        if (app_link_at(app, i) == app->link)
            view->database = i;
    }
    view->databases = app->databases;
    view->n_databases = app->links->len;
}

void app_links_refresh(struct app *app, int refresh_ms)
{
    for (guint i = 0; i < app->links->len; i++)
        client_set_refresh(app_link_at(app, i)->client, refresh_ms);
}

void app_links_poke(struct app *app)
{
    for (guint i = 0; i < app->links->len; i++)
        client_poke(app_link_at(app, i)->client);
}

gboolean app_links_are_live(const struct app *app)
{
    for (guint i = 0; i < app->links->len; i++)
        if (client_link_state(app_link_at(app, i)->client) != LINK_LIVE)
            return FALSE;
    return TRUE;
}

gboolean app_links_queue(const struct app *app)
{
    for (guint i = 0; i < app->links->len; i++)
        if (client_pause_queued(app_link_at(app, i)->client))
            return TRUE;
    return FALSE;
}

struct app_link *app_links_with(const struct app *app, const char *migration, guint *count)
{
    struct app_link *found = NULL;
    *count = 0;
    for (guint i = 0; i < app->links->len; i++) {
        struct app_link *link = app_link_at(app, i);
        const struct snapshot *s = client_snapshot(link->client);
        if (!s || !snapshot_migration_find(s, migration))
            continue;
        found = found ? found : link;
        ++*count;
    }
    return found;
}

/* Two of different databases: which needs attention more. */
static gboolean needs_more(const struct snap_migration *m, const struct snap_migration *than)
{
    return m && (!than || snap_migration_compare(m, than) < 0);
}

struct app_link *app_links_attention(const struct app *app, const struct snap_migration **first)
{
    struct app_link *found = NULL;
    *first = NULL;
    for (guint i = 0; i < app->links->len; i++) {
        const struct snapshot *s = client_snapshot(app_link_at(app, i)->client);
        const struct snap_migration *m = s && s->migrations->len ? s->migrations->pdata[0] : NULL;
        if (!needs_more(m, *first))
            continue;
        *first = m;
        found = app_link_at(app, i);
    }
    return found;
}

/* "database/" and "database/name" of all. */
static char **names_of(const struct app *app)
{
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; i < app->links->len; i++) {
        const struct app_link *link = app_link_at(app, i);
        const struct snapshot *s = client_snapshot(link->client);
        g_ptr_array_add(names, fleet_id(link->name, NULL));
        for (guint j = 0; s && j < s->migrations->len; j++)
            g_ptr_array_add(
                names,
                fleet_id(link->name, ((struct snap_migration *)s->migrations->pdata[j])->name));
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

struct complete_from app_complete_from(struct app *app)
{
    g_strfreev(app->names);
    app->names = app_has_several(app) ? names_of(app) : NULL;
    return (struct complete_from){client_snapshot(app->client), app->migration,
                                  (const char *const *)app->names};
}
