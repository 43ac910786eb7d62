/* What `status` makes of a snapshot. */
#ifndef PGROLLOUT_CMD_STATUS_H
#define PGROLLOUT_CMD_STATUS_H

#include "pgrollout/engine/snapshot.h"

/* Exit codes of a monitoring plug-in. */
enum status_code { STATUS_OK, STATUS_WARNING, STATUS_CRITICAL, STATUS_UNKNOWN };

/* Everything, for people, to standard output. */
void status_print(const struct snapshot *snapshot);

/* One line to standard output. Critical: a migration failed, one that should move has no engine, a
 * commit's outcome is unknown. Warning: a guard, a lock or a person holds one. */
enum status_code status_check(const struct snapshot *snapshot);

#endif
