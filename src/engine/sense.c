/* The sampler. A round is the common sample, then, as long as its second has time for it, what has
 * a statement of its own: pg_stat_statements, and the guards with a query. At its end, or when its
 * time is over, every guard has been judged and the caller is told. */
#include "config.h"
#include "pgrollout/engine/sense.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "sense-private.h"

/* The session's statement_timeout; the grace is for its cancel to arrive. */
#define ROUND_MS 800
#define GRACE_MS 100
/* With less time left nothing more is asked. */
#define LEAST_MS 50
/* A guard that is due within this is read now: rounds come a little early or late. */
#define SLACK_US 100000
/* A session of ours that waits for longer says for whom. */
#define LONG_WAIT_S 2

enum asked { ASKED_NOTHING, ASKED_SETUP, ASKED_SAMPLE, ASKED_STATS, ASKED_GUARD, ASKED_LOOK };

struct sense {
    struct db_conn *conn;
    int prepared_pid;   /* the backend that has our statement */
    GPtrArray *watches; /* struct watch */
    struct standbys *standbys;
    struct beats *beats;
    const struct conf *conf; /* NULL: none */
    struct stats stats;

    /* the round under way; fn is NULL when there is none */
    sense_fn fn;
    void *data;
    gint64 started_us;
    guint deadline;   /* source */
    gboolean sampled; /* the common sample is judged */

    /* the message under way, which may outlive its round */
    enum asked asked;
    struct watch *asked_watch; /* ASKED_GUARD; NULL: it was removed */
    struct guard *asked_guard;
    const char *asked_look; /* ASKED_LOOK; NULL: judged without it */

    /* of the last sample */
    gint64 lsn, lsn_us;
    double lag_s, wal_bytes_per_s;
    int waiters_on_us;
    JsonNode *waits; /* NULL: not read */
};

static void next(struct sense *sense);
static void on_reply(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data);

static void watch_free(void *data)
{
    struct watch *watch = data;
    g_ptr_array_free(watch->guards, TRUE);
    g_strfreev(watch->tables);
    g_free(watch->dbname);
    g_free(watch);
}

struct sense *sense_new(struct db_conn *conn)
{
    struct sense *sense = g_new0(struct sense, 1);
    sense->conn = conn;
    sense->watches = g_ptr_array_new_with_free_func(watch_free);
    sense->standbys = standbys_new();
    sense->beats = beats_new();
    stats_init(&sense->stats);
    sense->lag_s = sense->wal_bytes_per_s = NAN;
    return sense;
}

void sense_configure(struct sense *sense, const struct conf *conf)
{
    sense->conf = conf;
    beats_configure(sense->beats, conf);
}

void sense_beat(struct sense *sense, gint64 beat_us)
{
    beats_written(sense->beats, clock_now_us(), beat_us);
}

void sense_interrupt(struct sense *sense)
{
    if (sense->asked != ASKED_NOTHING)
        db_conn_close(sense->conn);
    if (sense->deadline)
        g_source_remove(sense->deadline);
    sense->deadline = 0;
    sense->asked = ASKED_NOTHING;
    sense->asked_watch = NULL;
    sense->asked_look = NULL;
    sense->prepared_pid = 0;
    sense->fn = NULL;
}

void sense_free(struct sense *sense)
{
    if (!sense)
        return;
    sense_interrupt(sense);
    g_ptr_array_free(sense->watches, TRUE);
    standbys_free(sense->standbys);
    beats_free(sense->beats);
    stats_clear(&sense->stats);
    g_clear_pointer(&sense->waits, json_node_unref);
    g_free(sense);
}

static struct watch *watch_find(const struct sense *sense, gint64 migration_id)
{
    for (guint i = 0; i < sense->watches->len; i++) {
        struct watch *watch = g_ptr_array_index(sense->watches, i);
        if (watch->migration_id == migration_id)
            return watch;
    }
    return NULL;
}

void sense_add(struct sense *sense, gint64 migration_id, const struct plan *plan, char **table_oids)
{
    sense_remove(sense, migration_id);
    struct watch *watch = g_new0(struct watch, 1);
    watch->migration_id = migration_id;
    watch->plan = plan;
    watch->tables = g_strdupv(table_oids);
    watch->guards = g_ptr_array_new_with_free_func((GDestroyNotify)guard_free);
    watch->stats = &sense->stats;
    watch->conf = sense->conf;
    watch->dbname = g_strdup(db_conn_dbname(sense->conn));
    watch->subject = (struct sense_subject){.migration_id = migration_id, .held = TRUE};
    for (guint i = 0; i < plan->guards->len; i++)
        g_ptr_array_add(watch->guards,
                        guard_new(g_ptr_array_index(plan->guards, i), clock_now_us()));
    g_ptr_array_add(sense->watches, watch);
}

