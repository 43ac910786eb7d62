/* Bytes for the terminal that are never waited for: what it does not take now stays here. */
#ifndef PGROLLOUT_CONSOLE_OUTLET_H
#define PGROLLOUT_CONSOLE_OUTLET_H

#include <glib.h>

struct outlet;

/* For the terminal that `fd` is; `fd` stays the caller's, and its modes and flags are left alone. */
struct outlet *outlet_new(int fd);
void outlet_free(struct outlet *outlet); /* NULL is fine; what is left is lost */
/* Takes a copy. Nothing is sent before outlet_drain. */
void outlet_add(struct outlet *outlet, const void *bytes, gsize n);
/* Sends what the terminal takes, without blocking. TRUE: nothing is left, or nobody is there. */
gboolean outlet_drain(struct outlet *outlet);
/* Throws away what is left, here and in the kernel, so that the next blocking write() has room. */
void outlet_drop(struct outlet *outlet);
/* To watch for G_IO_OUT while something is left. */
int outlet_fd(const struct outlet *outlet);

#endif
