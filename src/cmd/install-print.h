/* What install and uninstall print. */
#ifndef PGROLLOUT_CMD_INSTALL_PRINT_H
#define PGROLLOUT_CMD_INSTALL_PRINT_H

#include "pgrollout/engine/install.h"

/* What was done, or (`dry_run`) would be. */
void install_print_text(const struct install_report *report, gboolean dry_run);
void install_print_json(const struct install_report *report, gboolean dry_run);
/* What an administrator must still run, to standard error; FALSE when there is nothing. */
gboolean install_print_remaining(const struct install_report *report);

#endif
