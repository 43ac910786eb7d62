/* The drill without a person: looks at the state, types what the drill's own solution says, and judges the end
 * by the same goals. Only commands are used that people have. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd/drill-private.h"
#include "cmd/print.h"
#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/lab/app.h"
#include "pgrollout/lab/verify.h"

#define LOOK_US (200 * 1000)
#define LOOKS 50 /* that may fail in a row */
#define LIMIT_US (30 * 60 * G_USEC_PER_SEC)
#define AFTER_US (3 * G_USEC_PER_SEC) /* behind the last act of the wrong way */

struct flight {
    struct drill *drill;
    struct director *director;
    const GPtrArray *acts;
    gboolean *done; /* of acts */
    char *last;
};

/* "predict 2" and "hint" are for the coach; the rest are commands of this program. */
static gboolean act_do(const struct flight *flight, const struct drill_act *act, GError **error)
{
    g_autofree char *role = g_strconcat("lab_", act->role, NULL);
    if (g_str_has_prefix(act->command, "predict ")) {
        printf("$ :%s\n", act->command);
        return director_predict((int)g_ascii_strtoll(act->command + 8, NULL, 10),
                                flight->director) ||
               rollout_fail(error, ROLLOUT_ERROR_NO, "no such answer is open: %s", act->command);
    }
    if (strcmp(act->command, "hint") == 0)
        return director_hint(flight->director) ||
               rollout_fail(error, ROLLOUT_ERROR_NO, "there is no hint");
    return drill_call(flight->drill, role, act->command, NULL, error);
}

static gboolean is_due(const struct flight *flight, guint i)
{
    const struct drill_act *act = flight->acts->pdata[i];
    return !flight->done[i] && (!act->then || i == 0 || flight->done[i - 1]) &&
           conditions_hold(act->when, director_facts(flight->director));
}

/* The first that is due. *acted: there was one; then everything is looked at anew. */
static gboolean act_next(struct flight *flight, gboolean *acted, GError **error)
{
    *acted = FALSE;
    for (guint i = 0; i < flight->acts->len; i++) {
        const struct drill_act *act = flight->acts->pdata[i];
        if (!is_due(flight, i))
            continue;
        flight->done[i] = *acted = TRUE;
        if (act_do(flight, act, error))
            return TRUE;
        g_prefix_error(error, "%s:%d: ", flight->drill->file->name, act->line);
        return FALSE;
    }
    return TRUE;
}

static const char *first_of(const struct drill_facts *facts, const char *key)
{
    const char *const *values = drill_facts_values(facts, key);
    return values && values[0] ? values[0] : "";
}

static void say_progress(struct flight *flight)
{
    const struct drill_facts *facts = director_facts(flight->director);
    g_autoptr(GString) line = g_string_new(NULL);
    static const char *const keys[] = {"state", "phase", "step"};
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        g_string_append_printf(line, "%s%s", i ? " " : "", first_of(facts, keys[i]));
    if (*first_of(facts, "progress"))
        g_string_append_printf(line, " %.0f %%", drill_facts_number(facts, "progress"));
    const char *const *holds = drill_facts_values(facts, "hold");
    for (const char *const *hold = holds; hold && *hold; hold++)
        g_string_append_printf(line, "%s%s", hold == holds ? ", held: " : ", ", *hold);
    if (g_strcmp0(line->str, flight->last) == 0)
        return;
    g_autofree char *safe = print_safe(line->str);
    printf("- %s\n", safe);
    fflush(stdout);
    g_free(flight->last);
    flight->last = g_strdup(line->str);
}

static gboolean all_done(const struct flight *flight)
{
    for (guint i = 0; i < flight->acts->len; i++)
        if (!flight->done[i])
            return FALSE;
    return TRUE;
}

/* A server that is being restarted, or that takes a session's connection, is asked again. */
static gboolean look(struct flight *flight, GError **error)
{
    GError *problem = NULL;
    for (int i = 0; i < LOOKS; i++) {
        g_clear_error(&problem);
        if (director_look(flight->director, &problem))
            return TRUE;
        g_usleep(LOOK_US);
    }
    g_propagate_error(error, problem);
    return FALSE;
}

/* Until the goals are met, or the drill cannot go on, or of the wrong way everything has been done. */
static gboolean fly(struct flight *flight, gboolean wrong, GError **error)
{
    gint64 deadline = clock_now_us() + LIMIT_US, after = 0;
    while (clock_now_us() < deadline) {
        gboolean acted;
        if (!look(flight, error))
            return FALSE;
        say_progress(flight);
        if (drill_run_is_over(director_run(flight->director)))
            return TRUE;
        if (!act_next(flight, &acted, error))
            return FALSE;
        if (wrong && !after && all_done(flight))
            after = clock_now_us() + AFTER_US;
        if (wrong && after && clock_now_us() > after)
            return TRUE;
        if (!wrong && strcmp(first_of(director_facts(flight->director), "state"), "aborted") == 0 &&
            all_done(flight))
            return rollout_fail(error, ROLLOUT_ERROR_NO, "the migration is aborted");
        if (!acted)
            g_usleep(LOOK_US);
    }
    return rollout_fail(error, ROLLOUT_ERROR_NO, "it was not over after 30 minutes");
}

