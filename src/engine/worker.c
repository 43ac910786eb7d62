/* One migration's work connection: opened when there is something to do, one message at a time,
 * each changing one a fenced transaction. What to do next is decide()'s; how a step is done is in
 * stages.c, batches.c and query.c. */
#include "config.h"
#include "distrust.h"
#include "engine-private.h"
#include "losses.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/plan/reader.h"

#define OPEN_TIMEOUT_MS 10000
#define RETRY_FIRST_MS 50.0
#define RETRY_MAX_MS 5000.0
/* What the guard of retries looks back on. */
#define RETRIES_US (60 * G_USEC_PER_SEC)
#define PLAN_GUARD "plan"
#define JOB_AGAIN_US (200 * 1000)

struct worker *worker_new(struct engine *engine, gint64 id)
{
    struct worker *worker = g_new0(struct worker, 1);
    worker->engine = engine;
    worker->id = id;
    worker->row = 1;
    worker->jobs = g_queue_new();
    worker->retried = g_array_new(FALSE, FALSE, sizeof(gint64));
    worker->guard_held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    worker->progressed_us = clock_now_us();
    worker->last_look_us = clock_now_us();
    return worker;
}

static void close_connection(struct worker *worker)
{
    g_clear_pointer(&worker->conn, db_conn_free);
    worker->opening = FALSE;
    worker->settled = FALSE;
    worker->batches.prepared = FALSE;
}

void worker_free(struct worker *worker)
{
    lanes_free(worker);
    if (worker->engine->filling == worker)
        worker->engine->filling = NULL;
    close_connection(worker);
    if (worker->timer)
        g_source_remove(worker->timer);
    if (worker->watched && worker->engine->sense)
        sense_remove(worker->engine->sense, worker->id);
    batches_clear(&worker->batches);
    g_array_free(worker->retried, TRUE);
    tries_clear(&worker->tries);
    losses_clear(&worker->losses);
    g_free(worker->looks.step);
    g_free(worker->looks.wrong);
    evidence_forget(&worker->evidence);
    veto_free(worker->veto);
    g_free(worker->sending_what);
    g_clear_error(&worker->sending_failed);
    g_queue_free_full(worker->jobs, g_free);
    g_hash_table_unref(worker->guard_held);
    facts_free(worker->facts);
    plan_free(worker->plan);
    g_free(worker);
}

gboolean worker_error_is(const GError *error, int code)
{
    return error && error->domain == ROLLOUT_ERROR && error->code == code;
}

const struct plan_step *worker_plan_step(const struct worker *worker, const char *name)
{
    return worker->plan ? plan_step_find(worker->plan, name) : NULL;
}

double worker_setting(const struct worker *worker, const char *key, double otherwise)
{
    const char *text = g_hash_table_lookup(worker->facts->settings, key);
    return text ? g_ascii_strtod(text, NULL) : otherwise;
}

void worker_progressed(struct worker *worker)
{
    lanes_lead(worker)->progressed_us = clock_now_us();
}

/* --- waiting */

static gboolean on_timer(void *data)
{
    struct worker *worker = data;
    worker->timer = 0;
    worker_kick(worker);
    return G_SOURCE_REMOVE;
}

void worker_sleep(struct worker *worker, double ms)
{
    worker->not_before_us = clock_now_us() + (gint64)(ms * 1000);
    if (worker->timer)
        g_source_remove(worker->timer);
    worker->timer = g_timeout_add((guint)fmax(0, ceil(ms)), on_timer, worker);
}

int worker_retries(struct worker *worker)
{
    gint64 since = clock_now_us() - RETRIES_US;
    guint old = 0;
    while (old < worker->retried->len && g_array_index(worker->retried, gint64, old) < since)
        old++;
    g_array_remove_range(worker->retried, 0, old);
    return (int)worker->retried->len;
}

void worker_retry_later(struct worker *worker, int fails)
{
    gint64 now = clock_now_us();
    worker_retries(lanes_lead(worker)); /* so that it does not grow where nobody counts */
    g_array_append_val(lanes_lead(worker)->retried, now);
    double ms = fmin(RETRY_MAX_MS, RETRY_FIRST_MS * pow(2, fails));
    worker_sleep(worker, ms * g_random_double_range(0.5, 1.0));
}

