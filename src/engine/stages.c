/* Steps by stages: DDL with bounded lock tries, and statements that cannot run in a transaction.
 * Where a step stands is in its row (`stage`, `undo_stage`), written by the transaction that did
 * the stage. The protocols are "DDL" and "Lease, fence, enter" of the engine's design. */
#include "config.h"
#include "stages-private.h"

#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/lint/lint.h"

#define LOCK_TIMEOUT_MS 100
#define STATEMENT_TIMEOUT_MS 5000
#define DISPLACE_MS 6000 /* for autovacuum to give way */
#define TRIES_BEFORE_HOLD 60
#define LOOKS_BEFORE_HOLD 5
/* Between two tries at least ten times what a try may keep others waiting, and jitter. */
#define TRY_EVERY_MS 1000.0
#define TRY_SLOWLY_MS 10000.0

const struct step_facts *stages_step(const struct worker *worker)
{
    const struct tries *tries = &worker->tries;
    const struct step_facts *step = tries->step ? facts_step(worker->facts, tries->step) : NULL;
    return step && strcmp(step->state, tries->undo ? "undoing" : "running") == 0 ? step : NULL;
}

const char *stages_member(gboolean undo)
{
    return undo ? "undo_stage" : "stage";
}

void tries_clear(struct tries *tries)
{
    g_free(tries->step);
    g_free(tries->holders);
    g_free(tries->sql);
    g_free(tries->record);
    g_clear_pointer(&tries->claimed, json_node_unref);
}

static void tries_begin(struct worker *worker, const char *step, gboolean undo)
{
    struct tries *tries = &worker->tries;
    if (g_strcmp0(tries->step, step) == 0 && tries->undo == undo)
        return;
    tries_clear(tries);
    memset(tries, 0, sizeof *tries);
    tries->step = g_strdup(step);
    tries->undo = undo;
}

gboolean stages_transient(const GError *error)
{
    return worker_error_is(error, ROLLOUT_ERROR_RETRY) ||
           worker_error_is(error, ROLLOUT_ERROR_CANCELLED);
}

static void tries_end(struct worker *worker)
{
    g_clear_pointer(&worker->tries.step, g_free);
}

/* Who runs DDL: the plan's role, else the owner that the load found for this table, or for the
 * first table of the plan where the step names none. */
static const char *ddl_role(const struct worker *worker, const struct step_facts *step)
{
    const char *owner = step_facts_text(step, "owner");
    for (guint i = 0; !owner && i < worker->facts->steps->len; i++)
        owner = step_facts_text(g_ptr_array_index(worker->facts->steps, i), "owner");
    return worker->plan->role ? worker->plan->role : owner;
}

/* What records the stage: the step's end with the last one, else how far it got. */
static char *record_sql(const struct worker *worker, const struct step_facts *step, gboolean undo,
                        guint stage, guint n_stages, const char *note)
{
    g_autofree char *name = db_literal(step->name), *text = db_literal(note);
    /* the undo of drop_sync goes on with batches in the other direction */
    gboolean more = undo && strcmp(step->kind, "drop_sync") == 0;
    /* the steps on a new table learn which it is */
    g_autofree char *came =
        strcmp(step->kind, "add_table") == 0
            ? g_strdup_printf("SELECT pgrollout.table_came(%" G_GINT64_FORMAT ", %s); ", worker->id,
                              name)
            : g_strdup("");
    if (stage + 1 == n_stages && !more)
        return g_strdup_printf("%sSELECT pgrollout.%s(%" G_GINT64_FORMAT ", %s%s%s)", came,
                               undo ? "step_undone" : "step_done", worker->id, name,
                               undo ? "" : ", ", undo ? "" : text);
    return g_strdup_printf("SELECT pgrollout.step_remember(%" G_GINT64_FORMAT
                           ", %s, '{\"%s\": %u}')",
                           worker->id, name, stages_member(undo), stage + 1);
}

/* --- DDL */

static void place_lock_hold(struct worker *worker, const char *reason)
{
    g_autofree char *text = db_literal(reason);
    worker_job(worker,
               worker_message(worker, 0, FALSE,
                              "SELECT pgrollout.hold_place(%" G_GINT64_FORMAT ", 'lock', '', %s)",
                              worker->id, text));
}

