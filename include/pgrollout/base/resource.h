/* Files that are compiled into the program: SQL, recipes, themes, drills. */
#ifndef PGROLLOUT_BASE_RESOURCE_H
#define PGROLLOUT_BASE_RESOURCE_H

#include <glib.h>

/* The text of an embedded file by its path below src/ ("engine/sql/enter.sql"), or its path in the
 * tree where it lies elsewhere ("themes/harbor-dark.theme"). The program owns it; it lives for ever.
 * A name that is not there is a bug and ends the program. */
const char *resource_text(const char *name);

/* The same, but NULL when there is no such file (names that people type). */
const char *resource_find(const char *name);

/* The names of all embedded files in a folder ("plan/recipes"), without the folder, sorted.
 * Free with g_strfreev. */
char **resource_list(const char *folder);

#endif