void sense_remove(struct sense *sense, gint64 migration_id)
{
    struct watch *watch = watch_find(sense, migration_id);
    if (!watch)
        return;
    if (sense->asked_watch == watch)
        sense->asked_watch = NULL;
    g_ptr_array_remove(sense->watches, watch);
}

void sense_set(struct sense *sense, gint64 migration_id, GHashTable *settings)
{
    struct watch *watch = watch_find(sense, migration_id);
    for (guint i = 0; watch && i < watch->guards->len; i++) {
        struct guard *guard = g_ptr_array_index(watch->guards, i);
        g_autofree char *pause = g_strdup_printf("guard.%s.pause", guard->plan->name);
        g_autofree char *resume = g_strdup_printf("guard.%s.resume", guard->plan->name);
        guard_set_limits(guard, g_hash_table_lookup(settings, pause),
                         g_hash_table_lookup(settings, resume));
    }
}

static struct guard *guard_find(const struct sense *sense, gint64 migration_id, const char *name)
{
    struct watch *watch = watch_find(sense, migration_id);
    for (guint i = 0; watch && i < watch->guards->len; i++) {
        struct guard *guard = g_ptr_array_index(watch->guards, i);
        if (strcmp(guard->plan->name, name) == 0)
            return guard;
    }
    return NULL;
}

void sense_adopt(struct sense *sense, gint64 migration_id, const char *name)
{
    struct guard *guard = guard_find(sense, migration_id, name);
    if (guard)
        guard_adopt(guard);
}

void sense_reset(struct sense *sense, gint64 migration_id, const char *name)
{
    struct guard *guard = guard_find(sense, migration_id, name);
    if (guard)
        guard_reset(guard);
}

static void judge(struct sense *sense, struct guard *guard, struct reading *reading)
{
    gint64 now_us = clock_now_us();
    guard_judge(guard, reading, now_us, g_get_real_time());
    if (reading->kind == READING_VALUE || reading->kind == READING_IDLE)
        guard->due_us = sense->started_us + guard_every_us(guard) - SLACK_US;
    else if (reading->kind == READING_UNWATCHED)
        guard->due_us = now_us + guard_every_us(guard);
    reading_clear(reading);
}

static gboolean is_due(const struct sense *sense, const struct guard *guard)
{
    return guard->state != GUARD_OFF && guard->due_us <= sense->started_us + SLACK_US / 2;
}

/* An answer or its failure; TRUE: another query must follow. */
static gboolean answer_take(struct sense *sense, struct watch *watch, struct guard *guard,
                            const struct db_reply *reply, const GError *error)
{
    struct reading reading = {0};
    gboolean again = guard->class->answer(guard, watch, reply, error, &reading);
    /* a failed one is asked again with the next sample, not in this one */
    gint64 due_us = again ? 0 : sense->started_us + guard_every_us(guard) - SLACK_US;
    if (reading.kind == READING_FAILED)
        due_us = sense->started_us + SLACK_US;
    judge(sense, guard, &reading);
    guard->due_us = due_us;
    return again;
}

/* Every guard that looks at the same, and whose time it is. */
static void look_take(struct sense *sense, const struct db_reply *reply, const GError *error)
{
    const char *look = sense->asked_look;
    sense->asked_look = NULL;
    for (guint i = 0; look && i < sense->watches->len; i++) {
        struct watch *watch = g_ptr_array_index(sense->watches, i);
        for (guint k = 0; k < watch->guards->len; k++) {
            struct guard *guard = g_ptr_array_index(watch->guards, k);
            if (g_strcmp0(guard->class->look, look) == 0 && is_due(sense, guard))
                answer_take(sense, watch, guard, reply, error);
        }
    }
}

