/* The loaded plan of the selected migration, read once for each text, and what differs between it and a
 * file. */
#include "config.h"
#include "console/app.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "console/diff.h"
#include "console/screens/screens.h"
#include "pgrollout/base/clock.h"
#include "pgrollout/engine/plan-sql.h"

#define AGAIN_US (5 * G_USEC_PER_SEC)
#define CONTEXT_LINES 3

static gboolean is_wanted(enum screen_id screen)
{
    return screen == SCREEN_GUARDS || screen == SCREEN_CARD || screen == SCREEN_PLAN;
}

/* What was read is of this migration as it was loaded. */
static gboolean is_of(const struct app_plan *plan, const struct snap_migration *m)
{
    return m && plan->sha256 && g_strcmp0(plan->migration, m->name) == 0 &&
           g_strcmp0(plan->sha256, m->plan_sha256) == 0;
}

/* A file that is read by a thread of its own: a network's file system may not answer for minutes. */
struct app_file {
    struct app *app; /* NULL: nobody wants it any more */
    char *path;
    char *text;
    GError *error;
};

static void file_free(struct app_file *file)
{
    g_free(file->path);
    g_free(file->text);
    g_clear_error(&file->error);
    g_free(file);
}

/* It ends when it does; what comes of it is thrown away. */
static void file_drop(struct app_plan *plan)
{
    if (plan->aside)
        plan->aside->app = NULL;
    plan->aside = NULL;
}

static void diff_fail(struct app *app, const char *why)
{
    struct app_plan *plan = &app->plan;
    gboolean named = strstr(why, plan->file) != NULL;
    app_say(app, TOKEN_WARN, FALSE, "diff: %s%s%s", named ? "" : plan->file, named ? "" : ": ",
            why);
    plan->shows_diff = FALSE;
    g_clear_pointer(&plan->file, g_free);
}

static void diff_show(struct app *app, const char *text)
{
    struct app_plan *plan = &app->plan;
    plan->diff = diff_new(plan->plan->text, text, CONTEXT_LINES);
    if (plan->diff->lines->len)
        app_say(app, TOKEN_WARN, FALSE,
                "diff: the file is not what was loaded: %d lines only loaded, %d only in the file",
                plan->diff->removed, plan->diff->added);
    else
        app_say(app, TOKEN_OK, FALSE, "diff: the file is what was loaded");
    app->lists[SCREEN_PLAN].open = TRUE;
    app->lists[SCREEN_PLAN].scroll = 0;
}

/* Without the plan it is read again when that has come. */
static gboolean on_file(void *data)
{
    struct app_file *file = data;
    struct app *app = file->app;
    if (app && app->plan.plan) {
        app->plan.aside = NULL;
        g_clear_pointer(&app->plan.diff, diff_free);
        if (file->text)
            diff_show(app, file->text);
        else
            diff_fail(app, file->error->message);
        app_redraw(app);
    } else if (app) {
        app->plan.aside = NULL;
    }
    file_free(file);
    return G_SOURCE_REMOVE;
}

static void *file_read(void *data)
{
    struct app_file *file = data;
    file->text = plan_sql_file(file->path, &file->error);
    g_idle_add(on_file, file);
    return NULL;
}

