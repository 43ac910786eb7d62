/* pgrollout load: lint, preflight, register. */
#include "config.h"
#include "pgrollout/engine/load.h"

#include "cmd/forecast-print.h"
#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"
#include "pgrollout/lint/lint.h"

extern const struct cmd_verb cmd_verb_load;

/* Prints the findings from `from` on; TRUE when one of them is an error. */
static gboolean print_findings(const GPtrArray *findings, guint from)
{
    gboolean wrong = FALSE;
    for (guint i = from; i < findings->len; i++) {
        const struct plan_finding *finding = g_ptr_array_index(findings, i);
        g_autofree char *text = plan_finding_format(finding);
        g_autofree char *safe = print_safe(text);
        g_printerr("%s\n", safe);
        wrong = wrong || !finding->warning;
    }
    return wrong;
}

static void print_forecast(const struct forecast *forecast)
{
    for (guint i = 0; forecast && i < forecast->steps->len; i++) {
        const struct forecast_step *step = g_ptr_array_index(forecast->steps, i);
        if (step->kind != KIND_BACKFILL)
            continue;
        print_line("%s:", step->name);
        forecast_print_short(step, "  ");
    }
    for (guint i = 0; forecast && i < forecast->hints->len; i++)
        print_field("mind", g_ptr_array_index(forecast->hints, i));
}

static int load(struct cmd_context *context, const struct plan *plan, const char *file,
                gboolean sample, GPtrArray *findings)
{
    int status;
    struct db_conn *conn = session_open(context, &status);
    if (!conn)
        return status;
    g_autoptr(GError) error = NULL;
    guint before = findings->len;
    struct forecast *forecast;
    struct db_reply *reply = engine_load(conn, plan, file, findings, sample, &forecast, &error);
    print_findings(findings, before);
    if (error) {
        session_explain(conn, &cmd_verb_load, error);
        status = print_error(error);
    } else if (reply) {
        status = print_receipts(reply, context->json, FALSE);
        if (!context->json)
            print_forecast(forecast);
    } else {
        print_message("\"%s\" was not loaded; nothing was changed", plan->name);
        status = 4;
    }
    forecast_free(forecast);
    db_reply_free(reply);
    db_conn_free(conn);
    return status;
}

static int run_load(struct cmd_context *context, int argc, char **argv)
{
    gboolean sample = FALSE;
    GOptionEntry entries[] = {
        {"sample", 0, 0, G_OPTION_ARG_NONE, &sample,
         "measure batches for the forecast, which are rolled back, as the verb forecast does",
         NULL},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_load, entries, &argc, &argv, 1, 1, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    struct plan *plan = lint_file(argv[1], findings, &error);
    if (error)
        return print_error(error);
    status = print_findings(findings, 0) ? 2 : load(context, plan, argv[1], sample, findings);
    plan_free(plan);
    return status;
}

const struct cmd_verb cmd_verb_load = {
    .name = "load",
    .arguments = "PLAN [--sample]",
    .summary = "register a migration; it then waits before its first phase",
    .run = run_load,
    .role = "operator",
};
