/* pgrollout show: what a plan will do, step by step. It connects only where a connection is named. */
#include "config.h"
#include "pgrollout/engine/steps.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/forecast-print.h"
#include "cmd/options.h"
#include "cmd/plan-file.h"
#include "cmd/print.h"
#include "cmd/session.h"
#include "pgrollout/base/json.h"
#include "pgrollout/base/units.h"

extern const struct cmd_verb cmd_verb_show;

/* A labelled text under its step; the lines after the first stand below it. */
static void print_text(const char *label, const char *text)
{
    if (!text || !*text)
        return;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (!**line && !line[1])
            break;
        const char *head = line == lines ? label : "";
        char *body = *line;
        int indent = (int)strspn(body, " ");
        g_autofree char *safe = print_safe(body + indent);
        printf("      %-8s%*s%s\n", head, indent, "", safe);
    }
}

static void print_backfill(const struct plan_step *step)
{
    g_autofree char *target = duration_format(step->batch.target_us);
    g_autofree char *rest = number_format(step->rest);
    g_autofree char *rate = step->rate > 0 ? rate_format(step->rate) : g_strdup("none");
    g_autofree char *text = g_strdup_printf(
        "%d rows at first (%d to %d), aiming at %s each; rest %s x its time; rate cap %s",
        step->batch.start, step->batch.min, step->batch.max, target, rest, rate);
    print_text("batch", text);
    g_autofree char *left = g_strdup_printf(
        "%d rows may be left out that cannot be filled; more fail the step", step->quarantine);
    print_text("limit", left);
}

static void print_step(const struct plan *plan, const struct plan_step *step,
                       const struct forecast *forecast, gboolean sql)
{
    const struct forecast_step *cost = forecast ? forecast_step_find(forecast, step->name) : NULL;
    struct step_text text;
    step_describe(plan, step, &text);
    g_autofree char *title = print_safe(text.title);
    printf("  %-18s %s%s\n", step->name, title, text.irreversible ? "  [irreversible]" : "");
    if (sql)
        print_text("does", text.does);
    if (step->kind == KIND_BACKFILL)
        print_backfill(step);
    print_text("lock", text.locks);
    const char *undo = text.undo ? text.undo : "nothing to do in the database";
    print_text("undo", text.irreversible ? "none: it cannot be taken back" : undo);
    print_text("loses", text.loses);
    g_autofree char *asks =
        text.reverse_text ? g_strdup_printf("asks first: %s", text.reverse_text) : NULL;
    print_text("abort", asks);
    if (cost)
        forecast_print_short(cost, "      ");
    step_text_clear(&text);
}

static void print_head(const struct plan *plan)
{
    g_autofree char *title = print_safe(plan->title);
    printf("%s: %s\n", plan->name, title);
    print_field("owner", plan->owner);
    print_field("contact", plan->contact);
    print_field("ticket", plan->ticket);
    print_field("schema", plan->schema);
    print_field("role", plan->role);
    print_field("sha256", plan->sha256);
    if (plan->user_triggers_fire)
        puts("user triggers: fire for every backfilled row");
    if (plan->two_person)
        puts("two persons: contract is confirmed by somebody other than who started");
}

static void print_applications(const struct plan *plan)
{
    if (plan->applications->len > 0)
        puts("\napplications");
    for (guint i = 0; i < plan->applications->len; i++) {
        const struct plan_application *application = plan->applications->pdata[i];
        g_autofree char *sessions = print_safe(application->sessions ? application->sessions : "-");
        g_autofree char *release = print_safe(application->release ? application->release : "-");
        printf("  %-18s sessions %s, release %s%s%s\n", application->name, sessions, release,
               application->slot ? ", slot " : "", application->slot ? application->slot : "");
    }
}

static void print_plan(const struct plan *plan, const struct forecast *forecast, gboolean sql)
{
    int phase = -1;
    print_head(plan);
    print_applications(plan);
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if ((int)step->phase != phase)
            printf("\n%s%s\n", plan_phase_name(step->phase),
                   step->phase == PHASE_CONTRACT ? " (only by contract, confirmed by name)" : "");
        phase = (int)step->phase;
        print_step(plan, step, forecast, sql);
    }
    puts("\nguards");
    for (guint i = 0; i < plan->guards->len; i++) {
        const struct plan_guard *guard = g_ptr_array_index(plan->guards, i);
        g_autofree char *line = plan_guard_format(guard);
        g_autofree char *safe = print_safe(line);
        printf("  %-18s %s\n", guard->name, safe);
    }
}

