/* The sensor connection, and what the engine makes of the guards: their holds, and a sample a
 * second. */
#include "config.h"
#include "engine-private.h"
#include "guard-private.h"
#include "losses.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define OPEN_TIMEOUT_MS 5000
#define TELL_EVERY_US (2 * G_USEC_PER_SEC)
#define BUILD_EVERY_US (5 * G_USEC_PER_SEC)

static gboolean lives(const struct facts *facts)
{
    return strcmp(facts->state, "active") == 0 || strcmp(facts->state, "aborting") == 0;
}

/* What a failed step has made (a trigger, an index) is still in everybody's way: people go on seeing
 * whether it hurts. */
static gboolean is_looked_at(const struct facts *facts)
{
    return lives(facts) || strcmp(facts->state, "failed") == 0;
}

static void sensor_failed(struct engine *engine, const char *why)
{
    engine_line(engine, NULL, "sensor connection: %s", why);
    senses_close(engine);
}

/* Nothing of ours is under way that the facts do not show yet. */
static gboolean knows(const struct worker *worker)
{
    return worker->facts_seq >= worker->need_seq && g_queue_is_empty(worker->jobs);
}

/* Which replicas were ever seen must outlive the engine: one that went is waited for, whoever drives.
 * The first step's row keeps it, with the timeline on which it is true. */
#define REPLICAS "replicas"

static const char *replicas_kept(const struct worker *worker)
{
    const char *text = step_facts_text(g_ptr_array_index(worker->facts->steps, 0), REPLICAS);
    return text ? text : "";
}

static void keep_replicas(struct worker *worker)
{
    g_autofree char *names = sense_replicas(worker->engine->sense);
    g_autofree char *text = g_strdup_printf("%d %s", worker->engine->timeline, names);
    const struct step_facts *first = g_ptr_array_index(worker->facts->steps, 0);
    const char *kept = replicas_kept(worker);
    if (strcmp(kept, text) == 0 || (!*kept && strcmp(names, "{}") == 0) || !knows(worker))
        return;
    g_autoptr(JsonObject) detail = json_object_new();
    json_object_set_string_member(detail, REPLICAS, text);
    worker_remember(worker, first->name, detail);
}

static void expect_replicas(struct worker *worker)
{
    char *names;
    gint64 timeline = strtol(replicas_kept(worker), &names, 10);
    if (timeline != worker->engine->timeline || worker->engine->failed_over)
        return; /* they belong to another primary */
    sense_set(worker->engine->sense, worker->id, worker->facts->settings);
    sense_expect(worker->engine->sense, worker->id, names,
                 facts_hold(worker->facts, "guard", "replication_lag") != NULL);
}

/* A hold that stands from before (of an engine or a sensor connection that is no more) is ours now:
 * its guard begins tripped, and lets go only as it would have. */
static void adopt_holds(struct worker *worker)
{
    for (guint i = 0; i < worker->plan->guards->len; i++) {
        const struct plan_guard *guard = g_ptr_array_index(worker->plan->guards, i);
        if (facts_hold(worker->facts, "guard", guard->name))
            g_hash_table_add(worker->guard_held, g_strdup(guard->name));
        if (g_hash_table_contains(worker->guard_held, guard->name))
            sense_adopt(worker->engine->sense, worker->id, guard->name);
    }
}

void senses_watch(struct worker *worker)
{
    if (!worker->engine->sensing || !worker->plan || worker->watched)
        return;
    g_autoptr(GPtrArray) oids = g_ptr_array_new();
    for (guint i = 0; i < worker->facts->steps->len; i++) {
        const char *oid = step_facts_text(g_ptr_array_index(worker->facts->steps, i), "relid");
        if (oid && !g_ptr_array_find_with_equal_func(oids, oid, g_str_equal, NULL))
            g_ptr_array_add(oids, (void *)oid);
    }
    g_ptr_array_add(oids, NULL);
    sense_add(worker->engine->sense, worker->id, worker->plan, (char **)oids->pdata);
    adopt_holds(worker);
    expect_replicas(worker);
    worker->watched = TRUE;
}

static void each_worker(struct engine *engine, void (*fn)(struct worker *))
{
    GHashTableIter iter;
    void *worker;
    g_hash_table_iter_init(&iter, engine->workers);
    while (g_hash_table_iter_next(&iter, NULL, &worker))
        fn(worker);
}

static void unread(struct worker *worker)
{
    worker->guards = NULL;
}

static void on_read_back(struct db_conn *conn, struct db_reply *reply, const GError *error,
                         void *data)
{
    struct engine *engine = data;
    g_autoptr(GError) wrong = error ? g_error_copy(error) : NULL;
    if (wrong || !settings_check(reply, SETTINGS_SENSOR, conn, NULL, &wrong)) {
        sensor_failed(engine, wrong->message);
        return;
    }
    engine->sensing = TRUE;
    each_worker(engine, senses_watch);
    senses_tick(engine); /* the first step waits for the first sample */
}

