/* A text as what it has in common with the one before it, and what is new. Pure. For large texts whose
 * neighbours say nearly the same further apart than zlib looks back (32 kB). */
#ifndef PGROLLOUT_CONSOLE_DELTA_H
#define PGROLLOUT_CONSOLE_DELTA_H

#include <glib.h>

/* What makes `now` out of `before`; its end is marked in it, so that several may stand behind each other. */
GByteArray *delta_make(const char *before, gsize n_before, const char *now, gsize n_now);
/* The text that `*delta` makes out of `before`, NUL-terminated; `*delta` and `*n_delta` go on behind it.
 * NULL: it is none, or not of that text. Free with g_free. */
char *delta_apply(const char *before, gsize n_before, const guint8 **delta, gsize *n_delta,
                  gsize *n_now);

#endif