/* No guard can be read: those with a query of their own use the same connection. */
static void fail_all(struct sense *sense, const char *why)
{
    sense->sampled = TRUE;
    sense->lag_s = sense->wal_bytes_per_s = NAN;
    sense->waiters_on_us = 0;
    g_clear_pointer(&sense->waits, json_node_unref);
    for (guint i = 0; i < sense->watches->len; i++) {
        struct watch *watch = g_ptr_array_index(sense->watches, i);
        for (guint k = 0; k < watch->guards->len; k++) {
            struct reading reading = {0};
            reading_fail(&reading, why);
            judge(sense, g_ptr_array_index(watch->guards, k), &reading);
        }
    }
}

/* The callee may add and remove migrations. */
static void tell(struct sense *sense)
{
    sense_fn fn = g_steal_pointer(&sense->fn);
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (guint i = 0; i < sense->watches->len; i++) {
        struct watch *watch = g_ptr_array_index(sense->watches, i);
        g_array_append_val(ids, watch->migration_id);
    }
    for (guint i = 0; i < ids->len; i++) {
        struct watch *watch = watch_find(sense, g_array_index(ids, gint64, i));
        if (watch)
            fn(watch->migration_id, watch->guards, sense->data);
    }
}

static void finish(struct sense *sense)
{
    if (sense->deadline)
        g_source_remove(sense->deadline);
    sense->deadline = 0;
    for (guint i = 0; i < sense->watches->len; i++) {
        struct watch *watch = g_ptr_array_index(sense->watches, i);
        for (guint k = 0; k < watch->guards->len; k++) {
            struct reading none = {.kind = READING_NONE};
            judge(sense, g_ptr_array_index(watch->guards, k), &none);
        }
    }
    tell(sense);
}

static gboolean on_deadline(void *data)
{
    struct sense *sense = data;
    struct reading reading = {0};
    sense->deadline = 0;
    if (!sense->sampled) {
        fail_all(sense, "no answer from the server");
    } else if (sense->asked == ASKED_GUARD && sense->asked_watch) {
        reading_fail(&reading, "no answer from the server");
        judge(sense, sense->asked_guard, &reading);
        sense->asked_watch = NULL;
    } else if (sense->asked == ASKED_LOOK && sense->asked_look) {
        g_autoptr(GError) silence =
            rollout_error_new(ROLLOUT_ERROR_CONNECT, "no answer from the server");
        look_take(sense, NULL, silence);
    }
    finish(sense);
    return G_SOURCE_REMOVE;
}

static gboolean on_no_connection(void *data)
{
    struct sense *sense = data;
    sense->deadline = 0;
    fail_all(sense, db_conn_is_open(sense->conn) ? "no answer from the server"
                                                 : "no connection to the server");
    finish(sense);
    return G_SOURCE_REMOVE;
}

static void ask(struct sense *sense, enum asked asked, const char *sql)
{
    sense->asked = asked;
    db_conn_send(sense->conn, sql, on_reply, sense);
}

static void subjects_take(struct sense *sense, const struct sense_subject *subjects, guint n)
{
    for (guint i = 0; i < n; i++) {
        struct watch *watch = watch_find(sense, subjects[i].migration_id);
        if (watch)
            watch->subject = subjects[i];
    }
}

gboolean sense_is_idle(const struct sense *sense)
{
    return !sense->fn && db_conn_is_open(sense->conn) && !db_conn_is_busy(sense->conn);
}

void sense_sample(struct sense *sense, const struct sense_subject *subjects, guint n, sense_fn fn,
                  void *data)
{
    subjects_take(sense, subjects, n);
    if (sense->fn) /* the round under way ends soon, and tells */
        return;
    sense->fn = fn;
    sense->data = data;
    sense->started_us = clock_now_us();
    sense->sampled = FALSE;
    beats_ask(sense->beats, sense->started_us);
    if (!db_conn_is_open(sense->conn) || db_conn_is_busy(sense->conn)) {
        sense->deadline = g_idle_add(on_no_connection, sense);
        return;
    }
    sense->deadline = g_timeout_add(ROUND_MS + GRACE_MS, on_deadline, sense);
    if (sense->prepared_pid == db_conn_backend_pid(sense->conn)) {
        ask(sense, ASKED_SAMPLE, resource_text("engine/sql/sense-again.sql"));
        return;
    }
    g_autofree char *setup = g_strconcat(resource_text("engine/sql/sense-setup.sql"),
                                         resource_text("engine/sql/sense.sql"), ";\n",
                                         resource_text("engine/sql/sense-sessions.sql"), NULL);
    ask(sense, ASKED_SETUP, setup);
}