static void on_set(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)reply;
    if (error)
        sensor_failed(data, error->message);
    else
        db_conn_send(conn, settings_check_sql(), on_read_back, data);
}

static void on_registered(struct db_conn *conn, struct db_reply *reply, const GError *error,
                          void *data)
{
    (void)reply;
    struct engine *engine = data;
    if (worker_error_is(error, ROLLOUT_ERROR_LOST_LEASE)) {
        engine_superseded(engine, error);
        return;
    }
    if (error) {
        sensor_failed(engine, error->message);
        return;
    }
    g_autofree char *sql = settings_sql(SETTINGS_SENSOR, conn, NULL);
    db_conn_send(conn, sql, on_set, engine);
}

static void on_open(struct db_conn *conn, const GError *error, void *data)
{
    struct engine *engine = data;
    if (error || !engine->token) {
        sensor_failed(engine, error ? error->message : "the lease is gone");
        return;
    }
    /* registers first, also where the login's default is read-only; becomes read-only afterwards */
    g_autofree char *sql =
        g_strdup_printf("BEGIN READ WRITE; SELECT pgrollout.register_session(%" G_GINT64_FORMAT
                        ", '%s', 'sensor'); COMMIT",
                        engine->epoch, engine->token);
    db_conn_send(conn, sql, on_registered, engine);
}

void senses_open(struct engine *engine)
{
    if (!engine->sensor) {
        engine->sensor = db_conn_new(engine->target, "pgrollout/engine/sensor");
        engine->sense = sense_new(engine->sensor);
        sense_configure(engine->sense, engine->options.conf);
    }
    db_conn_open(engine->sensor, OPEN_TIMEOUT_MS, on_open, engine);
}

void senses_close(struct engine *engine)
{
    each_worker(engine, unread);
    engine->sensing = FALSE;
    engine->counting = 0;
    if (!engine->sensor)
        return;
    /* what is remembered of replicas and baselines stays */
    sense_interrupt(engine->sense);
    db_conn_close(engine->sensor);
}

void senses_free(struct engine *engine)
{
    g_clear_pointer(&engine->sense, sense_free);
    g_clear_pointer(&engine->sensor, db_conn_free);
}

int senses_strain(const struct worker *worker)
{
    int strain = worker->engine->sensing ? sense_waiters_on_us(worker->engine->sense) : 0;
    for (guint i = 0; worker->guards && i < worker->guards->len; i++)
        if (((const struct guard *)g_ptr_array_index(worker->guards, i))->state == GUARD_SLOW)
            strain++;
    return strain;
}

/* --- guards and their holds */

static void place_hold(struct worker *worker, const char *guard, const char *reason,
                       JsonArray *samples)
{
    g_autoptr(JsonObject) detail = json_object_new();
    json_object_set_array_member(detail, "samples",
                                 samples ? json_array_ref(samples) : json_array_new());
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), detail);
    g_autofree char *json = json_to_string(node, FALSE);
    g_autofree char *quoted = db_literal(json), *name = db_literal(guard),
                    *why = db_literal(reason);
    g_hash_table_add(worker->guard_held, g_strdup(guard));
    worker_job(worker, worker_message(worker, 0, FALSE,
                                      "SELECT pgrollout.hold_place(%" G_GINT64_FORMAT
                                      ", 'guard', %s, %s, %s)",
                                      worker->id, name, why, quoted));
}

static void clear_hold(struct worker *worker, const char *guard, const char *why)
{
    g_autofree char *name = db_literal(guard), *text = db_literal(why);
    g_hash_table_remove(worker->guard_held, guard);
    worker_job(worker,
               worker_message(worker, 0, FALSE,
                              "SELECT pgrollout.hold_clear(%" G_GINT64_FORMAT ", 'guard', %s, %s)",
                              worker->id, name, text));
}

static char *trip_text(const struct guard *guard, const char *advice)
{
    if (guard->state == GUARD_BLIND)
        return g_strdup_printf("blind: %s", guard->detail ? guard->detail : "it cannot be read");
    g_autofree char *value = guard_value_format(guard, guard->value);
    g_autofree char *pause = guard_value_format(guard, guard->pause);
    g_autofree char *resume = guard_value_format(guard, guard->resume);
    return g_strdup_printf("%s %s at or above %s%s%s; clears at %s%s%s", guard->plan->name, value,
                           pause, guard->detail ? ", " : "", guard->detail ? guard->detail : "",
                           resume, advice ? "; " : "", advice ? advice : "");
}