void stages_try_again(struct worker *worker)
{
    double every = worker->tries.count < TRIES_BEFORE_HOLD ? TRY_EVERY_MS : TRY_SLOWLY_MS;
    worker_sleep(worker, every * g_random_double_range(1.0, 1.5));
}

static gint64 lock_ms(const struct plan_step *step)
{
    return step->lock_timeout_us ? step->lock_timeout_us / 1000 : LOCK_TIMEOUT_MS;
}

static gint64 statement_ms(const struct plan_step *step)
{
    return step->statement_timeout_us ? step->statement_timeout_us / 1000
                                      : STATEMENT_TIMEOUT_MS + lock_ms(step);
}

/* DDL that had its lock and took longer than it may would block everybody again at each try. */
static gboolean too_long(struct worker *worker, const GError *error)
{
    const struct plan_step *step = worker_plan_step(worker, worker->tries.step);
    gint64 limit = statement_ms(step) + (worker->tries.autovacuum ? DISPLACE_MS : 0);
    if (!worker_error_is(error, ROLLOUT_ERROR_CANCELLED) ||
        clock_now_us() - worker->tries.sent_us < limit * 1000)
        return FALSE;
    g_autoptr(GError) failure = rollout_error_new(
        ROLLOUT_ERROR_DATABASE,
        "it took longer than %" G_GINT64_FORMAT " ms while it kept others out", limit);
    rollout_error_set_sqlstate(failure, rollout_error_sqlstate(error));
    worker_fail(
        worker, step->name, failure,
        "It was rolled back. Is there a way that locks less (transaction: none, CONCURRENTLY)? "
        "Else a plan with a longer statement_timeout for this step.");
    tries_end(worker);
    return TRUE;
}

/* One more try in vain; after many of them, people are told. */
static void tried_in_vain(struct worker *worker, const GError *error)
{
    struct tries *tries = &worker->tries;
    tries->count++;
    engine_line(worker->engine, worker->facts->name, "step %s, try %d: %s", tries->step,
                tries->count, error->message);
    if (tries->count % TRIES_BEFORE_HOLD == 0) {
        g_autofree char *reason = g_strdup_printf(
            "the lock could not be had in %d tries; still trying slowly; last seen on the "
            "table: %s",
            tries->count, tries->holders ? tries->holders : "nobody");
        place_lock_hold(worker, reason);
    }
    stages_try_again(worker);
}

static void on_ddl(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    if (!error) {
        tries_end(worker);
        worker_moved(worker);
        return;
    }
    worker_look_again(worker);
    if (!stages_step(worker))
        return; /* an abort came in between */
    if (too_long(worker, error))
        return;
    if (stages_transient(error)) {
        tried_in_vain(worker, error);
        return;
    }
    worker_fail(worker, worker->tries.step, error, NULL);
    tries_end(worker);
}

/* Plain autovacuum gives way only to a waiter of deadlock_timeout, longer than our lock timeout:
 * SHARE UPDATE EXCLUSIVE first lets it, while reads and writes go on. */
static char *displace_autovacuum(const struct worker *worker, const struct plan_step *step)
{
    if (!worker->tries.autovacuum || !step->table)
        return g_strdup("");
    g_autofree char *table = step_table_now(worker->plan, step);
    return g_strdup_printf("SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '%dms'; "
                           "LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE; "
                           "SET LOCAL lock_timeout = '%" G_GINT64_FORMAT "ms'; ",
                           DISPLACE_MS, table, lock_ms(step));
}

