/* Steps by stages: DDL with bounded lock tries, and statements that cannot run in a transaction. Where a
 * step stands is in its row (`stage`, `undo_stage`), written by the transaction that did the stage. The
 * protocols are "DDL" and "Lease, fence, enter" of the engine's design. */
#include "config.h"
#include "engine-private.h"

#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define LOCK_TIMEOUT_MS 100
#define TRIES_BEFORE_HOLD 60
#define LOOKS_BEFORE_HOLD 5
/* Between two tries at least ten times what a try may keep others waiting, and jitter. */
#define TRY_EVERY_MS 1000.0
#define TRY_SLOWLY_MS 10000.0

static const struct step_facts *current_step(const struct worker *worker)
{
    return facts_step(worker->facts, worker->tries.step);
}

static const char *stage_member(gboolean undo)
{
    return undo ? "undo_stage" : "stage";
}

static void tries_begin(struct worker *worker, const char *step)
{
    struct tries *tries = &worker->tries;
    if (g_strcmp0(tries->step, step) == 0)
        return;
    g_free(tries->step);
    memset(tries, 0, sizeof *tries);
    tries->step = g_strdup(step);
    tries->since_us = clock_now_us();
}

static void tries_end(struct worker *worker)
{
    g_clear_pointer(&worker->tries.step, g_free);
}

/* Who runs DDL: the plan's role, else the owner that the load found for this table, or for the first
 * table of the plan where the step names none. */
static const char *ddl_role(const struct worker *worker, const struct step_facts *step)
{
    const char *owner = step_facts_text(step, "owner");
    for (guint i = 0; !owner && i < worker->facts->steps->len; i++)
        owner = step_facts_text(g_ptr_array_index(worker->facts->steps, i), "owner");
    return worker->plan->role ? worker->plan->role : owner;
}

/* What records the stage: the step's end with the last one, else how far it got. */
static char *record_sql(const struct worker *worker, const struct step_facts *step, gboolean undo,
                        guint stage, guint n_stages)
{
    g_autofree char *name = db_literal(step->name);
    /* the undo of drop_sync goes on with batches in the other direction */
    gboolean more = undo && strcmp(step->kind, "drop_sync") == 0;
    if (stage + 1 == n_stages && !more)
        return g_strdup_printf("SELECT pgrollout.%s(%" G_GINT64_FORMAT ", %s)",
                               undo ? "step_undone" : "step_done", worker->id, name);
    return g_strdup_printf("SELECT pgrollout.step_remember(%" G_GINT64_FORMAT ", %s, '{\"%s\": %u}')",
                           worker->id, name, stage_member(undo), stage + 1);
}

static gboolean acting_on_undo(const struct worker *worker)
{
    return g_strcmp0(worker->facts->state, "aborting") == 0;
}

/* --- DDL */

static void place_lock_hold(struct worker *worker, const char *reason)
{
    g_autofree char *text = db_literal(reason);
    worker_job(worker, worker_message(worker, 0, FALSE,
                                      "SELECT pgrollout.hold_place(%" G_GINT64_FORMAT
                                      ", 'lock', '', %s)",
                                      worker->id, text));
}

static void try_again(struct worker *worker)
{
    double every = worker->tries.count < TRIES_BEFORE_HOLD ? TRY_EVERY_MS : TRY_SLOWLY_MS;
    worker_sleep(worker, every * g_random_double_range(1.0, 1.5));
}

static void on_ddl(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    if (!error) {
        tries_end(worker);
        worker_moved(worker);
        return;
    }
    const struct step_facts *step = current_step(worker);
    if (step && (worker_error_is(error, ROLLOUT_ERROR_RETRY) ||
                 worker_error_is(error, ROLLOUT_ERROR_CANCELLED))) {
        worker->tries.count++;
        engine_line(worker->engine, worker->facts->name, "step %s, try %d: %s", step->name,
                    worker->tries.count, error->message);
        if (worker->tries.count % TRIES_BEFORE_HOLD == 0)
            place_lock_hold(worker, "the lock could not be had in 60 tries; still trying slowly");
        try_again(worker);
        return;
    }
    worker_fail(worker, worker->tries.step, error, NULL);
    tries_end(worker);
}

/* Plain autovacuum gives way only to a waiter of deadlock_timeout, longer than our lock timeout: SHARE
 * UPDATE EXCLUSIVE first lets it, while reads and writes go on. */