static void judge(struct worker *worker, const struct guard *guard)
{
    const char *name = guard->plan->name;
    gboolean bad = guard->state == GUARD_TRIPPED || guard->state == GUARD_BLIND;
    const struct hold_facts *hold = facts_hold(worker->facts, "guard", name);
    gboolean stands = hold != NULL;
    gboolean placed = g_hash_table_contains(worker->guard_held, name);
    g_autofree char *advice = guard_advice(guard, worker->facts->name);
    gboolean untold = stands && advice && knows(worker) && !strstr(hold->reason, advice);
    if (bad && ((!placed && !stands) || untold)) {
        g_autofree char *reason = trip_text(guard, advice);
        place_hold(worker, name, reason, guard->samples);
    } else if (!bad && stands && placed) {
        g_autofree char *value = guard_value_format(guard, guard->value);
        g_autofree char *resume = guard_value_format(guard, guard->resume);
        g_autofree char *why = g_strdup_printf("%s at or below %s", value, resume);
        clear_hold(worker, name, why);
    } else if (placed && !stands && knows(worker)) {
        /* an operator's resume took a latched one away */
        g_hash_table_remove(worker->guard_held, name);
        sense_reset(worker->engine->sense, worker->id, name);
    }
}

static void on_cancelled(struct db_conn *conn, struct db_reply *reply, const GError *error,
                         void *data)
{
    (void)conn;
    (void)reply;
    if (error)
        engine_line(data, NULL, "cancel: %s", error->message);
}

/* The abort level is for what a guard otherwise does not interrupt: a running validation or index.
 */
static void interrupt_work(struct worker *worker)
{
    if (!worker->conn || !db_conn_is_busy(worker->conn))
        return;
    g_autofree char *sql =
        g_strdup_printf("SELECT pg_cancel_backend(%d)", db_conn_backend_pid(worker->conn));
    engine_control(worker->engine, sql, on_cancelled, worker->engine);
}

static void add_sample(struct worker *worker)
{
    const struct engine *engine = worker->engine;
    g_autofree char *json = guards_to_json(worker->guards);
    g_autofree char *quoted = db_literal(json);
    g_autofree char *lags = sense_lags(engine->sense);
    g_autofree char *replicas = db_literal(lags);
    char lag[G_ASCII_DTOSTR_BUF_SIZE], wal[G_ASCII_DTOSTR_BUF_SIZE], share[G_ASCII_DTOSTR_BUF_SIZE];
    char rate[G_ASCII_DTOSTR_BUF_SIZE];
    g_autofree char *sql = g_strdup_printf(
        "SELECT pgrollout.sample_add(%" G_GINT64_FORMAT ", '%s', nullif('%s', 'nan')::real, %d, "
        "nullif('%s', 'nan')::real, nullif('%s', 'nan')::real, %s, %s)",
        worker->id, g_ascii_dtostr(rate, sizeof rate, worker->rows_per_s),
        g_ascii_dtostr(lag, sizeof lag, sense_lag_s(engine->sense)),
        sense_waiters_on_us(engine->sense),
        g_ascii_dtostr(wal, sizeof wal, sense_wal_bytes_per_s(engine->sense)),
        g_ascii_dtostr(share, sizeof share, sense_our_wal_share(engine->sense)), quoted, replicas);
    engine_control(worker->engine, sql, NULL, NULL);
    worker->rows_per_s = 0; /* until the batches say otherwise */
}

static const struct step_facts *running_step(const struct facts *facts)
{
    for (guint i = 0; i < facts->steps->len; i++) {
        const struct step_facts *step = g_ptr_array_index(facts->steps, i);
        if (strcmp(step->state, "running") == 0 || strcmp(step->state, "undoing") == 0)
            return step;
    }
    return NULL;
}

/* A statement outside a transaction has no lock timeout: people must see whom it waits for. Its work
 * connection is busy with it, so this goes over the control connection, and never waits there. */
static void tell_wait(struct worker *worker)
{
    const struct engine *engine = worker->engine;
    const struct step_facts *step = running_step(worker->facts);
    gboolean loose = worker->loose && worker->conn;
    const char *told = step ? step_facts_text(step, "waits_for") : NULL;
    if (!step || (!loose && !(told && g_str_has_prefix(told, SENSE_WAIT))))
        return;
    g_autofree char *wait =
        loose ? sense_wait(engine->sense, db_conn_backend_pid(worker->conn)) : NULL;
    if (g_strcmp0(told, wait) == 0 || clock_now_us() - worker->wait_told_us < TELL_EVERY_US)
        return;
    worker->wait_told_us = clock_now_us();
    g_autofree char *name = db_literal(step->name), *text = db_literal(wait);
    /* one message is one transaction */
    g_autofree char *sql =
        g_strdup_printf("SET LOCAL lock_timeout = '100ms'; SELECT pgrollout.fence(%" G_GINT64_FORMAT
                        ", 0, %" G_GINT64_FORMAT ", '%s'); "
                        "SELECT pgrollout.step_remember(%" G_GINT64_FORMAT
                        ", %s, jsonb_build_object('waits_for', %s::text))",
                        worker->id, engine->epoch, engine->token, worker->id, name, text);
    engine_control(worker->engine, sql, NULL, NULL);
}

