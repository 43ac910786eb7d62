/* What a program may send to its terminal, byte by byte. Everything else came from somebody else: a list
 * of what is forbidden would miss what nobody has thought of. */
#ifndef PGROLLOUT_TESTS_PTY_WIRE_H
#define PGROLLOUT_TESTS_PTY_WIRE_H

#include <glib.h>

struct wire;

struct wire *wire_new(void);
void wire_free(struct wire *wire);
/* Sequences may come in pieces. */
void wire_feed(struct wire *wire, const guchar *bytes, gsize n);
/* The first thing that is not on the list, in words and bytes; NULL: none. */
const char *wire_offence(const struct wire *wire);

#endif
