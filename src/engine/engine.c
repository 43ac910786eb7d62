/* The engine's life: the control connection, the lease, reading the facts, and the end. Losing the
 * control connection drops everything held in memory: what is true is read again after a new claim.
 */
#include "config.h"
#include "engine-private.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define OPEN_TIMEOUT_MS 10000
#define RENEW_EVERY_US (5 * G_USEC_PER_SEC)
#define THIN_EVERY_US (60 * G_USEC_PER_SEC)
#define NO_NEW_WORK_US (LEASE_TTL_US * 2 / 3)
/* An engine that was killed a moment ago may still have its backend. */
#define CLAIM_PATIENCE_US (3 * G_USEC_PER_SEC)
#define CLAIM_MAX_MS 4000
#define REOPEN_MAX_MS 8000
#define IDLE_CLOSE_US (30 * G_USEC_PER_SEC)

struct control_job {
    char *sql;
    db_reply_fn fn;
    void *data;
    gint64 made_us; /* monotonic */
};

static void open_control(struct engine *engine);
static void control_next(struct engine *engine);
static void send_refresh(struct engine *engine);
static gboolean on_tick(void *data);

void engine_line(struct engine *engine, const char *migration, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    if (engine->callbacks.on_line)
        engine->callbacks.on_line(migration, text, engine->callbacks.data);
}

void engine_end(struct engine *engine, int status, GError *error)
{
    engine->stopping = TRUE;
    if (!engine->exit_error) {
        engine->exit_status = status;
        engine->exit_error = error;
    } else {
        g_clear_error(&error);
    }
    g_main_loop_quit(engine->loop);
}

void engine_superseded(struct engine *engine, const GError *error)
{
    GError *end = rollout_error_new(ROLLOUT_ERROR_LOST_LEASE, "%s", error->message);
    rollout_error_set_hint(end, "another engine drives now: pgrollout status");
    engine_end(engine, 4, end);
}

gboolean engine_may_act(const struct engine *engine)
{
    return engine->token && clock_now_us() - engine->renewed_us < NO_NEW_WORK_US;
}

/* --- the control connection's messages, one after the other */

static void job_free(void *data)
{
    struct control_job *job = data;
    g_free(job->sql);
    g_free(job);
}

static gboolean on_reopen(void *data)
{
    struct engine *engine = data;
    engine->reopen_source = 0;
    open_control(engine);
    return G_SOURCE_REMOVE;
}

/* Nothing held in memory is true any more. */
static void lose_control(struct engine *engine, const char *why)
{
    if (engine->stopping)
        return;
    engine_line(engine, NULL, "control connection lost: %s", why);
    g_clear_pointer(&engine->token, g_free);
    g_hash_table_remove_all(engine->workers);
    senses_close(engine);
    g_queue_clear_full(engine->control_queue, job_free);
    hooks_lost(engine->hooks);
    outputs_lost(engine->outputs);
    db_conn_close(engine->control);
    engine->sent_seq = engine->want_seq = 0;
    if (engine->reopen_source)
        return;
    int ms = MIN(REOPEN_MAX_MS, 250 << MIN(engine->reopen_tries, 5));
    engine->reopen_tries++;
    engine->reopen_source = g_timeout_add((guint)ms, on_reopen, engine);
}

static void on_control_reply(struct db_conn *conn, struct db_reply *reply, const GError *error,
                             void *data)
{
    struct engine *engine = data;
    struct control_job *job = g_queue_pop_head(engine->control_queue);
    engine->answered_made_us = job->made_us;
    if (worker_error_is(error, ROLLOUT_ERROR_CONNECT)) {
        job_free(job);
        lose_control(engine, error->message);
        return;
    }
    if (job->fn)
        job->fn(conn, reply, error, job->data);
    else if (error)
        engine_line(engine, NULL, "%s", error->message);
    if (worker_error_is(error, ROLLOUT_ERROR_LOST_LEASE))
        engine_superseded(engine, error);
    job_free(job);
    control_next(engine);
}

static void control_next(struct engine *engine)
{
    struct control_job *job = g_queue_peek_head(engine->control_queue);
    if (job && !engine->stopping && db_conn_is_open(engine->control) &&
        !db_conn_is_busy(engine->control))
        db_conn_send(engine->control, job->sql, on_control_reply, engine);
    else if (!job && engine->token && engine->want_seq > engine->sent_seq)
        send_refresh(engine); /* asked for while others were under way */
}

