/* A simulated application: one process, one connection, a steady rate.
 *
 * A release is a process of its own in real life; here a switch of the release ends the connection
 * and opens one under the new application_name. */
#include "config.h"
#include "pgrollout/lab/app.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab/work-private.h"
#include "lab-private.h"
#include "pgrollout/base/error.h"

#define CONTROL_MS 500
#define REPORT_MS 1000
#define CRON_MS 20000 /* the cron job's interval, unless its rate says another */
#define CRON_WORK 5
#define CRON_REST_MS 600 /* long enough to be seen by who looks every two seconds */
#define RETRY_FIRST_MS 100
#define RETRY_LAST_MS 2000

struct control {
    int release;
    double rate;
    gboolean paused;
    int generation;
};

struct app {
    const struct lab *lab;
    const char *name;
    struct db_conn *conn;
    struct work work;
    struct tally tally;
    struct control control;
    gboolean notified; /* lab.deployment changed */
    char *texts[3];
};

enum { TEXT_CONTROL, TEXT_LISTEN, TEXT_REPORT };

static volatile sig_atomic_t ended;

static void on_signal(int signal)
{
    (void)signal;
    ended = 1;
}

static double now_ms(void)
{
    return (double)g_get_monotonic_time() / 1000.0;
}

static void on_notify(struct db_conn *conn, const char *channel, const char *text, void *data)
{
    (void)conn;
    (void)channel;
    (void)text;
    ((struct app *)data)->notified = TRUE;
}

static gboolean read_control(struct app *app)
{
    const char *const parameters[] = {app->name};
    struct db_reply *reply =
        db_conn_query_wait(app->conn, app->texts[TEXT_CONTROL], 1, parameters, NULL);
    app->notified = FALSE;
    if (reply && db_reply_rows(reply) == 1) {
        int generation = (int)db_reply_int(reply, 0, 3);
        app->control.release = (int)db_reply_int(reply, 0, 0);
        app->control.rate = db_reply_double(reply, 0, 1);
        app->control.paused = db_reply_bool(reply, 0, 2);
        if (generation != app->control.generation)
            tally_reset(&app->tally);
        app->control.generation = generation;
        app->work.buggy = db_reply_bool(reply, 0, 4) && app->control.release == 42;
    }
    db_reply_free(reply);
    return db_conn_is_open(app->conn);
}

static void report(struct app *app, int release)
{
    const struct tally *t = &app->tally;
    const double numbers[] = {release,
                              app->control.generation,
                              0,
                              (double)t->operations,
                              (double)t->errors,
                              (double)t->mismatches,
                              (double)t->blank_reads,
                              (double)t->reconnects,
                              t->max_ms,
                              tally_p99_ms(t, g_get_monotonic_time())};
    char texts[G_N_ELEMENTS(numbers)][G_ASCII_DTOSTR_BUF_SIZE];
    const char *parameters[13] = {app->name};
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
        parameters[i + 1] =
            g_ascii_formatd(texts[i], sizeof texts[i], i < 8 ? "%.0f" : "%.3f", numbers[i]);
    parameters[3] = app->control.paused ? "t" : "f";
    g_autofree char *sqlstates = tally_sqlstates_json(t);
    parameters[11] = sqlstates;
    parameters[12] = t->last_error;
    db_reply_free(db_conn_query_wait(app->conn, app->texts[TEXT_REPORT], 13, parameters, NULL));
}

/* Connects under the release's name. The first look goes out under any name, since the release
 * is only known after it. */
static gboolean connect_as(struct app *app, int release)
{
    g_autofree char *login = g_strdup_printf("shop_%s", app->name);
    g_autofree char *application = g_strdup_printf("shop-%s/%d", app->name, release);
    struct db_target *target = lab_target(app->lab, LAB_PRIMARY, login);
    db_conn_free(app->conn);
    app->conn = db_conn_new(target, application);
    db_target_free(target);
    work_use_release(&app->work, release);
    if (!db_conn_open_wait(app->conn, NULL))
        return FALSE;
    db_conn_set_notify(app->conn, on_notify, app);
    db_reply_free(db_conn_query_wait(app->conn, app->texts[TEXT_LISTEN], 0, NULL, NULL));
    return work_begin(&app->work, app->conn);
}

