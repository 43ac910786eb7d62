/* Several hosts in one target. Only libpq's blocking connect looks at connect_timeout and passes over
 * a host that does not answer; PQconnectPoll waits for the first one for ever (libpq documentation,
 * PQconnectStartParams). So each host gets a connection of its own, with its own time. */
#include "config.h"
#include "hosts-private.h"

#include <stdlib.h>
#include <string.h>

/* Without a word of the user's: nobody waits longer than this for a host while others are left. */
#define SEVERAL_MS 3000
/* libpq's own least. */
#define LEAST_MS 2000

struct hosts {
    gatomicrefcount refs;
    GPtrArray *keys,
        *values; /* texts: what is the same for all; values are wiped, they hold passwords */
    char **names, **addresses, **ports;
    guint count;
    int timeout_s; /* the user's; 0: none */
    gboolean prefers_standby;
};

static void value_free(void *data)
{
    explicit_bzero(data, strlen(data));
    g_free(data);
}

/* "" and NULL are no list. */
static char **list_of(const char *text)
{
    return g_strsplit(text ? text : "", ",", -1);
}

static void option_take(struct hosts *hosts, const PQconninfoOption *option)
{
    const char *value = option->val;
    if (strcmp(option->keyword, "host") == 0)
        hosts->names = list_of(value);
    else if (strcmp(option->keyword, "hostaddr") == 0)
        hosts->addresses = list_of(value);
    else if (strcmp(option->keyword, "port") == 0)
        hosts->ports = list_of(value);
    else if (strcmp(option->keyword, "connect_timeout") == 0)
        hosts->timeout_s = value ? MAX(0, atoi(value)) : 0;
    else if (strcmp(option->keyword, "target_session_attrs") == 0 && value &&
             strcmp(value, "prefer-standby") == 0)
        hosts->prefers_standby = TRUE;
    else if (value && *value && strcmp(option->keyword, "service") != 0) { /* it has been read */
        g_ptr_array_add(hosts->keys, g_strdup(option->keyword));
        g_ptr_array_add(hosts->values, g_strdup(value));
    }
}

struct hosts *hosts_new(PGconn *pq)
{
    struct hosts *hosts = g_new0(struct hosts, 1);
    g_atomic_ref_count_init(&hosts->refs);
    hosts->keys = g_ptr_array_new_with_free_func(g_free);
    hosts->values = g_ptr_array_new_with_free_func(value_free);
    PQconninfoOption *options = PQconninfo(pq);
    for (const PQconninfoOption *option = options; option && option->keyword; option++)
        option_take(hosts, option);
    PQconninfoFree(options);
    guint names = hosts->names ? g_strv_length(hosts->names) : 0;
    guint addresses = hosts->addresses ? g_strv_length(hosts->addresses) : 0;
    guint ports = hosts->ports ? g_strv_length(hosts->ports) : 0;
    hosts->count = addresses ? addresses : MAX(names, 1);
    /* what does not fit together is left to libpq, which says so */
    if ((names && names != hosts->count) || (ports > 1 && ports != hosts->count))
        hosts->count = 1;
    return hosts;
}

struct hosts *hosts_ref(const struct hosts *hosts)
{
    struct hosts *own = (struct hosts *)hosts;
    g_atomic_ref_count_inc(&own->refs);
    return own;
}

void hosts_free(struct hosts *hosts)
{
    if (!hosts || !g_atomic_ref_count_dec(&hosts->refs))
        return;
    g_ptr_array_free(hosts->keys, TRUE);
    g_ptr_array_free(hosts->values, TRUE);
    g_strfreev(hosts->names);
    g_strfreev(hosts->addresses);
    g_strfreev(hosts->ports);
    g_free(hosts);
}

gboolean hosts_are_several(const struct hosts *hosts)
{
    return hosts->count > 1;
}

guint hosts_tries(const struct hosts *hosts)
{
    return hosts->count * (hosts->count > 1 && hosts->prefers_standby ? 2 : 1);
}

int hosts_limit_ms(const struct hosts *hosts, int otherwise_ms)
{
    if (hosts->timeout_s > 0)
        return MAX(LEAST_MS, MIN(hosts->timeout_s, 3600) * 1000);
    return hosts->count > 1 ? MIN(otherwise_ms, SEVERAL_MS) : otherwise_ms;
}

/* The n-th of a list, its only one where it has but one, or NULL. */
static const char *of(char **list, guint n)
{
    guint length = list ? g_strv_length(list) : 0;
    return length == 0 ? NULL : list[length == 1 ? 0 : n];
}

PGconn *hosts_start(const struct hosts *hosts, guint n)
{
    guint at = n % hosts->count;
    const char *session = !hosts->prefers_standby ? NULL : n < hosts->count ? "standby" : "any";
    const char *const own[][2] = {
        {"host", of(hosts->names, at)},
        {"hostaddr", of(hosts->addresses, at)},
        {"port", of(hosts->ports, at)},
        {"target_session_attrs", session},
    };
    g_autoptr(GPtrArray) keys = g_ptr_array_new(), values = g_ptr_array_new();
    for (guint i = 0; i < hosts->keys->len; i++) {
        g_ptr_array_add(keys, g_ptr_array_index(hosts->keys, i));
        g_ptr_array_add(values, g_ptr_array_index(hosts->values, i));
    }
    for (guint i = 0; i < G_N_ELEMENTS(own); i++) {
        if (!own[i][1])
            continue;
        g_ptr_array_add(keys, (void *)own[i][0]);
        g_ptr_array_add(values, (void *)own[i][1]);
    }
    g_ptr_array_add(keys, NULL);
    g_ptr_array_add(values, NULL);
    return PQconnectStartParams((const char *const *)keys->pdata,
                                (const char *const *)values->pdata, 0);
}