static void send_ddl(struct worker *worker, const struct step_facts *step,
                     const struct plan_step *plan_step)
{
    const char *role = ddl_role(worker, step);
    g_autofree char *quoted_role = role ? db_ident(role) : NULL;
    g_autofree char *set_role =
        quoted_role ? g_strdup_printf("SET LOCAL ROLE %s; ", quoted_role) : g_strdup("");
    g_autofree char *displace = displace_autovacuum(worker, plan_step);
    g_autofree char *ground = worker_ground_sql(worker, plan_step, worker->tries.undo);
    worker->tries.sent_us = clock_now_us();
    worker_send(worker, step->name,
                worker_message(worker, 0, TRUE,
                               "%sSET LOCAL synchronous_commit = local; %s"
                               "SET LOCAL lock_timeout = '%" G_GINT64_FORMAT "ms'; %s"
                               "SET LOCAL statement_timeout = '%" G_GINT64_FORMAT "ms';\n"
                               "%s\n;\n" /* it may end in a comment */
                               "RESET ROLE; %s; COMMIT;\n"
                               /* a standby is waited for here, where no lock is held */
                               "BEGIN; SELECT pgrollout.sync_commit()",
                               ground, set_role, lock_ms(plan_step), displace,
                               statement_ms(plan_step), worker->tries.sql, worker->tries.record),
                on_ddl);
}

void stages_failed(struct worker *worker, const GError *error)
{
    if (stages_transient(error))
        worker_retry_later(worker, 2);
    else
        worker_fail(worker, worker->tries.step, error, NULL);
}

/* A look is no try: who holds the table, so that nobody queues behind us for nothing. */
static void on_look(struct worker *worker, struct db_reply *reply, const GError *error)
{
    const struct step_facts *step = stages_step(worker);
    if (error || !step) {
        worker_look_again(worker);
        worker_retry_later(worker, 3);
        return;
    }
    const char *blockers = db_reply_text(reply, 0, 0);
    worker->tries.autovacuum = db_reply_bool(reply, 0, 1);
    g_free(worker->tries.holders);
    worker->tries.holders = g_strdup(db_reply_text(reply, 0, 2));
    if (blockers && worker->tries.looks++ < G_MAXINT) {
        if (worker->tries.looks == LOOKS_BEFORE_HOLD) {
            g_autofree char *reason =
                g_strdup_printf("waits for %s; tries when it is gone", blockers);
            place_lock_hold(worker, reason);
        }
        worker_sleep(worker, TRY_EVERY_MS * g_random_double_range(0.5, 1.0));
        return;
    }
    send_ddl(worker, step, worker_plan_step(worker, step->name));
}

void stages_ddl(struct worker *worker, const struct step_facts *step, const char *tables, char *sql,
                char *record)
{
    (void)step;
    struct tries *tries = &worker->tries;
    g_free(tries->sql);
    g_free(tries->record);
    tries->sql = sql;
    tries->record = record;
    g_autofree char *oids = db_literal(tables);
    worker_send(worker, "looking who holds the table",
                db_fill(resource_text("engine/sql/ddl-look.sql"), "oids", oids, NULL), on_look);
}

static void plain_ddl(struct worker *worker, const struct step_facts *step,
                      const struct step_stage *stage, guint at, guint n_stages)
{
    const char *relid = step_facts_text(step, "relid");
    g_autofree char *tables = g_strdup_printf("{%s}", relid ? relid : "");
    stages_ddl(worker, step, tables, g_strdup(stage->sql),
               record_sql(worker, step, worker->tries.undo, at, n_stages, NULL));
}

/* --- statements outside a transaction */

/* The plan's own statement is sent once an attempt: cut off, what it did outside a transaction may
 * stand (an invalid index, say), so that a person looks. Every other loose stage may run twice. */
static gboolean once(const struct step_stage *stage)
{
    return strcmp(stage->what, "statement") == 0;
}

/* A statement of the plan that would stop the application while it waits for its lock. */
static gboolean stands_in_the_way(const struct step_stage *stage)
{
    return once(stage) && !sql_waits_aside(stage->sql);
}

static const char *sent_member(gboolean undo)
{
    return undo ? "undo_sent" : "sent";
}

GPtrArray *stages_current(const struct worker *worker, const struct step_facts *step, guint *at)
{
    gboolean undo = worker->tries.undo;
    *at = (guint)step_facts_int(step, stages_member(undo));
    return step_stages(worker->plan, worker_plan_step(worker, step->name), undo);
}

static void fail_cut(struct worker *worker, const struct step_facts *step, const char *sqlstate)
{
    g_autoptr(GError) error = rollout_error_new(
        ROLLOUT_ERROR_AMBIGUOUS, "whether the statement ran is not known: its connection was lost");
    rollout_error_set_sqlstate(error, sqlstate);
    worker_fail(worker, step->name, error,
                "Look in the database: it may have run, and what was cut off outside a transaction "
                "may have "
                "left something (an invalid index: drop it). Then retry runs it again, skip takes "
                "it as done.");
}