void engine_control(struct engine *engine, const char *sql, db_reply_fn fn, void *data)
{
    struct control_job *job = g_new0(struct control_job, 1);
    job->sql = g_strdup(sql);
    job->fn = fn;
    job->data = data;
    job->made_us = clock_now_us();
    g_queue_push_tail(engine->control_queue, job);
    control_next(engine);
}

/* --- the facts */

static gboolean is_named(const struct engine *engine, const char *name)
{
    char **names = engine->options.names;
    return !names || !*names || g_strv_contains((const char *const *)names, name);
}

const char *engine_until(const struct engine *engine, const char *migration)
{
    return is_named(engine, migration) ? engine->options.until : NULL;
}

/* Whether --exit-when-idle and --until have come true: 0 or 1 (then *failed names one, to be
 * freed), -1 not yet. */
static int idle_status(const struct engine *engine, const GPtrArray *all, char **failed)
{
    int status = 0;
    if (!engine->options.exit_when_idle)
        return -1;
    for (guint i = 0; i < all->len; i++) {
        const struct facts *facts = g_ptr_array_index(all, i);
        if (!is_named(engine, facts->name))
            continue;
        if (!facts_wait_for_people(facts, (enum advance_mode)engine->options.advance,
                                   engine_until(engine, facts->name)))
            return -1;
        if (g_str_equal(facts->state, "failed") && status == 0) {
            status = 1;
            *failed = g_strdup(facts->name);
        }
    }
    return status;
}

static char *names_sql(const struct engine *engine)
{
    GString *names = g_string_new("ARRAY[");
    for (char **name = engine->options.names; name && *name; name++) {
        g_autofree char *quoted = db_literal(*name);
        g_string_append_printf(names, "%s%s", name == engine->options.names ? "" : ", ", quoted);
    }
    g_string_append(names, "]::text[]");
    return g_string_free(names, FALSE);
}

static void on_ended(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    struct engine *engine = data;
    /* idle: 1 when one of ours ended aborted, which is not what `run` was for */
    gboolean aborted = !error && db_reply_rows(reply) && db_reply_int(reply, 0, 0) > 0;
    engine_end(engine, aborted ? 1 : 0,
               aborted ? rollout_error_new(ROLLOUT_ERROR_NO, "a migration was aborted") : NULL);
}

static void end_idle(struct engine *engine, int status, const char *failed)
{
    if (status) {
        GError *error = rollout_error_new(ROLLOUT_ERROR_NO, "migration \"%s\" has failed", failed);
        rollout_error_set_hint(error, "see why: pgrollout status %s; then retry or abort it",
                               failed);
        engine_end(engine, status, error);
        return;
    }
    g_autofree char *names = names_sql(engine);
    g_autofree char *sql =
        db_fill(resource_text("engine/sql/ended-badly.sql"), "names", names, NULL);
    engine_control(engine, sql, on_ended, engine);
}

static void distribute(struct engine *engine, GPtrArray *all, guint64 seq)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < all->len; i++) {
        struct facts *facts = g_ptr_array_index(all, i);
        struct worker *worker = g_hash_table_lookup(engine->workers, &facts->id);
        if (!worker) {
            worker = worker_new(engine, facts->id);
            g_hash_table_insert(engine->workers, &worker->id, worker);
        }
        g_hash_table_add(seen, &worker->id);
        worker_take_facts(worker, facts, seq);
        if (engine->stopping)
            return; /* superseded meanwhile */
    }
    GHashTableIter iter;
    void *id;
    g_hash_table_iter_init(&iter, engine->workers);
    while (g_hash_table_iter_next(&iter, &id, NULL))
        if (!g_hash_table_contains(seen, id))
            g_hash_table_iter_remove(&iter);
}

static void on_facts(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    struct engine *engine = data;
    guint64 seq = engine->sent_seq;
    g_autoptr(GError) local = error ? g_error_copy(error) : NULL;
    g_autoptr(GPtrArray) all = error ? NULL : facts_parse(db_reply_text(reply, 0, 0), &local);
    if (!all) {
        engine_line(engine, NULL, "reading the state: %s", local->message);
        return;
    }
    g_autofree char *failed = NULL;
    int status = idle_status(engine, all, &failed);
    g_ptr_array_set_free_func(all, NULL); /* the workers take them */
    distribute(engine, all, seq);
    if (status < 0)
        hooks_unsettle(engine->hooks);
    else if (!engine->stopping && hooks_settled(engine->hooks))
        end_idle(engine, status, failed);
}

