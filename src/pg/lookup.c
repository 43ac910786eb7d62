/* libpq looks names up when a connection begins, and that blocks for as long as the resolver likes. A
 * thread waits for it, so that one name that nobody answers for does not stop whoever else is connected. */
#include "config.h"
#include "lookup-private.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>

struct start *start_new(const struct db_target *target, const char *application_name,
                        const struct hosts *hosts, guint n)
{
    struct start *start = g_new0(struct start, 1);
    start->target = db_target_copy(target);
    start->application_name = g_strdup(application_name);
    start->hosts = hosts ? hosts_ref(hosts) : NULL;
    start->try = n;
    return start;
}

void start_free(struct start *start)
{
    if (!start)
        return;
    PQfinish(start->pq);
    hosts_free(start->hosts);
    db_target_free(start->target);
    g_free(start->application_name);
    g_free(start);
}

static PGconn *target_start(const struct start *start)
{
    const struct db_target *t = start->target;
    /* expand_dbname applies to the user's own string only, and it comes first so that the separate
     * options win over what it holds */
    const char *keys[] = {"dbname",          "host", "port", "user", "password", "application_name",
                          "client_encoding", NULL};
    const char *values[] = {
        t->dbname, t->host, t->port, t->user, t->password, start->application_name, "UTF8", NULL};
    return PQconnectStartParams(keys, values, 1);
}

void start_run(struct start *start)
{
    if (!start->hosts || !hosts_are_several(start->hosts))
        start->pq = target_start(start);
    if (start->pq && !start->hosts)
        start->hosts = hosts_new(start->pq);
    if (!start->hosts || !hosts_are_several(start->hosts))
        return;
    g_clear_pointer(&start->pq, PQfinish);
    start->pq = hosts_start(start->hosts, start->try);
}

static gboolean on_done(void *data)
{
    struct start *start = data;
    if (start->done)
        start->done(start, start->data);
    else
        start_free(start);
    return G_SOURCE_REMOVE;
}

static void *run(void *data)
{
    start_run(data);
    g_idle_add(on_done, data);
    return NULL;
}

void start_run_aside(struct start *start, void (*done)(struct start *start, void *data), void *data)
{
    sigset_t all, before;
    start->done = done;
    start->data = data;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for those who wait for them */
    GThread *thread = g_thread_try_new("connect", run, start, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (thread)
        g_thread_unref(thread);
    else
        run(start);
}

void start_drop(struct start *start)
{
    start->done = NULL;
}

static gboolean is_name(const char *host)
{
    return *host && !strchr("/@", *host) && !g_hostname_is_ip_address(host);
}

static gboolean has_name(const char *list)
{
    g_auto(GStrv) hosts = g_strsplit(list ? list : "", ",", -1);
    for (char **host = hosts; *host; host++)
        if (is_name(*host))
            return TRUE;
    return FALSE;
}

static const char *option_of(const PQconninfoOption *options, const char *keyword)
{
    for (const PQconninfoOption *o = options; o && o->keyword; o++)
        if (strcmp(o->keyword, keyword) == 0 && o->val && *o->val)
            return o->val;
    return NULL;
}

gboolean target_needs_lookup(const struct db_target *target)
{
    const char *text = target->dbname ? target->dbname : "";
    gboolean is_string = strchr(text, '=') || strstr(text, "://");
    PQconninfoOption *options = is_string ? PQconninfoParse(text, NULL) : NULL;
    const char *host = target->host ? target->host : option_of(options, "host");
    gboolean address = option_of(options, "hostaddr") || (!host && g_getenv("PGHOSTADDR"));
    gboolean service = option_of(options, "service") || g_getenv("PGSERVICE");
    gboolean needs = FALSE;
    if (host)
        needs = !address && has_name(host);
    else if (!address) /* what a service names is read by libpq alone */
        needs = service || has_name(g_getenv("PGHOST"));
    PQconninfoFree(options);
    return needs;
}
