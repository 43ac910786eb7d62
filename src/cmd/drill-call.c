/* The drill's hands: this program, as one of the practice cluster's logins. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/drill-private.h"
#include "pgrollout/base/error.h"

static char **drill_environment(const struct drill *drill, const char *role)
{
    static const char *const unwanted[] = {"PGHOSTADDR", "PGSERVICE", "PGPASSWORD", "PGOPTIONS",
                                           "PGTARGETSESSIONATTRS"};
    char **environment = g_get_environ();
    for (guint i = 0; i < G_N_ELEMENTS(unwanted); i++)
        environment = g_environ_unsetenv(environment, unwanted[i]);
    g_autofree char *port = g_strdup_printf("%d", lab_server_port(drill->lab, LAB_PRIMARY));
    environment = g_environ_setenv(environment, "PGROLLOUT_LAB_DIR", drill->lab->directory, TRUE);
    environment = g_environ_setenv(environment, "PGHOST", drill->lab->sockets, TRUE);
    environment = g_environ_setenv(environment, "PGPORT", port, TRUE);
    environment = g_environ_setenv(environment, "PGDATABASE", LAB_DATABASE, TRUE);
    return g_environ_setenv(environment, "PGUSER", role, TRUE);
}

static char **drill_words(const struct drill *drill, const char *command, GError **error)
{
    g_auto(GStrv) parts = NULL;
    g_autoptr(GError) problem = NULL;
    if (!g_shell_parse_argv(command, NULL, &parts, &problem)) {
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\": %s", command, problem->message);
        return NULL;
    }
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_strv_builder_add(words, drill->self); /* its path may hold spaces */
    for (char **part = parts; *part; part++)
        g_strv_builder_add(words, strcmp(*part, "NAME") == 0   ? drill->file->setup.migration
                                  : strcmp(*part, "PLAN") == 0 ? drill->plan
                                                               : *part);
    return g_strv_builder_end(words);
}

gboolean drill_call(const struct drill *drill, const char *role, const char *command, char **output,
                    GError **error)
{
    g_auto(GStrv) words = drill_words(drill, command, error);
    if (!words)
        return FALSE;
    g_auto(GStrv) environment = drill_environment(drill, role);
    g_autofree char *messages = NULL, *line = g_strjoinv(" ", words + 1);
    g_autoptr(GError) problem = NULL;
    int status;
    if (!output) {
        printf("$ pgrollout %s\n", line);
        fflush(stdout);
    }
    if (g_spawn_sync(NULL, words, environment, G_SPAWN_DEFAULT, NULL, NULL, output, &messages,
                     &status, &problem) &&
        g_spawn_check_wait_status(status, &problem)) {
        if (!output)
            fputs(messages, stdout);
        return TRUE;
    }
    return rollout_fail(error, ROLLOUT_ERROR_NO, "\"pgrollout %s\" failed: %s", line,
                        messages && *messages ? g_strchomp(messages) : problem->message);
}

/* The console blocks signals; an engine must hear them. */
static void unblock_signals(void *data)
{
    (void)data;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

gboolean drill_call_engine(const struct drill *drill, GError **error)
{
    g_auto(GStrv) words = drill_words(drill, "run --detach", error);
    g_auto(GStrv) environment = drill_environment(drill, "lab_engine");
    return g_spawn_async("/", words, environment,
                         G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, unblock_signals,
                         NULL, NULL, error);
}

struct snapshot *drill_look(const struct drill *drill, GError **error)
{
    g_autofree char *json = NULL;
    if (!drill_call(drill, "lab_viewer", "status NAME --json", &json, error))
        return NULL;
    return snapshot_parse(json, error);
}
