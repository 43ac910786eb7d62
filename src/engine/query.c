/* check: a small query and the value expected, asked once, until it is right, or until it has been right
 * for a time. */
#include "config.h"
#include "engine-private.h"

#include <stdlib.h>
#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/units.h"

#define ASK_EVERY_MS 2000.0
#define GAP_US                                                                                     \
    (5 * G_USEC_PER_SEC) /* not looked for so long: what went on meanwhile nobody knows */

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

/* Called at each look: forgets what cannot be gone on with. */
static void looks_begin(struct looks *looks, const char *step)
{
    if (g_strcmp0(looks->step, step) != 0) {
        g_free(looks->step);
        looks->step = g_strdup(step);
        g_clear_pointer(&looks->wrong, g_free);
        looks->since_us = 0;
    }
    if (g_get_monotonic_time() - looks->last_us > GAP_US)
        looks->since_us = 0;
}

static void looks_wrong(struct looks *looks, const char *found)
{
    g_free(looks->wrong);
    looks->wrong = g_strdup(found);
    looks->since_us = 0;
}

/* The answer is right. TRUE: and has been for as long as the plan wants. */
static gboolean looks_right(struct looks *looks, gint64 for_us)
{
    gint64 now = g_get_monotonic_time();
    if (!looks->since_us)
        looks->since_us = now;
    looks->last_us = now;
    return now - looks->since_us >= for_us;
}

static void look_on(struct worker *worker, const struct step_facts *step,
                    const struct plan_step *plan_step)
{
    const char *wrong = worker->looks.wrong;
    g_autofree char *duration = duration_format(plan_step->for_us);
    /* short: it shall fit into the console's first line */
    g_autofree char *text = g_strdup_printf("the check: %s for %s%s%s", plan_step->expect, duration,
                                            wrong ? ", it was " : " on end", wrong ? wrong : "");
    worker_waits_for(worker, step, text);
    worker_sleep(worker, ASK_EVERY_MS);
}

static void wait_or_fail(struct worker *worker, const struct step_facts *step, const char *found)
{
    const struct plan_step *plan_step = worker_plan_step(worker, step->name);
    looks_wrong(&worker->looks, found);
    if (step->age_s * G_USEC_PER_SEC >= (double)plan_step->wait_us) {
        g_autoptr(GError) error = rollout_error_new(
            ROLLOUT_ERROR_NO, "the check found %s, expected %s", found, plan_step->expect);
        worker_fail(worker, step->name, error,
                    "retry asks again; skip with a reason goes on without it; or abort.");
        return;
    }
    g_autofree char *text =
        g_strdup_printf("the check to find %s, it found %s", plan_step->expect, found);
    worker_waits_for(worker, step, text);
    worker_sleep(worker, ASK_EVERY_MS);
}

/* Who holds the table, or a cut connection, does not make the answer wrong; too slow is an answer.
 */
static void not_answered(struct worker *worker, const struct step_facts *step, const GError *error)
{
    if (worker_error_is(error, ROLLOUT_ERROR_RETRY))
        worker_retry_later(worker, 5);
    else if (worker_error_is(error, ROLLOUT_ERROR_CANCELLED))
        wait_or_fail(worker, step, "no answer within 60 s");
    else
        worker_fail(worker, step->name, error, NULL);
}

static void on_answer(struct worker *worker, struct db_reply *reply, const GError *error)
{
    const struct step_facts *step = running_check(worker);
    if (!step)
        return;
    if (error) {
        not_answered(worker, step, error);
        return;
    }
    const char *found = db_reply_rows(reply) == 1 && db_reply_columns(reply) == 1
                            ? db_reply_text(reply, 0, 0)
                            : NULL;
    const struct plan_step *plan_step = worker_plan_step(worker, step->name);
    if (!found || !same_value(found, plan_step->expect)) {
        wait_or_fail(worker, step, found ? found : "no value");
        return;
    }
    if (!looks_right(&worker->looks, plan_step->for_us)) {
        look_on(worker, step, plan_step);
        return;
    }
    g_autofree char *name = db_literal(step->name);
    worker_send(worker, "recording the check",
                worker_message(worker, 0, TRUE,
                               "SELECT pgrollout.step_done(%" G_GINT64_FORMAT ", %s)", worker->id,
                               name),
                on_recorded);
}

void query_act(struct worker *worker, const struct step_facts *step)
{
    const struct plan_step *plan_step = worker_plan_step(worker, step->name);
    looks_begin(&worker->looks, step->name);
    worker_send(
        worker, step->name,
        g_strdup_printf("BEGIN READ ONLY; SET LOCAL statement_timeout = '60s'; %s\n; COMMIT",
                        plan_step->sql),
        on_answer);
}