static void send_refresh(struct engine *engine)
{
    engine->sent_seq = engine->want_seq;
    engine_control(engine, "SELECT pgrollout.engine_state()", on_facts, engine);
}

void engine_refresh(struct engine *engine)
{
    /* what is under way may have read the time before: only a later read will do */
    engine->want_seq++;
    if (engine->token && g_queue_is_empty(engine->control_queue))
        send_refresh(engine);
}

static void on_notify(struct db_conn *conn, const char *channel, const char *text, void *data)
{
    (void)conn;
    (void)channel;
    (void)text; /* a wake-up only: anybody can send one */
    struct engine *engine = data;
    engine_refresh(engine);
    hooks_wake(engine->hooks);
    outputs_wake(engine->outputs);
}

/* --- the lease */

static void on_renewed(struct db_conn *conn, struct db_reply *reply, const GError *error,
                       void *data)
{
    (void)conn;
    struct engine *engine = data;
    if (error)
        return; /* superseded ends it; anything else is tried again at the next tick */
    engine->renewed_us = engine->answered_made_us; /* of this one: a later one may wait behind it */
    if (db_reply_int(reply, 0, 0) != engine->timeline)
        lose_control(engine, "the server's timeline has changed");
}

static void renew(struct engine *engine)
{
    engine->renew_sent_us = clock_now_us();
    g_autofree char *sql = g_strdup_printf(
        "SELECT pgrollout.lease_renew(%" G_GINT64_FORMAT ", '%s')", engine->epoch, engine->token);
    engine_control(engine, sql, on_renewed, engine);
}

static void on_beat(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    struct engine *engine = data;
    if (error)
        engine_line(engine, NULL, "%s", error->message);
    else if (engine->sense && db_reply_text(reply, 0, 0))
        sense_beat(engine->sense, db_reply_int(reply, 0, 0));
}

static void close_idle_workers(struct engine *engine)
{
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, engine->workers);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct worker *worker = value;
        if (worker->conn && !worker->opening && !db_conn_is_busy(worker->conn) &&
            g_queue_is_empty(worker->jobs) &&
            clock_now_us() - worker->progressed_us > IDLE_CLOSE_US && worker->facts &&
            worker->facts->held) {
            lanes_close(worker);
            worker_reconnect(worker);
        }
    }
}

static gboolean on_tick(void *data)
{
    struct engine *engine = data;
    outputs_tick(engine->outputs);
    if (!engine->token || engine->stopping)
        return G_SOURCE_CONTINUE;
    gint64 now = clock_now_us();
    if (!db_conn_is_open(engine->control)) { /* it went while nothing was under way on it */
        lose_control(engine, "the server has closed it");
        return G_SOURCE_CONTINUE;
    }
    if (now - engine->renewed_us > LEASE_TTL_US) {
        lose_control(engine, "the lease could not be renewed in time");
        return G_SOURCE_CONTINUE;
    }
    if (g_queue_get_length(engine->control_queue) > 20)
        return G_SOURCE_CONTINUE; /* the server is slow: do not pile up */
    if (now - engine->renew_sent_us >= RENEW_EVERY_US)
        renew(engine);
    g_autofree char *beat =
        g_strdup_printf("SELECT pgrollout.heartbeat(%" G_GINT64_FORMAT ")", engine->epoch);
    engine_control(engine, beat, on_beat, engine);
    if (now - engine->thinned_us >= THIN_EVERY_US) {
        engine->thinned_us = now;
        engine_control(engine, "SELECT pgrollout.history_fold()", NULL, NULL);
        engine_control(engine, "SELECT pgrollout.sample_thin()", NULL, NULL);
    }
    engine->want_seq++;
    send_refresh(engine);
    senses_tick(engine);
    hooks_tick(engine->hooks);
    close_idle_workers(engine);
    return G_SOURCE_CONTINUE;
}

static void on_listening(struct db_conn *conn, struct db_reply *reply, const GError *error,
                         void *data)
{
    (void)conn;
    (void)reply;
    struct engine *engine = data;
    if (error)
        engine_line(engine, NULL, "LISTEN: %s", error->message);
    engine_refresh(engine);
}

