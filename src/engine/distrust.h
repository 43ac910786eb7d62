/* Whether what was loaded is what the plan's text says. */
#ifndef PGROLLOUT_ENGINE_DISTRUST_H
#define PGROLLOUT_ENGINE_DISTRUST_H

#include "facts.h"
#include "pgrollout/plan/plan.h"

/* Why an engine must not act on it, as text (g_free), or NULL. */
char *plan_distrust(const struct plan *plan, const struct facts *facts);

#endif
