/* What holds a migration, for people. */
#ifndef PGROLLOUT_CONSOLE_HOLDS_H
#define PGROLLOUT_CONSOLE_HOLDS_H

#include "pgrollout/engine/snapshot.h"

/* The hold that says most of why nothing happens; NULL: none. */
const struct snap_hold *hold_main(const struct snap_migration *m);
/* "guard lock_wait", "gate deployed", "boundary before backfill". Free with g_free. */
char *hold_name(const struct snap_hold *hold);
/* Whether a resume takes it away. */
gboolean hold_is_resumed(const struct snap_hold *hold);
/* The names of all holds but `but` and those a resume would take away (with `after_resume`), by
 * commas; the missing engine is not among them. NULL: none. Free with g_free. */
char *holds_list(const struct snap_migration *m, const struct snap_hold *but,
                 gboolean after_resume);

#endif
