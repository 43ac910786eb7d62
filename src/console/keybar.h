/* The last row: the keys that make sense now. */
#ifndef PGROLLOUT_CONSOLE_KEYBAR_H
#define PGROLLOUT_CONSOLE_KEYBAR_H

#include "console/view.h"

void keybar_draw(const struct view *view, struct grid *grid, int row);

#endif
