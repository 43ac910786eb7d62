/* The set-up of a drill, done with the commands that people have. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/drill-private.h"
#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/lab/app.h"

#define OLD_RELEASE_OVER 1.5 /* times the cron job's interval: it comes by meanwhile */
#define LOOK_US (50 * 1000)
#define LIMIT_S 120

static double cron_s(const struct drill *drill)
{
    return drill->file->setup.cron_s / (drill->fast ? DRILL_FAST : 1);
}

/* The release's absence is proved before the phase that a drill begins with, or during it. */
static double old_release_s(const struct drill *drill)
{
    return strcmp(drill->file->setup.from, "contract") == 0 ? 1 : cron_s(drill) * OLD_RELEASE_OVER;
}

/* The rate cap: as many rows a second as make the backfill last so long; none where it is over before. */
static void add_rate(const struct drill *drill, GString *command)
{
    const struct drill_setup *setup = &drill->file->setup;
    double seconds = drill->fast ? setup->fast_seconds : setup->seconds;
    gboolean before =
        g_strv_contains((const char *const[]){"expand", "deploy", "backfill", NULL}, setup->from);
    if (before && seconds > 0)
        g_string_append_printf(command, " rate=%.0f/s",
                               MAX(floor((double)drill->rows / seconds), 10));
}

static char *recipe_command(const struct drill *drill)
{
    GString *command = g_string_new("new ");
    g_string_append_printf(command,
                           "%s owner=shop-db contact='#shop-oncall'"
                           " 'applications=web=shop-web*,workers=shop-workers*,cron=shop-cron*'",
                           drill->file->setup.recipe);
    if (g_str_has_prefix(drill->file->setup.recipe, "rename-column "))
        g_string_append_printf(command, " 'old_release=shop-*/41' old_release_for=%.0fs",
                               MAX(old_release_s(drill), 1));
    add_rate(drill, command);
    g_string_append(command, " -o PLAN");
    return g_string_free(command, FALSE);
}

static gboolean load(const struct drill *drill, GError **error)
{
    const char *own = drill->file->setup.plan;
    g_autofree char *recipe = recipe_command(drill), *text = NULL;
    remove(drill->plan);
    if (!own)
        return drill_call(drill, "lab_operator", recipe, NULL, error) &&
               drill_call(drill, "lab_operator", "load PLAN", NULL, error);
    g_autofree char *path = g_path_is_absolute(own) || !drill->folder
                                ? g_strdup(own)
                                : g_build_filename(drill->folder, own, NULL);
    return g_file_get_contents(path, &text, NULL, error) &&
           g_file_set_contents(drill->plan, text, -1, error) &&
           drill_call(drill, "lab_operator", "load PLAN", NULL, error);
}

gboolean drill_drive(const struct drill *drill, GError **error)
{
    return drill_call(drill, "lab_engine", "run --detach", NULL, error);
}

static gboolean call(const struct drill *drill, const char *role, GError **error,
                     const char *format, ...) G_GNUC_PRINTF(4, 5);
static gboolean call(const struct drill *drill, const char *role, GError **error,
                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *command = g_strdup_vprintf(format, args);
    va_end(args);
    return drill_call(drill, role, command, NULL, error);
}

/* The release that the set-up says for an application, else `other`. */
static const char *release_of(const struct drill *drill, const char *application, const char *other)
{
    const GPtrArray *releases = drill->file->setup.releases;
    g_autofree char *prefix = g_strconcat(application, "=", NULL);
    for (guint i = 0; i < releases->len; i++)
        if (g_str_has_prefix(releases->pdata[i], prefix))
            return (const char *)releases->pdata[i] + strlen(prefix);
    return other;
}

static gboolean deploy(const struct drill *drill, const char *other, GError **error)
{
    for (const char *const *name = lab_app_names; *name; name++) {
        const char *release = release_of(drill, *name, other);
        if (release &&
            !call(drill, "lab_operator", error, "lab deploy %s --only %s", release, *name))
            return FALSE;
    }
    return TRUE;
}

/* A gate of that migration: for each application that is asked about. */
static gboolean confirm(const struct drill *drill, const struct snap_gate *gate, GError **error)
{
    const char *role = gate->by_approver ? "lab_approver" : "lab_operator";
    if (!gate->answers->len)
        return call(drill, role, error, "confirm NAME %s", gate->step);
    for (guint i = 0; i < gate->answers->len; i++) {
        const struct snap_answer *answer = gate->answers->pdata[i];
        if (!answer->by &&
            !call(drill, role, error, "confirm NAME %s --for %s", gate->step, answer->application))
            return FALSE;
    }
    return TRUE;
}

