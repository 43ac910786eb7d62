/* A file that a verb writes: whole or not at all. */
#ifndef PGROLLOUT_CMD_OUTPUT_H
#define PGROLLOUT_CMD_OUTPUT_H

#include <glib.h>

/* Writes the text beside `path` under another name, and gives it that name when all of it is on the disk. Refuses
 * where something has the name already, unless `force`. The file may be read by those whom the umask lets. */
gboolean output_write(const char *path, const char *text, gsize length, gboolean force,
                      GError **error);

#endif