static void diff_make(struct app *app)
{
    struct app_plan *plan = &app->plan;
    sigset_t all, before;
    if (plan->aside && strcmp(plan->aside->path, plan->file) == 0) {
        app_say(app, TOKEN_WARN, FALSE, "diff: %s is still being read", plan->file);
        return;
    }
    file_drop(plan);
    plan->aside = g_new0(struct app_file, 1);
    plan->aside->app = app;
    plan->aside->path = g_strdup(plan->file);
    app_say(app, TOKEN_DIM, FALSE, "diff: reading %s …", plan->file);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for those who wait for them */
    GThread *thread = g_thread_try_new("file", file_read, plan->aside, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (thread) {
        g_thread_unref(thread);
        return;
    }
    g_clear_pointer(&plan->aside, file_free);
    diff_fail(app, "there is no room for a thread to read it");
}

static void on_plan(char **lines, const char *error, void *data)
{
    struct app *app = data;
    struct app_plan *plan = &app->plan;
    g_autoptr(GError) problem = NULL;
    plan->reading = FALSE;
    g_clear_pointer(&plan->plan, plan_sql_free);
    g_clear_pointer(&plan->error, g_free);
    if (lines && lines[0])
        plan->plan = plan_sql_new(lines[0], &problem);
    else
        plan->error = g_strdup(error ? error : "there is no plan");
    if (problem)
        plan->error =
            g_strdup_printf("this version cannot read the loaded plan: %s", problem->message);
    plan->again_us = error ? clock_now_us() + AGAIN_US : G_MAXINT64;
    if (plan->plan && plan->shows_diff && !plan->diff)
        diff_make(app);
    app_redraw(app);
}

void app_plan_want(struct app *app)
{
    struct app_plan *plan = &app->plan;
    const struct snap_migration *m = app_migration(app);
    if (!m || !is_wanted(app->screen) || plan->reading ||
        (is_of(plan, m) && (plan->plan || clock_now_us() < plan->again_us)))
        return;
    gboolean other = !is_of(plan, m);
    if (other) {
        file_drop(plan);
        g_clear_pointer(&plan->plan, plan_sql_free);
        g_clear_pointer(&plan->error, g_free);
        g_clear_pointer(&plan->diff, diff_free);
    }
    if (g_strcmp0(plan->migration, m->name) != 0) { /* that file is another migration's */
        plan->shows_diff = FALSE;
        g_clear_pointer(&plan->file, g_free);
    }
    char *name = g_strdup(m->name), *sha256 = g_strdup(m->plan_sha256 ? m->plan_sha256 : "");
    g_free(plan->migration);
    g_free(plan->sha256);
    plan->migration = name;
    plan->sha256 = sha256;
    plan->reading = TRUE;
    client_plan(app->client, m->name, on_plan, app);
}

void app_plan_open(struct app *app)
{
    const struct snap_migration *m = app_migration(app);
    if (m && m->step && !app->lists[SCREEN_PLAN].selected)
        list_state_select(&app->lists[SCREEN_PLAN], m->step, 0);
}

void app_plan_fill(const struct app *app, struct view *view)
{
    const struct app_plan *plan = &app->plan;
    if (!is_of(plan, view_migration(view)))
        return;
    view->plan = plan->plan;
    view->plan_error = plan->error;
    view->diff = plan->shows_diff ? plan->diff : NULL;
    view->diff_file = plan->file;
}

void app_diff(struct app *app, const char *path)
{
    struct app_plan *plan = &app->plan;
    gboolean home = path && g_str_has_prefix(path, "~/");
    char *file = home ? g_build_filename(g_get_home_dir(), path + 2, NULL) : g_strdup(path);
    app_show(app, SCREEN_PLAN); /* which forgets the file of another migration */
    if (file) {
        g_free(plan->file);
        plan->file = file;
    }
    if (!plan->file) {
        app_say(app, TOKEN_WARN, FALSE, "diff: with which file? :diff FILE");
        return;
    }
    plan->shows_diff = TRUE;
    g_clear_pointer(&plan->diff, diff_free);
    if (plan->plan && is_of(plan, app_migration(app)))
        diff_make(app);
    else
        app_say(app, TOKEN_DIM, FALSE, "diff: reading the loaded plan …");
}

void app_plan_clear(struct app *app)
{
    struct app_plan *plan = &app->plan;
    file_drop(plan);
    g_free(plan->migration);
    g_free(plan->sha256);
    plan_sql_free(plan->plan);
    g_free(plan->error);
    diff_free(plan->diff);
    g_free(plan->file);
}