void worker_look_again(struct worker *worker)
{
    engine_refresh(worker->engine);
    worker->need_seq = worker->engine->want_seq;
}

void worker_moved(struct worker *worker)
{
    worker_progressed(worker);
    worker_look_again(worker);
}

/* --- sending */

char *worker_message(const struct worker *worker, int row, gboolean enter, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *body = g_strdup_vprintf(format, args);
    va_end(args);
    return g_strdup_printf("BEGIN; SELECT pgrollout.%s(%" G_GINT64_FORMAT ", %d, %" G_GINT64_FORMAT
                           ", '%s'); %s; COMMIT",
                           enter ? "enter" : "fence", worker->id, row, worker->engine->epoch,
                           worker->engine->token, body);
}

/* Jobs do not wait for what a step waits for, but for this. */
static void connect_later(struct worker *worker)
{
    worker_retry_later(worker, worker->open_fails++);
    worker->connect_us = worker->not_before_us;
}

char *worker_ground_sql(const struct worker *worker, const struct plan_step *step, gboolean undo)
{
    if (undo)
        return g_strdup("");
    const struct plan_step *named =
        step->kind == KIND_VERIFY ? worker_plan_step(worker, step->of) : step;
    g_autofree char *table = named->table ? step_table_now(worker->plan, named) : NULL;
    g_autofree char *quoted_table = db_literal(table), *name = db_literal(step->name);
    return g_strdup_printf("SELECT pgrollout.ground_check(%" G_GINT64_FORMAT ", %s, %s); ",
                           worker->id, name, quoted_table);
}

static void lost_connection(struct worker *worker, const GError *error)
{
    engine_line(worker->engine, worker->facts ? worker->facts->name : NULL,
                "work connection lost while %s: %s", worker->sending_what, error->message);
    stages_cut(worker);
    close_connection(worker);
    /* what became of the message is looked up, never guessed: fresh facts behind the fence */
    worker_look_again(worker);
    connect_later(worker);
}

/* What is the same for every message that failed; FALSE: the sender must handle it. */
static gboolean handled(struct worker *worker, const GError *error)
{
    if (worker_error_is(error, ROLLOUT_ERROR_LOST_LEASE)) {
        engine_superseded(worker->engine, error);
    } else if (worker_error_is(error, ROLLOUT_ERROR_HELD)) {
        worker_look_again(worker);
    } else if (worker_error_is(error, ROLLOUT_ERROR_CONNECT)) {
        lost_connection(worker, error);
    } else {
        return FALSE;
    }
    return TRUE;
}

static void go_on(struct worker *worker)
{
    worker_kick(worker);
    if (worker->lead)
        lanes_answered(worker);
}

/* The failed transaction block is closed; now the failure itself. */
static void on_rolled_back(struct db_conn *conn, struct db_reply *reply, const GError *error,
                           void *data)
{
    (void)conn;
    (void)reply;
    struct worker *worker = data;
    g_autoptr(GError) cause = g_steal_pointer(&worker->sending_failed);
    if (error && worker_error_is(error, ROLLOUT_ERROR_CONNECT))
        lost_connection(worker, error);
    else if (!handled(worker, cause))
        worker->sending_fn(worker, NULL, cause);
    go_on(worker);
}

static void on_reply(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    struct worker *worker = data;
    if (error && db_conn_in_failed_block(conn)) {
        g_clear_error(&worker->sending_failed);
        worker->sending_failed = g_error_copy(error);
        db_conn_send(conn, "ROLLBACK", on_rolled_back, worker);
        return;
    }
    if (!error) {
        worker->open_fails = 0;
        worker->sending_fn(worker, reply, NULL);
    } else if (!handled(worker, error)) {
        worker->sending_fn(worker, NULL, error);
    }
    if (!worker->engine->exit_status)
        go_on(worker);
}

void worker_send(struct worker *worker, const char *what, char *sql, worker_fn fn)
{
    g_autofree char *text = sql;
    g_free(worker->sending_what);
    worker->sending_what = g_strdup(what);
    worker->sending_fn = fn;
    db_conn_send(worker->conn, text, on_reply, worker);
}