static void say_goals(const struct flight *flight)
{
    static const char *const marks[] = {
        [DRILL_OPEN] = "not met", [DRILL_MET] = "met    ", [DRILL_LOST] = "lost   "};
    const struct drill_run *run = director_run(flight->director);
    const GPtrArray *goals = flight->drill->file->goals;
    for (guint i = 0; i < goals->len; i++) {
        const struct drill_goal *goal = goals->pdata[i];
        printf("%s  %s\n", marks[drill_run_goal(run, goal)], goal->text);
    }
    g_autofree char *score = drill_run_score(run);
    printf("score    %s\n", score);
}

/* No application was refused a statement, and each read what it had written. */
static gboolean judge_apps(const struct drill *drill, GError **error)
{
    g_autoptr(JsonNode) node = lab_apps_status(drill->lab, error);
    if (!node)
        return FALSE;
    JsonArray *apps = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(apps); i++) {
        JsonObject *app = json_array_get_object_element(apps, i);
        gint64 errors = json_object_get_int_member(app, "errors");
        gint64 mismatches = json_object_get_int_member(app, "mismatches");
        if (errors > 0 || mismatches > 0)
            return rollout_fail(
                error, ROLLOUT_ERROR_NO,
                "the application \"%s\" had %" G_GINT64_FORMAT " errors and read %" G_GINT64_FORMAT
                " wrong names; the last error: %s",
                json_object_get_string_member(app, "app"), errors, mismatches,
                json_object_get_string_member_with_default(app, "last_error", "none"));
    }
    return TRUE;
}

/* A rename that is finished must be one, whatever the goals ask for. */
static gboolean judge_rename(const struct drill *drill, GError **error)
{
    struct lab_verdict primary, replica;
    enum lab_sameness sameness;
    g_autofree char *flaws = NULL;
    if (!lab_rename_flaws(drill->lab, &flaws, error))
        return FALSE;
    if (flaws)
        return rollout_fail(error, ROLLOUT_ERROR_NO, "the rename is not complete: %s", flaws);
    if (!lab_verify(drill->lab, LAB_PRIMARY, &primary, error) ||
        !lab_compare(drill->lab, &sameness, error) ||
        !lab_verify(drill->lab, LAB_REPLICA, &replica, error))
        return FALSE;
    if (!lab_verdict_is_clean(&primary) || !lab_verdict_is_clean(&replica))
        return rollout_fail(error, ROLLOUT_ERROR_NO, "rows are wrong, missing or extra");
    if (sameness != LAB_SAME)
        return rollout_fail(error, ROLLOUT_ERROR_NO, "the replica is not the same as the primary");
    return judge_apps(drill, error);
}

static gboolean judge(const struct flight *flight, gboolean wrong, GError **error)
{
    gboolean passed = drill_run_is_passed(director_run(flight->director));
    gboolean whole = strcmp(flight->drill->file->name, DRILL_TOUR) == 0 && !wrong;
    say_goals(flight);
    if (passed != wrong)
        return !whole || judge_rename(flight->drill, error);
    return rollout_fail(error, ROLLOUT_ERROR_NO,
                        wrong ? "the wrong way meets all goals" : "a goal was lost on the way");
}

static gboolean fly_all(struct flight *flight, gboolean wrong, GError **error)
{
    const struct drill *drill = flight->drill;
    const char *none = wrong ? "wrong" : "solution";
    if (!flight->acts->len)
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "the drill \"%s\" has no [%s]",
                            drill->file->name, none);
    if (!drill_ready(flight->drill, error) ||
        !(flight->director = director_new(drill, TRUE, error)) || !fly(flight, wrong, error))
        return FALSE;
    return drill_call(drill, "lab_viewer", "journal NAME", NULL, error) &&
           drill_call(drill, "lab_viewer", "lab status", NULL, error) &&
           judge(flight, wrong, error);
}

int drill_autopilot(struct drill *drill, gboolean wrong, gboolean keep)
{
    g_autoptr(GError) error = NULL;
    struct flight flight = {.drill = drill,
                            .acts = wrong ? drill->file->wrong : drill->file->solution};
    flight.done = g_new0(gboolean, flight.acts->len + 1);
    int status = fly_all(&flight, wrong, &error) ? 0 : print_error(error);
    if (status != 0)
        fflush(stderr);
    director_free(flight.director);
    g_free(flight.done);
    g_free(flight.last);
    g_clear_error(&error);
    if (!keep && !drill_call(drill, "lab_operator", "lab stop", NULL, &error))
        status = print_error(error);
    if (status == 0 && strcmp(drill->file->name, DRILL_TOUR) == 0 && !wrong)
        puts("The rename is complete and verified: schema right, every row right, replica the "
             "same.");
    else if (status == 0)
        puts(wrong ? "Not passed, as it should be: that way is wrong."
                   : "Passed: every goal is met.");
    return status;
}
