/* check: a small query and the value expected, asked once or until it is right. */
#include "config.h"
#include "engine-private.h"

#include <stdlib.h>
#include <string.h>

#include "pgrollout/base/error.h"

#define ASK_EVERY_MS 2000.0

/* "0" and "0.0" are the same answer; other texts must be equal. */
static gboolean same_value(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return TRUE;
    char *end_a, *end_b;
    double x = g_ascii_strtod(a, &end_a), y = g_ascii_strtod(b, &end_b);
    return *a && *b && !*end_a && !*end_b && x == y;
}

static void on_recorded(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    if (error)
        worker_retry_later(worker, 3);
    worker_moved(worker);
}

static const struct step_facts *running_check(const struct worker *worker)
{
    for (guint i = 0; i < worker->facts->steps->len; i++) {
        const struct step_facts *step = g_ptr_array_index(worker->facts->steps, i);
        if (strcmp(step->kind, "check") == 0 && strcmp(step->state, "running") == 0)
            return step;
    }
    return NULL;
}

static void wait_or_fail(struct worker *worker, const struct step_facts *step, const char *found)
{
    const struct plan_step *plan_step = worker_plan_step(worker, step->name);
    g_autofree char *text = g_strdup_printf("the check found %s, expected %s", found ? found : "no value",
                                            plan_step->expect);
    if (step->age_s * G_USEC_PER_SEC >= (double)plan_step->wait_us) {
        g_autoptr(GError) error = rollout_error_new(ROLLOUT_ERROR_NO, "%s", text);
        worker_fail(worker, step->name, error, NULL);
        return;
    }
    if (g_strcmp0(step_facts_text(step, "waits_for"), text) != 0) {
        g_autoptr(JsonObject) detail = json_object_new();
        json_object_set_string_member(detail, "waits_for", text);
        g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), detail);
        g_autofree char *json = json_to_string(node, FALSE);
        g_autofree char *quoted = db_literal(json), *name = db_literal(step->name);
        worker_job(worker, worker_message(worker, 0, FALSE,
                                          "SELECT pgrollout.step_remember(%" G_GINT64_FORMAT ", %s, %s)",
                                          worker->id, name, quoted));
    }
    worker_sleep(worker, ASK_EVERY_MS);
}

static void on_answer(struct worker *worker, struct db_reply *reply, const GError *error)
{
    const struct step_facts *step = running_check(worker);
    if (!step)
        return;
    if (error) {
        worker_fail(worker, step->name, error, NULL);
        return;
    }
    const char *found = db_reply_rows(reply) == 1 && db_reply_columns(reply) == 1
                            ? db_reply_text(reply, 0, 0)
                            : NULL;
    if (!found || !same_value(found, worker_plan_step(worker, step->name)->expect)) {
        wait_or_fail(worker, step, found);
        return;
    }
    g_autofree char *name = db_literal(step->name);
    worker_send(worker, "recording the check",
                worker_message(worker, 0, TRUE, "SELECT pgrollout.step_done(%" G_GINT64_FORMAT ", %s)",
                               worker->id, name),
                on_recorded);
}

void query_act(struct worker *worker, const struct step_facts *step)
{
    const struct plan_step *plan_step = worker_plan_step(worker, step->name);
    worker_send(worker, step->name,
                g_strdup_printf("BEGIN READ ONLY; SET LOCAL statement_timeout = '60s'; %s\n; COMMIT",
                                plan_step->sql),
                on_answer);
}
