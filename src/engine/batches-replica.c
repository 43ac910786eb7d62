/* verify on a replica: the comparison of a batch is read on a standby of the settings file, and what came
 * out is written down on the primary, where the position is. The standby is asked only when it has
 * replayed what the primary had written when the step began; what it has not is waited for. Where no
 * standby answers the step waits, and says so: it never reads on the primary instead. */
#include "config.h"
#include "batches-private.h"

#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/base/units.h"

#define ANSWER_MS 5000
#define AGAIN_MS 1000

struct replica {
    struct worker *worker;
    struct db_conn *conn;
    char *name;
    guint next; /* of the settings file: whom to try when this one does not answer */
    gboolean under_way, ready, prepared;
    char *target;        /* WAL that must have been replayed */
    char *system;        /* of the primary */
    char *key, *differs; /* of the batch that was read and is not yet written down; NULL */
    gint64 rows, changes;
    gboolean read, ended;
};

void batches_replica_free(struct replica *replica)
{
    if (!replica)
        return;
    db_conn_free(replica->conn);
    g_free(replica->name);
    g_free(replica->target);
    g_free(replica->system);
    g_free(replica->key);
    g_free(replica->differs);
    g_free(replica);
}

const char *batches_replica_name(const struct replica *replica)
{
    return replica && replica->ready ? replica->name : NULL;
}

static const struct plan_step *current(const struct worker *worker)
{
    return worker_plan_step(worker, worker->batches.step);
}

static void wait_with(struct worker *worker, const char *text)
{
    const struct step_facts *facts = facts_step(worker->facts, worker->batches.step);
    if (facts)
        worker_waits_for(worker, facts, text);
    worker_sleep(worker, AGAIN_MS);
}

/* The next act tries the next one. */
static void give_up(struct replica *replica, const GError *error)
{
    struct worker *worker = replica->worker;
    g_autofree char *text =
        g_strdup_printf("standby %s, which does not answer: %s", replica->name, error->message);
    engine_line(worker->engine, worker->facts->name, "%s: %s", worker->batches.step, text);
    /* not freed here: its own callback may be running */
    db_conn_close(replica->conn);
    replica->ready = replica->prepared = FALSE;
    replica->next++;
    wait_with(worker, text);
}

static gboolean is_transient(const GError *error)
{
    return worker_error_is(error, ROLLOUT_ERROR_RETRY) ||
           worker_error_is(error, ROLLOUT_ERROR_CANCELLED) ||
           worker_error_is(error, ROLLOUT_ERROR_CONNECT);
}

/* What a standby has said; FALSE: it has not, and that has been dealt with. */
static gboolean answered(struct replica *replica, const GError *error)
{
    struct worker *worker = replica->worker;
    replica->under_way = FALSE;
    if (!error)
        return TRUE;
    if (is_transient(error) || !db_conn_is_open(replica->conn)) {
        give_up(replica, error);
    } else {
        g_autofree char *detail = g_strdup_printf(
            "It was read on standby %s of pgrollout.conf.\nSet it right, then retry.",
            replica->name);
        worker_fail(worker, worker->batches.step, error, detail);
    }
    worker_kick(worker);
    return FALSE;
}

static void ask(struct replica *replica, char *sql, db_reply_fn fn)
{
    replica->under_way = TRUE;
    db_conn_send(replica->conn, sql, fn, replica);
    g_free(sql);
}

static void on_prepared(struct db_conn *conn, struct db_reply *reply, const GError *error,
                        void *data)
{
    struct replica *replica = data;
    (void)conn;
    (void)reply;
    if (!answered(replica, error))
        return;
    replica->prepared = TRUE;
    worker_kick(replica->worker);
}

/* Its row: standby, of this system, has replayed the target, bytes that are missing. */
static void on_looked(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    struct replica *replica = data;
    struct worker *worker = replica->worker;
    (void)conn;
    if (!answered(replica, error))
        return;
    if (!db_reply_bool(reply, 0, 0) || !db_reply_bool(reply, 0, 1)) {
        g_autoptr(GError) wrong = rollout_error_new(
            ROLLOUT_ERROR_REFUSED, "%s",
            !db_reply_bool(reply, 0, 0) ? "it is no standby" : "it is a standby of another server");
        give_up(replica, wrong);
    } else if (!db_reply_bool(reply, 0, 2)) {
        g_autofree char *bytes = size_format(MAX(0, db_reply_int(reply, 0, 3)));
        g_autofree char *text =
            g_strdup_printf("standby %s to replay %s more", replica->name, bytes);
        wait_with(worker, text);
    } else {
        replica->ready = TRUE;
        engine_line(worker->engine, worker->facts->name,
                    "%s: compares on standby %s, replayed to %s", worker->batches.step,
                    replica->name, replica->target);
    }
    worker_kick(worker);
}

static void on_open(struct db_conn *conn, const GError *error, void *data)
{
    struct replica *replica = data;
    replica->under_way = FALSE;
    if (error) {
        give_up(replica, error);
    } else {
        g_autofree char *settings =
            settings_sql(SETTINGS_SENSOR, conn, replica->worker->plan->schema);
        g_autofree char *target = db_literal(replica->target),
                        *system = db_literal(replica->system);
        g_autofree char *look = db_fill(resource_text("engine/sql/replica-look.sql"), "target",
                                        target, "system", system, NULL);
        ask(replica, g_strconcat(settings, "; ", look, NULL), on_looked);
        return;
    }
    worker_kick(replica->worker);
}

