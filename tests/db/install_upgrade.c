/* Installs the control schema with scripts that are newer than the program's, for
 * install-upgrade.sh: install_upgrade CONNINFO VERSION SQL [VERSION SQL …] Prints the versions
 * before and after; exits as the program would. */
#include "config.h"
#include "pgrollout/engine/install.h"

#include <stdio.h>
#include <stdlib.h>

#include "pgrollout/base/error.h"

int main(int argc, char **argv)
{
    struct install_script *extra = g_new0(struct install_script, argc);
    for (int i = 2, n = 0; i + 1 < argc; i += 2)
        extra[n++] = (struct install_script){.version = atoi(argv[i]), .text = argv[i + 1]};
    struct install_options options = {.extra = extra};
    struct install_report report;
    g_autoptr(GError) error = NULL;
    struct db_target *target = db_target_new();
    target->dbname = g_strdup(argc > 1 ? argv[1] : NULL);
    struct db_conn *conn = db_conn_new(target, "pgrollout/test");
    install_report_init(&report);
    gboolean done = db_conn_open_wait(conn, &error) && install_run(conn, &options, &report, &error);
    if (done)
        printf("%d %d\n", report.before, report.after);
    else
        fprintf(stderr, "%s\n", error->message);
    install_report_clear(&report);
    db_conn_free(conn);
    db_target_free(target);
    g_free(extra);
    return done ? 0 : rollout_error_exit_status(error);
}
