/* pgrollout lab start, stop, reset. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd/drill-private.h"
#include "cmd/lab-private.h"
#include "cmd/print.h"
#include "pgrollout/base/error.h"
#include "pgrollout/lab/app.h"
#include "pgrollout/lab/fault.h"
#include "pgrollout/lab/listen.h"
#include "pgrollout/plan/plan.h"

struct start_options {
    gint64 rows;
    double rate;
    gboolean no_apps;
    char *listen; /* NULL: as it is */
    char *to;     /* the phase that the tour's migration is brought before; NULL: there is none */
};

static gboolean parse_start(const char *what, struct start_options *options, int argc, char **argv,
                            int *status)
{
    gboolean starts = strcmp(what, "start") == 0;
    GOptionEntry entries[] = {
        {"rows", 0, 0, G_OPTION_ARG_INT64, &options->rows, "users to begin with", "N"},
        {"rate", 0, 0, G_OPTION_ARG_DOUBLE, &options->rate,
         "operations a second of each application", "N"},
        {"no-apps", 0, 0, G_OPTION_ARG_NONE, &options->no_apps, "start no applications", NULL},
        {starts ? "listen" : "to", 0, 0, G_OPTION_ARG_STRING,
         starts ? &options->listen : &options->to,
         starts ? "let consoles elsewhere in, with a password that is made"
                : "with the drill's migration before that phase",
         starts ? "ADDRESS:PORT" : "PHASE"},
        {0},
    };
    if (!lab_arguments(entries, what, &argc, &argv, status))
        return FALSE;
    if (argc > 1) {
        *status = lab_unexpected(what, argv[1]);
        return FALSE;
    }
    if (options->rows >= 0 && options->rate > 0)
        return TRUE;
    *status = lab_wrong(what, "--rows and --rate want positive numbers");
    return FALSE;
}

/* The control schema comes with the verb `install`, run as the cluster's superuser. */
static gboolean install(const struct lab *lab, GError **error)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *port = g_strdup_printf("%d", lab_server_port(lab, LAB_PRIMARY));
    const char *argv[] = {self,       "-h", lab->sockets, "-p",      port, "-U",
                          "postgres", "-d", LAB_DATABASE, "install", NULL};
    g_autofree char *messages = NULL;
    g_autoptr(GError) problem = NULL;
    int status;
    if (g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
                     &messages, &status, &problem) &&
        g_spawn_check_wait_status(status, &problem))
        return lab_grant(lab, error);
    return rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                        "the control schema could not be installed: %s",
                        messages && *messages ? g_strchomp(messages) : problem->message);
}

static void say_ready(const struct lab *lab, gboolean made, gint64 rows)
{
    if (made)
        printf("practice cluster made with %" G_GINT64_FORMAT " users in %s\n", rows,
               lab->directory);
    printf("primary: pid %d, port %d; replica: pid %d, port %d; sockets in %s\n",
           lab_server_pid(lab, LAB_PRIMARY), lab_server_port(lab, LAB_PRIMARY),
           lab_server_pid(lab, LAB_REPLICA), lab_server_port(lab, LAB_REPLICA), lab->sockets);
    g_autofree char *line = lab_shell_line(lab);
    printf("in a shell that shall use it: %s\n", line);
}

static gboolean start_apps(const struct lab *lab, const struct start_options *options,
                           GError **error)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    return options->no_apps || lab_apps_start(lab, self, error);
}

/* Whoever watches from elsewhere is told how to get in: once, when the password is made. */
static gboolean admit(const struct lab *lab, GError **error)
{
    g_autofree char *password = NULL, *uri = lab_listen_uri(lab);
    gboolean fresh;
    if (!lab->listen)
        return TRUE;
    if (!lab_listen_admit(lab, &password, &fresh, error))
        return FALSE;
    printf("it listens on %s; another machine watches with\n\n    pgrollout console %s\n\n",
           lab->listen, uri);
    if (fresh)
        printf("The password, for each of lab_viewer, lab_responder, lab_operator and "
               "lab_approver, is\n\n"
               "    %s\n\nkept in %s/password, which only you can read.\n",
               password, lab->directory);
    return TRUE;
}

/* What comes to an end with the cluster; where a server is gone, its faults are gone as well. */
static gboolean stop_all(const struct lab *lab, GError **error)
{
    lab_faults_clear(lab, NULL, NULL);
    return lab_engine_stop(lab, error) && lab_apps_stop(lab, error);
}