/* The guards that are read from the common sample. */
static void judge_sample(struct sense *sense, const struct sample *sample)
{
    for (guint i = 0; i < sense->watches->len; i++) {
        struct watch *watch = g_ptr_array_index(sense->watches, i);
        for (guint k = 0; k < watch->guards->len; k++) {
            struct guard *guard = g_ptr_array_index(watch->guards, k);
            struct reading reading = {0};
            if (!guard->class->read || guard->state == GUARD_OFF || guard->due_us > sample->at_us)
                continue;
            guard->class->read(guard, watch, sample, &reading);
            judge(sense, guard, &reading);
        }
    }
}

/* The worst of what the guards watch, so that a replica that is excepted everywhere does not hide
 * the others. */
static double lag_of(const struct sense *sense, const struct sample *sample)
{
    double lag = NAN;
    for (guint i = 0; i < sense->watches->len; i++) {
        struct watch *watch = g_ptr_array_index(sense->watches, i);
        for (guint k = 0; k < watch->plan->guards->len; k++) {
            const struct plan_guard *plan = g_ptr_array_index(watch->plan->guards, k);
            g_autofree char *detail = NULL;
            if (strcmp(plan->kind, "replication_lag") == 0)
                lag =
                    fmax(lag, standbys_lag(sample->standbys, sample->at_us, plan->except, &detail));
        }
    }
    return lag;
}

static void figures_take(struct sense *sense, const struct sample *sample)
{
    double seconds = (double)(sample->at_us - sense->lsn_us) / G_USEC_PER_SEC;
    gboolean known = sense->lsn_us > 0 && seconds > 0 && sample->lsn >= sense->lsn;
    sense->wal_bytes_per_s = known ? (double)(sample->lsn - sense->lsn) / seconds : NAN;
    sense->lsn = sample->lsn;
    sense->lsn_us = sample->at_us;
    sense->lag_s = lag_of(sense, sample);
    g_clear_pointer(&sense->waits, json_node_unref);
    sense->waits = json_node_ref(sample->waits_json);
    sense->waiters_on_us = 0;
    for (guint i = 0; i < sample->waits->len; i++)
        sense->waiters_on_us += ((struct lock_wait *)g_ptr_array_index(sample->waits, i))->on_us;
}

static void sample_take(struct sense *sense, const struct db_reply *reply, const GError *error)
{
    g_autoptr(GError) wrong = NULL;
    struct sample *sample = NULL;
    if (!error)
        sample = sample_read(reply, clock_now_us(), sense->standbys, &wrong);
    if (!sample) {
        fail_all(sense, error ? error->message : wrong->message);
        finish(sense);
        return;
    }
    sense->sampled = TRUE;
    sample->beats = sense->beats;
    judge_sample(sense, sample);
    figures_take(sense, sample);
    sample_free(sample);
    next(sense);
}

static void guard_take(struct sense *sense, const struct db_reply *reply, const GError *error)
{
    struct watch *watch = g_steal_pointer(&sense->asked_watch);
    if (watch)
        answer_take(sense, watch, sense->asked_guard, reply, error);
}

static void on_reply(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    struct sense *sense = data;
    enum asked asked = sense->asked;
    sense->asked = ASKED_NOTHING;
    if (asked == ASKED_SETUP && !error)
        sense->prepared_pid = db_conn_backend_pid(conn);
    if (!sense->fn) /* too late: the round was judged without it */
        return;
    switch (asked) {
    case ASKED_SETUP:
        if (error)
            sample_take(sense, NULL, error);
        else
            ask(sense, ASKED_SAMPLE, resource_text("engine/sql/sense-again.sql"));
        return;
    case ASKED_SAMPLE:
        sample_take(sense, reply, error);
        return;
    case ASKED_STATS:
        stats_answer(&sense->stats, clock_now_us(), reply, error);
        break;
    case ASKED_GUARD:
        guard_take(sense, reply, error);
        break;
    case ASKED_LOOK:
        look_take(sense, reply, error);
        break;
    case ASKED_NOTHING:
        break;
    }
    next(sense);
}