static void open_one(struct replica *replica)
{
    struct worker *worker = replica->worker;
    const struct conf *conf = worker->engine->options.conf;
    if (!conf || conf->replicas->len == 0) {
        g_autoptr(GError) error =
            rollout_error_new(ROLLOUT_ERROR_REFUSED, "no standby is known to read on");
        worker_fail(worker, worker->batches.step, error,
                    "Name one on the engine's machine in pgrollout.conf, [replica NAME] with its "
                    "conninfo, start the engine anew and retry.");
        return;
    }
    const struct conf_server *server =
        g_ptr_array_index(conf->replicas, replica->next % conf->replicas->len);
    struct db_target *target = peers_target(server, db_conn_dbname(worker->conn));
    db_conn_free(replica->conn);
    replica->conn = db_conn_new(target, "pgrollout/engine/verify");
    db_target_free(target);
    g_free(replica->name);
    replica->name = g_strdup(server->name);
    replica->under_way = TRUE;
    db_conn_open(replica->conn, ANSWER_MS, on_open, replica);
}

/* --- the primary: what must have been replayed, and what came out */

static void on_target(struct worker *worker, struct db_reply *reply, const GError *error)
{
    struct replica *replica = worker->batches.replica;
    if (error || !replica) {
        worker_retry_later(worker, worker->batches.fails++);
        return;
    }
    const struct step_facts *facts = facts_step(worker->facts, worker->batches.step);
    const char *before = facts ? step_facts_text(facts, "replayed") : NULL;
    replica->target = g_strdup(before ? before : db_reply_text(reply, 0, 0));
    replica->system = g_strdup(db_reply_text(reply, 0, 1));
    if (before)
        return;
    g_autoptr(JsonObject) detail = json_object_new();
    json_object_set_string_member(detail, "replayed", replica->target);
    worker_remember(worker, worker->batches.step, detail);
}

static void on_written(struct worker *worker, struct db_reply *reply, const GError *error)
{
    struct replica *replica = worker->batches.replica;
    batches_done(worker, reply, error);
    if (!error && replica == worker->batches.replica && replica)
        replica->read = FALSE;
}

static void write_down(struct worker *worker, const struct replica *replica)
{
    const struct batches *b = &worker->batches;
    g_autofree char *name = db_literal(b->step), *from = db_literal(b->key);
    g_autofree char *key = db_literal(replica->key), *differs = db_literal(replica->differs);
    worker_send(worker, "writing down a comparison",
                worker_message(worker, 1, TRUE,
                               "SET LOCAL synchronous_commit = off; SELECT %s::pg_catalog.text[], "
                               "%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
                               ", pgrollout.position_append(%" G_GINT64_FORMAT
                               ", %s, 1, %" G_GINT64_FORMAT ", %s, %s, %" G_GINT64_FORMAT
                               "::int, %" G_GINT64_FORMAT "::int, %" G_GINT64_FORMAT
                               ", %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT "), %s::pg_catalog.json",
                               key, replica->rows, replica->changes, worker->id, name, b->seq + 1,
                               from, key, replica->rows, replica->changes, b->rows_done,
                               b->rows_changed, worker->engine->epoch, differs),
                on_written);
}

static void on_compared(struct db_conn *conn, struct db_reply *reply, const GError *error,
                        void *data)
{
    struct replica *replica = data;
    struct worker *worker = replica->worker;
    (void)conn;
    if (!answered(replica, error))
        return;
    if (db_reply_rows(reply) == 0) {
        worker->batches.ended = TRUE;
    } else {
        g_free(replica->key);
        g_free(replica->differs);
        replica->key = g_strdup(db_reply_text(reply, 0, 0));
        replica->rows = db_reply_int(reply, 0, 1);
        replica->changes = db_reply_int(reply, 0, 2);
        replica->differs = g_strdup(db_reply_text(reply, 0, 4));
        replica->read = TRUE;
    }
    worker_kick(worker);
}

void batches_replica_begin(struct batches *batches)
{
    if (batches->replica)
        batches->replica->read = batches->replica->prepared = FALSE;
}

void batches_replica_act(struct worker *worker)
{
    struct batches *b = &worker->batches;
    if (!b->replica) {
        b->replica = g_new0(struct replica, 1);
        b->replica->worker = worker;
    }
    struct replica *replica = b->replica;
    if (replica->under_way)
        return;
    if (!replica->target)
        worker_send(worker, "asking how far the primary has written",
                    g_strdup(resource_text("engine/sql/replica-target.sql")), on_target);
    else if (!replica->ready)
        open_one(replica);
    else if (replica->read)
        write_down(worker, replica);
    else if (!replica->prepared)
        ask(replica, batches_prepare_sql(worker, current(worker)), on_prepared);
    else {
        b->sent_size = pace_size(&b->pace);
        b->sent_us = clock_now_us();
        ask(replica, batches_execute_sql(worker), on_compared);
    }
}
