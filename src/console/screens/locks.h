/* What the parts of screen 3 share. */
#ifndef PGROLLOUT_CONSOLE_SCREENS_LOCKS_H
#define PGROLLOUT_CONSOLE_SCREENS_LOCKS_H

#include "console/screens/screens.h"

/* "▸engine/work" for ours. Free with g_free. */
char *locks_who(const struct snap_lock *lock);
const char *locks_state(const struct snap_lock *lock);
/* "AccessExclusive" as people write it: "ACCESS EXCLUSIVE". Free with g_free. */
char *locks_mode(const char *mode);

/* locks-detail.c: all about the selected one; lines of struct confirm_line. */
GPtrArray *locks_detail(const struct view *view, const struct list_row *row);
/* What the next step will meet, in one line; NULL: nothing is known of it. Free with g_free. */
char *locks_next_text(const struct view *view, gboolean brief);
/* What our own step does about its lock; NULL: none of ours waits and none is held up. */
char *locks_try_text(const struct view *view);

#endif
