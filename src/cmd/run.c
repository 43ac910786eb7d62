/* pgrollout run: be the engine. */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/detach.h"
#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"
#include "pgrollout/base/error.h"
#include "pgrollout/engine/conf.h"
#include "pgrollout/engine/engine.h"
#include "pgrollout/plan/plan.h"

extern const struct cmd_verb cmd_verb_run;

#define BAR_CELLS 30

struct output {
    gboolean bar; /* standard output is a terminal */
    FILE *lines;  /* standard output, unless that is for events */
    gboolean bar_drawn;
    gint64 told_us;        /* last progress line on a pipe */
    struct detach *detach; /* NULL: in the foreground */
};

static void clear_bar(struct output *output)
{
    if (output->bar_drawn)
        fputs("\r\033[K", stdout);
    output->bar_drawn = FALSE;
}

static void on_line(const char *migration, const char *text, void *data)
{
    struct output *output = data;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *at = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    g_autofree char *safe = print_safe(text);
    clear_bar(output);
    fprintf(output->lines, "%s %s: %s\n", at, migration ? migration : "engine", safe);
    fflush(output->lines);
}

static void on_ready(gint64 epoch, void *data)
{
    struct output *output = data;
    if (output->detach)
        detach_ready(output->detach, epoch);
}

static void draw_bar(const char *migration, double rows, double fraction)
{
    int cells = fraction < 0 ? 0 : (int)(fraction * BAR_CELLS);
    g_autofree char *bar = g_strnfill((gsize)cells, '#');
    printf("\r%s [%-*s] ", migration, BAR_CELLS, bar);
    if (fraction < 0)
        printf("%.0f rows\033[K", rows);
    else
        printf("%5.1f %%  %.0f rows\033[K", fraction * 100, rows);
    fflush(stdout);
}

static void on_progress(const char *migration, const char *step, double rows, double fraction,
                        void *data)
{
    struct output *output = data;
    gint64 now = g_get_monotonic_time();
    if (output->bar) {
        draw_bar(migration, rows, fraction);
        output->bar_drawn = TRUE;
    } else if (now - output->told_us > 5 * G_USEC_PER_SEC) {
        g_autofree char *text =
            fraction < 0 ? g_strdup_printf("%s: %.0f rows", step, rows)
                         : g_strdup_printf("%s: %.1f %%, %.0f rows", step, fraction * 100, rows);
        output->told_us = now;
        on_line(migration, text, data);
    }
}

static gboolean parse_advance(const char *text, enum engine_advance *advance)
{
    static const char *const modes[] = {"phase", "step", "auto"};
    for (guint i = 0; i < G_N_ELEMENTS(modes); i++)
        if (strcmp(text, modes[i]) == 0) {
            *advance = (enum engine_advance)i;
            return TRUE;
        }
    print_message("--advance is step, phase or auto, not \"%s\"", text);
    return FALSE;
}

static gboolean check_until(const char *until)
{
    if (!until || plan_phase_parse(until) != PHASE_COUNT)
        return TRUE;
    print_message("--until takes a phase (expand, deploy, backfill, switch_reads, stop_old_writes, "
                  "contract), "
                  "not \"%s\"",
                  until);
    return FALSE;
}

static int drive(struct cmd_context *context, struct engine_options *options, struct output *output)
{
    const struct engine_callbacks callbacks = {on_line, on_ready, on_progress, output};
    g_autoptr(GError) error = NULL;
    struct conf *conf = conf_read(&error);
    options->conf = conf;
    int status = conf ? engine_run(context->target, options, &callbacks, &error)
                      : rollout_error_exit_status(error);
    conf_free(conf);
    clear_bar(output);
    if (error) {
        print_error(error);
        if (output->detach)
            detach_failed(output->detach, status, error);
    }
    return status;
}