void worker_job(struct worker *worker, char *sql)
{
    g_queue_push_tail(lanes_lead(worker)->jobs, sql);
}

/* A transition that only records: when it is refused, the facts were old. */
static void on_moved(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    if (error) {
        engine_line(worker->engine, worker->facts->name, "%s: %s", worker->sending_what,
                    error->message);
        worker_retry_later(worker, 3);
        worker_look_again(worker);
        return;
    }
    worker_moved(worker);
}

void worker_waits_for(struct worker *worker, const struct step_facts *step, const char *text)
{
    worker_progressed(worker); /* to wait is no stall */
    if (g_strcmp0(step_facts_text(step, "waits_for"), text) == 0)
        return;
    g_autoptr(JsonObject) detail = json_object_new();
    json_object_set_string_member(detail, "waits_for", text);
    worker_remember(worker, step->name, detail);
}

void worker_remember(struct worker *worker, const char *step, JsonObject *detail)
{
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), detail);
    g_autofree char *json = json_to_string(node, FALSE);
    g_autofree char *quoted = db_literal(json), *name = db_literal(step);
    worker_job(worker,
               worker_message(worker, 0, FALSE,
                              "SELECT pgrollout.step_remember(%" G_GINT64_FORMAT ", %s, %s)",
                              worker->id, name, quoted));
}

const char *worker_error_detail(const GError *error)
{
    /* NOT NULL, CHECK, WITH CHECK OPTION: "Failing row contains (…)" */
    static const char *const with_row[] = {"23502", "23514", "44000", NULL};
    const char *sqlstate = rollout_error_sqlstate(error);
    return sqlstate && g_strv_contains(with_row, sqlstate) ? NULL : rollout_error_detail(error);
}

void worker_fail(struct worker *worker, const char *step, const GError *error, const char *detail)
{
    g_autofree char *name = db_literal(step);
    g_autofree char *sqlstate = db_literal(rollout_error_sqlstate(error));
    g_autofree char *text = db_literal(error->message);
    g_autoptr(GPtrArray) parts = g_ptr_array_new();
    const char *const texts[] = {detail, worker_error_detail(error), rollout_error_hint(error)};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        if (texts[i] && *texts[i])
            g_ptr_array_add(parts, (void *)texts[i]);
    if (parts->len == 0)
        g_ptr_array_add(parts, "Set it right, then retry does it again; or abort takes it back.");
    g_ptr_array_add(parts, NULL);
    g_autofree char *more = g_strjoinv("\n", (char **)parts->pdata);
    g_autofree char *quoted_more = db_literal(more);
    engine_line(worker->engine, worker->facts->name, "step %s failed: %s", step, error->message);
    worker_job(worker,
               worker_message(worker, 0, FALSE,
                              "SELECT pgrollout.step_failed(%" G_GINT64_FORMAT ", %s, %s, %s, %s)",
                              worker->id, name, sqlstate, text, quoted_more));
    worker->batches.prepared = FALSE;
    lanes_lead(worker)->batches.prepared = FALSE;
    lanes_lead(worker)->need_seq = G_MAXUINT64; /* until the job is done */
}

/* --- the connection */

static void on_settled(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    if (error) {
        close_connection(worker);
        connect_later(worker);
        return;
    }
    worker->settled = TRUE;
    worker_look_again(worker);
}

static void on_checked(struct worker *worker, struct db_reply *reply, const GError *error)
{
    g_autoptr(GError) wrong = error ? g_error_copy(error) : NULL;
    if (wrong ||
        !settings_check(reply, SETTINGS_WORK, worker->conn, worker->plan->schema, &wrong)) {
        engine_line(worker->engine, worker->facts->name, "work connection refused: %s",
                    wrong->message);
        close_connection(worker);
        connect_later(worker);
        return;
    }
    /* The fence is had only when whatever a lost connection had left in flight is over, so what is
     * read after it is what became of it. */
    gboolean by_step = worker->engine->options.advance == ENGINE_ADVANCE_STEP;
    worker_send(
        worker, "settling",
        g_strdup_printf(
            "SET pgrollout.advance = '%s'; SELECT pgrollout.register_session(%" G_GINT64_FORMAT
            ", '%s', 'work'); BEGIN; SELECT pgrollout.fence(%" G_GINT64_FORMAT
            ", 0, %" G_GINT64_FORMAT ", '%s'); COMMIT",
            by_step ? "step" : "", worker->engine->epoch, worker->engine->token, worker->id,
            worker->engine->epoch, worker->engine->token),
        on_settled);
}

