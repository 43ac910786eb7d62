/* Replication lag out of (time, LSN) samples. */
#include "config.h"
#include "sense-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/error.h"

/* So many samples are kept; when they are full, every other one of the older half goes, so that the
 * memory reaches back ever further with ever wider steps. */
#define HISTORY 512

/* A second connection of the same name may be the first one, come back before the server has noticed
 * that it went: it is another replica only when both have been there for longer than any usual
 * wal_sender_timeout. */
#define NAMESAKE_US (5 * 60 * G_USEC_PER_SEC)

struct moment {
    gint64 at_us;
    gint64 lsn;
};

struct standby {
    char *name;
    int seen;        /* connections of this name now */
    int expected;    /* so many belong here */
    gint64 more_us;  /* since when there are more than expected; 0: there are not */
    gint64 gone_us;  /* last seen complete; 0: all there */
    gint64 replayed; /* the least of them; -1: not told */
    double replay_lag_s;
};

struct standbys {
    GArray *history; /* struct moment, LSNs strictly growing */
    GPtrArray *list; /* struct standby */
    gint64 late_us;  /* whatever is not replayed at the first sample is at least so old */
};

static void standby_free(void *data)
{
    struct standby *standby = data;
    g_free(standby->name);
    g_free(standby);
}

struct standbys *standbys_new(void)
{
    struct standbys *standbys = g_new0(struct standbys, 1);
    standbys->history = g_array_new(FALSE, FALSE, sizeof(struct moment));
    standbys->list = g_ptr_array_new_with_free_func(standby_free);
    return standbys;
}

void standbys_free(struct standbys *standbys)
{
    g_array_free(standbys->history, TRUE);
    g_ptr_array_free(standbys->list, TRUE);
    g_free(standbys);
}

static struct standby *standby_find(const struct standbys *standbys, const char *name)
{
    for (guint i = 0; i < standbys->list->len; i++) {
        struct standby *standby = g_ptr_array_index(standbys->list, i);
        if (strcmp(standby->name, name) == 0)
            return standby;
    }
    return NULL;
}

static struct standby *standby_of(struct standbys *standbys, const char *name)
{
    struct standby *standby = standby_find(standbys, name);
    if (standby)
        return standby;
    standby = g_new0(struct standby, 1);
    standby->name = g_strdup(name);
    g_ptr_array_add(standbys->list, standby);
    return standby;
}

static void history_add(struct standbys *standbys, gint64 now_us, gint64 lsn)
{
    GArray *history = standbys->history;
    gint64 last = history->len ? g_array_index(history, struct moment, history->len - 1).lsn : -1;
    if (lsn < last) /* another server, or another timeline */
        g_array_set_size(history, 0);
    if (lsn == last) /* idle: the time when this point was reached first counts */
        return;
    if (history->len >= HISTORY) {
        guint kept = 0;
        for (guint i = 0; i < history->len; i++)
            if (i >= HISTORY / 2 || i % 2 == 0)
                g_array_index(history, struct moment, kept++) =
                    g_array_index(history, struct moment, i);
        g_array_set_size(history, kept);
    }
    struct moment moment = {now_us - standbys->late_us, lsn};
    standbys->late_us = 0;
    g_array_append_val(history, moment);
}

static double number_of(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_double(node) : NAN;
}

static void connection_take(struct standbys *standbys, JsonObject *row)
{
    double replayed = number_of(row, "replayed");
    const char *state = json_object_get_string_member(row, "state");
    /* pg_receivewal streams, too, and replays nothing */
    if (isnan(replayed) && strcmp(state, "streaming") == 0)
        return;
    struct standby *standby = standby_of(standbys, json_object_get_string_member(row, "name"));
    gint64 lsn = isnan(replayed) ? 0 : (gint64)replayed;
    if (standby->seen == 0 || lsn < standby->replayed) {
        standby->replayed = lsn;
        standby->replay_lag_s = number_of(row, "replay_lag_s");
    }
    standby->seen++;
}

static void count(struct standby *standby, gint64 now_us)
{
    if (standby->seen > 0)
        standby->expected = MAX(standby->expected, 1);
    if (standby->seen <= standby->expected)
        standby->more_us = 0;
    else if (standby->more_us == 0)
        standby->more_us = now_us;
    if (standby->more_us && now_us - standby->more_us >= NAMESAKE_US)
        standby->expected = standby->seen;
    if (standby->seen >= standby->expected)
        standby->gone_us = 0;
    else if (standby->gone_us == 0)
        standby->gone_us = now_us;
}

gboolean standbys_take(struct standbys *standbys, gint64 now_us, gint64 lsn, JsonArray *replicas,
                       GError **error)
{
    for (guint i = 0; i < json_array_get_length(replicas); i++) {
        JsonObject *row = json_array_get_object_element(replicas, i);
        if (json_object_get_null_member(row, "state"))
            return rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                                "the replicas are hidden: grant pg_monitor to the engine's role");
    }
    history_add(standbys, now_us, lsn);
    for (guint i = 0; i < standbys->list->len; i++)
        ((struct standby *)g_ptr_array_index(standbys->list, i))->seen = 0;
    for (guint i = 0; i < json_array_get_length(replicas); i++)
        connection_take(standbys, json_array_get_object_element(replicas, i));
    for (guint i = 0; i < standbys->list->len; i++)
        count(g_ptr_array_index(standbys->list, i), now_us);
    return TRUE;
}