/* One look on the way, and what it asks for. *there: it waits before the phase. */
static gboolean reach_once(const struct drill *drill, const char *phase, gboolean *there,
                           GError **error)
{
    struct snapshot *snapshot = drill_look(drill, error);
    const struct snap_migration *m =
        snapshot ? snapshot_migration_find(snapshot, drill->file->setup.migration) : NULL;
    const struct snap_hold *boundary = m ? snap_hold_find(m, "boundary") : NULL;
    gboolean done = m != NULL;
    *there = boundary && g_strcmp0(boundary->key, phase) == 0;
    if (snapshot && !m)
        rollout_fail(error, ROLLOUT_ERROR_NO, "the migration is gone");
    if (m && (strcmp(m->state, "active") != 0 && strcmp(m->state, "loaded") != 0))
        done = rollout_fail(error, ROLLOUT_ERROR_NO, "the migration is %s on the way to %s",
                            m->state, phase);
    else if (m && !*there && boundary)
        done = drill_call(drill, "lab_operator", "advance NAME", NULL, error);
    else if (m && m->gate && snap_hold_find(m, "gate"))
        done = (g_strcmp0(m->phase, "switch_reads") != 0 || deploy(drill, "42", error)) &&
               confirm(drill, m->gate, error);
    snapshot_free(snapshot);
    return done;
}

static gboolean reach(const struct drill *drill, GError **error)
{
    const char *phase = drill->file->setup.from;
    gint64 deadline = clock_now_us() + LIMIT_S * G_USEC_PER_SEC;
    gboolean there = FALSE;
    while (reach_once(drill, phase, &there, error)) {
        if (there)
            return TRUE;
        if (clock_now_us() > deadline)
            return rollout_fail(error, ROLLOUT_ERROR_NO, "it did not come to %s in %d s", phase,
                                LIMIT_S);
        g_usleep(LOOK_US);
    }
    return FALSE;
}

/* What is set once the migration is there. */
static gboolean tune(const struct drill *drill, GError **error)
{
    const struct drill_setup *setup = &drill->file->setup;
    for (guint i = 0; i < setup->settings->len; i++)
        if (!call(drill, "lab_operator", error, "set NAME %s", (char *)setup->settings->pdata[i]))
            return FALSE;
    return TRUE;
}

static gboolean break_first(const struct drill *drill, GError **error)
{
    const GPtrArray *faults = drill->file->setup.faults;
    for (guint i = 0; i < faults->len; i++)
        if (!call(drill, "lab_operator", error, "lab fault %s", (char *)faults->pdata[i]))
            return FALSE;
    return TRUE;
}

gboolean drill_bring(const struct drill *drill, GError **error)
{
    return load(drill, error) && drill_drive(drill, error) && reach(drill, error) &&
           deploy(drill, NULL, error) && tune(drill, error);
}

gboolean drill_ready(struct drill *drill, GError **error)
{
    return call(drill, "lab_operator", error,
                "lab reset --rows %" G_GINT64_FORMAT " --rate %g --no-apps", drill->rows,
                drill->file->setup.rate) &&
           lab_cron_every(drill->lab, cron_s(drill), error) &&
           drill_call(drill, "lab_operator", "lab apps start", NULL, error) &&
           break_first(drill, error) && drill_bring(drill, error);
}

/* What is there is used as long as it is this drill's and not over; an engine may have to be started. */
gboolean drill_go_on(struct drill *drill, gboolean *going, GError **error)
{
    *going = FALSE;
    if (!lab_exists(drill->lab))
        return TRUE;
    if (!drill_call(drill, "lab_operator", "lab start", NULL, error))
        return FALSE;
    struct snapshot *snapshot = drill_look(drill, NULL);
    const struct snap_migration *m =
        snapshot ? snapshot_migration_find(snapshot, drill->file->setup.migration) : NULL;
    gboolean driven = snapshot && snapshot->engine_alive;
    *going = m && strcmp(m->state, "done") != 0 && strcmp(m->state, "aborted") != 0;
    snapshot_free(snapshot);
    return !*going || driven || drill_drive(drill, error);
}