/* How far an index build is, for the lines of `run`; the same words are in `status`. */
static void on_build(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    struct engine *engine = data;
    if (error || db_reply_rows(reply) == 0)
        return;
    gint64 id = db_reply_int(reply, 0, 0);
    const struct worker *worker = g_hash_table_lookup(engine->workers, &id);
    if (worker && worker->facts)
        engine_line(engine, worker->facts->name, "%s: %s", db_reply_text(reply, 0, 1),
                    db_reply_text(reply, 0, 2));
}

static void tell_build(struct worker *worker)
{
    gint64 now = clock_now_us();
    if (!worker->loose)
        worker->build_told_us = now;
    if (!worker->loose || now - worker->build_told_us < BUILD_EVERY_US)
        return;
    worker->build_told_us = now;
    g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, worker->id);
    engine_control(worker->engine,
                   db_fill(resource_text("engine/sql/build-look.sql"), "migration", id, NULL),
                   on_build, worker->engine);
}

static void act_on(struct worker *worker, const GPtrArray *guards)
{
    for (guint i = 0; i < guards->len; i++) {
        const struct guard *guard = g_ptr_array_index(guards, i);
        judge(worker, guard);
        if (guard->aborts)
            interrupt_work(worker);
    }
    if (facts_hold(worker->facts, "guard", "sensor"))
        clear_hold(worker, "sensor", "the sensor reads again");
    tell_wait(worker);
    tell_build(worker);
    keep_replicas(worker);
}

static void on_sample(gint64 migration_id, GPtrArray *guards, void *data)
{
    struct engine *engine = data;
    struct worker *worker = g_hash_table_lookup(engine->workers, &migration_id);
    if (!worker || !worker->facts || !is_looked_at(worker->facts))
        return;
    worker->guards = guards;
    if (lives(worker->facts))
        act_on(worker, guards);
    add_sample(worker);
    worker_kick(worker);
}

/* No sensor: nothing acts (no guards, no step), and people are told why. */
static void blind(struct worker *worker)
{
    worker->guards = NULL;
    if (worker->facts && lives(worker->facts) && !facts_hold(worker->facts, "guard", "sensor") &&
        !g_hash_table_contains(worker->guard_held, "sensor") &&
        clock_now_us() - worker->last_look_us > 3 * G_USEC_PER_SEC)
        place_hold(worker, "sensor", "blind: the sensor connection is lost", NULL);
    worker_kick(worker);
}

static void note_held_time(struct worker *worker, gint64 now)
{
    /* a wait for a lock has a hold of its own; what runs outside a transaction shows no progress */
    if (worker->loose || (worker->facts && (worker->facts->held || !lives(worker->facts) ||
                                            facts_hold(worker->facts, "lock", NULL))))
        worker->progressed_us = MIN(now, worker->progressed_us + now - worker->last_look_us);
    worker->last_look_us = now;
}

void senses_tick(struct engine *engine)
{
    if (!engine->sensing || !db_conn_is_open(engine->sensor)) {
        each_worker(engine, blind);
        if (!engine->sensor ||
            (!db_conn_is_open(engine->sensor) && !db_conn_is_busy(engine->sensor))) {
            senses_close(engine);
            senses_open(engine);
        }
        return;
    }
    if (engine->counting ||
        (!engine->counted && sense_is_idle(engine->sense) && losses_count(engine)))
        return; /* comes back when it is done */
    engine->counted = FALSE;
    g_autoptr(GArray) subjects = g_array_new(FALSE, TRUE, sizeof(struct sense_subject));
    GHashTableIter iter;
    void *value;
    gint64 now = clock_now_us();
    g_hash_table_iter_init(&iter, engine->workers);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct worker *worker = value;
        note_held_time(worker, now);
        if (!worker->facts || !worker->watched || !is_looked_at(worker->facts))
            continue;
        sense_set(engine->sense, worker->id, worker->facts->settings);
        struct sense_subject subject = {
            .migration_id = worker->id,
            .working = running_step(worker->facts) != NULL,
            .held = worker->facts->held != NULL,
            .progressed_s = (double)(now - worker->progressed_us) / G_USEC_PER_SEC,
            .rows_per_s = worker->rows_per_s,
            .retries = worker_retries(worker),
        };
        g_array_append_val(subjects, subject);
    }
    sense_sample(engine->sense, (const struct sense_subject *)(void *)subjects->data, subjects->len,
                 on_sample, engine);
}