static void on_names_known(struct db_conn *conn, struct db_reply *reply, const GError *error,
                           void *data)
{
    (void)conn;
    (void)reply;
    struct engine *engine = data;
    if (!error) {
        if (!engine->ready_told && engine->callbacks.on_ready)
            engine->callbacks.on_ready(engine->epoch, engine->callbacks.data);
        engine->ready_told = TRUE;
    } else if (engine->ready_told) {
        engine_line(engine, NULL, "%s", error->message); /* they were known when it began */
    } else if (!worker_error_is(error, ROLLOUT_ERROR_CONNECT) &&
               !worker_error_is(error, ROLLOUT_ERROR_LOST_LEASE)) {
        engine_end(engine, rollout_error_exit_status(error), g_error_copy(error));
    }
}

static void check_names(struct engine *engine)
{
    g_autofree char *names = names_sql(engine);
    g_autofree char *sql =
        db_fill(resource_text("engine/sql/names-check.sql"), "names", names, NULL);
    engine_control(engine, sql, on_names_known, engine);
}

static void begin(struct engine *engine, const struct db_reply *reply)
{
    int timeline = (int)db_reply_int(reply, 0, 2);
    engine->failed_over = db_reply_bool(reply, 0, 3);
    if (engine->sense && (engine->failed_over || timeline != engine->timeline))
        sense_forget_replicas(engine->sense);
    engine->epoch = db_reply_int(reply, 0, 0);
    engine->token = g_strdup(db_reply_text(reply, 0, 1));
    engine->timeline = timeline;
    engine->renewed_us = engine->renew_sent_us;
    engine->reopen_tries = 0;
    engine->first_refused_us = 0;
    engine->claim_tries = 0;
    engine_line(engine, NULL, "epoch %" G_GINT64_FORMAT ", timeline %d%s", engine->epoch,
                engine->timeline, engine->failed_over ? " (failover: everything is held)" : "");
    hooks_open(engine->hooks);
    outputs_open(engine->outputs);
    check_names(engine);
    engine_control(engine, "LISTEN pgrollout", on_listening, engine);
    senses_open(engine);
}

static gboolean on_claim_again(void *data);

/* By lease_claim's own words; what else it refuses for has the same SQLSTATE. The server may take some
 * time to notice that a connection was cut: then it is we who still run. */
static gboolean another_runs(const struct engine *engine, const GError *error)
{
    g_autofree char *ours = g_strdup_printf("an engine already runs: pid %d on host %s, epoch "
                                            "%" G_GINT64_FORMAT,
                                            (int)getpid(), g_get_host_name(), engine->epoch);
    return g_str_has_prefix(error->message, "an engine already runs") &&
           strcmp(error->message, ours) != 0;
}

static void claim_later(struct engine *engine, int ms)
{
    if (!engine->reopen_source)
        engine->reopen_source = g_timeout_add((guint)ms, on_claim_again, engine);
}

/* Whoever has driven once gives up for another engine only: an open transaction that has the fence (a
 * person's pause, say) ends some time, and nobody is there to start an engine again. */
static void claim_refused(struct engine *engine, const GError *error)
{
    gint64 now = clock_now_us();
    if (!engine->first_refused_us)
        engine->first_refused_us = now;
    if (engine->ready_told && !another_runs(engine, error)) {
        int ms = MIN(CLAIM_MAX_MS, 250 << MIN(engine->claim_tries, 5));
        engine->claim_tries++;
        engine->first_refused_us = 0;
        engine_line(engine, NULL, "the lease cannot be claimed, again in %.2g s: %s", ms / 1000.0,
                    error->message);
        claim_later(engine, ms);
    } else if (now - engine->first_refused_us < CLAIM_PATIENCE_US) {
        claim_later(engine, 200);
    } else {
        engine_end(engine, rollout_error_exit_status(error), g_error_copy(error));
    }
}

static void on_claimed(struct db_conn *conn, struct db_reply *reply, const GError *error,
                       void *data)
{
    (void)conn;
    struct engine *engine = data;
    if (!error)
        begin(engine, reply);
    else if (worker_error_is(error, ROLLOUT_ERROR_CONNECT))
        lose_control(engine, error->message);
    else
        claim_refused(engine, error);
}

