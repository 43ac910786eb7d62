/* The events file: a line of JSON for each event of the journal. The file itself says how far it is, so that the next
 * engine goes on where it ends. */
#ifndef ENGINE_EVENTS_FILE_H
#define ENGINE_EVENTS_FILE_H

#include <json-glib/json-glib.h>

/* How far it is: everything up to `after` is in it, but for what is missing. Numbers become visible out of order. */
struct events_place {
    gint64 after;    /* 0: nothing is known */
    char *at;        /* of that event, as in its line; NULL */
    GArray *missing; /* gint64, ascending: numbers below that were not there */
};

void events_place_init(struct events_place *place);
void events_place_clear(struct events_place *place);
/* An event is in the file. */
void events_place_add(struct events_place *place, gint64 id);
/* Where the file ends, for one database; other databases' lines are left out. FALSE with ROLLOUT_ERROR_USAGE: it
 * cannot be read, or is no events file. *torn: its last line has no end. Blocks. */
gboolean events_place_read(struct events_place *place, const char *path, const char *database,
                           gboolean *torn, GError **error);

/* A line, with its end; free with g_free. Texts may be NULL. */
char *events_line(const char *database, gint64 id, const char *at, const char *migration,
                  const char *kind, const char *who, const char *os_user, const char *client,
                  const char *event);

#endif
