/* What `uses` prints. */
#ifndef PGROLLOUT_CMD_USES_H
#define PGROLLOUT_CMD_USES_H

#include "pgrollout/engine/usage.h"

/* `enough`: the least coverage. As lines of at most 80 columns, or as one JSON object. */
void uses_print(const struct usage_report *report, double enough);
void uses_print_json(const struct usage_report *report, double enough);
/* Nothing uses it, and enough was seen to say so. */
gboolean uses_none(const struct usage_report *report, double enough);

#endif
