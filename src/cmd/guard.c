/* pgrollout guard test: what the guards of a plan would have made of recorded readings. */
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/plan-file.h"
#include "cmd/print.h"
#include "pgrollout/base/json.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/units.h"
#include "pgrollout/engine/replay.h"

extern const struct cmd_verb cmd_verb_guard;

static gboolean held(const struct replay *replay)
{
    for (guint i = 0; i < replay->guards->len; i++)
        if (((const struct replay_guard *)g_ptr_array_index(replay->guards, i))->holds > 0)
            return TRUE;
    return FALSE;
}

static void print_events(const struct replay *replay, const struct series *series)
{
    for (guint i = 0; i < replay->events->len; i++) {
        const struct replay_event *event = g_ptr_array_index(replay->events, i);
        g_autofree char *at = series_time(series, event->at_us);
        g_autofree char *reason = print_safe(event->reason);
        printf("%s  %-5s  %s\n", at, replay_word(event->what), reason);
    }
}

static void print_summary(const struct replay *replay, const struct plan *plan)
{
    for (guint i = 0; i < replay->guards->len; i++) {
        const struct replay_guard *guard = g_ptr_array_index(replay->guards, i);
        g_autofree char *every = duration_format(guard->every_us);
        g_autofree char *long_held = duration_format(guard->held_us);
        printf("%s: %d readings, one every %s at the most: held %d times, %s in all\n",
               guard->plan->name, guard->readings, every, guard->holds, long_held);
    }
    for (guint i = 0; i < plan->guards->len; i++) {
        const struct plan_guard *guard = g_ptr_array_index(plan->guards, i);
        if (!guard->off)
            continue;
        g_autofree char *why = print_safe(guard->off);
        printf("%s: off: %s\n", guard->name, why);
    }
}

static void json_events(const struct replay *replay, const struct series *series, JsonBuilder *json)
{
    json_builder_set_member_name(json, "events");
    json_builder_begin_array(json);
    for (guint i = 0; i < replay->events->len; i++) {
        const struct replay_event *event = g_ptr_array_index(replay->events, i);
        g_autofree char *at = series_time(series, event->at_us);
        json_builder_begin_object(json);
        json_put_text(json, "time", at);
        json_put_text(json, "guard", event->guard);
        json_put_text(json, "event", replay_word(event->what));
        json_put_double(json, "value", event->value);
        json_put_text(json, "reason", event->reason);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void json_guards(const struct replay *replay, JsonBuilder *json)
{
    json_builder_set_member_name(json, "guards");
    json_builder_begin_array(json);
    for (guint i = 0; i < replay->guards->len; i++) {
        const struct replay_guard *guard = g_ptr_array_index(replay->guards, i);
        json_builder_begin_object(json);
        json_put_text(json, "name", guard->plan->name);
        json_put_double(json, "readings", guard->readings);
        json_put_double(json, "every_s", (double)guard->every_us / G_USEC_PER_SEC);
        json_put_double(json, "holds", guard->holds);
        json_put_double(json, "held_s", (double)guard->held_us / G_USEC_PER_SEC);
        json_put_double(json, "worst", guard->worst);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void print_replay(const struct cmd_context *context, const struct plan *plan,
                         const struct series *series, const struct replay *replay)
{
    if (!context->json) {
        print_events(replay, series);
        print_summary(replay, plan);
        return;
    }
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    json_put_text(json, "migration", plan->name);
    json_builder_set_member_name(json, "held");
    json_builder_add_boolean_value(json, held(replay));
    json_events(replay, series, json);
    json_guards(replay, json);
    json_builder_end_object(json);
    print_json(json);
}

/* NULL with why not. */
static char *text_read(const char *file, GError **error)
{
    char *text = NULL;
    if (g_access(file, R_OK) != 0)
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "cannot read \"%s\": %s", file, g_strerror(errno));
    else
        g_file_get_contents(file, &text, NULL, error);
    return text;
}

static int run_series(const struct cmd_context *context, const struct plan *plan, const char *file)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = text_read(file, &error);
    if (!text) {
        print_error(error);
        return 2;
    }
    struct series *series = series_read(file, text, &error);
    struct replay *replay = series ? replay_run(plan, series, &error) : NULL;
    int status = replay ? held(replay) : print_error(error);
    if (replay)
        print_replay(context, plan, series, replay);
    replay_free(replay);
    series_free(series);
    return status;
}

static int run_guard(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *file = NULL;
    const GOptionEntry entries[] = {
        {"series", 0, 0, G_OPTION_ARG_FILENAME, &file, "recorded readings as CSV", "FILE"},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_guard, entries, &argc, &argv, 2, 2, &status))
        return status;
    if (strcmp(argv[1], "test") != 0) {
        print_message("unknown word \"%s\": pgrollout guard test PLAN --series FILE.csv", argv[1]);
        return 2;
    }
    if (!file) {
        print_message("--series FILE.csv is missing: the readings to replay");
        return 2;
    }
    struct plan *plan = NULL;
    g_autoptr(GPtrArray) findings = plan_findings_new();
    gboolean readable = plan_file_load(argv[2], &plan, findings);
    if (readable && (!plan || plan_findings_have_error(findings)))
        plan_findings_print(findings, stderr);
    status = plan && !plan_findings_have_error(findings) ? run_series(context, plan, file) : 2;
    plan_free(plan);
    return status;
}

const struct cmd_verb cmd_verb_guard = {
    .name = "guard",
    .arguments = "test PLAN --series FILE.csv",
    .summary = "replay recorded readings against the guards of a plan",
    .run = run_guard,
};
