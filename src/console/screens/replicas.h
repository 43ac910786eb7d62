/* What the parts of screen 4 share. */
#ifndef PGROLLOUT_CONSOLE_SCREENS_REPLICAS_H
#define PGROLLOUT_CONSOLE_SCREENS_REPLICAS_H

#include "console/screens/screens.h"

/* A row is about one of the three, by its id. */
#define ROW_STANDBY 'r'
#define ROW_SLOTS 'h' /* the heading of the slots */
#define ROW_SLOT 's'

/* What a slot may keep: the server's limit, or less where a guard holds before that. NAN: no limit. */
double slot_limit(const struct view *view);
double slot_growth(const struct view *view, const struct snap_slot *slot);
/* Free the texts with g_free. "+9.8 MB/s", "flat", "falls 2 MB/s"; "-": not known yet */
char *growth_text(double rate);
/* "about 32 min", "never at this rate", "over it" */
char *until_text(double seconds);

/* replicas-detail.c: all about the selected row; lines of struct confirm_line. */
GPtrArray *replicas_detail(const struct view *view, const struct list_row *row);
/* The lines below the list: guards and archiver, what matters first. */
GPtrArray *replicas_facts(const struct view *view);

#endif
