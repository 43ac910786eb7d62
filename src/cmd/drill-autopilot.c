/* The drill without a person: looks at the state, types the command that a person would, and judges
 * the end. Only commands are used that people have. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd/drill-private.h"
#include "cmd/print.h"
#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/lab/app.h"
#include "pgrollout/lab/verify.h"

#define LOOK_US (300 * 1000)
#define LIMIT_US (30 * 60 * G_USEC_PER_SEC)

/* What is typed when: at a hold of that kind and key, or when so many per cent are copied. Each row
 * once, in this order. */
static const struct answer {
    const char *hold; /* "KIND:KEY"; NULL: by `percent` */
    double percent;
    const char *role;
    const char *command;
} answers[] = {
    {"boundary:expand", 0, "lab_operator", "advance NAME"},
    {"boundary:deploy", 0, "lab_operator", "advance NAME"},
    {"gate:deployed", 0, "lab_operator", "confirm NAME deployed --for web"},
    {"gate:deployed", 0, "lab_operator", "confirm NAME deployed --for workers"},
    {"gate:deployed", 0, "lab_operator", "confirm NAME deployed --for cron"},
    {"boundary:backfill", 0, "lab_operator", "advance NAME"},
    {NULL, 20, "lab_responder", "pause NAME --reason practice"},
    {NULL, 20, "lab_operator", "card NAME"},
    {NULL, 20, "lab_operator", "resume NAME"},
    {NULL, 50, "lab_operator", "lab deploy 42 --only web"},
    {"boundary:switch_reads", 0, "lab_operator", "advance NAME"},
    {"gate:readers", 0, "lab_operator", "lab deploy 42"},
    {"gate:readers", 0, "lab_operator", "lab deploy 42 --only cron"},
    {"gate:readers", 0, "lab_operator", "confirm NAME readers --for web"},
    {"gate:readers", 0, "lab_operator", "confirm NAME readers --for workers"},
    {"gate:readers", 0, "lab_operator", "confirm NAME readers --for cron"},
    {"boundary:stop_old_writes", 0, "lab_operator", "advance NAME"},
    {"gate:writers-stopped", 0, "lab_operator", "confirm NAME writers-stopped"},
    {"boundary:contract", 0, "lab_operator", "lab verify"},
    {"boundary:contract", 0, "lab_approver", "contract NAME --confirm NAME"},
};

static gboolean has_hold(const struct snap_migration *migration, const char *wanted)
{
    for (guint i = 0; i < migration->holds->len; i++) {
        const struct snap_hold *hold = migration->holds->pdata[i];
        g_autofree char *text = g_strdup_printf("%s:%s", hold->kind, hold->key ? hold->key : "");
        if (strcmp(text, wanted) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean applies(const struct answer *answer, const struct snap_migration *migration)
{
    if (answer->hold)
        return has_hold(migration, answer->hold);
    return migration->has_progress && strcmp(migration->state, "active") == 0 &&
           migration->progress.fraction * 100 >= answer->percent;
}

/* Types what is due, and remembers it in `done`. */
static gboolean answer_all(const struct drill *drill, const struct snap_migration *migration,
                           gboolean *done, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        if (done[i] || !applies(&answers[i], migration))
            continue;
        done[i] = TRUE;
        if (!drill_call(drill, answers[i].role, answers[i].command, NULL, error))
            return FALSE;
    }
    return TRUE;
}

static void say_progress(const struct snap_migration *migration, char **last)
{
    double percent = migration->has_progress ? migration->progress.fraction * 100 : 0;
    g_autofree char *holds = g_strdup("");
    if (migration->holds->len > 0) {
        const struct snap_hold *hold = migration->holds->pdata[0];
        g_free(holds);
        holds = g_strdup_printf(", held: %s", hold->reason ? hold->reason : hold->kind);
    }
    g_autofree char *line = g_strdup_printf("%s %s %s %.0f %%%s", migration->state,
                                            migration->phase ? migration->phase : "",
                                            migration->step ? migration->step : "", percent, holds);
    if (g_strcmp0(line, *last) == 0)
        return;
    g_autofree char *safe = print_safe(line);
    printf("- %s\n", safe);
    fflush(stdout);
    g_free(*last);
    *last = g_steal_pointer(&line);
}

/* The error of the step that failed. */
static const char *failure(const struct snap_migration *migration)
{
    for (guint p = 0; p < migration->phases->len; p++) {
        const struct snap_phase *phase = migration->phases->pdata[p];
        for (guint s = 0; s < phase->steps->len; s++) {
            const struct snap_step *step = phase->steps->pdata[s];
            if (strcmp(step->state, "failed") == 0 && step->error)
                return step->error;
        }
    }
    return "no reason is known";
}

/* One look and what follows from it. FALSE at the end of the way, with *error when it is a bad one.
 */
static gboolean fly_once(const struct drill *drill, gboolean *done, char **last, GError **error)
{
    struct snapshot *snapshot = drill_look(drill, error);
    const struct snap_migration *migration =
        snapshot ? snapshot_migration_find(snapshot, drill->migration) : NULL;
    gboolean on = FALSE;
    if (migration) {
        say_progress(migration, last);
        if (strcmp(migration->state, "failed") == 0 || strcmp(migration->state, "aborted") == 0)
            rollout_fail(error, ROLLOUT_ERROR_NO, "the migration has %s: %s", migration->state,
                         failure(migration));
        else if (strcmp(migration->state, "done") != 0)
            on = answer_all(drill, migration, done, error);
    } else if (snapshot) {
        rollout_fail(error, ROLLOUT_ERROR_NO, "the migration \"%s\" is gone", drill->migration);
    }
    snapshot_free(snapshot);
    return on;
}

static gboolean fly(const struct drill *drill, GError **error)
{
    gboolean done[G_N_ELEMENTS(answers)] = {0};
    g_autofree char *last = NULL;
    gint64 deadline = clock_now_us() + LIMIT_US;
    GError *problem = NULL;
    while (fly_once(drill, done, &last, &problem)) {
        if (clock_now_us() > deadline)
            return rollout_fail(error, ROLLOUT_ERROR_NO, "it was not done after 30 minutes");
        g_usleep(LOOK_US);
    }
    if (!problem)
        return TRUE;
    g_propagate_error(error, problem);
    return FALSE;
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

static gboolean judge(const struct drill *drill, GError **error)
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

int drill_autopilot(const struct drill *drill, gboolean keep)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *reset = g_strdup_printf("lab reset --rows %" G_GINT64_FORMAT, drill->rows);
    gboolean right =
        drill_call(drill, "lab_operator", reset, NULL, &error) && drill_load(drill, &error) &&
        drill_drive(drill, &error) && fly(drill, &error) &&
        drill_call(drill, "lab_viewer", "journal NAME", NULL, &error) &&
        drill_call(drill, "lab_viewer", "lab status", NULL, &error) && judge(drill, &error);
    int status = right ? 0 : print_error(error);
    if (status != 0)
        fflush(stderr);
    g_clear_error(&error);
    if (!keep && !drill_call(drill, "lab_operator", "lab stop", NULL, &error))
        status = print_error(error);
    if (status == 0)
        puts("The rename is complete and verified: schema right, every row right, replica the "
             "same.");
    return status;
}