char *standbys_format(const struct standbys *standbys)
{
    g_autoptr(JsonObject) names = json_object_new();
    for (guint i = 0; i < standbys->list->len; i++) {
        const struct standby *standby = g_ptr_array_index(standbys->list, i);
        json_object_set_int_member(names, standby->name, standby->expected);
    }
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), names);
    return json_to_string(node, FALSE);
}

struct expectation {
    struct standbys *standbys;
    gint64 gone_us;
};

static void expect(JsonObject *names, const char *name, JsonNode *number, void *data)
{
    (void)names;
    struct expectation *expectation = data;
    if (standby_find(expectation->standbys, name) || !JSON_NODE_HOLDS_VALUE(number))
        return;
    struct standby *standby = standby_of(expectation->standbys, name);
    standby->expected = (int)json_node_get_int(number);
    standby->gone_us = expectation->gone_us;
}

void standbys_expect(struct standbys *standbys, gint64 now_us, const char *text, double late_s)
{
    g_autoptr(JsonNode) node = json_from_string(text, NULL);
    gint64 late_us = (gint64)(late_s * G_USEC_PER_SEC);
    struct expectation expectation = {standbys, now_us - late_us};
    if (node && JSON_NODE_HOLDS_OBJECT(node))
        json_object_foreach_member(json_node_get_object(node), expect, &expectation);
    if (standbys->history->len == 0)
        standbys->late_us = MAX(standbys->late_us, late_us);
}

void standbys_forget(struct standbys *standbys)
{
    g_array_set_size(standbys->history, 0);
    g_ptr_array_set_size(standbys->list, 0);
    standbys->late_us = 0;
}

static double gone_s(const struct standby *standby, gint64 now_us)
{
    return standby->gone_us ? (double)(now_us - standby->gone_us) / G_USEC_PER_SEC : 0;
}

static double standby_lag(const struct standbys *standbys, const struct standby *standby,
                          gint64 now_us)
{
    double lag = gone_s(standby, now_us);
    if (standby->seen == 0)
        return lag;
    for (guint i = 0; i < standbys->history->len; i++) {
        const struct moment *moment = &g_array_index(standbys->history, struct moment, i);
        if (moment->lsn <= standby->replayed)
            continue;
        lag = MAX(lag, (double)(now_us - moment->at_us) / G_USEC_PER_SEC);
        if (!isnan(standby->replay_lag_s))
            lag = MAX(lag, standby->replay_lag_s);
        break;
    }
    return lag;
}

static gboolean is_excepted(const struct standby *standby, char *const *except)
{
    for (char *const *glob = except; glob && *glob; glob++)
        if (g_pattern_match_simple(*glob, standby->name))
            return TRUE;
    return FALSE;
}

double standbys_lag(const struct standbys *standbys, gint64 now_us, char *const *except,
                    char **detail)
{
    const struct standby *worst = NULL;
    double worst_lag = NAN;
    for (guint i = 0; i < standbys->list->len; i++) {
        const struct standby *standby = g_ptr_array_index(standbys->list, i);
        double lag = standby_lag(standbys, standby, now_us);
        if (is_excepted(standby, except) || (worst && lag <= worst_lag))
            continue;
        worst = standby;
        worst_lag = lag;
    }
    if (worst)
        *detail =
            worst->gone_us ? g_strdup_printf("%s is gone", worst->name) : g_strdup(worst->name);
    else
        *detail = g_strdup("no replica");
    return worst_lag;
}

char *standbys_lags(const struct standbys *standbys, gint64 now_us)
{
    g_autoptr(JsonObject) lags = json_object_new();
    for (guint i = 0; i < standbys->list->len; i++) {
        const struct standby *standby = g_ptr_array_index(standbys->list, i);
        double lag = standby_lag(standbys, standby, now_us);
        json_object_set_double_member(lags, standby->name, round(lag * 1000) / 1000);
    }
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), lags);
    return json_to_string(node, FALSE);
}

double standbys_bytes(const struct standbys *standbys, gint64 lsn, char *const *except,
                      char **detail)
{
    const struct standby *worst = NULL;
    for (guint i = 0; i < standbys->list->len; i++) {
        const struct standby *standby = g_ptr_array_index(standbys->list, i);
        /* what an engine before saw and is not there has told us nothing */
        if (standby->replayed > 0 && !is_excepted(standby, except) &&
            (!worst || standby->replayed < worst->replayed))
            worst = standby;
    }
    if (worst)
        *detail =
            worst->gone_us ? g_strdup_printf("%s is gone", worst->name) : g_strdup(worst->name);
    else
        *detail = g_strdup("no replica");
    return worst ? (double)MAX(0, lsn - worst->replayed) : NAN;
}

void standbys_miss(struct standbys *standbys, gint64 now_us, char *const *except, double pause,
                   double resume, GHashTable *missed)
{
    for (guint i = standbys->list->len; i-- > 0;) {
        struct standby *standby = g_ptr_array_index(standbys->list, i);
        double gone = gone_s(standby, now_us);
        if (!standby->gone_us || is_excepted(standby, except)) {
            g_hash_table_remove(missed, standby->name);
        } else if (gone >= pause) {
            g_hash_table_add(missed, g_strdup(standby->name));
        } else if (g_hash_table_contains(missed, standby->name) && resume >= STANDBY_GONE_S &&
                   gone <= resume) {
            g_hash_table_remove(missed, standby->name);
            standby->expected = standby->seen;
            standby->gone_us = 0;
            if (standby->seen == 0)
                g_ptr_array_remove_index(standbys->list, i);
        }
    }
}