static char *displace_autovacuum(const struct worker *worker, const struct plan_step *step,
                                 gint64 lock_ms)
{
    if (!worker->tries.autovacuum || !step->table)
        return g_strdup("");
    g_autofree char *table = db_qualified(step->schema, step->table);
    return g_strdup_printf("SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '6s'; "
                           "LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE; "
                           "SET LOCAL lock_timeout = '%" G_GINT64_FORMAT "ms'; ",
                           table, lock_ms);
}

static void send_ddl(struct worker *worker, const struct step_facts *step,
                     const struct plan_step *plan_step, const char *sql, char *record)
{
    g_autofree char *recorded = record;
    const char *role = ddl_role(worker, step);
    g_autofree char *quoted_role = role ? db_ident(role) : NULL;
    g_autofree char *set_role =
        quoted_role ? g_strdup_printf("SET LOCAL ROLE %s; ", quoted_role) : g_strdup("");
    gint64 lock_ms =
        plan_step->lock_timeout_us ? plan_step->lock_timeout_us / 1000 : LOCK_TIMEOUT_MS;
    gint64 statement_ms =
        plan_step->statement_timeout_us ? plan_step->statement_timeout_us / 1000 : 5000 + lock_ms;
    g_autofree char *displace = displace_autovacuum(worker, plan_step, lock_ms);
    worker_send(worker, step->name,
                worker_message(worker, 0, TRUE,
                               "SET LOCAL synchronous_commit = local; %s"
                               "SET LOCAL lock_timeout = '%" G_GINT64_FORMAT "ms'; %s"
                               "SET LOCAL statement_timeout = '%" G_GINT64_FORMAT "ms';\n"
                               "%s\n;\n" /* it may end in a comment */
                               "RESET ROLE; %s; COMMIT;\n"
                               /* a standby is waited for here, where no lock is held */
                               "BEGIN; SELECT pgrollout.sync_commit()",
                               set_role, lock_ms, displace, statement_ms, sql, recorded),
                on_ddl);
}

/* A look is no try: who holds the table, so that nobody queues behind us for nothing. */
static void on_look(struct worker *worker, struct db_reply *reply, const GError *error)
{
    const struct step_facts *step = current_step(worker);
    if (error || !step) {
        worker_retry_later(worker, 3);
        return;
    }
    const char *blockers = db_reply_text(reply, 0, 0);
    worker->tries.autovacuum = db_reply_bool(reply, 0, 1);
    if (blockers && worker->tries.looks++ < G_MAXINT) {
        if (worker->tries.looks == LOOKS_BEFORE_HOLD) {
            g_autofree char *reason = g_strdup_printf("waits for %s; tries when it is gone", blockers);
            place_lock_hold(worker, reason);
        }
        worker_sleep(worker, TRY_EVERY_MS * g_random_double_range(0.5, 1.0));
        return;
    }
    gboolean undo = acting_on_undo(worker);
    const struct plan_step *plan_step = worker_plan_step(worker, step->name);
    g_autoptr(GPtrArray) stages = step_stages(worker->plan, plan_step, undo);
    guint at = (guint)step_facts_int(step, stage_member(undo));
    const struct step_stage *stage = g_ptr_array_index(stages, at);
    send_ddl(worker, step, plan_step, stage->sql, record_sql(worker, step, undo, at, stages->len));
}

static void look(struct worker *worker, const struct step_facts *step)
{
    const char *relid = step_facts_text(step, "relid");
    g_autofree char *oid = db_literal(relid ? relid : "0");
    worker_send(worker, "looking who holds the table",
                db_fill(resource_text("engine/sql/ddl-look.sql"), "oid", oid, NULL), on_look);
}

/* --- statements outside a transaction */

static void on_closed(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    if (error)
        worker_retry_later(worker, 2);
    tries_end(worker);
    worker_moved(worker);
}

/* The statement ran (every one of ours may run twice): record it, which a hold may refuse. */
static void on_loose(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    const struct step_facts *step = current_step(worker);
    if (!step)
        return;
    if (error) {
        stages_not_sent(worker);
        if (worker_error_is(error, ROLLOUT_ERROR_RETRY) ||
            worker_error_is(error, ROLLOUT_ERROR_CANCELLED))
            try_again(worker);
        else
            worker_fail(worker, step->name, error, NULL);
        worker_reconnect(worker); /* its session has no time limits and an intent */
        return;
    }
    gboolean undo = acting_on_undo(worker);
    g_autoptr(GPtrArray) stages =
        step_stages(worker->plan, worker_plan_step(worker, step->name), undo);
    guint at = (guint)step_facts_int(step, stage_member(undo));
    g_autofree char *record = record_sql(worker, step, undo, at, stages->len);
    worker_send(worker, "recording",
                worker_message(worker, 0, FALSE,
                               "SELECT pgrollout.intent_end(); SET statement_timeout = '5s'; "
                               "SET lock_timeout = '%dms'; %s",
                               LOCK_TIMEOUT_MS, record),
                on_closed);
}

