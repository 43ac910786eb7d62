/* The one clock of the program, so that tests can turn it. Durations come from here and only from
 * here; they are never compared with the server's times. */
#ifndef PGROLLOUT_BASE_CLOCK_H
#define PGROLLOUT_BASE_CLOCK_H

#include <glib.h>

/* Microseconds on a monotonic clock. */
gint64 clock_now_us(void);

/* Replaces the clock (tests); NULL restores the real one. */
void clock_set_source(gint64 (*now_us)(void));

#endif
