/* pgrollout uninstall: take the control schema away. */
#include "config.h"

#include <stdio.h>

#include "cmd/install-print.h"
#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_uninstall;

static int run_uninstall(struct cmd_context *context, int argc, char **argv)
{
    gboolean dry_run = FALSE;
    GOptionEntry entries[] = {
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "try it in a transaction that is taken back",
         NULL},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_uninstall, entries, &argc, &argv, 0, 0, &status))
        return status;
    struct db_conn *conn = session_open(context, &status);
    if (!conn)
        return status;
    struct install_report report;
    install_report_init(&report);
    g_autoptr(GError) error = NULL;
    if (!uninstall_run(conn, dry_run, &report, &error))
        status = print_error(error);
    else if (context->json)
        install_print_json(&report, dry_run);
    else
        install_print_text(&report, dry_run);
    status = error ? status : 0;
    install_report_clear(&report);
    db_conn_free(conn);
    return status;
}

const struct cmd_verb cmd_verb_uninstall = {
    .name = "uninstall",
    .arguments = "[--dry-run]",
    .summary = "take the control schema and its roles away again",
    .run = run_uninstall,
};