/* The guard with a question that has been due for the longest time, or NULL. */
static struct guard *guard_due(struct sense *sense, gint64 now_us, struct watch **of)
{
    struct guard *longest = NULL;
    for (guint i = 0; i < sense->watches->len; i++) {
        struct watch *watch = g_ptr_array_index(sense->watches, i);
        for (guint k = 0; k < watch->guards->len; k++) {
            struct guard *guard = g_ptr_array_index(watch->guards, k);
            if ((!guard->class->query && !guard->class->look) || !is_due(sense, guard) ||
                guard->due_us > now_us || (longest && guard->due_us >= longest->due_us))
                continue;
            longest = guard;
            *of = watch;
        }
    }
    return longest;
}

static void ask_limited(struct sense *sense, enum asked asked, const char *sql, int left_ms)
{
    g_autofree char *timeout = g_strdup_printf("%d", left_ms);
    const char *const pairs[] = {"timeout", timeout, NULL};
    g_autofree char *limit = sense_fill("engine/sql/sense-limit.sql", pairs);
    g_autofree char *message = g_strconcat(limit, sql, NULL);
    ask(sense, asked, message);
}

/* Goes on with the round, or ends it. */
static void next(struct sense *sense)
{
    gint64 now_us = clock_now_us();
    int left_ms = ROUND_MS - (int)((now_us - sense->started_us) / 1000);
    struct watch *watch = NULL;
    struct guard *guard;
    if (!db_conn_is_open(sense->conn) || left_ms < LEAST_MS) {
        finish(sense);
        return;
    }
    if (sense->stats.due_us <= now_us) {
        g_autofree char *sql = stats_query(&sense->stats);
        ask_limited(sense, ASKED_STATS, sql, left_ms);
        return;
    }
    while ((guard = guard_due(sense, now_us, &watch))) {
        struct reading reading = {0};
        if (guard->class->look) {
            sense->asked_look = guard->class->look;
            ask_limited(sense, ASKED_LOOK, resource_text(guard->class->look), left_ms);
            return;
        }
        g_autofree char *sql = guard->class->query(guard, watch, &reading);
        if (sql) {
            sense->asked_watch = watch;
            sense->asked_guard = guard;
            ask_limited(sense, ASKED_GUARD, sql, left_ms);
            return;
        }
        judge(sense, guard, &reading);
        guard->due_us = MAX(guard->due_us, now_us + SLACK_US);
    }
    finish(sense);
}

char *sense_replicas(const struct sense *sense)
{
    return standbys_format(sense->standbys);
}

void sense_expect(struct sense *sense, gint64 migration_id, const char *replicas, gboolean held)
{
    const struct guard *guard = held ? guard_find(sense, migration_id, "replication_lag") : NULL;
    standbys_expect(sense->standbys, clock_now_us(), replicas,
                    guard ? fmin(guard->pause, STANDBY_GONE_S) : 0);
}

void sense_forget_replicas(struct sense *sense)
{
    standbys_forget(sense->standbys);
    beats_forget(sense->beats);
}

double sense_lag_s(const struct sense *sense)
{
    return sense->lag_s;
}

char *sense_lags(const struct sense *sense)
{
    return standbys_lags(sense->standbys, clock_now_us());
}

/* pg_blocking_pids says 0 for a prepared transaction. */
static char *behind(JsonArray *blockers)
{
    GString *text = g_string_new(SENSE_WAIT);
    for (guint i = 0; i < json_array_get_length(blockers); i++) {
        gint64 pid = json_array_get_int_element(blockers, i);
        g_string_append(text, i ? ", " : ", behind ");
        if (pid)
            g_string_append_printf(text, "pid %" G_GINT64_FORMAT, pid);
        else
            g_string_append(text, "a prepared transaction");
    }
    return g_string_free(text, FALSE);
}

char *sense_wait(const struct sense *sense, gint64 pid)
{
    JsonArray *waits = sense->waits ? json_node_get_array(sense->waits) : NULL;
    for (guint i = 0; waits && i < json_array_get_length(waits); i++) {
        JsonObject *wait = json_array_get_object_element(waits, i);
        if (json_object_get_int_member(wait, "pid") == pid &&
            json_object_get_double_member_with_default(wait, "waited_s", 0) >= LONG_WAIT_S)
            return behind(json_object_get_array_member(wait, "blockers"));
    }
    return NULL;
}

int sense_waiters_on_us(const struct sense *sense)
{
    return sense->waiters_on_us;
}

double sense_wal_bytes_per_s(const struct sense *sense)
{
    return sense->wal_bytes_per_s;
}

double sense_our_wal_share(const struct sense *sense)
{
    return sense->stats.share;
}