/* A name that nobody knows is the caller's mistake; whatever else is wrong the engine finds itself. */
static gboolean check_names(struct cmd_context *context, char **names)
{
    g_autoptr(GError) error = NULL;
    struct db_conn *conn = *names ? session_try(context, NULL) : NULL;
    for (; conn && *names && !error; names++) {
        const char *params[] = {*names, NULL};
        db_reply_free(session_query(conn, &cmd_verb_run, "wait", 2, params, &error));
    }
    db_conn_free(conn);
    if (!g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_USAGE))
        return TRUE;
    print_error(error);
    return FALSE;
}

/* The engine may change its folder: paths become absolute. */
static gboolean take_files(struct engine_options *options, struct output *output, char **metrics,
                           char **events, gboolean detach)
{
    char **paths[] = {metrics, events};
    gboolean to_output = *events && strcmp(*events, "-") == 0;
    if (to_output && detach) {
        print_message("--events-file - does not go with --detach: name a file");
        return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        char *path = *paths[i];
        if (!path || (to_output && paths[i] == events))
            continue;
        *paths[i] = g_canonicalize_filename(path, NULL);
        g_free(path);
    }
    if (to_output) { /* lines for people go beside it */
        output->lines = stderr;
        output->bar = FALSE;
    }
    options->metrics_file = *metrics;
    options->events_file = *events;
    return TRUE;
}

static int run_run(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *advance = NULL, *until = NULL, *log = NULL, *metrics = NULL, *events = NULL;
    gboolean idle = FALSE, detach = FALSE;
    const GOptionEntry entries[] = {
        {"advance", 0, 0, G_OPTION_ARG_FILENAME, &advance,
         "wait after each step or phase (default phase), or auto: never into contract", "MODE"},
        {"until", 0, 0, G_OPTION_ARG_FILENAME, &until, "pass no boundary behind this phase",
         "PHASE"},
        {"exit-when-idle", 0, 0, G_OPTION_ARG_NONE, &idle,
         "end when all is done or only people are waited for", NULL},
        {"detach", 0, 0, G_OPTION_ARG_NONE, &detach, "go on in the background, with a log file",
         NULL},
        {"log", 0, 0, G_OPTION_ARG_FILENAME, &log, "the log file of --detach", "FILE"},
        {"metrics-file", 0, 0, G_OPTION_ARG_FILENAME, &metrics,
         "write metrics for Prometheus into this file every 2 seconds", "FILE"},
        {"events-file", 0, 0, G_OPTION_ARG_FILENAME, &events,
         "append what happens as lines of JSON; - is standard output", "FILE"},
        {0},
    };
    int status;
    struct engine_options options = {.advance = ENGINE_ADVANCE_PHASE};
    struct output output = {.bar = isatty(STDOUT_FILENO), .lines = stdout};
    if (!cmd_parse(&cmd_verb_run, entries, &argc, &argv, 0, G_MAXINT, &status))
        return status;
    if ((advance && !parse_advance(advance, &options.advance)) || !check_until(until) ||
        !check_names(context, argv + 1))
        return 2;
    if (!take_files(&options, &output, &metrics, &events, detach))
        return 2;
    options.until = until;
    options.exit_when_idle = idle;
    g_auto(GStrv) names = g_strdupv(argv + 1);
    options.names = names;
    if (!detach)
        return drive(context, &options, &output);
    output.detach = detach_start(log, &status);
    if (!output.detach) /* the parent, or it could not be done */
        return status;
    output.bar = FALSE;
    options.log = detach_log(output.detach);
    status = drive(context, &options, &output);
    detach_free(output.detach);
    return status;
}

const struct cmd_verb cmd_verb_run = {
    .name = "run",
    .arguments = "[NAME…] [--advance MODE] [--until PHASE] [--exit-when-idle] [--detach] "
                 "[--metrics-file FILE] [--events-file FILE]",
    .summary = "be the engine that drives every migration of the database",
    .run = run_run,
};
