/* What stands behind one guard. */
#ifndef PGROLLOUT_CONSOLE_SCREENS_GUARD_DETAIL_H
#define PGROLLOUT_CONSOLE_SCREENS_GUARD_DETAIL_H

#include "console/screens/screens.h"
#include "pgrollout/engine/snapshot-look.h"

/* Lines (struct confirm_line): what it measures, how it stands, who has set what, what it did. */
GPtrArray *guard_detail_lines(const struct view *view, const struct snap_guard *guard);
/* Its last readings, of fixed scale: 0 to the limit at which it holds. */
void guard_history_draw(struct pen *pen, const struct snap_guard *guard,
                        const struct snap_history *history, int cells);

#endif