static void json_step(const struct plan *plan, const struct plan_step *step, JsonBuilder *json)
{
    struct step_text text;
    step_describe(plan, step, &text);
    json_builder_begin_object(json);
    json_put_text(json, "phase", plan_phase_name(step->phase));
    json_put_text(json, "name", step->name);
    json_put_text(json, "kind", plan_kind_name(step->kind));
    json_put_text(json, "title", text.title);
    json_put_text(json, "sql", text.does);
    json_put_text(json, "locks", text.locks);
    json_put_text(json, "undo", text.undo);
    json_put_text(json, "loses", text.loses);
    json_put_text(json, "reverse", text.reverse_text);
    json_builder_set_member_name(json, "irreversible");
    json_builder_add_boolean_value(json, text.irreversible);
    json_builder_set_member_name(json, "line");
    json_builder_add_int_value(json, step->line);
    json_builder_end_object(json);
    step_text_clear(&text);
}

static void json_guard(const struct plan_guard *guard, JsonBuilder *json)
{
    g_autofree char *settings = plan_guard_format(guard);
    json_builder_begin_object(json);
    json_put_text(json, "name", guard->name);
    json_put_text(json, "kind", guard->kind);
    json_put_text(json, "off", guard->off);
    json_put_text(json, "settings", settings);
    json_put_text(json, "query", guard->query);
    json_put_double(json, "slow", guard->slow);
    json_put_double(json, "pause", guard->pause);
    json_put_double(json, "resume", guard->resume);
    json_put_double(json, "abort", guard->abort);
    json_builder_end_object(json);
}

static void json_plan(const struct plan *plan, const struct forecast *forecast)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    json_put_text(json, "migration", plan->name);
    json_put_text(json, "title", plan->title);
    json_put_text(json, "owner", plan->owner);
    json_put_text(json, "contact", plan->contact);
    json_put_text(json, "ticket", plan->ticket);
    json_put_text(json, "schema", plan->schema);
    json_put_text(json, "sha256", plan->sha256);
    json_builder_set_member_name(json, "steps");
    json_builder_begin_array(json);
    for (guint i = 0; i < plan->steps->len; i++)
        json_step(plan, g_ptr_array_index(plan->steps, i), json);
    json_builder_end_array(json);
    json_builder_set_member_name(json, "guards");
    json_builder_begin_array(json);
    for (guint i = 0; i < plan->guards->len; i++)
        json_guard(g_ptr_array_index(plan->guards, i), json);
    json_builder_end_array(json);
    if (forecast) {
        json_builder_set_member_name(json, "forecast");
        json_builder_add_value(json, forecast_steps_json(forecast));
    }
    json_builder_end_object(json);
    print_json(json);
}

/* A database was named on the command line: then it is looked at. */
static gboolean is_connected(const struct cmd_context *context)
{
    const struct db_target *target = context->target;
    return target->dbname || target->host || target->port || target->user;
}

static int show(struct cmd_context *context, const struct plan *plan, gboolean sql)
{
    g_autoptr(GError) error = NULL;
    struct forecast *forecast = NULL;
    if (is_connected(context)) {
        int status;
        struct db_conn *conn = session_open(context, &status);
        if (!conn)
            return status;
        forecast = forecast_make(conn, plan, FALSE, &error);
        db_conn_free(conn);
    }
    if (error)
        return print_error(error);
    if (context->json)
        json_plan(plan, forecast);
    else
        print_plan(plan, forecast, sql);
    forecast_free(forecast);
    return 0;
}

static int run_show(struct cmd_context *context, int argc, char **argv)
{
    gboolean sql = FALSE;
    GOptionEntry entries[] = {
        {"sql", 0, 0, G_OPTION_ARG_NONE, &sql,
         "also what each step does: its SQL where it is known, else in words", NULL},
        {0},
    };
    int status;
    struct plan *plan;
    if (!cmd_parse(&cmd_verb_show, entries, &argc, &argv, 1, 1, &status))
        return status;
    g_autoptr(GPtrArray) findings = plan_findings_new();
    if (!plan_file_load(argv[1], &plan, findings))
        return 2;
    plan_findings_print(findings, stderr);
    if (!plan)
        return 2;
    status = plan_findings_have_error(findings) ? 2 : 0;
    /* a plan with mistakes is shown, but never tried on a database */
    if (status == 0)
        status = show(context, plan, sql);
    else if (context->json)
        json_plan(plan, NULL);
    else
        print_plan(plan, NULL, sql);
    plan_free(plan);
    return status;
}

const struct cmd_verb cmd_verb_show = {
    .name = "show",
    .arguments = "PLAN [--sql]",
    .summary = "every phase and step of a plan: locks, undo, losses, guards",
    .run = run_show,
};