static void record_loose(struct worker *worker, const struct step_facts *step);

static void on_recorded(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    const struct step_facts *step = stages_step(worker);
    if (stages_transient(error) && step) {
        record_loose(worker, step); /* it ran: that must not be forgotten because of a lock */
        return;
    }
    if (error)
        stages_failed(worker, error);
    tries_end(worker);
    worker_moved(worker);
}

/* The statement ran. No hold refuses the record of that. */
static void record_loose(struct worker *worker, const struct step_facts *step)
{
    guint at;
    g_autoptr(GPtrArray) stages = stages_current(worker, step, &at);
    const struct step_stage *stage = g_ptr_array_index(stages, at);
    gboolean more = stage->how == STAGE_CATALOG; /* the catalog says whether that was all */
    g_autofree char *record =
        more ? g_strdup("") : record_sql(worker, step, worker->tries.undo, at, stages->len, NULL);
    worker_send(worker, "recording",
                worker_message(worker, 0, FALSE,
                               "SELECT pgrollout.intent_end(); SET statement_timeout = '5s'; "
                               "SET client_connection_check_interval = '1s'; "
                               "SET lock_timeout = '%dms'; %s",
                               LOCK_TIMEOUT_MS, record),
                on_recorded);
}

/* The server has said that it did not get its lock, and took back what it had done: it is sent again. */
static gboolean not_had(struct worker *worker, const struct step_facts *step,
                        const struct step_stage *stage, const GError *error)
{
    static const char *const reasons[] = {"55P03", "40P01", NULL};
    const char *sqlstate = rollout_error_sqlstate(error);
    if (!stands_in_the_way(stage) || !sqlstate || !g_strv_contains(reasons, sqlstate))
        return FALSE;
    g_autoptr(JsonObject) detail = json_object_new();
    json_object_set_int_member(detail, sent_member(worker->tries.undo), 0);
    worker_remember(worker, step->name, detail);
    tried_in_vain(worker, error);
    return TRUE;
}

static void on_loose(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    worker->loose = FALSE;
    const struct step_facts *step = stages_step(worker);
    if (!error && step) {
        record_loose(worker, step);
        return;
    }
    if (step) {
        guint at;
        g_autoptr(GPtrArray) stages = stages_current(worker, step, &at);
        const struct step_stage *stage = g_ptr_array_index(stages, at);
        if (stages_transient(error) && !once(stage))
            stages_try_again(worker);
        else if (stage->how == STAGE_CATALOG)
            catalog_broken(worker, step, error);
        else if (!not_had(worker, step, stage, error))
            worker_fail(worker, step->name, error, NULL);
    }
    worker_look_again(worker);
    worker_reconnect(worker); /* its session has no time limits and an intent */
}

static void on_intent(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    const struct step_facts *step = stages_step(worker);
    if (error || !step) {
        if (error)
            stages_failed(worker, error);
        worker_look_again(worker);
        worker_reconnect(worker); /* it may have an intent */
        return;
    }
    worker->loose = TRUE;
    worker_send(worker, step->name, g_strdup(worker->tries.sql), on_loose);
}

void stages_cut(struct worker *worker)
{
    gboolean was_loose = worker->loose;
    worker->loose = FALSE;
    const struct step_facts *step = stages_step(worker);
    if (!was_loose || !step || strcmp(step->kind, "sql") != 0)
        return;
    fail_cut(worker, step, NULL);
}

static gboolean refuse_second_time(struct worker *worker, const struct step_facts *step,
                                   gboolean undo)
{
    if (step_facts_int(step, sent_member(undo)) != step->attempts)
        return FALSE;
    fail_cut(worker, step, NULL);
    return TRUE;
}

/* Committed under the fence before the statement starts. Where the statement waits aside it has no
 * limits: 0. A build goes on when its client is gone: `unwatched`. */