static char *holder_json(const struct engine *engine)
{
    static const char *const modes[] = {"phase", "step", "auto"};
    g_autoptr(JsonObject) holder = json_object_new();
    json_object_set_int_member(holder, "pid", getpid());
    json_object_set_string_member(holder, "host", g_get_host_name());
    json_object_set_string_member(holder, "version", PACKAGE_VERSION);
    json_object_set_string_member(holder, "advance", modes[engine->options.advance]);
    if (engine->options.log)
        json_object_set_string_member(holder, "log", engine->options.log);
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), holder);
    return json_to_string(node, FALSE);
}

static gboolean on_claim_again(void *data)
{
    struct engine *engine = data;
    engine->reopen_source = 0;
    engine->renew_sent_us = clock_now_us();
    g_autofree char *holder = holder_json(engine);
    g_autofree char *quoted = db_literal(holder);
    g_autofree char *sql = g_strdup_printf("SELECT * FROM pgrollout.lease_claim(%s)", quoted);
    db_conn_send(engine->control, sql, on_claimed, engine);
    return G_SOURCE_REMOVE;
}

/* What cannot be set here cannot be set on the work connections either: refused before the claim. */
static void on_read_back(struct db_conn *conn, struct db_reply *reply, const GError *error,
                         void *data)
{
    struct engine *engine = data;
    GError *wrong = NULL;
    if (error) {
        lose_control(engine, error->message);
    } else if (settings_check(reply, SETTINGS_CONTROL, conn, NULL, &wrong)) {
        on_claim_again(engine);
    } else {
        rollout_error_set_hint(wrong,
                               "a default of the login, of the database or of the server sets it: "
                               "take it away for \"%s\" (ALTER ROLE … RESET …)",
                               db_conn_user(conn));
        engine_end(engine, 4, wrong);
    }
}

static void on_set(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)reply;
    struct engine *engine = data;
    if (error)
        lose_control(engine, error->message);
    else
        db_conn_send(conn, settings_check_sql(), on_read_back, engine);
}

/* --- what makes an engine refuse a server or a login */

static GError *obstacle(const struct engine *engine, const struct db_reply *reply)
{
    GError *error = NULL;
    if (db_reply_bool(reply, 0, 0)) {
        error = rollout_error_new(ROLLOUT_ERROR_REFUSED,
                                  "an engine must not run as a superuser (\"%s\")",
                                  db_conn_user(engine->control));
        rollout_error_set_hint(
            error, "nobody else may stop a superuser's session, so a pause could not be "
                   "true; use a login that is a member of pgrollout_engine");
    } else if (db_reply_bool(reply, 0, 1)) {
        error = rollout_error_new(ROLLOUT_ERROR_REFUSED, "this server is a standby");
        rollout_error_set_hint(error, "run it on the primary (target_session_attrs=primary)");
    } else if (db_reply_int(reply, 0, 2) != db_conn_backend_pid(engine->control)) {
        error = rollout_error_new(ROLLOUT_ERROR_REFUSED, "a transaction pooler is in between");
        rollout_error_set_hint(
            error, "connect to the server itself; a pooler may only be watched through");
    } else if (!db_reply_bool(reply, 0, 3)) {
        error = rollout_error_new(ROLLOUT_ERROR_REFUSED, "this database has no control schema");
        rollout_error_set_hint(error, "create it as an administrator: pgrollout install");
    } else if (!db_reply_bool(reply, 0, 4)) {
        error = rollout_error_new(ROLLOUT_ERROR_REFUSED,
                                  "login \"%s\" is not a member of pgrollout_engine",
                                  db_conn_user(engine->control));
        rollout_error_set_hint(error, "as an administrator: GRANT pgrollout_engine TO \"%s\"",
                               db_conn_user(engine->control));
    }
    return error;
}

static void on_checked(struct db_conn *conn, struct db_reply *reply, const GError *error,
                       void *data)
{
    struct engine *engine = data;
    if (error) {
        lose_control(engine, error->message);
        return;
    }
    GError *refused = obstacle(engine, reply);
    if (refused && engine->ready_told && db_reply_bool(reply, 0, 1)) {
        /* it was a primary: a failover is under way, and a multi-host target finds the new one */
        lose_control(engine, refused->message);
        g_error_free(refused);
        return;
    }
    if (refused) {
        engine_end(engine, 4, refused);
        return;
    }
    g_autofree char *sql = settings_sql(SETTINGS_CONTROL, conn, NULL);
    db_conn_send(conn, sql, on_set, engine);
}