static void on_set(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    if (error) {
        on_checked(worker, NULL, error);
        return;
    }
    worker_send(worker, "reading settings back", g_strdup(settings_check_sql()), on_checked);
}

static void on_open(struct db_conn *conn, const GError *error, void *data)
{
    struct worker *worker = data;
    worker->opening = FALSE;
    if (error) {
        engine_line(worker->engine, worker->facts->name, "work connection: %s", error->message);
        close_connection(worker);
        connect_later(worker);
        return;
    }
    worker_send(worker, "setting up", settings_sql(SETTINGS_WORK, conn, worker->plan->schema),
                on_set);
}

static void open_connection(struct worker *worker)
{
    g_autofree char *name = g_strdup_printf("pgrollout/%.40s/work", worker->facts->name);
    worker->conn = db_conn_new(worker->engine->target, name);
    worker->opening = TRUE;
    db_conn_open(worker->conn, OPEN_TIMEOUT_MS, on_open, worker);
}

void worker_reconnect(struct worker *worker)
{
    close_connection(worker);
}

/* --- the plan */

/* Of a foreign key that names none: those of the primary key. */
static void take_references(struct plan_step *step, const struct step_facts *facts)
{
    JsonNode *node = json_object_get_member(facts->detail, "references");
    if (step->references || !node || !JSON_NODE_HOLDS_ARRAY(node))
        return;
    JsonArray *array = json_node_get_array(node);
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    for (guint i = 0; i < json_array_get_length(array); i++)
        g_strv_builder_add(names, json_array_get_string_element(array, i));
    if (json_array_get_length(array) > 0)
        step->references = g_strv_builder_end(names);
}

/* {"street": "CAST('' AS text)"}: of the old columns of a sync across tables. */
static void complete_across(struct plan_step *step, const struct step_facts *facts)
{
    JsonObject *defaults = json_object_has_member(facts->detail, "into_defaults")
                               ? json_object_get_object_member(facts->detail, "into_defaults")
                               : NULL;
    for (guint i = 0; i < step->set->len; i++) {
        struct plan_set *set = g_ptr_array_index(step->set, i);
        g_free(set->def);
        set->def = defaults ? g_strdup(json_object_get_string_member_with_default(
                                  defaults, set->expression, NULL))
                            : NULL;
    }
}

/* What only the database knew of a step goes from its detail into the plan. */
static void complete_plan(struct worker *worker)
{
    for (guint i = 0; i < worker->plan->steps->len; i++) {
        struct plan_step *step = g_ptr_array_index(worker->plan->steps, i);
        const struct step_facts *facts = facts_step(worker->facts, step->name);
        if (facts && step->kind == KIND_CONSTRAINT)
            take_references(step, facts);
        if (!facts || step->kind != KIND_SYNC)
            continue;
        g_free(step->old_default);
        g_free(step->new_default);
        complete_across(step, facts);
        step->old_default = g_strdup(step_facts_text(facts, "old_default"));
        step->new_default = g_strdup(step_facts_text(facts, "new_default"));
    }
}

/* Nothing can be done with it, which people must see: by the control connection, since a work
 * connection needs the plan. */
