/* What the fleet of one database and that of several have in common. */
#ifndef PGROLLOUT_CONSOLE_SCREENS_FLEET_H
#define PGROLLOUT_CONSOLE_SCREENS_FLEET_H

#include "console/screens/screens.h"

typedef int (*fleet_compare_fn)(const void *a, const void *b);

/* fleet.c */
gboolean fleet_read(const struct snapshot *s, GPtrArray *rows);
/* All that a filter looks into. Free with g_free. */
char *fleet_texts(const struct snap_migration *m);
/* The columns from the name on. */
void fleet_cells(const struct view *view, struct pen *pen, const struct snap_migration *m,
                 gboolean selected);

/* fleet-several.c. The rows' `owner` is their struct view_database; those without data are about that
 * database itself. `ranked`: the dead first, whatever the comparison. */
GPtrArray *fleet_several_rows(const struct view *view, fleet_compare_fn compare, gboolean ranked);
/* What the columns of the database take; 0: there is but one database. */
int fleet_several_width(const struct view *view);
void fleet_several_head(const struct view *view, struct pen *pen);
void fleet_several_row(const struct view *view, struct pen *pen, const struct list_row *row,
                       gboolean selected);
/* "2 of 3 databases answer". Free with g_free. */
char *fleet_several_note(const struct view *view);
/* "LOST · 12s · connection refused", "LIVE". Free with g_free. */
char *fleet_database_text(const struct view_database *database);
/* What is to be said of the selected database, in full. */
void fleet_several_why(const struct view *view, struct grid *grid, const struct area *area);

#endif
