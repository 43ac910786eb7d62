/* Rows that a batch cannot fill. A batch that fails on data is halved until its row is found; then the
 * row's key is read, the row is tried by itself, so that what is recorded is surely about it, and the
 * transaction that writes it down moves the position past it. What a person wants to be tried
 * again goes first. A row that a comparison cannot compute counts as one that differs. */
#include "config.h"
#include "batches-private.h"

#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"

#define LIMIT_DEFAULT 1000

gboolean batches_data_error(const char *sqlstate)
{
    /* cardinality, data, integrity, triggered change, routines, check option, a value of the wrong
     * type at run time, a value too large for its index, RAISE of PL/pgSQL */
    static const char *const of_data[] = {"21", "22",    "23",    "27", "38",
                                          "39", "42804", "44000", "P0", "54000"};
    if (!sqlstate || strlen(sqlstate) != 5)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(of_data); i++)
        if (g_str_has_prefix(sqlstate, of_data[i]))
            return TRUE;
    /* classes that neither the standard nor PostgreSQL uses are the application's own RAISE */
    return !strchr("012345FHPX", sqlstate[0]);
}

void batches_single_clear(struct batches *batches)
{
    g_clear_pointer(&batches->single.key, g_free);
    g_clear_error(&batches->single.error);
    memset(&batches->single, 0, sizeof batches->single);
}

void batches_split(struct worker *worker, const GError *error)
{
    struct batches *b = &worker->batches;
    engine_line(worker->engine, worker->facts->name,
                "batch %" G_GINT64_FORMAT " of at most %d rows: %s", b->seq + 1, b->sent_size,
                error->message);
    if (pace_data_failed(&b->pace, b->sent_size))
        b->single.stage = SINGLE_PEEK;
    worker_progressed(worker); /* at most so many times for a row */
}

static const struct plan_step *step_of(const struct worker *worker)
{
    return worker_plan_step(worker, worker->batches.step);
}

static gboolean compares(const struct worker *worker)
{
    return step_of(worker)->kind == KIND_VERIFY;
}

static int limit_of(const struct worker *worker)
{
    const struct plan_step *step = step_of(worker);
    int limit = step->kind == KIND_BACKFILL ? step->quarantine : LIMIT_DEFAULT;
    return (int)worker_setting(worker, "quarantine", limit);
}

static void send(struct worker *worker, const char *what, char *sql, worker_fn fn)
{
    struct batches *b = &worker->batches;
    g_autofree char *body = sql;
    b->sent_size = 1;
    b->sent_us = clock_now_us();
    worker_send(
        worker, what,
        worker_message(worker, worker->row, TRUE, "SET LOCAL synchronous_commit = off; %s", body),
        fn);
}

/* The key for people: what stands in the braces of the array. */
static char *key_text(const struct batches *b)
{
    return g_strndup(b->single.key + 1, strlen(b->single.key) - 2);
}

static void note_differing(struct worker *worker, const char *why)
{
    g_autofree char *key = key_text(&worker->batches);
    g_autofree char *text = why ? g_strdup_printf("%s (%s)", key, why) : g_strdup(key);
    JsonArray *keys = json_array_new();
    json_array_add_string_element(keys, text);
    g_autoptr(JsonNode) node = json_node_init_array(json_node_alloc(), keys);
    json_array_unref(keys);
    g_autofree char *json = json_to_string(node, FALSE);
    batches_note_differs(worker, json);
}

/* The row is behind us. */
static void passed(struct worker *worker, gint64 changed)
{
    struct batches *b = &worker->batches;
    gboolean again = b->single.again;
    if (compares(worker) && changed > 0)
        note_differing(worker, b->single.error ? b->single.error->message : NULL);
    if (!again)
        batches_moved(worker, g_steal_pointer(&b->single.key), 1, changed);
    batches_single_clear(b);
    if (!again)
        pace_row_found(&b->pace);
    b->fails = 0;
    worker_progressed(worker);
    batches_rest(worker, again ? 0 : 1);
}

/* --- into quarantine */

static void fail_limit(struct worker *worker)
{
    struct batches *b = &worker->batches;
    g_autofree char *key = key_text(b);
    g_autoptr(GError) error =
        rollout_error_new(ROLLOUT_ERROR_NO, "more than %d rows cannot be filled", limit_of(worker));
    rollout_error_set_sqlstate(error, rollout_error_sqlstate(b->single.error));
    g_autofree char *detail =
        g_strdup_printf("The last of them: row %s: %s\nThis is no matter of single rows. List "
                        "them: pgrollout status "
                        "%s --quarantine. Set it right, then retry: it tries them again and goes "
                        "on. Or allow more: "
                        "pgrollout set %s quarantine ROWS, then retry.",
                        key, b->single.error->message, worker->facts->name, worker->facts->name);
    worker_fail(worker, b->step, error, detail);
}

static void fail_single(struct worker *worker, const GError *error)
{
    struct batches *b = &worker->batches;
    g_autofree char *key = key_text(b);
    g_autofree char *detail =
        g_strdup_printf("row %s\nSet it right, then retry: it goes on from there.", key);
    worker_fail(worker, b->step, error, detail);
}

