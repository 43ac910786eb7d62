/* How a snapshot's parts are read out of its JSON: tables of fields. Whatever is missing or has another
 * type reads as unknown. */
#ifndef PGROLLOUT_SNAPSHOT_PRIVATE_H
#define PGROLLOUT_SNAPSHOT_PRIVATE_H

#include "pgrollout/engine/snapshot.h"

enum field_type { FIELD_TEXT, FIELD_NUMBER, FIELD_INT64, FIELD_INT, FIELD_BOOL };

struct field {
    const char *key;
    enum field_type type;
    gsize offset;
};

#define FIELD(kind, type, key)                                                                     \
    {                                                                                              \
#key, type, offsetof(struct kind, key)                                                     \
    }

/* `object` may be NULL: all is unknown. */
void snap_fields_read(const struct field *fields, JsonObject *object, void *out);
void snap_fields_clear(const struct field *fields, void *out);
/* NULL: there is none. */
JsonObject *snap_member_object(JsonObject *object, const char *key);
/* What reads one element of an array; NULL is never returned. */
typedef void *(*element_fn)(JsonObject *object);
GPtrArray *snap_list_read(JsonObject *object, const char *key, element_fn read,
                          GDestroyNotify free_fn);
/* gint64 */
GArray *snap_numbers_read(JsonObject *object, const char *key);

/* snapshot-split.c: a JSON text without the elements of its member `key`, an array, and where they stand in
 * `json`. What is not cut, perhaps because it is no JSON, comes back as it is. Free with g_free. */
struct snap_piece {
    const char *text;
    gsize size;
};
char *snap_split(const char *json, const char *key, GArray *elements /* struct snap_piece */);

void *snap_session_read(JsonObject *object); /* struct snap_session */
void snap_session_free(void *session);

/* Plain elements: a table of fields is all they have. */
#define PLAIN_ELEMENT(scope, prefix, kind)                                                         \
    scope void *prefix##kind##_read(JsonObject *object)                                            \
    {                                                                                              \
        struct snap_##kind *out = g_new0(struct snap_##kind, 1);                                   \
        snap_fields_read(kind##_fields, object, out);                                              \
        return out;                                                                                \
    }                                                                                              \
    scope void prefix##kind##_free(void *data)                                                     \
    {                                                                                              \
        snap_fields_clear(kind##_fields, data);                                                    \
        g_free(data);                                                                              \
    }

/* snapshot-live.c. NULL of NULL; the second one is fine with NULL. */
struct snap_locks *locks_read(JsonObject *object);
void locks_free(struct snap_locks *locks);
struct snap_replication *replication_read(JsonObject *object);
void replication_free(struct snap_replication *replication);

#endif
