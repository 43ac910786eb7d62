/* The simulated applications from outside: started, stopped, told what to be, asked how they fare.
 */
#include "config.h"
#include "pgrollout/lab/app.h"

#include <signal.h>
#include <string.h>

#include "lab-private.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define SETTLE_S 10

const char *const lab_app_names[] = {"web", "workers", "cron", NULL};

static char *pid_path(const struct lab *lab, const char *name)
{
    g_autofree char *file = g_strconcat(name, ".pid", NULL);
    return lab_path(lab, file);
}

int lab_app_pid(const struct lab *lab, const char *name)
{
    g_autofree char *path = pid_path(lab, name), *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    int pid = (int)g_ascii_strtoll(text, NULL, 10);
    return lab_process_has_argument(pid, lab->directory) && lab_process_has_argument(pid, name)
               ? pid
               : 0;
}

gboolean lab_apps_start(const struct lab *lab, const char *self, GError **error)
{
    for (const char *const *name = lab_app_names; *name; name++) {
        if (lab_app_pid(lab, *name) > 0)
            continue;
        /* the directory is among the arguments so that the process can be told by it */
        const char *argv[] = {self, "lab", "app", *name, lab->directory, NULL};
        g_auto(GStrv) environment =
            g_environ_setenv(g_get_environ(), "PGROLLOUT_LAB_DIR", lab->directory, TRUE);
        g_autoptr(GError) problem = NULL;
        GPid pid;
        if (!g_spawn_async("/", (char **)argv, environment,
                           G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                           &pid, &problem))
            return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "could not start \"%s\": %s", *name,
                                problem->message);
        g_autofree char *path = pid_path(lab, *name);
        g_autofree char *text = g_strdup_printf("%d\n", (int)pid);
        if (!g_file_set_contents(path, text, -1, error))
            return FALSE;
    }
    return TRUE;
}

gboolean lab_apps_stop(const struct lab *lab, GError **error)
{
    for (const char *const *name = lab_app_names; *name; name++) {
        int pid = lab_app_pid(lab, *name);
        if (pid > 0 && !lab_process_end(pid, SIGTERM, 10) && !lab_process_end(pid, SIGKILL, 5))
            return rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                                "the application \"%s\" (pid %d) does not stop", *name, pid);
    }
    return TRUE;
}

/* Those that run have taken up what lab.deployment says. The cron job is not waited for: it sleeps.
 */
static gboolean wait_settled(const struct lab *lab, struct db_conn *conn, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + SETTLE_S * G_USEC_PER_SEC;
    for (const char *const *name = lab_app_names; *name; name++) {
        const char *const parameters[] = {*name};
        while (lab_app_pid(lab, *name) > 0 && strcmp(*name, "cron") != 0) {
            struct db_reply *reply = db_conn_query_wait(conn, resource_text("lab/sql/settled.sql"),
                                                        1, parameters, error);
            if (!reply)
                return FALSE;
            gboolean settled = db_reply_rows(reply) == 1 && db_reply_bool(reply, 0, 0);
            db_reply_free(reply);
            if (settled)
                break;
            if (g_get_monotonic_time() > deadline)
                return rollout_fail(error, ROLLOUT_ERROR_NO,
                                    "the application \"%s\" does not follow", *name);
            g_usleep(20 * 1000);
        }
    }
    return TRUE;
}

static gboolean tell(struct db_conn *conn, const char *file, int n, const char *const *parameters,
                     GError **error)
{
    struct db_reply *reply = db_conn_query_wait(conn, resource_text(file), n, parameters, error);
    gboolean told = reply && db_reply_rows(reply) > 0;
    if (reply && !told)
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "no such application");
    db_reply_free(reply);
    return told;
}

static gboolean tell_all(const struct lab *lab, const char *file, const char *parameter,
                         GError **error)
{
    const char *const parameters[] = {parameter};
    struct db_conn *conn = lab_connect(lab, LAB_PRIMARY, error);
    gboolean done = conn && tell(conn, file, parameter ? 1 : 0, parameters, error) &&
                    wait_settled(lab, conn, error);
    db_conn_free(conn);
    return done;
}

gboolean lab_deploy(const struct lab *lab, int release, const char *name, GError **error)
{
    struct db_conn *conn = lab_connect(lab, LAB_PRIMARY, error);
    g_autofree char *number = g_strdup_printf("%d", release);
    const char *both[] = {"web", "workers", NULL}, *one[] = {name, NULL};
    gboolean done = conn != NULL;
    for (const char **app = name ? one : both; done && *app; app++) {
        const char *const parameters[] = {number, *app};
        done = tell(conn, "lab/sql/deploy.sql", 2, parameters, error);
    }
    done = done && wait_settled(lab, conn, error);
    db_conn_free(conn);
    return done;
}

gboolean lab_apps_pause(const struct lab *lab, gboolean paused, GError **error)
{
    return tell_all(lab, "lab/sql/pause.sql", paused ? "t" : "f", error);
}

gboolean lab_apps_rate(const struct lab *lab, double rate, GError **error)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    return tell_all(lab, "lab/sql/rate.sql", g_ascii_dtostr(text, sizeof text, rate), error);
}

gboolean lab_cron_every(const struct lab *lab, double seconds, GError **error)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    return tell_all(lab, "lab/sql/cron.sql", g_ascii_dtostr(text, sizeof text, seconds), error);
}

gboolean lab_apps_zero(const struct lab *lab, GError **error)
{
    return tell_all(lab, "lab/sql/zero.sql", NULL, error);
}

JsonNode *lab_apps_status(const struct lab *lab, GError **error)
{
    struct db_conn *conn = lab_connect(lab, LAB_PRIMARY, error);
    struct db_reply *reply =
        conn ? db_conn_query_wait(conn, resource_text("lab/sql/apps.sql"), 0, NULL, error) : NULL;
    JsonNode *node = NULL;
    if (reply) {
        JsonArray *array = json_array_new();
        for (int row = 0; row < db_reply_rows(reply); row++) {
            JsonNode *app = json_from_string(db_reply_text(reply, row, 1), NULL);
            json_object_set_int_member(json_node_get_object(app), "pid",
                                       lab_app_pid(lab, db_reply_text(reply, row, 0)));
            json_array_add_element(array, app);
        }
        node = json_node_init_array(json_node_alloc(), array);
        json_array_unref(array);
    }
    db_reply_free(reply);
    db_conn_free(conn);
    return node;
}