static void plan_refused(struct worker *worker, const char *why)
{
    engine_line(worker->engine, worker->facts->name, "%s", why);
    g_clear_pointer(&worker->plan, plan_free);
    worker_sleep(worker, RETRY_MAX_MS);
    if (facts_hold(worker->facts, "guard", PLAN_GUARD))
        return;
    g_autofree char *quoted = db_literal(why);
    /* one message is one transaction; with BEGIN, an error would leave the connection in a failed one */
    g_autofree char *sql = g_strdup_printf(
        "SELECT pgrollout.fence(%" G_GINT64_FORMAT ", 0, %" G_GINT64_FORMAT
        ", '%s'); SELECT pgrollout.hold_place(%" G_GINT64_FORMAT ", 'guard', '" PLAN_GUARD "', %s)",
        worker->id, worker->engine->epoch, worker->engine->token, worker->id, quoted);
    engine_control(worker->engine, sql, NULL, NULL);
}

/* TRUE: the worker has a plan to act on. */
static gboolean take_plan(struct worker *worker, const char *text)
{
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    if (text)
        worker->plan = plan_parse(text, strlen(text), worker->facts->name, findings);
    if (!worker->plan) {
        plan_refused(worker,
                     "pgrollout " PACKAGE_VERSION " cannot read this plan: run the engine of "
                     "the version that loaded it");
        return FALSE;
    }
    g_autofree char *why = plan_distrust(worker->plan, worker->facts);
    if (!why)
        return TRUE;
    g_autofree char *reason = g_strdup_printf(
        "this plan was not loaded by pgrollout load, which would have refused it: %s", why);
    plan_refused(worker, reason);
    return FALSE;
}

static void ask_again(void *id, void *worker, void *data)
{
    (void)id;
    (void)data;
    ((struct worker *)worker)->plan_asked = FALSE;
}

static void on_plan(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    struct engine *engine = data;
    if (error) {
        engine_line(engine, NULL, "reading a plan: %s", error->message);
        g_hash_table_foreach(engine->workers, ask_again, NULL);
        return;
    }
    gint64 id = db_reply_int(reply, 0, 0);
    struct worker *worker = g_hash_table_lookup(engine->workers, &id);
    if (!worker || !worker->plan_asked)
        return;
    worker->plan_asked = FALSE;
    if (!take_plan(worker, db_reply_text(reply, 0, 1)))
        return;
    if (facts_hold(worker->facts, "guard", PLAN_GUARD))
        worker_job(worker, worker_message(worker, 0, FALSE,
                                          "SELECT pgrollout.hold_clear(%" G_GINT64_FORMAT
                                          ", 'guard', '" PLAN_GUARD "', 'it can be read again')",
                                          worker->id));
    complete_plan(worker);
    senses_watch(worker);
    worker_kick(worker);
}

static void ask_for_plan(struct worker *worker)
{
    worker->plan_asked = TRUE;
    g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, worker->id);
    g_autofree char *sql =
        db_fill(resource_text("engine/sql/plan-text.sql"), "migration", id, NULL);
    engine_control(worker->engine, sql, on_plan, worker->engine);
}

/* --- acting */

/* A transition of the store that is one function call over the migration (and a step). */
static void transition(struct worker *worker, gboolean enter, const char *function,
                       const char *step, const char *more)
{
    g_autofree char *name = step ? db_literal(step) : NULL;
    worker_send(worker, function,
                worker_message(worker, 0, enter, "SELECT pgrollout.%s(%" G_GINT64_FORMAT "%s%s%s)",
                               function, worker->id, name ? ", " : "", name ? name : "",
                               more ? more : ""),
                on_moved);
}

static void finish_phase(struct worker *worker)
{
    const char *until = engine_until(worker->engine, worker->facts->name);
    gboolean pass = worker->engine->options.advance == ENGINE_ADVANCE_AUTO &&
                    !(until && plan_phase_parse(worker->facts->phase) >= plan_phase_parse(until));
    transition(worker, FALSE, "phase_finish", NULL, pass ? ", true" : ", false");
}

/* One backfill at a time in a database; the others say what they wait for. */
static gboolean may_fill(struct worker *worker)
{
    struct engine *engine = worker->engine;
    if (!engine->filling)
        engine->filling = worker;
    return engine->filling == worker;
}

void worker_fill(struct worker *worker, const struct step_facts *step, gboolean undo)
{
    if (may_fill(worker)) {
        batches_act(worker, step, undo);
        return;
    }
    g_autofree char *text = g_strdup_printf("the batches of %s: one backfill at a time",
                                            worker->engine->filling->facts->name);
    worker_waits_for(worker, step, text);
    worker_sleep(worker, 200); /* a look in memory only */
}