static void send_intent(struct worker *worker, const struct step_facts *step, const char *what,
                        const char *remember, gint64 limit_ms, gint64 lock_ms)
{
    g_autofree char *name = db_literal(step->name), *word = db_literal(what);
    g_autofree char *detail = db_literal(remember);
    g_autofree char *ground =
        worker_ground_sql(worker, worker_plan_step(worker, step->name), worker->tries.undo);
    g_autofree char *remembered =
        remember ? g_strdup_printf("SELECT pgrollout.step_remember(%" G_GINT64_FORMAT ", %s, %s); ",
                                   worker->id, name, detail)
                 : g_strdup("");
    const char *unwatched =
        strcmp(what, "index build") == 0 ? "; SET client_connection_check_interval = 0" : "";
    worker_send(worker, what,
                worker_message(worker, 0, TRUE,
                               "%sSELECT pgrollout.intent_begin(%" G_GINT64_FORMAT ", %s, %s); %s"
                               "SET statement_timeout = %" G_GINT64_FORMAT
                               "; SET lock_timeout = %" G_GINT64_FORMAT "%s",
                               ground, worker->id, name, word, remembered, limit_ms, lock_ms,
                               unwatched),
                on_intent);
}

static void take_sql(struct worker *worker, char *sql)
{
    g_free(worker->tries.sql);
    worker->tries.sql = sql;
}

void stages_run(struct worker *worker, const struct step_facts *step, const char *what, char *sql,
                const char *remember)
{
    take_sql(worker, sql);
    send_intent(worker, step, what, remember, 0, 0);
}

static void act_loose(struct worker *worker, const struct step_facts *step,
                      const struct step_stage *stage, gboolean undo)
{
    if (once(stage) && refuse_second_time(worker, step, undo))
        return;
    const struct plan_step *plan_step = worker_plan_step(worker, step->name);
    g_autofree char *remember =
        once(stage) ? g_strdup_printf("{\"%s\": %d}", sent_member(undo), step->attempts) : NULL;
    take_sql(worker, g_strdup(stage->sql));
    send_intent(worker, step, stage->what, remember,
                once(stage) ? plan_step->statement_timeout_us / 1000 : 0,
                stands_in_the_way(stage) ? lock_ms(plan_step) : 0);
}

char *stages_record_sql(const struct worker *worker, const struct step_facts *step,
                        const char *note)
{
    guint at;
    g_autoptr(GPtrArray) stages = stages_current(worker, step, &at);
    return record_sql(worker, step, worker->tries.undo, at, stages->len, note);
}

void stages_record(struct worker *worker, const struct step_facts *step, const char *note)
{
    g_autofree char *record = stages_record_sql(worker, step, note);
    worker_send(worker, "recording", worker_message(worker, 0, TRUE, "%s", record), on_recorded);
}

static void act_stage(struct worker *worker, const struct step_facts *step, const GPtrArray *stages,
                      guint at)
{
    const struct step_stage *stage = g_ptr_array_index(stages, at);
    switch (stage->how) {
    case STAGE_DDL:
        plain_ddl(worker, step, stage, at, stages->len);
        return;
    case STAGE_LOOSE:
        act_loose(worker, step, stage, worker->tries.undo);
        return;
    case STAGE_CATALOG:
        catalog_act(worker, step, stage);
        return;
    case STAGE_FIND:
        find_act(worker, step, stage);
        return;
    case STAGE_PASS:
        pass_act(worker, step, stage);
        return;
    }
}

void stages_act(struct worker *worker, const struct step_facts *step, gboolean undo)
{
    const struct plan_step *plan_step = worker_plan_step(worker, step->name);
    g_autoptr(GPtrArray) stages = step_stages(worker->plan, plan_step, undo);
    guint at = (guint)step_facts_int(step, stages_member(undo));
    tries_begin(worker, step->name, undo);
    if (undo && plan_step->kind == KIND_DROP_SYNC && at == stages->len) {
        worker_fill(worker, step, TRUE); /* the trigger is back; now the other direction */
        return;
    }
    if (at >= stages->len) {
        g_autofree char *name = db_literal(step->name);
        worker_send(worker, "recording",
                    worker_message(worker, 0, TRUE, "SELECT pgrollout.%s(%" G_GINT64_FORMAT ", %s)",
                                   undo ? "step_undone" : "step_done", worker->id, name),
                    on_recorded);
        return;
    }
    act_stage(worker, step, stages, at);
}