static int build(struct lab *lab, const struct start_options *options)
{
    g_autoptr(GError) error = NULL;
    struct lab_options made = {.rows = options->rows, .rate = options->rate};
    if (!stop_all(lab, &error) || !lab_create(lab, &made, &error) ||
        (cmd_verb_find("install") && !install(lab, &error)) || !start_apps(lab, options, &error) ||
        !lab_shell_write(lab, &error))
        return print_error(error);
    say_ready(lab, TRUE, made.rows);
    return admit(lab, &error) ? 0 : print_error(error);
}

/* The servers take another address with their next start only. */
static gboolean set_listen(struct lab *lab, const char *listen, GError **error)
{
    struct lab_listen parsed = {0};
    gboolean running = lab_server_pid(lab, LAB_PRIMARY) || lab_server_pid(lab, LAB_REPLICA);
    if (!lab_listen_parse(listen, &parsed, error))
        return FALSE;
    lab_listen_clear(&parsed);
    if (g_strcmp0(listen, lab->listen) == 0)
        return TRUE;
    if (!running)
        return lab_listen_set(lab, listen, error);
    rollout_fail(error, ROLLOUT_ERROR_REFUSED, "the practice cluster runs and listens on %s",
                 lab->listen ? lab->listen : "no network address");
    if (error)
        rollout_error_set_hint(*error, "pgrollout lab stop, then start it again with --listen");
    return FALSE;
}

int lab_cmd_start(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    (void)context;
    struct start_options options = {.rows = LAB_DEFAULT_ROWS, .rate = LAB_DEFAULT_RATE};
    g_autoptr(GError) error = NULL;
    int status;
    if (!parse_start("start", &options, argc, argv, &status))
        return status;
    g_autofree char *listen = options.listen;
    if (!lab_lock(lab, &error) || (listen && !set_listen(lab, listen, &error)))
        return print_error(error);
    if (!lab_exists(lab))
        return build(lab, &options);
    gboolean running = lab_server_pid(lab, LAB_PRIMARY) && lab_server_pid(lab, LAB_REPLICA);
    if (!lab_servers_start(lab, &error) || !start_apps(lab, &options, &error) ||
        !lab_shell_write(lab, &error))
        return print_error(error);
    if (running)
        puts("the practice cluster already runs");
    say_ready(lab, FALSE, 0);
    return admit(lab, &error) ? 0 : print_error(error);
}

int lab_cmd_reset(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    (void)context;
    struct lab_options before;
    lab_options_read(lab, &before);
    struct start_options options = {.rows = before.rows, .rate = before.rate};
    g_autoptr(GError) error = NULL;
    int status;
    if (!parse_start("reset", &options, argc, argv, &status))
        return status;
    g_autofree char *phase = options.to;
    if (phase && plan_phase_parse(phase) == PHASE_COUNT)
        return lab_wrong("reset",
                         "\"%s\" is none of expand, deploy, backfill, switch_reads, "
                         "stop_old_writes, contract",
                         phase);
    if (!lab_lock(lab, &error))
        return print_error(error);
    status = build(lab, &options);
    if (status != 0 || !phase)
        return status;
    return drill_bring_tour(lab, phase, &error) ? 0 : print_error(error);
}

int lab_cmd_stop(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    (void)context;
    gboolean and_delete = FALSE;
    GOptionEntry entries[] = {
        {"delete", 0, 0, G_OPTION_ARG_NONE, &and_delete, "delete its data too", NULL},
        {0},
    };
    g_autoptr(GError) error = NULL;
    int status;
    if (!lab_arguments(entries, "stop", &argc, &argv, &status))
        return status;
    if (argc > 1)
        return lab_unexpected("stop", argv[1]);
    if (!g_file_test(lab->directory, G_FILE_TEST_EXISTS)) {
        puts("there is no practice cluster");
        return 0;
    }
    if (!lab_lock(lab, &error) || !stop_all(lab, &error) || !lab_servers_stop(lab, &error) ||
        !lab_listen_set(lab, NULL, &error) || (and_delete && !lab_delete(lab, &error)))
        return print_error(error);
    puts(and_delete ? "the practice cluster is gone" : "the practice cluster is stopped");
    return 0;
}