static void act(struct worker *worker, const struct step_facts *step, gboolean undo)
{
    const struct plan_step *plan_step = worker_plan_step(worker, step->name);
    if (!plan_step) {
        g_autoptr(GError) error =
            rollout_error_new(ROLLOUT_ERROR_BUG, "step \"%s\" is not in its plan", step->name);
        worker_fail(worker, step->name, error, NULL);
        return;
    }
    enum step_worker by = step_class_find(plan_step->kind)->worker;
    if (by == STEP_BY_STAGES) {
        stages_act(worker, step, undo);
    } else if (undo) {
        /* nothing of it stands in the database but its worker's fence row */
        worker_send(worker, "step_undone",
                    worker_message(worker, 0, TRUE,
                                   "SELECT pgrollout.fence_drop_workers(%" G_GINT64_FORMAT
                                   "); SELECT pgrollout.step_undone(%" G_GINT64_FORMAT ", '%s')",
                                   worker->id, worker->id, step->name),
                    on_moved);
    } else if (by == STEP_BY_BATCHES) {
        worker_fill(worker, step, FALSE);
    } else if (by == STEP_BY_EVIDENCE) {
        evidence_act(worker, step, FALSE);
    } else {
        query_act(worker, step);
    }
}

static void perform(struct worker *worker, const struct decision *d)
{
    if (d->action != ACTION_ACT && d->action != ACTION_UNDO && d->action != ACTION_LOOK &&
        d->action != ACTION_REREAD && d->action != ACTION_ASK_HOOK)
        engine_line(worker->engine, worker->facts->name, "%s%s%s", d->step ? d->step->name : "",
                    d->step ? ": " : "", d->why);
    switch (d->action) {
    case ACTION_NONE:
        return;
    case ACTION_START:
        transition(worker, TRUE, "step_start", d->step->name, NULL);
        return;
    case ACTION_ACT:
        act(worker, d->step, FALSE);
        return;
    case ACTION_LOOK:
        evidence_act(worker, d->step, FALSE);
        return;
    case ACTION_REREAD:
        evidence_act(worker, d->step, TRUE);
        return;
    case ACTION_ASK_HOOK:
        veto_act(worker);
        return;
    case ACTION_OPEN_GATE:
        transition(worker, FALSE, "gate_open", d->step->name, ", false");
        return;
    case ACTION_PASS_GATE:
        transition(worker, TRUE, "step_done", d->step->name, NULL);
        return;
    case ACTION_FINISH_PHASE:
        finish_phase(worker);
        return;
    case ACTION_PASS_BOUNDARY:
        transition(worker, FALSE, "boundary_pass", NULL, NULL);
        return;
    case ACTION_EXPIRE_CONTRACT:
        transition(worker, FALSE, "boundary_restore", "contract",
                   ", 'confirmed more than an hour ago'");
        return;
    case ACTION_START_UNDO:
        transition(worker, FALSE, "undo_start", d->step->name, NULL);
        return;
    case ACTION_OPEN_REVERSE_GATE:
        transition(worker, FALSE, "gate_open", d->step->name, ", true");
        return;
    case ACTION_UNDO:
        act(worker, d->step, TRUE);
        return;
    case ACTION_FINISH_ABORT:
        transition(worker, FALSE, "abort_finish", NULL, NULL);
        return;
    }
}

static void on_job(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    if (error)
        engine_line(worker->engine, worker->facts->name, "%s: %s", worker->sending_what,
                    error->message);
    if (worker_error_is(error, ROLLOUT_ERROR_RETRY) ||
        worker_error_is(error, ROLLOUT_ERROR_CANCELLED)) {
        worker->job_us = clock_now_us() + JOB_AGAIN_US; /* a pause has the fence, for instance */
        return;
    }
    g_free(g_queue_pop_head(worker->jobs));
    worker_look_again(worker);
}

