/* The heartbeat as standbys show it. Every standby has a connection of its own, so that one that hangs
 * holds up nobody; what it does not answer in time is a failure of that standby. */
#include "config.h"
#include "sense-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/resource.h"

#define APPLICATION "pgrollout/engine/standby"
#define OPEN_TIMEOUT_MS 2000
#define ANSWER_US (1500 * (G_USEC_PER_SEC / 1000))
#define REOPEN_US (2 * G_USEC_PER_SEC)
/* An answer as old as this says nothing of now. */
#define STALE_US (3 * G_USEC_PER_SEC)
/* At one a second more than an hour: a standby that is further behind lags by that at the least. */
#define BEATS_MAX 4096

struct beat_standby {
    char *name;
    struct db_conn *conn;
    gint64 asked_us;    /* 0: not being asked */
    gint64 reopen_us;   /* not opened before */
    gint64 answered_us; /* 0: never */
    gint64 seen_us;     /* the beat that it showed */
    char *failure;      /* of the last attempt; NULL: none */
};

struct beats {
    GArray *written;     /* struct beat_moment */
    GPtrArray *standbys; /* struct beat_standby */
};

static void standby_free(void *data)
{
    struct beat_standby *standby = data;
    db_conn_free(standby->conn);
    g_free(standby->name);
    g_free(standby->failure);
    g_free(standby);
}

struct beats *beats_new(void)
{
    struct beats *beats = g_new0(struct beats, 1);
    beats->written = g_array_new(FALSE, FALSE, sizeof(struct beat_moment));
    beats->standbys = g_ptr_array_new_with_free_func(standby_free);
    return beats;
}

void beats_free(struct beats *beats)
{
    g_array_free(beats->written, TRUE);
    g_ptr_array_free(beats->standbys, TRUE);
    g_free(beats);
}

void beats_configure(struct beats *beats, const struct conf *conf)
{
    g_ptr_array_set_size(beats->standbys, 0);
    for (guint i = 0; conf && i < conf->replicas->len; i++) {
        const struct conf_server *server = g_ptr_array_index(conf->replicas, i);
        struct db_target *target = db_target_new();
        target->dbname = g_strdup(server->conninfo);
        struct beat_standby *standby = g_new0(struct beat_standby, 1);
        standby->name = g_strdup(server->name);
        standby->conn = db_conn_new(target, APPLICATION);
        db_target_free(target);
        g_ptr_array_add(beats->standbys, standby);
    }
}

void beats_written(struct beats *beats, gint64 now_us, gint64 beat_us)
{
    GArray *written = beats->written;
    if (written->len &&
        g_array_index(written, struct beat_moment, written->len - 1).beat_us >= beat_us)
        return; /* the server's clock was put back: the beats that count are those that grow */
    if (written->len >= BEATS_MAX)
        g_array_remove_range(written, 0, BEATS_MAX / 4);
    struct beat_moment moment = {beat_us, now_us};
    g_array_append_val(written, moment);
}

void beats_forget(struct beats *beats)
{
    g_array_set_size(beats->written, 0);
}

double beats_behind(const GArray *written, gint64 seen_us, gint64 now_us)
{
    for (guint i = 0; i < written->len; i++) {
        const struct beat_moment *moment = &g_array_index(written, struct beat_moment, i);
        if (moment->beat_us > seen_us)
            return (double)MAX(0, now_us - moment->at_us) / G_USEC_PER_SEC;
    }
    return 0;
}

/* --- asking */

static void note_failure(struct beat_standby *standby, const char *why)
{
    g_free(standby->failure);
    standby->failure = g_strdup(why);
    standby->asked_us = 0;
}

static void fail(struct beat_standby *standby, const char *why)
{
    note_failure(standby, why);
    standby->reopen_us = clock_now_us() + REOPEN_US;
    db_conn_close(standby->conn);
}

static void on_beat(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    struct beat_standby *standby = data;
    if (error && db_conn_is_open(conn)) { /* a conflict with replay, say: asked again */
        note_failure(standby, error->message);
    } else if (error) {
        fail(standby, error->message);
    } else if (!db_reply_bool(reply, 0, 0)) {
        fail(standby, "that server is no standby");
    } else {
        g_clear_pointer(&standby->failure, g_free);
        standby->asked_us = 0;
        standby->answered_us = clock_now_us();
        standby->seen_us = db_reply_text(reply, 0, 1) ? db_reply_int(reply, 0, 1) : 0;
    }
}

static void ask(struct beat_standby *standby)
{
    standby->asked_us = clock_now_us();
    db_conn_send(standby->conn, resource_text("engine/sql/sense-beat.sql"), on_beat, standby);
}

static void on_set(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    (void)reply;
    if (error)
        fail(data, error->message);
    else
        ask(data);
}

static void on_open(struct db_conn *conn, const GError *error, void *data)
{
    struct beat_standby *standby = data;
    if (error) {
        fail(standby, error->message);
        return;
    }
    standby->asked_us = clock_now_us();
    db_conn_send(conn, resource_text("engine/sql/sense-beat-setup.sql"), on_set, standby);
}

static void standby_ask(struct beat_standby *standby, gint64 now_us)
{
    if (standby->asked_us && now_us - standby->asked_us > ANSWER_US + OPEN_TIMEOUT_MS * 1000) {
        fail(standby, "no answer");
    } else if (standby->asked_us) {
        return;
    } else if (db_conn_is_open(standby->conn)) {
        ask(standby);
    } else if (now_us >= standby->reopen_us) {
        standby->asked_us = now_us;
        db_conn_open(standby->conn, OPEN_TIMEOUT_MS, on_open, standby);
    }
}

void beats_ask(struct beats *beats, gint64 now_us)
{
    for (guint i = 0; i < beats->standbys->len; i++)
        standby_ask(g_ptr_array_index(beats->standbys, i), now_us);
}

/* --- what is known */

static gboolean is_excepted(const struct beat_standby *standby, char *const *except)
{
    for (char *const *glob = except; glob && *glob; glob++)
        if (g_pattern_match_simple(*glob, standby->name))
            return TRUE;
    return FALSE;
}

static enum beats_state standby_state(const struct beat_standby *standby, gint64 now_us)
{
    if (standby->failure)
        return BEATS_BLIND;
    if (!standby->answered_us)
        return BEATS_SOON;
    return now_us - standby->answered_us > STALE_US ? BEATS_BLIND : BEATS_KNOWN;
}

enum beats_state beats_lag(const struct beats *beats, gint64 now_us, char *const *except,
                           double *lag_s, char **detail)
{
    enum beats_state state = BEATS_NONE;
    *lag_s = NAN;
    *detail = NULL;
    for (guint i = 0; i < beats->standbys->len; i++) {
        const struct beat_standby *standby = g_ptr_array_index(beats->standbys, i);
        if (is_excepted(standby, except))
            continue;
        enum beats_state own = standby_state(standby, now_us);
        if (own == BEATS_BLIND) {
            g_free(*detail);
            *detail = g_strdup_printf("standby %s: %s", standby->name,
                                      standby->failure ? standby->failure : "no answer");
            return own;
        }
        double lag = beats_behind(beats->written, standby->seen_us, now_us);
        if (own == BEATS_SOON || state == BEATS_SOON) {
            state = BEATS_SOON;
        } else if (state == BEATS_NONE || lag > *lag_s) {
            state = BEATS_KNOWN;
            *lag_s = lag;
            g_free(*detail);
            *detail = g_strdup_printf("%s by its heartbeat", standby->name);
        }
    }
    return state;
}
