/* pgrollout forecast: what a plan will take in this database. */
#include "config.h"
#include "cmd/forecast-print.h"

#include "cmd/options.h"
#include "cmd/plan-file.h"
#include "cmd/print.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_forecast;

/* Refused for lack of a right, no answer for something else, or all is told. */
static int status_of(const struct forecast *forecast)
{
    int status = 0;
    for (guint i = 0; i < forecast->steps->len; i++) {
        const struct forecast_step *step = g_ptr_array_index(forecast->steps, i);
        if (step->refused)
            return 4;
        if (step->unknown)
            status = 1;
    }
    return status;
}

static int look(struct cmd_context *context, const struct plan *plan, gboolean sample)
{
    int status;
    struct db_conn *conn = session_open(context, &status);
    if (!conn)
        return status;
    g_autoptr(GError) error = NULL;
    struct forecast *forecast = forecast_make(conn, plan, sample, &error);
    db_conn_free(conn);
    if (!forecast)
        return print_error(error);
    if (context->json)
        print_json_node(forecast_json(forecast));
    else
        forecast_print(plan, forecast);
    status = status_of(forecast);
    forecast_free(forecast);
    return status;
}

static int run_forecast(struct cmd_context *context, int argc, char **argv)
{
    gboolean no_sample = FALSE;
    GOptionEntry entries[] = {
        {"no-sample", 0, 0, G_OPTION_ARG_NONE, &no_sample,
         "change nothing, not even in transactions that are rolled back: hours stay unknown", NULL},
        {0},
    };
    int status;
    struct plan *plan;
    if (!cmd_parse(&cmd_verb_forecast, entries, &argc, &argv, 1, 1, &status))
        return status;
    g_autoptr(GPtrArray) findings = plan_findings_new();
    if (!plan_file_load(argv[1], &plan, findings))
        return 2;
    plan_findings_print(findings, stderr);
    if (!plan)
        return 2;
    status = plan_findings_have_error(findings) ? 2 : look(context, plan, !no_sample);
    plan_free(plan);
    return status;
}

const struct cmd_verb cmd_verb_forecast = {
    .name = "forecast",
    .arguments = "PLAN [--no-sample]",
    .summary = "rows, hours, WAL, growth of a plan in this database, as ranges",
    .run = run_forecast,
};