static void on_passed(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    if (!error)
        passed(worker, compares(worker) ? 1 : 0);
    else if (g_strcmp0(rollout_error_sqlstate(error), "PR006") == 0)
        fail_limit(worker);
    else if (!batches_transient(worker, error))
        fail_single(worker, error);
}

static char *add_sql(const struct worker *worker)
{
    const struct batches *b = &worker->batches;
    const GError *error = b->single.error;
    g_autofree char *name = db_literal(b->step), *key = db_literal(b->single.key);
    g_autofree char *sqlstate = db_literal(rollout_error_sqlstate(error));
    g_autofree char *message = db_literal(error->message);
    g_autofree char *detail = db_literal(worker_error_detail(error));
    return g_strdup_printf("SELECT pgrollout.quarantine_add(%" G_GINT64_FORMAT
                           ", %s, %s, %s, %s, %s, %d)",
                           worker->id, name, key, sqlstate, message, detail, limit_of(worker));
}

static void send_pass(struct worker *worker)
{
    const struct batches *b = &worker->batches;
    g_autofree char *add = compares(worker) ? g_strdup("SELECT 1") : add_sql(worker);
    g_autofree char *append =
        batches_append_sql(worker, b->single.key, compares(worker) ? "1" : "0");
    send(worker, "passing a row that cannot be filled",
         b->single.again ? g_strdup(add) : g_strconcat(add, "; SELECT ", append, NULL), on_passed);
}

/* --- the row by itself */

static void on_tried(struct worker *worker, struct db_reply *reply, const GError *error)
{
    struct batches *b = &worker->batches;
    if (!error) {
        passed(worker, db_reply_int(reply, 0, 0));
    } else if (batches_by_place(b) && !compares(worker)) { /* its place may be another's tomorrow */
        if (!batches_transient(worker, error))
            fail_single(worker, error);
    } else if (batches_data_error(rollout_error_sqlstate(error))) {
        b->single.error = g_error_copy(error);
        b->single.stage = SINGLE_PASS;
    } else if (!batches_transient(worker, error)) {
        fail_single(worker, error);
    }
}

static void send_try(struct worker *worker)
{
    const struct batches *b = &worker->batches;
    g_autofree char *name = db_literal(b->step), *key = db_literal(b->single.key);
    g_autofree char *record =
        b->single.again
            ? g_strdup_printf("pgrollout.quarantine_resolve(%" G_GINT64_FORMAT ", %s, %s, changes)",
                              worker->id, name, key)
            : batches_append_sql(worker, b->single.key, "changes");
    send(worker, "a single row", batches_one_sql(worker, step_of(worker), b->single.key, record),
         on_tried);
}

static void on_found(struct worker *worker, struct db_reply *reply, const GError *error)
{
    struct batches *b = &worker->batches;
    if (error) {
        if (!batches_transient(worker, error))
            worker_fail(worker, b->step, error, NULL);
        return;
    }
    const char *key = db_reply_rows(reply) ? db_reply_text(reply, 0, 0) : NULL;
    if (key) {
        b->single.key = g_strdup(key);
        b->single.stage = SINGLE_TRY;
    } else if (b->single.again) { /* none waits any more */
        b->again_due = FALSE;
        batches_single_clear(b);
    } else { /* it is gone */
        batches_single_clear(b);
        pace_row_found(&b->pace);
    }
}

static void send_peek(struct worker *worker)
{
    const struct batches *b = &worker->batches;
    g_autofree char *name = db_literal(b->step);
    worker_send(worker, "looking for a single row",
                b->single.again
                    ? g_strdup_printf("SELECT pgrollout.quarantine_next(%" G_GINT64_FORMAT ", %s)",
                                      worker->id, name)
                    : batches_peek_sql(worker, step_of(worker)),
                on_found);
}

gboolean batches_single(struct worker *worker)
{
    struct batches *b = &worker->batches;
    if (b->single.stage == SINGLE_NONE && b->again_due) {
        b->single.stage = SINGLE_PEEK;
        b->single.again = TRUE;
    }
    switch (b->single.stage) {
    case SINGLE_PEEK:
        send_peek(worker);
        return TRUE;
    case SINGLE_TRY:
        send_try(worker);
        return TRUE;
    case SINGLE_PASS:
        send_pass(worker);
        return TRUE;
    case SINGLE_NONE:
        break;
    }
    return FALSE;
}

/* --- the end */

void batches_end(struct worker *worker, const char *end)
{
    const struct batches *b = &worker->batches;
    g_autofree char *name = db_literal(b->step);
    g_autofree char *of = g_strdup_printf("(%" G_GINT64_FORMAT ", %s)", worker->id, name);
    /* a statement of the plan's own may not be done twice */
    g_autofree char *attached =
        step_of(worker)->sql ? g_strdup("")
                             : g_strdup_printf("WHEN pgrollout.attached_since%s IS NOT NULL THEN "
                                               "pgrollout.step_attached%s ",
                                               of, of);
    /* one statement decides, so that it cannot be decided on what was true before */
    worker_send(worker, "recording the end",
                worker_message(worker, 0, TRUE,
                               "SELECT pgrollout.fence_drop_workers(%" G_GINT64_FORMAT "); "
                               "SELECT CASE %sWHEN pgrollout.unfilled%s > 0 THEN "
                               "pgrollout.step_unfilled%s ELSE %s END",
                               worker->id, attached, of, of, end),
                batches_finished);
}
