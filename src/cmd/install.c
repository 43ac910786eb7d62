/* pgrollout install: create or upgrade the control schema. */
#include "config.h"
#include "pgrollout/engine/install.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

#include "cmd/install-print.h"
#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_install;

static void say(const struct install_report *report, const struct install_options *options,
                gboolean json)
{
    if (json) {
        install_print_json(report, options->dry_run);
        return;
    }
    install_print_text(report, options->dry_run);
    if (report->before == report->after)
        printf("the control schema is up to date: version %d\n", report->after);
    else
        printf("the control schema %s at version %d%s\n", options->dry_run ? "would be" : "is",
               report->after, options->dry_run ? "; nothing was kept" : "");
}

static int run_install(struct cmd_context *context, int argc, char **argv)
{
    struct install_options options = {0};
    g_auto(GStrv) maps = NULL;
    GOptionEntry entries[] = {
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &options.dry_run,
         "try it in a transaction that is taken back", NULL},
        {"no-roles", 0, 0, G_OPTION_ARG_NONE, &options.no_roles, "the roles are there already",
         NULL},
        {"map", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &maps, "make a role a member, e.g. operator=dba",
         "OURS=ROLE"},
        {"publication-ok", 0, 0, G_OPTION_ARG_NONE, &options.publication_ok,
         "a FOR ALL TABLES publication may publish it", NULL},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_install, entries, &argc, &argv, 0, 0, &status))
        return status;
    struct db_conn *conn = session_open(context, &status);
    if (!conn)
        return status;
    options.maps = (const char *const *)maps;
    struct install_report report;
    install_report_init(&report);
    g_autoptr(GError) error = NULL;
    if (install_run(conn, &options, &report, &error)) {
        say(&report, &options, context->json);
        status = 0;
    } else {
        status = print_error(error);
    }
    if (install_print_remaining(&report) && status == 0)
        status = 1;
    install_report_clear(&report);
    db_conn_free(conn);
    return status;
}

const struct cmd_verb cmd_verb_install = {
    .name = "install",
    .arguments = "[--dry-run] [--no-roles] [--map OURS=ROLE …] [--publication-ok]",
    .summary = "create or upgrade the control schema and its roles",
    .run = run_install,
};
