/* The last minutes of a database, as the console has seen them. Pure data: nothing is drawn or asked. */
#ifndef PGROLLOUT_CONSOLE_PAST_H
#define PGROLLOUT_CONSOLE_PAST_H

#include "pgrollout/engine/snapshot.h"

#define PAST_SECONDS 900             /* what is older is dropped */
#define PAST_MAX 500                 /* and so is what is more */
#define PAST_BYTES (2 * 1000 * 1000) /* of all databases of a console together */
#define PAST_EVERY 1.9               /* seconds between two that are no marks */

struct past;

/* `bytes`: more than that is not kept either, whatever its age; the newest always is. */
struct past *past_new(gsize bytes);
void past_free(struct past *past); /* NULL is fine */
/* Keeps a copy of it, packed, unless it comes too soon after the one before and nothing has happened. */
void past_add(struct past *past, const struct snapshot *snapshot);
guint past_count(const struct past *past);
/* Server time of a moment, seconds since 1970; oldest first. */
double past_at(const struct past *past, guint i);
/* Something happened there: a hold came or went, a phase or a command, a guard. */
gboolean past_is_mark(const struct past *past, guint i);
/* The last one that is not younger; -1: there is none. */
int past_find(const struct past *past, double at_s);
/* As it was. Free with snapshot_free; NULL: it cannot be read again. */
struct snapshot *past_get(const struct past *past, guint i);
/* What all of them take up, in bytes. */
gsize past_bytes(const struct past *past);

#endif