static void on_open(struct db_conn *conn, const GError *error, void *data)
{
    struct engine *engine = data;
    if (!error)
        db_conn_send(conn, resource_text("engine/sql/engine-checks.sql"), on_checked, engine);
    else if (engine->ready_told)
        lose_control(engine, error->message);
    else /* never had one: the caller's mistake rather than the server's */
        engine_end(engine, rollout_error_exit_status(error), g_error_copy(error));
}

static void open_control(struct engine *engine)
{
    db_conn_open(engine->control, OPEN_TIMEOUT_MS, on_open, engine);
}

/* --- the end */

static gboolean on_signal(void *data)
{
    struct engine *engine = data;
    engine_line(engine, NULL, "told to stop");
    engine_end(engine, 0, NULL);
    return G_SOURCE_CONTINUE;
}

static gboolean on_hangup(void *data)
{
    struct engine *engine = data;
    outputs_reopen(engine->outputs);
    return G_SOURCE_CONTINUE;
}

/* Without a terminal that could have gone, SIGHUP is what it is for every daemon: files are opened again. */
static guint watch_hangup(struct engine *engine)
{
    int terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (terminal >= 0) {
        close(terminal);
        return 0;
    }
    return g_unix_signal_add(SIGHUP, on_hangup, engine);
}

/* What is in flight is taken back by the server when the connections close; the lease is given back
 * so that the next engine need not wait. */
static void release(struct engine *engine)
{
    g_hash_table_remove_all(engine->workers);
    senses_close(engine);
    if (!engine->token || engine->exit_status == 4 || !db_conn_is_open(engine->control))
        return;
    db_conn_close(engine->control);
    if (!db_conn_open_wait(engine->control, NULL))
        return;
    g_autofree char *sql = g_strdup_printf(
        "SELECT pgrollout.lease_release(%" G_GINT64_FORMAT ", '%s')", engine->epoch, engine->token);
    db_reply_free(db_conn_query_wait(engine->control, sql, 0, NULL, NULL));
    outputs_finish(engine->outputs, engine->control);
}

static void engine_free(struct engine *engine)
{
    if (engine->tick_source)
        g_source_remove(engine->tick_source);
    if (engine->reopen_source)
        g_source_remove(engine->reopen_source);
    senses_free(engine);
    outputs_free(engine->outputs);
    hooks_free(engine->hooks);
    db_conn_free(engine->control);
    g_hash_table_unref(engine->workers);
    peers_free(engine->peers);
    g_queue_free_full(engine->control_queue, job_free);
    g_main_loop_unref(engine->loop);
    db_target_free(engine->target);
    g_free(engine->token);
    g_strfreev(engine->options.names);
    g_free((char *)engine->options.until);
    g_free((char *)engine->options.log);
    g_free((char *)engine->options.metrics_file);
    g_free((char *)engine->options.events_file);
    g_free(engine);
}

int engine_run(const struct db_target *target, const struct engine_options *options,
               const struct engine_callbacks *callbacks, GError **error)
{
    struct engine *engine = g_new0(struct engine, 1);
    engine->target = db_target_copy(target);
    engine->options = *options;
    engine->options.names = g_strdupv(options->names);
    engine->options.until = g_strdup(options->until);
    engine->options.log = g_strdup(options->log);
    engine->options.metrics_file = g_strdup(options->metrics_file);
    engine->options.events_file = g_strdup(options->events_file);
    engine->callbacks = *callbacks;
    engine->loop = g_main_loop_new(NULL, FALSE);
    engine->control_queue = g_queue_new();
    engine->workers =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)worker_free);
    engine->control = db_conn_new(target, "pgrollout/engine/control");
    engine->hooks = hooks_new(engine);
    db_conn_set_notify(engine->control, on_notify, engine);
    engine->outputs = outputs_new(engine, error);
    if (!engine->outputs) {
        engine_free(engine);
        return 2;
    }
    guint hangup = watch_hangup(engine);
    guint term = g_unix_signal_add(SIGTERM, on_signal, engine);
    guint interrupt = g_unix_signal_add(SIGINT, on_signal, engine);
    engine->tick_source = g_timeout_add(1000, on_tick, engine);
    open_control(engine);
    g_main_loop_run(engine->loop);
    g_source_remove(term);
    g_source_remove(interrupt);
    if (hangup)
        g_source_remove(hangup);
    release(engine);
    int status = engine->exit_status;
    if (engine->exit_error)
        g_propagate_error(error, g_steal_pointer(&engine->exit_error));
    engine_free(engine);
    return status;
}