static gboolean has_guard_to_place(const struct worker *worker)
{
    for (guint i = 0; worker->guards && i < worker->guards->len; i++) {
        const struct guard *guard = g_ptr_array_index(worker->guards, i);
        if (guard->state == GUARD_TRIPPED || guard->state == GUARD_BLIND)
            return TRUE;
    }
    return FALSE;
}

static gboolean is_occupied(const struct worker *worker)
{
    return !worker->facts || worker->opening || (worker->conn && db_conn_is_busy(worker->conn)) ||
           worker->engine->stopping || !engine_may_act(worker->engine);
}

static struct decision decide_for(const struct worker *worker)
{
    return decide(worker->facts, (enum advance_mode)worker->engine->options.advance,
                  engine_until(worker->engine, worker->facts->name));
}

static void kick_lane(struct worker *lane)
{
    if (is_occupied(lane))
        return;
    gint64 now = clock_now_us();
    const struct decision d = decide_for(lane);
    /* one that has ended never asks for its fence row again: it may be gone */
    if (lane->batches.ended || !lanes_may_go(lane, &d) || !lane->lead->guards ||
        has_guard_to_place(lane->lead))
        return;
    if (now < lane->not_before_us)
        return;
    if (!lane->conn && now >= lane->connect_us)
        open_connection(lane);
    else if (lane->conn && lane->settled)
        lanes_act(lane);
}

void worker_kick(struct worker *worker)
{
    struct engine *engine = worker->engine;
    if (worker->lead) {
        kick_lane(worker);
        return;
    }
    lanes_kick(worker);
    if (is_occupied(worker))
        return;
    if (!worker->plan) {
        if (!worker->plan_asked && clock_now_us() >= worker->not_before_us)
            ask_for_plan(worker);
        return;
    }
    gint64 now = clock_now_us();
    gboolean jobs = !g_queue_is_empty(worker->jobs);
    if (!jobs && now < worker->not_before_us)
        return; /* its timer, or fresh facts after it, come back here */
    struct decision d = {ACTION_NONE, NULL, NULL};
    if (worker->facts_seq >= worker->need_seq)
        d = decide_for(worker);
    if (worker->facts_seq >= worker->need_seq && d.action != ACTION_ASK_HOOK)
        g_clear_pointer(&worker->veto, veto_free); /* held, or taken back meanwhile */
    if (engine->filling == worker && d.action != ACTION_ACT && d.action != ACTION_UNDO &&
        worker->facts_seq >= worker->need_seq)
        engine->filling = NULL;
    if (!jobs && d.action == ACTION_NONE)
        return;
    if (!jobs && !lanes_quiet(worker, d.action == ACTION_ACT ? d.step->name : NULL))
        return;
    /* no sensor, no progress: the guards are read before the first step acts */
    if (!jobs && (!worker->guards || has_guard_to_place(worker)) &&
        (d.action == ACTION_ACT || d.action == ACTION_START || d.action == ACTION_REREAD ||
         d.action == ACTION_ASK_HOOK))
        return;
    if (!worker->conn) {
        if (now >= worker->connect_us)
            open_connection(worker);
        return;
    }
    if (jobs && worker->settled && now >= worker->job_us)
        /* it leaves the queue when it is known to have been done: each may be done twice */
        worker_send(worker, "recording", g_strdup(g_queue_peek_head(worker->jobs)), on_job);
    else if (jobs)
        return;
    else if (worker->settled && worker->facts_seq >= worker->need_seq)
        perform(worker, &d);
}

void worker_take_facts(struct worker *worker, struct facts *facts, guint64 seq)
{
    if (worker->need_seq == G_MAXUINT64 && g_queue_is_empty(worker->jobs))
        worker->need_seq = 0;
    facts_free(worker->facts);
    worker->facts = facts;
    worker->facts_seq = seq;
    facts->veto_due = g_strcmp0(facts->phase, "contract") == 0 && !facts->contract_agreed &&
                      hooks_have_veto(worker->engine->hooks);
    lanes_share(worker);
    if (worker->plan && g_strcmp0(worker->plan->sha256, facts->plan_sha256) != 0)
        g_clear_pointer(&worker->plan, plan_free);
    worker_kick(worker);
}
