/* What rehearse prints. */
#ifndef PGROLLOUT_CMD_REHEARSE_PRINT_H
#define PGROLLOUT_CMD_REHEARSE_PRINT_H

#include <json-glib/json-glib.h>

#include "pgrollout/rehearse/rehearse.h"

/* The matrix, and below it what fails; `file` is the plan's. */
void rehearse_print(const struct plan *plan, const char *file, const struct rehearsal *rehearsal,
                    gboolean color);
/* The same as a document; free with json_node_unref. */
JsonNode *rehearse_json(const struct plan *plan, const struct rehearsal *rehearsal);

#endif
