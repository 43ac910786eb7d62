/* A forecast as people read it. */
#ifndef PGROLLOUT_CMD_FORECAST_PRINT_H
#define PGROLLOUT_CMD_FORECAST_PRINT_H

#include "pgrollout/engine/forecast.h"

/* All of it, at most 80 columns wide but for names. */
void forecast_print(const struct plan *plan, const struct forecast *forecast);
/* One step in a few lines, indented; for `show` and `load`. */
void forecast_print_short(const struct forecast_step *step, const char *indent);

#endif
