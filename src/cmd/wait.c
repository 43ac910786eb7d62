/* pgrollout wait: until a migration is somewhere. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"
#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/nearest.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/base/units.h"
#include "pgrollout/plan/plan.h"

/* What nothing notifies of (a heartbeat that stops) is seen by looking. */
#define LOOK_EVERY_US (1 * G_USEC_PER_SEC)

extern const struct cmd_verb cmd_verb_wait;

struct goal {
    const char *state; /* NULL: a phase, or any hold */
    const char *phase; /* NULL: a state, or any hold */
    gint64 timeout_us; /* 0: none */
};

static gboolean goal_parse(const char *text, struct goal *goal, GError **error)
{
    static const char *const words[] = {"loaded", "active", "failed", "aborting", "aborted",
                                        "done",   "held",   "phase:", NULL};
    if (g_str_has_prefix(text, "phase:") &&
        plan_phase_parse(text + strlen("phase:")) != PHASE_COUNT) {
        goal->phase = text + strlen("phase:");
        return TRUE;
    }
    if (strcmp(text, "held") == 0)
        return TRUE;
    goal->state = text;
    if (g_strv_contains(words, text) && strcmp(text, "phase:") != 0)
        return TRUE;
    const char *nearest = word_nearest(text, words, G_N_ELEMENTS(words) - 1);
    rollout_fail(error, ROLLOUT_ERROR_USAGE, "--for \"%s\" is nothing to wait for", text);
    if (error)
        rollout_error_set_hint(*error,
                               "%s%s%sloaded, active, failed, aborting, aborted, done, held, or "
                               "phase: with expand, deploy, backfill, switch_reads, "
                               "stop_old_writes, contract",
                               nearest ? "nearest: " : "", nearest ? nearest : "",
                               nearest ? "; " : "");
    return FALSE;
}

/* "30" is seconds. */
static gboolean timeout_parse(const char *text, gint64 *us, GError **error)
{
    double seconds;
    *us = 0;
    if (!text)
        return TRUE;
    if (!number_parse(text, &seconds, NULL))
        return duration_parse(text, us, error);
    *us = MAX(1, (gint64)(MIN(seconds, 1e9) * G_USEC_PER_SEC));
    return TRUE;
}

/* Is it there? *never says why it will not be without a person, or NULL. */
static gboolean reached(const struct goal *goal, const struct db_reply *reply, char **never)
{
    const char *state = db_reply_text(reply, 0, 0);
    const char *phase = db_reply_text(reply, 0, 1);
    const char *held = db_reply_text(reply, 0, 2);
    *never = NULL;
    if (goal->state ? strcmp(state, goal->state) == 0
        : goal->phase
            ? phase && !g_strv_contains((const char *const[]){"pending", "undone", NULL}, phase)
            : held != NULL)
        return TRUE;
    if (goal->phase && !phase)
        *never = g_strdup_printf("it has no phase %s", goal->phase);
    else if (g_strv_contains((const char *const[]){"done", "aborted", "failed", NULL}, state))
        *never = g_strdup_printf("it is %s", state);
    return FALSE;
}

static gboolean sleep_a_little(struct db_conn *conn, gint64 deadline, GError **error)
{
    gint64 left = deadline ? MIN(deadline - clock_now_us(), LOOK_EVERY_US) : LOOK_EVERY_US;
    return db_conn_notify_wait(conn, (int)(MAX(left, 0) / 1000), error);
}

static int wait_for(struct db_conn *conn, const char *name, const struct goal *goal, gboolean json)
{
    gint64 deadline = goal->timeout_us ? clock_now_us() + goal->timeout_us : 0;
    const char *params[] = {name, goal->phase};
    g_autoptr(GError) error = NULL;
    for (;;) {
        g_autofree char *never = NULL;
        struct db_reply *reply = session_query(conn, &cmd_verb_wait, "wait", 2, params, &error);
        if (!reply)
            return print_error(error);
        gboolean there = reached(goal, reply, &never);
        if (there && json) {
            g_autofree char *object = print_row_json(reply, 0);
            puts(object);
        }
        db_reply_free(reply);
        if (there)
            return 0;
        if (never || (deadline && clock_now_us() >= deadline)) {
            print_message("%s: %s", name, never ? never : "not within the time given");
            return 1;
        }
        if (!sleep_a_little(conn, deadline, &error))
            return print_error(error);
    }
}

static int run_wait(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *what = NULL, *timeout = NULL;
    const GOptionEntry entries[] = {
        {"for", 0, 0, G_OPTION_ARG_FILENAME, &what, "a state, phase:PHASE (begun), or held",
         "WHAT"},
        {"timeout", 0, 0, G_OPTION_ARG_FILENAME, &timeout, "give up after, e.g. 30 or 10m",
         "SECONDS"},
        {0},
    };
    struct goal goal = {0};
    g_autoptr(GError) error = NULL;
    int status;
    if (!cmd_parse(&cmd_verb_wait, entries, &argc, &argv, 1, 1, &status))
        return status;
    if (!what) {
        print_message("wait for what? --for done, --for held, --for phase:contract");
        return 2;
    }
    if (!goal_parse(what, &goal, &error) || !timeout_parse(timeout, &goal.timeout_us, &error))
        return print_error(error);
    struct db_conn *conn = session_open(context, &status);
    if (!conn)
        return status;
    struct db_reply *reply = session_query(conn, &cmd_verb_wait, "listen", 0, NULL, &error);
    db_reply_free(reply);
    status = reply ? wait_for(conn, argv[1], &goal, context->json) : print_error(error);
    db_conn_free(conn);
    return status;
}

const struct cmd_verb cmd_verb_wait = {
    .name = "wait",
    .arguments = "NAME --for STATE|phase:PHASE|held [--timeout SECONDS]",
    .summary = "wait until a migration is somewhere",
    .run = run_wait,
    .role = "viewer",
};