/* Sleeps, but wakes for a NOTIFY. FALSE when the connection is lost. */
static gboolean idle(struct app *app, double until_ms)
{
    double left;
    while (!ended && !app->notified && (left = until_ms - now_ms()) > 0)
        if (!db_conn_notify_wait(app->conn, (int)ceil(MIN(left, CONTROL_MS)), NULL))
            return FALSE;
    return TRUE;
}

/* Works on one connection until it is lost, the release changes, or the end. */
static void serve(struct app *app)
{
    int release = app->control.release;
    double next = now_ms(), next_control = 0, next_report = 0;
    gboolean open = TRUE;
    while (open && !ended) {
        double now = now_ms();
        if (app->notified)
            next_report = 0; /* whoever changed it waits to hear so */
        if (app->notified || now >= next_control) {
            open = read_control(app);
            next_control = now + CONTROL_MS;
        }
        if (app->control.release != release)
            return;
        gboolean rests = app->control.paused || app->control.rate <= 0;
        if (open && now >= next_report) {
            report(app, release);
            next_report = now + REPORT_MS;
        }
        if (open && !rests && now >= next) {
            open = work_mixed(&app->work);
            /* what could not be done in time is not made up for */
            next = MAX(next + 1000 / app->control.rate, now - 1000);
        }
        open = open && idle(app, rests ? next_control : MIN(next, next_control));
    }
    if (db_conn_is_open(app->conn))
        report(app, release);
}

static void sleep_until(double until_ms)
{
    while (!ended && now_ms() < until_ms)
        g_usleep(100 * 1000);
}

/* The cron job's one run: in, a little work, out. It ends as the release that it began as. */
static void serve_nightly(struct app *app)
{
    double begun = now_ms(), rate = app->control.rate;
    int release = app->control.release;
    for (int i = 0; i < CRON_WORK && !ended && !app->control.paused; i++) {
        if (!work_nightly(&app->work))
            break;
        sleep_until(now_ms() + CRON_REST_MS);
        if (!read_control(app))
            break;
    }
    if (db_conn_is_open(app->conn))
        report(app, release);
    g_clear_pointer(&app->conn, db_conn_free);
    sleep_until(begun + (rate > 0 ? 1000 / rate : CRON_MS));
}

static void app_loop(struct app *app)
{
    gboolean nightly = strcmp(app->name, "cron") == 0, again = FALSE;
    int retry_ms = RETRY_FIRST_MS;
    while (!ended) {
        int release = app->control.release;
        if (!connect_as(app, release) || !read_control(app)) {
            g_usleep((gulong)retry_ms * 1000);
            retry_ms = MIN(2 * retry_ms, RETRY_LAST_MS);
            again = TRUE;
            continue;
        }
        app->tally.reconnects += again;
        again = FALSE;
        retry_ms = RETRY_FIRST_MS;
        if (app->control.release != release)
            continue;
        if (nightly)
            serve_nightly(app);
        else
            serve(app);
        again = app->conn && !db_conn_is_open(app->conn);
    }
}

/* No terminal, no session of the shell that started it; what it says goes into a log. */
static void detach(const struct lab *lab, const char *name)
{
    g_autofree char *file = g_strdup_printf("%s.log", name), *path = lab_path(lab, file);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0644);
    int nothing = open("/dev/null", O_RDONLY);
    setsid();
    if (nothing >= 0)
        dup2(nothing, STDIN_FILENO);
    if (log >= 0 && dup2(log, STDOUT_FILENO) >= 0)
        dup2(log, STDERR_FILENO);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int lab_app_run(const struct lab *lab, const char *name)
{
    static const char *const names[] = {"control", "listen", "report"};
    struct app app = {.lab = lab, .name = name, .control = {.release = 41}};
    detach(lab, name);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        app.texts[i] = work_statement_text(names[i]);
    tally_init(&app.tally);
    work_init(&app.work, name, &app.tally);
    app_loop(&app);
    db_conn_free(app.conn);
    work_clear(&app.work);
    tally_clear(&app.tally);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_free(app.texts[i]);
    return 0;
}
