/* pgrollout lab status. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd/lab-private.h"
#include "cmd/print.h"
#include "pgrollout/lab/app.h"
#include "pgrollout/lab/fault.h"

static JsonNode *server_node(const struct lab *lab, enum lab_server server)
{
    int pid = lab_server_pid(lab, server);
    JsonObject *object = json_object_new();
    json_object_set_boolean_member(object, "running", pid > 0);
    if (pid > 0)
        json_object_set_int_member(object, "pid", pid);
    else
        json_object_set_null_member(object, "pid");
    json_object_set_int_member(object, "port", lab_server_port(lab, server));
    JsonNode *node = json_node_init_object(json_node_alloc(), object);
    json_object_unref(object);
    return node;
}

static JsonNode *faults_node(const GPtrArray *faults)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < faults->len; i++) {
        const struct lab_fault *fault = faults->pdata[i];
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "name", fault->name);
        json_object_set_string_member(object, "argument", fault->argument);
        json_object_set_string_member(object, "text", fault->text);
        json_object_set_int_member(object, "pid", fault->pid);
        json_object_set_int_member(object, "age_s",
                                   g_get_real_time() / G_USEC_PER_SEC - fault->since);
        json_array_add_object_element(array, object);
    }
    JsonNode *node = json_node_init_array(json_node_alloc(), array);
    json_array_unref(array);
    return node;
}

/* `apps` is taken; NULL: unknown. */
static void print_json(const struct lab *lab, JsonNode *apps, const GPtrArray *faults)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "directory", lab->directory);
    json_object_set_string_member(object, "sockets", lab->sockets);
    json_object_set_member(object, "primary", server_node(lab, LAB_PRIMARY));
    json_object_set_member(object, "replica", server_node(lab, LAB_REPLICA));
    json_object_set_member(object, "apps", apps ? apps : json_node_init_null(json_node_alloc()));
    json_object_set_string_member(object, "listen", lab->listen);
    json_object_set_member(object, "faults", faults_node(faults));
    JsonNode *root = json_node_init_object(json_node_alloc(), object);
    g_autofree char *text = json_to_string(root, TRUE);
    puts(text);
    json_node_unref(root);
    json_object_unref(object);
}

static void print_app(JsonObject *app)
{
    gint64 pid = json_object_get_int_member(app, "pid");
    gint64 release = json_object_get_int_member(app, "release");
    gint64 running = json_object_get_int_member_with_default(app, "running_release", release);
    const char *last_error = json_object_get_string_member_with_default(app, "last_error", NULL);
    printf("%-8s release %" G_GINT64_FORMAT "  %-8s %9" G_GINT64_FORMAT " ops %6" G_GINT64_FORMAT
           " errors %4" G_GINT64_FORMAT " wrong %6" G_GINT64_FORMAT
           " blank  p99 %.1f ms  max %.1f ms\n",
           json_object_get_string_member(app, "app"), release,
           pid == 0                                        ? "stopped"
           : json_object_get_boolean_member(app, "paused") ? "paused"
                                                           : "runs",
           json_object_get_int_member(app, "operations"), json_object_get_int_member(app, "errors"),
           json_object_get_int_member(app, "mismatches"),
           json_object_get_int_member(app, "blank_reads"),
           json_object_get_double_member(app, "p99_ms"),
           json_object_get_double_member(app, "max_ms"));
    if (running != release)
        printf("         still release %" G_GINT64_FORMAT "\n", running);
    if (last_error && json_object_get_int_member(app, "errors") > 0)
        print_field("         last error", last_error);
}

static void print_fault(const struct lab_fault *fault)
{
    g_autofree char *text = print_safe(fault->text);
    printf("fault    %s: %s, for %" G_GINT64_FORMAT " s", fault->name, text,
           g_get_real_time() / G_USEC_PER_SEC - fault->since);
    if (fault->pid > 0)
        printf(" (pid %d)", fault->pid);
    puts("");
}

static void print_text(const struct lab *lab, JsonNode *apps, const GPtrArray *faults)
{
    printf("practice cluster in %s\n", lab->directory);
    if (lab->listen)
        printf("listens on %s, for consoles elsewhere\n", lab->listen);
    for (enum lab_server server = LAB_PRIMARY; server <= LAB_REPLICA; server++) {
        int pid = lab_server_pid(lab, server);
        if (pid > 0)
            printf("%-8s runs, pid %d, port %d\n", lab_server_name(server), pid,
                   lab_server_port(lab, server));
        else
            printf("%-8s is stopped\n", lab_server_name(server));
    }
    JsonArray *array = apps ? json_node_get_array(apps) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++)
        print_app(json_array_get_object_element(array, i));
    for (guint i = 0; i < faults->len; i++)
        print_fault(faults->pdata[i]);
    if (apps)
        json_node_unref(apps);
}

/* A primary that stands still answers nobody. */
static gboolean is_frozen(const GPtrArray *faults)
{
    for (guint i = 0; i < faults->len; i++) {
        const struct lab_fault *fault = faults->pdata[i];
        if (strcmp(fault->name, "freeze") == 0 && g_strcmp0(fault->argument, "primary") == 0)
            return TRUE;
    }
    return FALSE;
}

int lab_cmd_status(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    JsonNode *apps = NULL;
    int status;
    if (!lab_arguments(NULL, "status", &argc, &argv, &status))
        return status;
    if (argc > 1)
        return lab_unexpected("status", argv[1]);
    if (!lab_exists(lab)) {
        lab_is_up(lab, LAB_PRIMARY, &error);
        print_error(error);
        return 1;
    }
    gboolean primary = lab_server_pid(lab, LAB_PRIMARY) > 0;
    g_autoptr(GPtrArray) faults = lab_faults(lab, &error);
    if (!faults || (primary && !is_frozen(faults) && !(apps = lab_apps_status(lab, &error))))
        return print_error(error);
    if (context->json)
        print_json(lab, apps, faults);
    else
        print_text(lab, apps, faults);
    return primary && lab_server_pid(lab, LAB_REPLICA) > 0 ? 0 : 1;
}