static void on_intent(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    const struct step_facts *step = current_step(worker);
    if (error || !step) {
        worker_retry_later(worker, 2);
        return;
    }
    gboolean undo = acting_on_undo(worker);
    g_autoptr(GPtrArray) stages =
        step_stages(worker->plan, worker_plan_step(worker, step->name), undo);
    guint at = (guint)step_facts_int(step, stage_member(undo));
    const struct step_stage *stage = g_ptr_array_index(stages, at);
    worker_send(worker, step->name, g_strdup(stage->sql), on_loose);
}

/* The plan's own statement is sent once an attempt: whether it ran before a connection was lost is not
 * known. Every other loose stage may run twice. */
static const char *sent_member(gboolean undo)
{
    return undo ? "undo_sent" : "sent";
}

void stages_not_sent(struct worker *worker)
{
    const struct step_facts *step = worker->tries.step ? current_step(worker) : NULL;
    gboolean undo = acting_on_undo(worker);
    if (!step || step_facts_int(step, sent_member(undo)) == 0)
        return;
    g_autofree char *name = db_literal(step->name);
    worker_job(worker, worker_message(worker, 0, FALSE,
                                      "SELECT pgrollout.step_remember(%" G_GINT64_FORMAT
                                      ", %s, '{\"%s\": 0}')",
                                      worker->id, name, sent_member(undo)));
}

static gboolean refuse_second_time(struct worker *worker, const struct step_facts *step, gboolean undo)
{
    if (step_facts_int(step, sent_member(undo)) != step->attempts)
        return FALSE;
    g_autoptr(GError) error = rollout_error_new(
        ROLLOUT_ERROR_AMBIGUOUS, "whether the statement ran is not known: the connection was lost");
    worker_fail(worker, step->name, error,
                "Look in the database. `retry` runs it again, `skip` takes it as done.");
    return TRUE;
}

static void send_intent(struct worker *worker, const struct step_facts *step,
                        const struct step_stage *stage, gboolean undo)
{
    gboolean once = strcmp(stage->what, "statement") == 0;
    if (once && refuse_second_time(worker, step, undo))
        return;
    g_autofree char *name = db_literal(step->name);
    g_autofree char *remember =
        once ? g_strdup_printf("SELECT pgrollout.step_remember(%" G_GINT64_FORMAT
                               ", %s, '{\"%s\": %d}'); ",
                               worker->id, name, sent_member(undo), step->attempts)
             : g_strdup("");
    /* committed under the fence before the statement starts; no time limit but the watchdog's */
    worker_send(worker, stage->what,
                worker_message(worker, 0, TRUE,
                               "SELECT pgrollout.intent_begin(%" G_GINT64_FORMAT ", %s, '%s'); %s"
                               "SET statement_timeout = 0; SET lock_timeout = 0",
                               worker->id, name, stage->what, remember),
                on_intent);
}

void stages_act(struct worker *worker, const struct step_facts *step, gboolean undo)
{
    const struct plan_step *plan_step = worker_plan_step(worker, step->name);
    g_autoptr(GPtrArray) stages = step_stages(worker->plan, plan_step, undo);
    guint at = (guint)step_facts_int(step, stage_member(undo));
    tries_begin(worker, step->name);
    if (undo && plan_step->kind == KIND_DROP_SYNC && at == stages->len) {
        batches_act(worker, step, TRUE); /* the trigger is back; now the other direction */
        return;
    }
    if (at >= stages->len) {
        g_autofree char *name = db_literal(step->name);
        worker_send(worker, "recording",
                    worker_message(worker, 0, TRUE, "SELECT pgrollout.%s(%" G_GINT64_FORMAT ", %s)",
                                   undo ? "step_undone" : "step_done", worker->id, name),
                    on_closed);
        return;
    }
    const struct step_stage *stage = g_ptr_array_index(stages, at);
    if (stage->how == STAGE_LOOSE)
        send_intent(worker, step, stage, undo);
    else
        look(worker, step);
}
