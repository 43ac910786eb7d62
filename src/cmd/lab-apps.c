/* pgrollout lab deploy, apps, verify, and the applications themselves. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd/lab-private.h"
#include "cmd/print.h"
#include "pgrollout/base/error.h"
#include "pgrollout/lab/app.h"
#include "pgrollout/lab/verify.h"

int lab_cmd_app(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    (void)context;
    if (argc > 1 && g_strv_contains(lab_app_names, argv[1]))
        return lab_app_run(lab, argv[1]);
    return lab_unexpected("app", argc > 1 ? argv[1] : "");
}

static gboolean parse_release(const char *text, int *release)
{
    *release = text && strcmp(text, "42") == 0 ? 42 : 41;
    return text && (strcmp(text, "41") == 0 || strcmp(text, "42") == 0);
}

int lab_cmd_deploy(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    (void)context;
    g_autofree char *only = NULL;
    gboolean all = FALSE;
    GOptionEntry entries[] = {
        {"only", 0, 0, G_OPTION_ARG_STRING, &only, "web, workers or cron", "APP"},
        {"all", 0, 0, G_OPTION_ARG_NONE, &all, "web and workers (as without options)", NULL},
        {0},
    };
    g_autoptr(GError) error = NULL;
    int status, release;
    if (!lab_arguments(entries, "deploy", &argc, &argv, &status))
        return status;
    if (argc != 2 || !parse_release(argv[1], &release) || (all && only) ||
        (only && !g_strv_contains(lab_app_names, only))) {
        fputs("usage: pgrollout lab deploy 41|42 [--only web|workers|cron | --all]\n", stderr);
        return 2;
    }
    if (!lab_deploy(lab, release, only, &error))
        return print_error(error);
    gboolean cron = only && strcmp(only, "cron") == 0;
    printf("release %d is deployed on %s%s\n", release, only ? only : "web and workers",
           cron ? ", which takes it up at its next run (within 20 s)" : "");
    return 0;
}

static gboolean set_rate(const struct lab *lab, const char *text, GError **error)
{
    char *end = NULL;
    double rate = text ? g_ascii_strtod(text, &end) : 0;
    if (!text || *end || !(rate > 0))
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is not a rate", text ? text : "");
    return lab_apps_rate(lab, rate, error);
}

int lab_cmd_apps(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    (void)context;
    g_autoptr(GError) error = NULL;
    const char *what = argc > 1 ? argv[1] : "";
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    gboolean done;
    if (strcmp(what, "start") == 0)
        done = lab_is_up(lab, LAB_PRIMARY, &error) && lab_apps_start(lab, self, &error);
    else if (strcmp(what, "stop") == 0)
        done = lab_apps_stop(lab, &error);
    else if (strcmp(what, "pause") == 0 || strcmp(what, "resume") == 0)
        done = lab_apps_pause(lab, what[0] == 'p', &error);
    else if (strcmp(what, "zero") == 0)
        done = lab_apps_zero(lab, &error);
    else if (strcmp(what, "rate") == 0)
        done = set_rate(lab, argc > 2 ? argv[2] : NULL, &error);
    else
        done = rollout_fail(&error, ROLLOUT_ERROR_USAGE,
                            "want one of start, stop, pause, resume, zero, rate N");
    return done ? 0 : print_error(error);
}

static void print_verdict(const char *server, const struct lab_verdict *v, gboolean json)
{
    if (json) {
        printf(
            "\"%s\": {\"clean\": %s, \"name\": %s, \"full_name\": %s, \"rows\": %" G_GINT64_FORMAT
            ", \"missing\": %" G_GINT64_FORMAT ", \"extra\": %" G_GINT64_FORMAT
            ", \"wrong\": %" G_GINT64_FORMAT ", \"unfilled\": %" G_GINT64_FORMAT "}",
            server, lab_verdict_is_clean(v) ? "true" : "false", v->has_name ? "true" : "false",
            v->has_full_name ? "true" : "false", v->rows, v->missing, v->extra, v->wrong,
            v->unfilled);
        return;
    }
    printf("%s: %" G_GINT64_FORMAT " rows, compared %s%s%s: ", server, v->rows,
           v->has_name ? "name" : "", v->has_name && v->has_full_name ? " and " : "",
           v->has_full_name ? "full_name" : "");
    if (lab_verdict_is_clean(v))
        printf("not one is wrong, missing or extra");
    else
        printf("%" G_GINT64_FORMAT " wrong, %" G_GINT64_FORMAT " missing, %" G_GINT64_FORMAT
               " extra (such as id %" G_GINT64_FORMAT ")",
               v->wrong, v->missing, v->extra, v->example);
    if (v->unfilled > 0)
        printf("; %" G_GINT64_FORMAT " have no full_name yet", v->unfilled);
    puts("");
}

int lab_cmd_verify(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    static const char *const words[] = {
        [LAB_SAME] = "same", [LAB_DIFFERENT] = "different", [LAB_BUSY] = "busy"};
    g_autoptr(GError) error = NULL;
    struct lab_verdict primary, replica;
    enum lab_sameness sameness;
    int status;
    if (!lab_arguments(NULL, "verify", &argc, &argv, &status))
        return status;
    if (argc > 1)
        return lab_unexpected("verify", argv[1]);
    if (!lab_verify(lab, LAB_PRIMARY, &primary, &error) || !lab_compare(lab, &sameness, &error) ||
        !lab_verify(lab, LAB_REPLICA, &replica, &error))
        return print_error(error);
    if (context->json)
        fputs("{", stdout);
    print_verdict("primary", &primary, context->json);
    if (context->json)
        fputs(", ", stdout);
    print_verdict("replica", &replica, context->json);
    if (context->json)
        printf(", \"sameness\": \"%s\"}\n", words[sameness]);
    else if (sameness == LAB_BUSY)
        puts("replica and primary: not compared, the primary changes all the time");
    else
        printf("replica and primary: %s\n", words[sameness]);
    return lab_verdict_is_clean(&primary) && lab_verdict_is_clean(&replica) &&
                   sameness != LAB_DIFFERENT
               ? 0
               : 1;
}
